//! API keys over HTTP.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use signline::ports::clock::Clock;
use signline::ports::clock::SystemClock;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::json;
use crate::support::problem;

const KEYS: &str = "/v1/api-keys";

#[tokio::test]
async fn a_secret_is_shown_once_and_refused_once_revoked() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = app.operate_json(Method::POST, KEYS, &json!({"name": "portal", "role": "operator"})).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let created = json(answer, 201).await;
    let secret = created["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("slk_") && secret.len() == 47);
    assert!(secret.starts_with(created["prefix"].as_str().unwrap()));

    let list = json(app.operate(Method::GET, KEYS).send().await.unwrap(), 200).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(list["items"][1]["created_at"], created["created_at"]);
    assert!(!list.to_string().contains(&secret));

    let call = async || app.get("/v1/business-groups").bearer_auth(&secret).send().await.unwrap();
    json(call().await, 200).await;
    let path = format!("{KEYS}/{}", created["id"].as_str().unwrap());
    assert_eq!(app.operate(Method::DELETE, &path).send().await.unwrap().status(), 204);
    problem(call().await, 401, "invalid-token").await;
    problem(app.operate(Method::DELETE, &path).send().await.unwrap(), 404, "not-found").await;
    problem(app.operate(Method::DELETE, "/v1/api-keys/x").send().await.unwrap(), 404, "not-found").await;
}

#[tokio::test]
async fn a_key_works_until_it_expires() {
    let app = TestApp::start(Engine::Sqlite).await;
    let now = SystemClock.now();
    let soon = now.checked_add(Duration::from_secs(5)).unwrap();
    let body = json!({"name": "short", "role": "operator", "expires_at": soon.to_string()});
    let created = json(app.operate_json(Method::POST, KEYS, &body).await, 201).await;
    let secret = created["secret"].as_str().unwrap().to_owned();
    let call = async || app.get("/v1/business-groups").bearer_auth(&secret).send().await.unwrap();
    json(call().await, 200).await;
    while SystemClock.now() <= soon {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    problem(call().await, 401, "invalid-token").await;

    let past = json!({"name": "past", "role": "operator", "expires_at": "2020-01-01T00:00:00Z"});
    let refused = problem(app.operate_json(Method::POST, KEYS, &past).await, 422, "invalid-request").await;
    assert_eq!(refused["errors"][0]["field"], "expires_at");
}

#[tokio::test]
async fn a_role_has_a_group_if_and_only_if_it_needs_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    for (body, field) in [
        (json!({"name": "x", "role": "business-group-admin"}), "business_group"),
        (json!({"name": "x", "role": "scim"}), "business_group"),
        (json!({"name": "x", "role": "operator", "business_group": "abccompany"}), "business_group"),
        (json!({"name": "x", "role": "scim", "business_group": "nobody"}), "business_group"),
        (json!({"name": "", "role": "operator"}), "name"),
        (json!({"name": "x", "role": "king"}), "role"),
        (json!({"name": "x", "role": "operator", "expires_at": "tomorrow"}), "expires_at"),
    ] {
        let problem = problem(app.operate_json(Method::POST, KEYS, &body).await, 422, "invalid-request").await;
        assert_eq!(problem["errors"][0]["field"], field, "{body} {problem}");
    }
}
