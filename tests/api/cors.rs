//! Pages of other origins. In a real browser: `tests/clients`.

use reqwest::{Method, Response};
use serde_json::json;
use signline::domain::cors_origins::CorsOrigins;
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};

const BOB: &str = "bobsmith@abccompany.com";
const PORTAL: &str = "https://portal.example.com";
const STRANGER: &str = "https://stranger.example.com";
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

async fn sample() -> TestApp {
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.cors_origins = CorsOrigins::parse("https://portal.example.com,http://localhost:3000").unwrap();
    });
    let app = app.await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Response {
    let call = app.call(Method::OPTIONS, path).header("origin", origin);
    call.header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization,if-match")
        .send()
        .await
        .unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().unwrap())
}

fn varies(answer: &Response) -> bool {
    answer.headers().get_all("vary").iter().any(|value| value == "Origin")
}

#[tokio::test]
async fn a_browser_is_told_before_any_credential_what_a_known_page_may_send() {
    let app = sample().await;
    for path in ["/v1/me", "/v1/business-groups/abccompany/mappings/7635551111", "/openapi.json", "/v1/nothing"] {
        for origin in [PORTAL, "http://localhost:3000"] {
            let answer = preflight(&app, path, origin).await;
            assert_eq!(answer.status(), 204, "{path}");
            assert_eq!(header(&answer, ALLOW_ORIGIN), Some(origin), "{path}");
            let methods = header(&answer, "access-control-allow-methods").unwrap();
            assert!(
                ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().all(|method| methods.contains(method)),
                "{methods}"
            );
            let headers = header(&answer, "access-control-allow-headers").unwrap().to_ascii_lowercase();
            for wanted in ["authorization", "content-type", "accept", "if-match", "if-none-match", "traceparent"] {
                assert!(headers.split(", ").any(|header| header == wanted), "{headers}");
            }
            assert_eq!(header(&answer, "access-control-max-age"), Some("600"));
            assert_eq!(header(&answer, "access-control-allow-credentials"), None);
            assert!(varies(&answer), "{path}");
        }
    }
}

#[tokio::test]
async fn every_answer_to_a_known_page_can_be_read_there_and_its_errors_too() {
    let app = sample().await;
    let token = app.token(BOB);
    let get = |path: &str| app.get(path).header("origin", PORTAL);
    let mappings = "/v1/business-groups/abccompany/mappings";
    for (call, status) in [
        (get("/v1/me").bearer_auth(&token), 200),
        (get("/v1/me").bearer_auth(&token), 200),
        (get("/v1/me"), 401),
        (get("/v1/me").bearer_auth("x"), 401),
        (get("/v1/me").bearer_auth(&app.operator), 403),
        (get("/v1/nothing"), 404),
        (app.call(Method::DELETE, "/v1/me").header("origin", PORTAL), 405),
        (get(mappings).bearer_auth(&app.operator), 200),
        (
            app.call(Method::PUT, &format!("{mappings}/1"))
                .header("origin", PORTAL)
                .bearer_auth(&app.operator)
                .json(&json!([])),
            422,
        ),
        (get("/openapi.json"), 200),
        (get("/livez"), 200),
    ] {
        let answer = call.send().await.unwrap();
        let what = answer.url().to_string();
        assert_eq!(answer.status().as_u16(), status, "{what}");
        assert_eq!(header(&answer, ALLOW_ORIGIN), Some(PORTAL), "{what}");
        let exposed = header(&answer, "access-control-expose-headers").unwrap().to_ascii_lowercase();
        for wanted in ["etag", "location", "retry-after", "x-request-id", "www-authenticate", "content-disposition"] {
            assert!(exposed.split(", ").any(|header| header == wanted), "{exposed}");
        }
        assert!(varies(&answer), "{what}");
    }
}

// proves T-100
#[tokio::test]
async fn no_other_page_may_read_an_answer() {
    let app = sample().await;
    let token = app.token(BOB);
    for origin in
        [STRANGER, "null", "*", "https://portal.example.com.stranger.example", "http://portal.example.com", "file://"]
    {
        problem(preflight(&app, "/v1/me", origin).await, 405, "method-not-allowed").await;
        for _ in 0..2 {
            let answer = app.get("/v1/me").header("origin", origin).bearer_auth(&token).send().await.unwrap();
            assert_eq!((header(&answer, ALLOW_ORIGIN), answer.status().as_u16()), (None, 200), "{origin}");
            assert!(varies(&answer));
        }
    }
    let without = app.get("/v1/me").bearer_auth(&token).send().await.unwrap();
    assert_eq!((header(&without, ALLOW_ORIGIN), varies(&without)), (None, true));
}

#[tokio::test]
async fn what_machines_ask_is_shared_with_no_page() {
    let app = sample().await;
    for path in [
        "/metrics",
        "/readyz",
        "/v1/introspect",
        "/v1/forward-auth",
        "/v1/forward-auth/x",
        "/v1/consent/callback",
        "/scim/v2/Users",
        // The same, written in another way.
        "/v1/%69ntrospect",
        "/v1/forward%2Dauth",
        "/%6Detrics",
    ] {
        let asked = preflight(&app, path, PORTAL).await;
        assert_ne!(asked.status(), 204, "{path}");
        let got = app.get(path).header("origin", PORTAL).send().await.unwrap();
        for answer in [asked, got] {
            assert_eq!((header(&answer, ALLOW_ORIGIN), varies(&answer)), (None, false), "{path}");
        }
    }
}

#[tokio::test]
async fn by_default_nothing_is_shared_and_nothing_varies() {
    let app = TestApp::start(Engine::Sqlite).await;
    problem(preflight(&app, "/v1/me", PORTAL).await, 405, "method-not-allowed").await;
    let answer = app.get("/livez").header("origin", PORTAL).send().await.unwrap();
    assert_eq!((header(&answer, ALLOW_ORIGIN), varies(&answer)), (None, false));
}
