//! Uploads whose sender's right is taken away while they arrive.

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::{Body, Method, Response};
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{json, problem};

const GROUP: &str = "/v1/business-groups/abccompany";

/// An upload whose right was looked up, and whose last byte has not been sent.
struct Held {
    finish: oneshot::Sender<()>,
    answer: JoinHandle<Response>,
}

/// Blank rows, more than the sockets between keep: who has taken them all in has looked the right up.
const BLANK_ROWS: usize = 12 * 1024 * 1024;
const CHUNK: usize = 64 * 1024;

impl Held {
    async fn begin(app: &TestApp, credential: &str, query: &str) -> Self {
        let (begun, is_begun) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        let blank = stream::repeat(Bytes::from(vec![b'\n'; CHUNK])).take(BLANK_ROWS / CHUNK);
        let end = stream::once(async move {
            let _ = begun.send(());
            let _ = finished.await;
            Bytes::from_static(b"\n")
        });
        let chunks = stream::iter([Bytes::from(SAMPLE_SHEET)]).chain(blank).chain(end).map(Ok::<_, io::Error>);
        let call = app.call(Method::POST, &format!("{GROUP}/imports{query}")).bearer_auth(credential);
        let call = call.header("content-type", "text/csv").body(Body::wrap_stream(chunks));
        let answer = tokio::spawn(async move { call.send().await.unwrap() });
        is_begun.await.expect("the upload begins");
        Self { finish, answer }
    }

    async fn finish(self) -> Response {
        self.finish.send(()).unwrap();
        self.answer.await.unwrap()
    }
}

async fn service(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    app.sample_company().await;
    app
}

async fn assert_nothing_was_changed(app: &TestApp) {
    let group: Value = json(app.operate(Method::GET, GROUP).send().await.unwrap(), 200).await;
    assert_eq!((&group["revision"], &group["mapping_count"]), (&json!(0), &json!(0)));
}

// proves T-36
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_key_is_revoked_while_it_arrives_changes_nothing() {
    for (engine, query) in [(Engine::Sqlite, "?apply=true"), (Engine::Postgres, "?apply=true"), (Engine::Postgres, "")]
    {
        let app = service(engine).await;
        for role in ["business-group-admin", "operator"] {
            let group = (role == "business-group-admin").then_some("abccompany");
            let body = json!({"name": "leaked", "role": role, "business_group": group});
            let made = json(app.operate_json(Method::POST, "/v1/api-keys", &body).await, 201).await;
            let held = Held::begin(&app, made["secret"].as_str().unwrap(), query).await;
            let path = format!("/v1/api-keys/{}", made["id"].as_str().unwrap());
            assert_eq!(app.operate(Method::DELETE, &path).send().await.unwrap().status(), 204);
            let answer = held.finish().await;
            assert!(answer.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
            let refusal = problem(answer, 401, "invalid-token").await;
            assert!(refusal["detail"].as_str().unwrap().contains("revoked"), "{refusal}");
            assert_nothing_was_changed(&app).await;
        }
    }
}

// proves T-36
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_tenant_is_unlinked_while_it_arrives_changes_nothing() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = service(engine).await;
        let token = app.entra.token(TENANT, "bobsmith@abccompany.com", "portal").unwrap();
        let administrator = token.claim("roles", json!(["BusinessGroup.Admin"])).mint();
        for query in ["?apply=true", ""] {
            let held = Held::begin(&app, &administrator, query).await;
            let path = format!("{GROUP}/tenant");
            assert_eq!(app.operate(Method::DELETE, &path).send().await.unwrap().status(), 204);
            problem(held.finish().await, 403, "tenant-not-linked").await;
            assert_nothing_was_changed(&app).await;
            let link = json!({"tenant_id": TENANT});
            json(app.operate_json(Method::PUT, &path, &link).await, 200).await;
        }
        let held = Held::begin(&app, &administrator, "?apply=true").await;
        json(held.finish().await, 200).await;
    }
}
