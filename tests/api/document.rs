//! The OpenAPI document: committed, printed and served are one, and each call is whole.

use reqwest::Method;
use serde_json::Value;
use signline::http::problem::ProblemKind;
use signline::import::ProblemCode;
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

/// The document as it is made.
fn made() -> Value {
    serde_json::to_value(signline::http::openapi::document()).unwrap()
}

/// Each call of a document, by its method and path.
fn calls(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let calls = paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |call| (path, call)));
    calls.map(|(path, (method, call))| (format!("{} {path}", method.to_uppercase()), call)).collect()
}

/// Each body that a call takes or answers with: what it is, its media type, and what the document says of it.
fn bodies(document: &Value) -> Vec<(String, &str, &Value)> {
    let mut bodies = Vec::new();
    for (name, call) in calls(document) {
        let answers = call["responses"].as_object().unwrap().iter();
        let answers = answers.map(|(status, answer)| (format!("{name}: answer {status}"), answer));
        let request = call.get("requestBody").map(|body| (format!("{name}: request"), body));
        for (what, body) in answers.chain(request) {
            let contents = body["content"].as_object().into_iter().flatten();
            bodies.extend(contents.map(|(media_type, content)| (what.clone(), media_type.as_str(), content)));
        }
    }
    bodies
}

fn is_blank(text: &Value) -> bool {
    text.as_str().is_none_or(|text| text.trim().is_empty())
}

#[test]
fn every_call_answer_parameter_and_tag_is_described() {
    let document = made();
    let (mut missing, mut answers) = (Vec::new(), 0);
    let declared: Vec<_> = document["tags"].as_array().unwrap().iter().collect();
    for (name, call) in calls(&document) {
        for part in ["operationId", "summary", "description"] {
            if is_blank(&call[part]) {
                missing.push(format!("{name}: no {part}"));
            }
        }
        let tag = declared.iter().find(|tag| tag["name"] == call["tags"][0]);
        if tag.is_none_or(|tag| is_blank(&tag["description"])) {
            missing.push(format!("{name}: its tag has no text in src/http/openapi.rs"));
        }
        for (status, answer) in call["responses"].as_object().unwrap() {
            answers += 1;
            if is_blank(&answer["description"]) {
                missing.push(format!("{name}: answer {status} has no description"));
            }
        }
        for parameter in call["parameters"].as_array().into_iter().flatten() {
            if is_blank(&parameter["description"]) {
                missing.push(format!("{name}: parameter {} has no description", parameter["name"]));
            }
        }
    }
    assert!(answers > 200, "{answers}");
    assert!(missing.is_empty(), "say in the annotation of each handler what is missing:\n{}", missing.join("\n"));
}

/// What has no example: a file of bytes, a form with one, a page, and the document itself.
const WITHOUT_EXAMPLE: [&str; 3] =
    ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "multipart/form-data", "text/html"];

#[test]
fn every_body_has_an_example() {
    let document = made();
    let bodies = bodies(&document);
    assert!(bodies.len() > 200, "{}", bodies.len());
    let without = bodies.into_iter().filter(|(what, media_type, content)| {
        let is_shown = content.get("example").or_else(|| content.get("examples")).is_some();
        !is_shown && !WITHOUT_EXAMPLE.contains(media_type) && what != "GET /openapi.json: answer 200"
    });
    let without: Vec<_> = without.map(|(what, media_type, _)| format!("{what}, {media_type}")).collect();
    assert!(
        without.is_empty(),
        "these have no example. A problem has one where the description of its answer names its slug, in backticks, and the \
         kind has that status; JSON of a schema where tests/api/snapshots.rs shows one; a text where its annotation does:\n{}",
        without.join("\n")
    );
}

/// Names that a generated client would take for something of its language, or for nothing in particular.
const TAKEN_NAMES: &[&str] = &[
    // TypeScript and browsers.
    "Array",
    "Blob",
    "Body",
    "Boolean",
    "Date",
    "Document",
    "Element",
    "Error",
    "Event",
    "File",
    "FormData",
    "Function",
    "Headers",
    "History",
    "Location",
    "Map",
    "Node",
    "Number",
    "Object",
    "Option",
    "Partial",
    "Pick",
    "Promise",
    "Range",
    "Record",
    "Request",
    "Required",
    "Response",
    "Set",
    "String",
    "Symbol",
    "Text",
    // Python.
    "Any",
    "Callable",
    "Dict",
    "Enum",
    "Exception",
    "From",
    "Import",
    "Iterable",
    "Lambda",
    "List",
    "Literal",
    "Mapping",
    "None",
    "Optional",
    "Sequence",
    "Tuple",
    "Type",
    "Union",
    "Unset",
    "Warning",
    // Rust, Go, Java and C#.
    "Box",
    "Byte",
    "Channel",
    "Character",
    "Class",
    "Client",
    "Default",
    "Enum",
    "Instant",
    "Integer",
    "Interface",
    "Iterator",
    "Long",
    "Module",
    "Override",
    "Package",
    "Process",
    "Result",
    "Self",
    "Struct",
    "Task",
    "Thread",
    "Trait",
    "Vec",
    "Void",
    // Too general to be told apart in a list of classes.
    "Action",
    "Change",
    "Code",
    "Kind",
    "Mode",
    "Outcome",
    "Role",
    "Source",
    "State",
    "Status",
];

