//! Whether a tenant that is linked exists, as the simulated Entra knows, does not know, or does not say.

use std::net::TcpListener;

use entra_sim::{Endpoint, Fault};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use signline::domain::authority::Authority;
use test_support::app::{TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};

const GROUP: &str = "/v1/business-groups/abc";
const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
const NOBODYS_TENANT: &str = "99999999-9999-4999-8999-999999999999";

/// A service with a group, and the key of its administrator.
async fn with_group(app: TestApp) -> (TestApp, String) {
    let group = json!({"id": "abc", "name": "abc"});
    json(app.operate_json(Method::POST, "/v1/business-groups", &group).await, 201).await;
    let key = app.api_key("business-group-admin", Some("abc")).await;
    (app, key)
}

async fn link(app: &TestApp, key: &str, body: Value) -> Response {
    app.call(Method::PUT, &format!("{GROUP}/tenant")).bearer_auth(key).json(&body).send().await.unwrap()
}

async fn linked_tenant(app: &TestApp) -> Value {
    json(app.operate(Method::GET, GROUP).send().await.unwrap(), 200).await["tenant_id"].clone()
}

#[tokio::test]
async fn a_tenant_that_entra_knows_is_linked_and_asked_about_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (app, key) = with_group(TestApp::start(engine).await).await;
        app.entra.reset_fetches();
        for (credential, tenant) in [(&key, TENANT), (&app.operator, OTHER_TENANT)] {
            let linked = json(link(&app, credential, json!({"tenant_id": tenant})).await, 200).await;
            assert_eq!((&linked["tenant_id"], &linked["tenant_checked"]), (&json!(tenant), &json!(true)));
        }
        assert_eq!(app.entra.fetches().discovery, 2);
        // What is linked already is not asked again, and the member belongs to this answer alone.
        let again = json(link(&app, &key, json!({"tenant_id": OTHER_TENANT})).await, 200).await;
        assert_eq!(again.get("tenant_checked"), None);
        let read = json(app.operate(Method::GET, GROUP).send().await.unwrap(), 200).await;
        assert_eq!(read.get("tenant_checked"), None);
        assert_eq!(app.entra.fetches().discovery, 2);
    }
}

#[tokio::test]
async fn a_tenant_that_entra_does_not_know_is_not_linked() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (app, key) = with_group(TestApp::start(engine).await).await;
        json(link(&app, &key, json!({"tenant_id": TENANT})).await, 200).await;
        for credential in [&key, &app.operator] {
            let refused = link(&app, credential, json!({"tenant_id": NOBODYS_TENANT})).await;
            let refused = problem(refused, 422, "unknown-tenant").await;
            assert_eq!(refused["errors"][0]["field"], "tenant_id");
            assert!(refused["detail"].as_str().unwrap().contains("Microsoft Entra admin center"), "{refused}");
            assert_eq!(linked_tenant(&app).await, TENANT);
        }
    }
}

// proves T-22
#[tokio::test]
async fn where_entra_gives_no_clear_answer_a_tenant_is_linked_unchecked() {
    let elsewhere = "http://127.0.0.1:9/".to_owned();
    let not_found = r#"{"error":"invalid_tenant","error_codes":[90002]}"#.to_owned();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (app, key) = with_group(TestApp::start(engine).await).await;
        for fault in [
            Fault::Status(500),
            Fault::Status(400),
            Fault::Status(404),
            Fault::BreakOff,
            Fault::Garbage,
            Fault::Oversized,
            Fault::RedirectTo(elsewhere.clone()),
            Fault::Body(not_found.clone()),
        ] {
            app.entra.set_fault(Endpoint::Discovery, fault.clone());
            for tenant in [TENANT, NOBODYS_TENANT] {
                let linked = json(link(&app, &key, json!({"tenant_id": tenant})).await, 200).await;
                let reported = (&linked["tenant_id"], &linked["tenant_checked"]);
                assert_eq!(reported, (&json!(tenant), &json!(false)), "{fault:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_entra_that_does_not_answer_in_time_or_at_all_holds_no_link_up() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (app, key) = with_group(TestApp::start(engine).await).await;
        app.entra.set_fault(Endpoint::Discovery, Fault::DelayMs(60_000));
        let late = json(link(&app, &key, json!({"tenant_id": NOBODYS_TENANT})).await, 200).await;
        assert_eq!(late["tenant_checked"], false);
        let app = TestApp::start_with(engine, |settings| {
            settings.authority = Authority::parse(&format!("http://{dead}")).unwrap();
        });
        let (app, key) = with_group(app.await).await;
        let unasked = json(link(&app, &key, json!({"tenant_id": NOBODYS_TENANT})).await, 200).await;
        assert_eq!(unasked["tenant_checked"], false);
        assert_eq!(linked_tenant(&app).await, NOBODYS_TENANT);
    }
}

// proves T-22
#[tokio::test]
async fn entra_is_asked_only_for_who_may_link_and_brings_no_proof() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (app, key) = with_group(TestApp::start(engine).await).await;
        let other = json!({"id": "xyz", "name": "xyz"});
        json(app.operate_json(Method::POST, "/v1/business-groups", &other).await, 201).await;
        let foreign = app.api_key("business-group-admin", Some("xyz")).await;
        app.entra.reset_fetches();
        problem(link(&app, &foreign, json!({"tenant_id": NOBODYS_TENANT})).await, 404, "not-found").await;
        problem(link(&app, &key, json!({"tenant_id": "../common"})).await, 422, "invalid-request").await;
        problem(link(&app, &key, json!({"tenant_id": TENANT, "proof": "x"})).await, 422, "invalid-request").await;
        let nobody = json!({"tenant_id": NOBODYS_TENANT});
        let path = "/v1/business-groups/nobody/tenant";
        problem(app.operate_json(Method::PUT, path, &nobody).await, 404, "not-found").await;
        let proof = app.entra.token(TENANT, "admin@abccompany.com", "portal").unwrap();
        let proof = proof.claim("roles", json!(["BusinessGroup.Admin"])).mint();
        let proven = json(link(&app, &key, json!({"tenant_id": TENANT, "proof": proof})).await, 200).await;
        assert_eq!(proven.get("tenant_checked"), None);
        assert_eq!(app.entra.fetches().discovery, 0);
    }
}

// proves T-22
#[tokio::test]
async fn whoever_links_in_a_loop_makes_the_service_ask_entra_only_so_often() {
    let (app, key) = with_group(TestApp::start(Engine::Sqlite).await).await;
    // It ends as soon as a question is not asked, however long the machine takes for each.
    for _ in 0..10_000 {
        let answer = link(&app, &key, json!({"tenant_id": NOBODYS_TENANT})).await;
        if answer.status() == 200 {
            assert_eq!(json(answer, 200).await["tenant_checked"], false);
            return;
        }
        problem(answer, 422, "unknown-tenant").await;
    }
    panic!("every question was asked");
}
