//! Who may call what: each call of the document, with each kind of credential.

use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::problem;

/// What a credential meets before the call itself is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Open,
    Forbidden,
    Hidden,
}
use Gate::Forbidden;
use Gate::Hidden;
use Gate::Open;

/// `operation, [operator, own administrator, other administrator, resolver, scim, token]`
const MATRIX: &[(&str, [Gate; 6])] = &[
    ("resolveLine", [Forbidden, Forbidden, Forbidden, Forbidden, Forbidden, Open]),
    ("createBusinessGroup", [Open, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden]),
    ("listBusinessGroups", [Open, Open, Open, Forbidden, Forbidden, Forbidden]),
    ("getBusinessGroup", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("updateBusinessGroup", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("deleteBusinessGroup", [Open, Forbidden, Hidden, Forbidden, Forbidden, Forbidden]),
    ("linkTenant", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("unlinkTenant", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("listMappings", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("getMapping", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("putMapping", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("deleteMapping", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("releasePin", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("exportMappings", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("exportWorkbook", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("importMappings", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("getImport", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("listImportChanges", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("applyImport", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("dropImport", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("listRevisions", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("listRevisionChanges", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("restoreRevision", [Open, Open, Hidden, Forbidden, Forbidden, Forbidden]),
    ("listAuditEvents", [Open, Open, Open, Forbidden, Forbidden, Forbidden]),
    ("createApiKey", [Open, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden]),
    ("listApiKeys", [Open, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden]),
    ("revokeApiKey", [Open, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden]),
];

/// An import that nobody uploaded.
const UNKNOWN_IMPORT: &str = "0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c";

/// Calls that need no credential.
const PUBLIC: &[&str] = &["getMappingsTemplate", "live", "ready", "metrics", "openApiDocument"];

/// All calls of the document: name, method, path in the sample company.
fn operations() -> Vec<(String, Method, String)> {
    let document: Value = serde_json::to_value(signline::http::openapi::document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let path = path.replace("{id}", "abccompany").replace("{phone_number}", "+17635551111");
            let path = path.replace("{import}", UNKNOWN_IMPORT).replace("{revision}", "1");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            operations.push((operation["operationId"].as_str().unwrap().to_owned(), method, path));
        }
    }
    operations
}

#[tokio::test]
async fn every_call_is_open_to_those_it_is_for_and_to_nobody_else() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "otherco", "name": "Other"})).await;
    // A group with a mapping is not deleted, so that it outlasts the calls that are let through.
    let kept = "/v1/business-groups/abccompany/mappings/+17635550001";
    app.operate_json(Method::PUT, kept, &json!({"email": "kept@abccompany.com"})).await;
    let credentials = [
        app.operator.clone(),
        app.api_key("business-group-admin", Some("abccompany")).await,
        app.api_key("business-group-admin", Some("otherco")).await,
        app.api_key("resolver", None).await,
        app.api_key("scim", Some("abccompany")).await,
        app.token("bobsmith@abccompany.com"),
    ];
    let mut tested = 0;
    for (operation, method, path) in operations() {
        if PUBLIC.contains(&operation.as_str()) {
            let answer = app.call(method, &path).send().await.unwrap();
            assert!(answer.status().is_success(), "{operation}: {}", answer.status());
            continue;
        }
        let row = MATRIX.iter().find(|(name, _)| *name == operation);
        let (_, gates) = row.unwrap_or_else(|| panic!("{operation} has no row: who may call it?"));
        let nobody = app.call(method.clone(), &path).send().await.unwrap();
        problem(nobody, 401, "unauthenticated").await;
        let stranger = app.call(method.clone(), &path).bearer_auth("slk_unknown").send().await.unwrap();
        problem(stranger, 401, "invalid-token").await;
        for (credential, gate) in credentials.iter().zip(gates) {
            // Without a body, so that an open call goes no further than its input.
            let answer = app.call(method.clone(), &path).bearer_auth(credential).send().await.unwrap();
            let found = match answer.status() {
                StatusCode::FORBIDDEN => Forbidden,
                StatusCode::NOT_FOUND if hides_group(answer).await => Hidden,
                _ => Open,
            };
            assert_eq!(found, *gate, "{operation} with the credential {gates:?}");
            tested += 1;
        }
        // The open call that unlinks the tenant did so: put it back.
        let linked = json!({"tenant_id": test_support::app::TENANT});
        app.operate_json(Method::PUT, "/v1/business-groups/abccompany/tenant", &linked).await;
    }
    assert_eq!(tested, MATRIX.len() * credentials.len());
}

async fn hides_group(answer: reqwest::Response) -> bool {
    let problem: Value = answer.json().await.unwrap();
    problem["detail"] == "There is no such business group."
}

#[tokio::test]
async fn an_administrator_sees_and_changes_her_own_group_alone() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "aaa", "name": "First"})).await;
    let admin = app.api_key("business-group-admin", Some("abccompany")).await;
    let list = app.get("/v1/business-groups").bearer_auth(&admin).send().await.unwrap();
    let list: Value = list.json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!((&list["items"][0]["id"], &list["next_cursor"]), (&json!("abccompany"), &Value::Null));

    let patch = async |body: Value| {
        let call = app.call(Method::PATCH, "/v1/business-groups/abccompany").bearer_auth(&admin);
        call.json(&body).send().await.unwrap()
    };
    assert_eq!(patch(json!({"name": "New", "allow_guests": true})).await.status(), 200);
    problem(patch(json!({"number_ranges": []})).await, 403, "forbidden").await;

    let missing = app.get("/v1/business-groups/nobody").bearer_auth(&admin).send().await.unwrap();
    let missing = problem(missing, 404, "not-found").await;
    let hidden = app.get("/v1/business-groups/aaa").bearer_auth(&admin).send().await.unwrap();
    let hidden = problem(hidden, 404, "not-found").await;
    assert_eq!((&missing["title"], &missing["detail"]), (&hidden["title"], &hidden["detail"]));
}

#[tokio::test]
async fn who_may_not_is_told_so_before_the_body_is_read() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    let resolver = app.api_key("resolver", None).await;
    let huge = "x".repeat(1_000_000);
    for path in ["/v1/business-groups", "/v1/business-groups/abccompany/imports?nonsense=1"] {
        let call = app.call(Method::POST, path).bearer_auth(&resolver).body(huge.clone());
        problem(call.send().await.unwrap(), 403, "forbidden").await;
    }
}
