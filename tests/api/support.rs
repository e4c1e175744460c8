//! What the cases say about answers.

use std::str::FromStr;

use reqwest::Response;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;

/// The JSON of an answer with this status.
pub(crate) async fn json(answer: Response, status: u16) -> Value {
    let found = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The problem of an answer, which must be of this status and kind, and whole.
pub(crate) async fn problem(answer: Response, status: u16, slug: &str) -> Value {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let request_id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem = json(answer, status).await;
    assert_eq!(problem["type"], format!("/problems/{slug}"), "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"], request_id);
    for member in ["title", "detail"] {
        assert!(!problem[member].as_str().unwrap().is_empty(), "{problem}");
    }
    problem
}

/// The text of an answer with this status.
pub(crate) async fn text(answer: Response, status: u16) -> String {
    let found = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    text
}

/// Runs a statement on the server of a test database, from the database that every server has.
pub(crate) async fn on_server(app: &TestApp, statement: &str) {
    let options = PgConnectOptions::from_str(app.database.url()).unwrap();
    let name = options.get_database().unwrap().to_owned();
    let mut connection = PgConnection::connect_with(&options.database("postgres")).await.unwrap();
    let statement = statement.replace("{name}", &name);
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
}

/// Ends all connections to a test database.
pub(crate) const CUT_OFF: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'";

/// Services with the sample's mappings, each on an engine and with caches of a size.
pub(crate) async fn services_with_caches(kinds: &[(Engine, u64)]) -> Vec<TestApp> {
    let mut services = Vec::new();
    for (engine, capacity) in kinds {
        let app = TestApp::start_with(*engine, |settings| {
            settings.token_cache_capacity = *capacity;
            settings.mapping_cache_capacity = *capacity;
        });
        let app = app.await;
        app.sample_company().await;
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        services.push(app);
    }
    services
}