#[test]
fn no_schema_has_a_name_that_a_clients_language_has_taken() {
    let document = made();
    let names: Vec<_> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    assert!(names.len() > 40);
    let taken: Vec<_> = names.iter().filter(|name| TAKEN_NAMES.contains(&name.as_str())).collect();
    assert!(taken.is_empty(), "give these schemas another name, with #[schema(as = ..)]: {taken:?}");
}

/// The texts of a schema that is one of several.
fn words(document: &Value, schema: &str) -> Vec<String> {
    let words = document["components"]["schemas"][schema]["enum"].as_array();
    let words = words.unwrap_or_else(|| panic!("{schema} is no enumeration"));
    words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn kinds_of_problem_and_codes_of_imports_are_enumerations() {
    let document = made();
    let (kinds, codes) = (ProblemKind::ALL.iter(), ProblemCode::ALL.iter());
    assert_eq!(words(&document, "ProblemType"), kinds.clone().map(|kind| kind.type_uri()).collect::<Vec<_>>());
    assert_eq!(words(&document, "ProblemSlug"), kinds.map(|kind| kind.slug()).collect::<Vec<_>>());
    assert_eq!(words(&document, "ImportCode"), codes.map(|code| code.as_str()).collect::<Vec<_>>());
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Problem"]["properties"]["type"]["$ref"], "#/components/schemas/ProblemType");
    assert_eq!(schemas["ImportProblem"]["properties"]["code"]["$ref"], "#/components/schemas/ImportCode");
}

/// What the document says of a problem's members is what the table of kinds says.
#[test]
fn each_member_of_a_problem_names_the_kinds_that_have_it() {
    let document = made();
    let members = document["components"]["schemas"]["Problem"]["properties"].as_object().unwrap();
    for kind in ProblemKind::ALL {
        for name in kind.members() {
            assert!(members.contains_key(*name), "the schema Problem has no member {name}, which {} has", kind.slug());
        }
    }
    for (name, member) in members.iter().filter(|(name, _)| !OF_EVERY_PROBLEM.contains(&name.as_str())) {
        let description = member["description"].as_str().unwrap();
        let told: Vec<_> =
            ProblemKind::ALL.iter().filter(|kind| description.contains(&format!("`{}`", kind.slug()))).collect();
        let have: Vec<_> = ProblemKind::ALL.iter().filter(|kind| kind.members().contains(&name.as_str())).collect();
        assert!(!have.is_empty() && told == have, "{name}: {description}");
    }
}

const OF_EVERY_PROBLEM: [&str; 5] = ["type", "title", "status", "detail", "request_id"];

#[test]
fn the_document_speaks_of_no_path_that_is_not_served() {
    let document = made();
    let served: Vec<_> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let text = document.to_string();
    let spoken: std::collections::BTreeSet<_> = text.split('`').map(|word| word.rsplit(' ').next().unwrap()).collect();
    let spoken: Vec<_> =
        spoken.into_iter().filter(|word| word.starts_with("/v1/") || word.starts_with("/scim/")).collect();
    assert!(spoken.contains(&"/v1/me"), "{spoken:?}");
    let unserved: Vec<_> = spoken.into_iter().filter(|path| !served.contains(path)).collect();
    assert!(unserved.is_empty(), "{unserved:?}");
}

#[tokio::test]
async fn the_examples_of_texts_are_what_the_service_answers() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    let row = "7635551111,bobsmith@abccompany.com\r\n";
    crate::support::json(app.import("", format!("PhoneNumber,MEEmailAddress\r\n{row}")).await, 200).await;
    let document = made();
    let example = |path: &str, method: &str, status: &str, media_type: &str| {
        let example = &document["paths"][path][method]["responses"][status]["content"][media_type]["example"];
        example.as_str().unwrap_or_else(|| panic!("{path} has no example")).to_owned()
    };
    let ask = async |path: &str| text(app.operate(Method::GET, path).send().await.unwrap(), 200).await;
    for (path, media_type) in [
        ("/livez", "text/plain"),
        ("/v1/mappings-template.csv", "text/csv"),
        ("/v1/business-groups/{id}/mappings.csv", "text/csv"),
    ] {
        let answer = ask(&path.replace("{id}", "abccompany")).await;
        assert_eq!(answer, example(path, "get", "200", media_type), "{path}");
    }
    let without_digits = |text: &str| text.replace(|letter: char| letter.is_ascii_digit(), "");
    assert_eq!(without_digits(&ask("/readyz").await), without_digits(&example("/readyz", "get", "200", "text/plain")));
    let metrics = without_digits(&ask("/metrics").await);
    for line in without_digits(&example("/metrics", "get", "200", "text/plain")).lines() {
        assert!(metrics.lines().any(|found| found == line), "{line}");
    }
    let events = app.operate(Method::GET, "/v1/audit-events").header("accept", "text/csv").send().await.unwrap();
    let head = example("/v1/audit-events", "get", "200", "text/csv");
    assert!(text(events, 200).await.starts_with(&head), "{head}");
    for call in ["", "/{import}/apply"] {
        let path = format!("/v1/business-groups/{{id}}/imports{call}");
        let imports = app.operate(Method::POST, "/v1/business-groups/abccompany/imports");
        let bad = imports.header("content-type", "text/csv").header("accept", "text/csv");
        let bad = bad.body("PhoneNumber,MEEmailAddress\r\n,bobsmith@abccompany.com\r\n").send().await.unwrap();
        assert_eq!(text(bad, 422).await, example(&path, "post", "422", "text/csv"));
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
