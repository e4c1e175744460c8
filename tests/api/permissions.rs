//! What rights there are beyond who may make which call, which `isolation` tells.

use reqwest::Method;
use serde_json::{Value, json};
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::problem;

// proves T-33
#[tokio::test]
async fn an_administrator_sees_and_changes_their_own_group_alone() {
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
