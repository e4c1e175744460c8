//! The OpenAPI document: committed, printed and served are one, and each call is whole.

use serde_json::Value;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::text;

#[tokio::test]
async fn the_committed_document_is_the_one_that_is_served() {
    let app = TestApp::start(Engine::Sqlite).await;
    let served = text(app.get("/openapi.json").send().await.unwrap(), 200).await;
    let made = signline::http::openapi::document_text().unwrap();
    assert_eq!(served, made);
    let committed = include_str!("../../openapi/signline.json");
    assert!(committed == made, "openapi/signline.json is not what the handlers say: run `make openapi`");
}

#[test]
fn every_call_has_a_name_a_summary_a_tag_its_credential_and_its_errors() {
    let document: Value = serde_json::to_value(signline::http::openapi::document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut names = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{what}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{what}");
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{what}");
            let needs_credential = operation["security"][0].as_object().is_some_and(|scheme| !scheme.is_empty());
            let errors =
                operation["responses"].as_object().unwrap().keys().filter(|status| status.as_str() >= "400").count();
            // Gateways know three.
            let expected = if path.starts_with("/v1/forward-auth") { 3 } else { 5 };
            assert!(!needs_credential || errors >= expected, "{what} has {errors} errors");
            let in_path = path.matches('{').count();
            let described = operation["parameters"]
                .as_array()
                .map_or(0, |parameters| parameters.iter().filter(|parameter| parameter["in"] == "path").count());
            assert_eq!(in_path, described, "{what}");
        }
    }
    assert!(names.len() > 20);
}

#[test]
fn every_parameter_is_of_one_type_that_a_text_can_be() {
    let document: Value = serde_json::to_value(signline::http::openapi::document()).unwrap();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let mut seen = 0;
    for parameter in operations.flat_map(|operation| operation["parameters"].as_array().into_iter().flatten()) {
        let types = match &parameter["schema"]["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
            other => panic!("{parameter}: {other}"),
        };
        assert!(matches!(types[..], ["string" | "integer" | "boolean"]), "{parameter}");
        seen += 1;
    }
    assert!(seen > 30);
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document: Value = serde_json::to_value(signline::http::openapi::document()).unwrap();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads out of the document"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

/// The references in a part of the document.
pub(crate) fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect_references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}
