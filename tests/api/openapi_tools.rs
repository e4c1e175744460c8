//! Public checkers read the OpenAPI document: openapi-spec-validator, which knows the specification, and redocly, which knows what
//! generators and readers stumble over and holds each example to its schema.
//!
//! `scripts/setup-openapi-tools` installs them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::{Value, json};

const DOCUMENT: &str = "openapi/signline.json";

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Where a tool is. Without it the test fails: it is never passed over.
fn tool(path: &str) -> PathBuf {
    let place = env::var_os("OPENAPI_TOOLS").map_or_else(|| project("target/openapi-tools"), PathBuf::from);
    assert!(place.join("installed").exists(), "the checkers of OpenAPI are missing: run scripts/setup-openapi-tools");
    place.join(path)
}

/// Whether a tool has nothing to say against a document, and what it says.
fn passes(mut tool: Command) -> (bool, String) {
    let output = tool.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn validate(document: &Path) -> (bool, String) {
    let mut validator = Command::new(tool("python/bin/openapi-spec-validator"));
    validator.args(["--schema", "3.1", "--validation-errors", "all"]).arg(document);
    passes(validator)
}

fn lint(document: &Path) -> (bool, String) {
    let mut redocly = Command::new(tool("node"));
    redocly.arg(tool("node_modules/@redocly/cli/bin/cli.js")).arg("lint").arg(document);
    redocly.arg("--config").arg(project("tests/openapi_tools/redocly.yaml")).arg("--format=stylish");
    redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    passes(redocly)
}

/// A copy of the document that was changed, in a folder that goes with it.
fn changed(change: impl FnOnce(&mut Value)) -> (tempfile::TempDir, PathBuf) {
    let mut document: Value = serde_json::from_str(&fs::read_to_string(project(DOCUMENT)).unwrap()).unwrap();
    change(&mut document);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signline.json");
    fs::write(&path, document.to_string()).unwrap();
    (folder, path)
}

#[test]
fn the_document_is_valid_by_the_specification() {
    let (passed, text) = validate(&project(DOCUMENT));
    assert!(passed, "{text}");
    let (_folder, broken) = changed(|document| {
        document["paths"]["/v1/me"]["get"]["responses"]["200"].as_object_mut().unwrap().remove("description");
    });
    let (passed, text) = validate(&broken);
    assert!(!passed && text.contains("description"), "an answer without description passed: {text}");
}

#[test]
fn the_document_has_nothing_that_generators_stumble_over_and_each_example_fits_its_schema() {
    let (passed, text) = lint(&project(DOCUMENT));
    assert!(passed, "{text}");
    let (_folder, broken) = changed(|document| {
        let example =
            &mut document["paths"]["/v1/me"]["get"]["responses"]["200"]["content"]["application/json"]["example"];
        assert!(example["phone_number"].is_string());
        example["telephone_number"] = json!("+17635551111");
    });
    let (passed, text) = lint(&broken);
    assert!(!passed && text.contains("telephone_number"), "an example with a strange member passed: {text}");
}
