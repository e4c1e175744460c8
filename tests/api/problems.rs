//! Every error is a problem, also those that the framework makes.

use reqwest::Method;
use serde_json::json;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::problem;

#[tokio::test]
async fn a_path_that_is_not_there_and_a_method_it_does_not_take_are_told_apart() {
    let app = TestApp::start(Engine::Sqlite).await;
    for path in ["/", "/v1", "/v1/business-groups/", "/v1/me/", "/v1/business-groups/a/b/c", "/docs/none.js", "/%ff"] {
        problem(app.get(path).send().await.unwrap(), 404, "not-found").await;
    }
    for (method, path, allowed) in [
        (Method::POST, "/v1/me", "GET"),
        (Method::PUT, "/v1/business-groups", "GET, POST"),
        (Method::POST, "/v1/business-groups/abc", "DELETE, GET, PATCH"),
        (Method::GET, "/v1/business-groups/abc/tenant", "DELETE, PUT"),
        (Method::GET, "/v1/business-groups/abc/imports", "POST"),
    ] {
        let answer = app.call(method, path).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], allowed, "{path}");
        problem(answer, 405, "method-not-allowed").await;
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_told_apart_from_one_that_is_wrong() {
    let app = TestApp::start(Engine::Sqlite).await;
    let post = async |content_type: &str, body: String| {
        let call = app.operate(Method::POST, "/v1/business-groups").header("content-type", content_type);
        call.body(body).send().await.unwrap()
    };
    for body in ["", "{", "{}x", "\u{feff}{}"] {
        problem(post("application/json", body.to_owned()).await, 400, "malformed-request").await;
    }
    for body in ["[]", "null", "{}", "{\"id\": \"a\", \"id\": \"b\", \"name\": \"x\"}"] {
        problem(post("application/json; charset=utf-8", body.to_owned()).await, 422, "invalid-request").await;
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        problem(post(content_type, "{}".to_owned()).await, 415, "unsupported-media-type").await;
    }
    let large = json!({"id": "abc", "name": "x".repeat(200_000)}).to_string();
    problem(post("application/json", large).await, 413, "too-large").await;
}

#[tokio::test]
async fn a_callers_request_id_is_kept_if_it_is_sane() {
    let app = TestApp::start(Engine::Sqlite).await;
    let call = async |sent: &str| {
        let answer = app.get("/livez").header("x-request-id", sent).send().await.unwrap();
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(call("trace-7.b:1").await, "trace-7.b:1");
    for strange in ["a b", "<script>", "", &"x".repeat(65)] {
        let given = call(strange).await;
        assert_ne!(given, strange);
        assert_eq!(given.len(), 36);
    }
}
