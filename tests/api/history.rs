//! The history of a group over HTTP.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, text};

const GROUP: &str = "/v1/business-groups/abccompany";

async fn call(app: &TestApp, method: Method, path: &str) -> Response {
    app.operate(method, &format!("{GROUP}{path}")).send().await.unwrap()
}

async fn get(app: &TestApp, path: &str) -> Value {
    json(call(app, Method::GET, path).await, 200).await
}

// proves T-53
#[tokio::test]
async fn every_change_is_told_by_whom_and_can_be_undone() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        let admin = app.api_key("business-group-admin", Some("abccompany")).await;
        let removed = app.call(Method::DELETE, &format!("{GROUP}/mappings/7635551111")).bearer_auth(&admin);
        assert_eq!(removed.send().await.unwrap().status(), 204);
        problem(app.me(&app.token("bobsmith@abccompany.com")).await, 404, "no-mapping").await;

        let revisions = get(&app, "/revisions").await;
        let listed: Vec<_> = revisions["items"].as_array().unwrap().iter().collect();
        assert_eq!(listed.len(), 2);
        let of = |at: usize| ["revision", "source", "added", "changed", "removed"].map(|name| listed[at][name].clone());
        assert_eq!(of(0), [json!(2), json!("api"), json!(0), json!(0), json!(1)]);
        assert_eq!(of(1), [json!(1), json!("import"), json!(3), json!(0), json!(0)]);
        assert!(listed[0]["actor"].as_str().unwrap().starts_with("business-group-admin ("), "{revisions}");
        assert!(!revisions.to_string().contains("slk_"));
        let changes = get(&app, "/revisions/2/changes").await;
        let expected = json!([{
            "kind": "removed", "phone_number": "+17635551111", "old_email": "bobsmith@abccompany.com", "new_email": null,
        }]);
        assert_eq!(changes["items"], expected);

        let restored = json(call(&app, Method::POST, "/revisions/1/restore").await, 200).await;
        let expected = json!({"revision": 3, "restored_revision": 1, "added": 1, "changed": 0, "removed": 0});
        assert_eq!(restored, expected);
        let bob = json(app.me(&app.token("bobsmith@abccompany.com")).await, 200).await;
        assert_eq!(bob["phone_number"], "+17635551111");
        assert_eq!(text(call(&app, Method::GET, "/mappings.csv").await, 200).await, SAMPLE_SHEET);
        let again = json(call(&app, Method::POST, "/revisions/3/restore").await, 200).await;
        assert_eq!((&again["revision"], &again["added"]), (&json!(3), &json!(0)));
    }
}

#[tokio::test]
async fn a_revision_that_is_not_there_is_not_found() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    for unknown in ["1", "-1", "x", "99999999999999999999"] {
        problem(call(&app, Method::GET, &format!("/revisions/{unknown}/changes")).await, 404, "not-found").await;
        problem(call(&app, Method::POST, &format!("/revisions/{unknown}/restore")).await, 404, "not-found").await;
    }
    let nobody = app.operate(Method::GET, "/v1/business-groups/nobody/revisions").send().await.unwrap();
    problem(nobody, 404, "not-found").await;
}

#[tokio::test]
async fn numbers_that_were_taken_away_stop_a_restore() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    call(&app, Method::DELETE, "/mappings/7635553333").await;
    let ranges = json!({"number_ranges": [{"first": "+17635550000", "last": "+17635552999"}]});
    assert_eq!(app.operate_json(Method::PATCH, GROUP, &ranges).await.status(), 200);
    let refused = problem(call(&app, Method::POST, "/revisions/1/restore").await, 409, "outside-ranges").await;
    assert_eq!((&refused["number_count"], &refused["phone_numbers"]), (&json!(1), &json!(["+17635553333"])));
}

#[tokio::test]
async fn revisions_are_listed_in_pages() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    for person in 0..3 {
        let body = json!({"email": format!("p{person}@abccompany.com")});
        app.operate_json(Method::PUT, &format!("{GROUP}/mappings/763555000{person}"), &body).await;
    }
    let first = get(&app, "/revisions?limit=2").await;
    let numbers =
        |page: &Value| page["items"].as_array().unwrap().iter().map(|item| item["revision"].clone()).collect();
    let (newest, cursor): (Vec<_>, _) = (numbers(&first), first["next_cursor"].as_str().unwrap());
    assert_eq!(newest, [json!(3), json!(2)]);
    let last = get(&app, &format!("/revisions?limit=2&cursor={cursor}")).await;
    let oldest: Vec<Value> = numbers(&last);
    assert_eq!((oldest, &last["next_cursor"]), (vec![json!(1)], &Value::Null));
}
