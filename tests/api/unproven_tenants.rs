//! Links that nobody has proven: whom they resolve, by `SIGNLINE_UNPROVEN_TENANTS`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use signline::config::DatabaseUrl;
use signline::domain::authority::Authority;
use signline::domain::tenant::UnprovenTenants;
use sqlx::{Connection, Executor, PgConnection};
use test_support::app::{TENANT, TIMEOUT, TestApp};
use test_support::database::Engine;
use tokio::time::{sleep, timeout};

use crate::support::{json, problem};

const BOB: &str = "bobsmith@abccompany.com";
const ADA: &str = "admin@abccompany.com";
const GROUP: &str = "/v1/business-groups/abccompany";
const MAPPING: &str = "/v1/business-groups/abccompany/mappings/7635551111";

/// A service with the sample's company, which is linked to no tenant, and its administrator's key.
async fn company(engine: Engine, unproven: UnprovenTenants) -> (TestApp, String) {
    let app = TestApp::start_with(engine, |settings| settings.unproven_tenants = unproven).await;
    app.sample_company().await;
    json(app.operate_json(Method::PUT, MAPPING, &json!({"email": BOB})).await, 201).await;
    unlink(&app).await;
    let key = app.api_key("business-group-admin", Some("abccompany")).await;
    (app, key)
}

async fn unlink(app: &TestApp) {
    let unlinked = app.operate(Method::DELETE, &format!("{GROUP}/tenant")).send().await.unwrap();
    assert_eq!(unlinked.status(), 204);
}

async fn link(app: &TestApp, credential: &str, proof: Option<&str>) -> Value {
    let mut body = json!({"tenant_id": TENANT});
    if let Some(proof) = proof {
        body["proof"] = json!(proof);
    }
    let call = app.call(Method::PUT, &format!("{GROUP}/tenant")).bearer_auth(credential);
    json(call.json(&body).send().await.unwrap(), 200).await
}

/// A token of the tenant's administrator.
fn ada(app: &TestApp) -> String {
    app.entra.token(TENANT, ADA, "portal").unwrap().claim("roles", json!(["BusinessGroup.Admin"])).mint()
}

/// Asks three times, the last two from what is cached.
async fn assert_resolves(app: &TestApp, token: &str) {
    for _ in 0..3 {
        assert_eq!(json(app.me(token).await, 200).await["phone_number"], "+17635551111");
    }
}

async fn assert_refused(app: &TestApp, token: &str) {
    for _ in 0..3 {
        let refused = problem(app.me(token).await, 403, "tenant-not-linked").await;
        assert_eq!(refused["unproven"], true, "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("BusinessGroup.Admin"), "{refused}");
    }
}

async fn check(app: &TestApp) -> (Value, Value) {
    let found = app.operate(Method::GET, &format!("{GROUP}/sign-in-check?email={BOB}")).send().await.unwrap();
    let found = json(found, 200).await;
    (found["outcome"].clone(), found["unproven"].clone())
}

// proves T-20
#[tokio::test]
async fn where_they_are_refused_a_link_resolves_once_it_is_proven_or_the_operators_own() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (app, key) = company(engine, UnprovenTenants::Refuse).await;
        let bob = app.token(BOB);
        let refused = problem(app.me(&bob).await, 403, "tenant-not-linked").await;
        assert_eq!(refused["unproven"], Value::Null);
        assert_eq!(check(&app).await, (json!("tenant-not-linked"), json!(false)));
        // An administrator's key names the tenant: that is not enough, also for a guest and for who has no mapping.
        let linked = link(&app, &key, None).await;
        assert_eq!((&linked["tenant_proven_at"], &linked["tenant_confirmed_at"]), (&Value::Null, &Value::Null));
        assert_refused(&app, &bob).await;
        assert_refused(&app, &app.token("gus@otherco.example")).await;
        assert_refused(&app, &app.token(ADA)).await;
        assert_eq!(check(&app).await, (json!("tenant-not-linked"), json!(true)));
        // The operator confirms it: at once, also for tokens that were refused.
        let linked = link(&app, &app.operator, None).await;
        assert!(linked["tenant_confirmed_at"].is_string() && linked["tenant_proven_at"].is_null(), "{linked}");
        assert_resolves(&app, &bob).await;
        assert_eq!(check(&app).await, (json!("resolves"), json!(false)));
        // An administrator who names it again takes nothing away; a new link is not the operator's.
        assert_eq!(link(&app, &key, None).await, linked);
        assert_resolves(&app, &bob).await;
        unlink(&app).await;
        let linked = link(&app, &key, None).await;
        assert_eq!(linked["tenant_confirmed_at"], Value::Null);
        assert_refused(&app, &bob).await;
        // With a proof it is proven.
        assert!(link(&app, &key, Some(&ada(&app))).await["tenant_proven_at"].is_string());
        assert_resolves(&app, &bob).await;
        unlink(&app).await;
        // And an administrator who signs in proves it by the first call.
        link(&app, &key, None).await;
        assert_refused(&app, &bob).await;
        json(app.get(GROUP).bearer_auth(ada(&app)).send().await.unwrap(), 200).await;
        assert_resolves(&app, &bob).await;
    }
}

#[tokio::test]
async fn unless_it_is_set_every_link_resolves() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (app, key) = company(engine, UnprovenTenants::Resolve).await;
        link(&app, &key, None).await;
        assert_resolves(&app, &app.token(BOB)).await;
        assert_eq!(check(&app).await, (json!("resolves"), json!(false)));
    }
}

/// Another replica on the same database.
async fn replica(app: &TestApp) -> TestApp {
    let (url, authority) = (app.database.url().to_owned(), app.entra.http_base().to_owned());
    TestApp::start_with(Engine::Sqlite, |settings| {
        settings.database_url = DatabaseUrl(url);
        settings.authority = Authority::parse(&authority).unwrap();
        settings.unproven_tenants = UnprovenTenants::Refuse;
    })
    .await
}

async fn wait_for(app: &TestApp, token: &str, status: u16) {
    let seen = async {
        while app.me(token).await.status().as_u16() != status {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(TIMEOUT, seen).await.unwrap_or_else(|_| panic!("never {status}"));
}

// proves T-20
#[tokio::test]
async fn another_replica_hears_of_a_proof_that_comes_and_of_one_that_goes() {
    let (app, key) = company(Engine::Postgres, UnprovenTenants::Refuse).await;
    let other = replica(&app).await;
    let bob = app.token(BOB);
    link(&app, &key, None).await;
    wait_for(&other, &bob, 403).await;
    for _ in 0..3 {
        // What is cached there is the line without a proof, and then the answer with one.
        assert_refused(&other, &bob).await;
        json(app.get(GROUP).bearer_auth(ada(&app)).send().await.unwrap(), 200).await;
        wait_for(&other, &bob, 200).await;
        assert_resolves(&other, &bob).await;
        // By hand, past every program.
        by_hand(&app, "UPDATE business_groups SET tenant_proven_at = NULL").await;
        wait_for(&other, &bob, 403).await;
        link(&app, &app.operator, None).await;
        wait_for(&other, &bob, 200).await;
        by_hand(&app, "UPDATE business_groups SET tenant_confirmed_at = NULL").await;
        wait_for(&other, &bob, 403).await;
    }
}

async fn by_hand(app: &TestApp, statement: &'static str) {
    let mut connection = PgConnection::connect(app.database.url()).await.unwrap();
    connection.execute(statement).await.unwrap();
}
