//! Every error is a problem, also those that the framework makes.

use std::str::FromStr;

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, SqliteConnection};
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
        (Method::POST, "/v1/me", "GET, HEAD"),
        (Method::POST, "/docs/", "GET, HEAD"),
        (Method::PUT, "/v1/business-groups", "GET, HEAD, POST"),
        (Method::POST, "/v1/business-groups/abc", "DELETE, GET, HEAD, PATCH"),
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
async fn a_wrong_field_is_named_however_it_is_wrong() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    let (groups, keys, group) = ("/v1/business-groups", "/v1/api-keys", "/v1/business-groups/abccompany");
    for (method, path, body, field) in [
        (Method::POST, groups, json!({"id": "abc"}), "name"),
        (Method::POST, groups, json!({"id": "abc", "name": 7}), "name"),
        (
            Method::POST,
            groups,
            json!({"id": "abc", "name": "x", "number_ranges": [{"first": "+1"}]}),
            "number_ranges[0].last",
        ),
        (
            Method::POST,
            groups,
            json!({"id": "abc", "name": "x", "number_ranges": [["+17", "+18"]]}),
            "number_ranges[0]",
        ),
        (Method::POST, groups, json!({"id": "abc", "name": "x", "colour": "red"}), "colour"),
        (Method::POST, groups, json!(["abc", "x", []]), "body"),
        (Method::PATCH, group, json!(["x", null, null, null]), "body"),
        (Method::PATCH, group, json!({"number_ranges": [["+17", "+18"]]}), "number_ranges[0]"),
        (Method::PATCH, group, json!({"identity_pinning": false}), "identity_pinning"),
        (Method::PATCH, group, json!({"identity_pinning": {"off": null}}), "identity_pinning"),
        (Method::PATCH, group, json!({"identity_pinning": "sometimes"}), "identity_pinning"),
        (Method::POST, keys, json!({"name": "x", "role": 5}), "role"),
        (Method::POST, keys, json!({"name": "x"}), "role"),
        (
            Method::POST,
            keys,
            json!({"name": "x", "role": "operator", "expires_at": "9999-12-31T23:59:59Z"}),
            "expires_at",
        ),
    ] {
        let problem = problem(app.operate_json(method, path, &body).await, 422, "invalid-request").await;
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    let bad = app.operate(Method::GET, "/v1/business-groups?limit=few").send().await.unwrap();
    let bad = problem(bad, 400, "malformed-request").await;
    assert!(bad["detail"].as_str().unwrap().contains("limit"), "{bad}");
}

#[tokio::test]
async fn a_head_request_is_answered_as_a_get_without_the_body() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    for path in ["/livez", "/readyz", "/openapi.json", "/v1/business-groups/abccompany/mappings.csv"] {
        let (get, head) = (app.operate(Method::GET, path), app.operate(Method::HEAD, path));
        let (get, head) = (get.send().await.unwrap(), head.send().await.unwrap());
        assert_eq!((get.status(), head.status()), (StatusCode::OK, StatusCode::OK), "{path}");
        assert_eq!(get.headers().get("etag"), head.headers().get("etag"));
        assert_eq!(head.text().await.unwrap(), "");
    }
    problem_head(&app.call(Method::HEAD, "/v1/me").send().await.unwrap(), 401);
    problem_head(&app.call(Method::HEAD, "/nowhere").send().await.unwrap(), 404);
}

fn problem_head(answer: &reqwest::Response, status: u16) {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
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

#[tokio::test]
async fn a_value_that_the_database_does_not_take_is_no_outage() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        // A rule that no program of this version knows of.
        match engine {
            Engine::Postgres => {
                let options = PgConnectOptions::from_str(app.database.url()).unwrap();
                let mut connection = PgConnection::connect_with(&options).await.unwrap();
                let rule = "ALTER TABLE business_groups ADD CONSTRAINT a_rule CHECK (name <> 'Unwanted')";
                sqlx::raw_sql(rule).execute(&mut connection).await.unwrap();
            }
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(app.database.url()).await.unwrap();
                let rule = "CREATE TRIGGER a_rule BEFORE INSERT ON business_groups WHEN NEW.name = 'Unwanted' \
                     BEGIN SELECT RAISE(ABORT, 'unwanted'); END";
                sqlx::raw_sql(rule).execute(&mut connection).await.unwrap();
            }
        }
        let range = json!({"first": "+17635550000", "last": "+17635559999"});
        let group = json!({"id": "abccompany", "name": "Unwanted", "number_ranges": [range]});
        let answer = app.operate(Method::POST, "/v1/business-groups").json(&group).send().await.unwrap();
        assert!(!answer.headers().contains_key("retry-after"));
        let refusal = problem(answer, 422, "invalid-request").await;
        let detail = refusal["detail"].as_str().unwrap();
        assert!(detail.contains("does not take a value") && !detail.contains("answer"), "{detail}");
    }
}
