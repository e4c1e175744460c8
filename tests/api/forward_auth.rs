//! `/v1/forward-auth` as gateways ask it. Behind real ones: `tests/gateways`.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{CUT_OFF, json, on_server, problem, services_with_caches, text};

const BOB: &str = "bobsmith@abccompany.com";
const JOHN: &str = "johndavidson@abccompany.com";
const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
const PATH: &str = "/v1/forward-auth";
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"];

/// What each answer that lets a request pass tells of Bob, in order of the names.
const BOBS: [(&str, &str); 6] = [
    ("x-signline-application", "portal"),
    ("x-signline-business-group", "abccompany"),
    ("x-signline-phone-number", "+17635551111"),
    ("x-signline-phone-number-national", "7635551111"),
    ("x-signline-tenant", TENANT),
    ("x-signline-user", "0b0b0b0b-0000-4000-8000-000000000001"),
];

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

fn ask(app: &TestApp, method: &str, path: &str) -> RequestBuilder {
    app.call(Method::from_bytes(method.as_bytes()).unwrap(), path)
}

/// What an answer tells of the user: each header of that name, in order.
fn told(answer: &Response) -> Vec<(String, String)> {
    let ours = answer.headers().iter().filter(|(name, _)| name.as_str().starts_with("x-signline"));
    let mut told: Vec<_> = ours.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    told.sort();
    told
}

fn bobs() -> Vec<(String, String)> {
    BOBS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[tokio::test]
async fn a_user_with_a_line_passes_by_any_method_path_and_query_again_and_again() {
    for app in services_with_caches(&[(Engine::Sqlite, 1000), (Engine::Sqlite, 0), (Engine::Postgres, 1000)]).await {
        let token = app.token(BOB);
        for method in METHODS {
            for path in
                ["", "/", "/orders/7", "//", "/..%2F..", "?x=1&email=false", "/a?require=line&&%%%", "?email=TRUE"]
            {
                let what = format!("{method} {path}");
                let answer = ask(&app, method, &format!("{PATH}{path}")).bearer_auth(&token).send().await.unwrap();
                assert_eq!(told(&answer), bobs(), "{what}");
                assert_eq!(answer.headers()["cache-control"], "no-store", "{what}");
                assert_eq!(text(answer, 200).await, "", "{what}");
            }
        }
    }
}

#[tokio::test]
async fn the_address_is_told_to_who_asks_for_it() {
    let app = sample().await;
    let token = app.token(BOB);
    for path in ["?email=true", "/below?x=1&email=true", "?email=true&email=false"] {
        for _ in 0..3 {
            let answer = ask(&app, "GET", &format!("{PATH}{path}")).bearer_auth(&token).send().await.unwrap();
            assert_eq!(answer.headers()["x-signline-email"], BOB, "{path}");
        }
    }
}

// proves T-99
#[tokio::test]
async fn what_a_client_says_of_itself_is_never_believed() {
    let app = sample().await;
    let spoofed = |call: RequestBuilder| {
        call.header("X-Signline-Phone-Number", "+19995550000")
            .header("X_Signline_User", "root")
            .header("X-Signline-Email", "x@y.zz")
    };
    let answer = spoofed(ask(&app, "GET", PATH)).bearer_auth(app.token(BOB)).send().await.unwrap();
    assert_eq!(told(&answer), bobs());
    let refused = spoofed(ask(&app, "GET", PATH)).send().await.unwrap();
    assert_eq!(told(&refused), []);
    problem(refused, 401, "unauthenticated").await;
}

#[tokio::test]
async fn who_has_no_line_is_refused_with_403_and_told_why() {
    let app = sample().await;
    let token = |user| app.entra.token(TENANT, user, "portal").unwrap();
    let stranger = app.entra.token(OTHER_TENANT, "bobsmith@otherco.example", "portal").unwrap();
    json(app.me(&app.token(BOB)).await, 200).await;
    let recycled = token(BOB).claim("oid", "0b0b0b0b-0000-4000-8000-00000000ffff");
    let nameless = token(BOB).without("email").claim("preferred_username", "+1763555");
    for (token, slug) in [
        (token("admin@abccompany.com"), "no-mapping"),
        (stranger, "tenant-not-linked"),
        (token(JOHN).claim("acct", 1), "guest-not-allowed"),
        (recycled, "identity-changed"),
        (nameless, "no-email-claim"),
    ] {
        let token = token.mint();
        for method in METHODS {
            for path in [PATH, "/v1/forward-auth/orders?email=true"] {
                let answer = ask(&app, method, path).bearer_auth(&token).send().await.unwrap();
                assert_eq!(told(&answer), [], "{slug}");
                if method == "HEAD" {
                    assert_eq!(answer.status(), 403, "{slug}");
                } else {
                    problem(answer, 403, slug).await;
                }
            }
        }
    }
    problem(ask(&app, "GET", PATH).bearer_auth(&app.operator).send().await.unwrap(), 403, "forbidden").await;
}

#[tokio::test]
async fn without_a_good_token_the_answer_is_401_with_a_challenge() {
    let app = sample().await;
    let good = app.token(BOB);
    let expired = app.entra.token(TENANT, BOB, "portal").unwrap().expires_in_seconds(-3600).mint();
    for (headers, challenge) in [
        (vec![], "Bearer"),
        (vec!["Basic dXNlcjpwYXNz".to_owned()], "Bearer"),
        (vec!["Bearer x".to_owned()], r#"Bearer error="invalid_token""#),
        (vec!["Bearer slk_x".to_owned()], r#"Bearer error="invalid_token""#),
        (vec![format!("Bearer {expired}")], r#"Bearer error="invalid_token""#),
        (vec![format!("Bearer {good}"), format!("Bearer {good}")], r#"Bearer error="invalid_token""#),
    ] {
        for method in METHODS {
            let call = ask(&app, method, "/v1/forward-auth/orders");
            let call = headers.iter().fold(call, |call, header| call.header("authorization", header));
            let answer = call.send().await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["www-authenticate"]),
                (401, &challenge.parse().unwrap())
            );
            assert_eq!(told(&answer), []);
        }
    }
}

#[tokio::test]
async fn who_loses_their_line_is_refused_by_the_next_call() {
    for app in services_with_caches(&[(Engine::Sqlite, 1000), (Engine::Postgres, 1000)]).await {
        let token = app.token(BOB);
        let asked = async || ask(&app, "GET", PATH).bearer_auth(&token).send().await.unwrap();
        let mapping = "/v1/business-groups/abccompany/mappings/7635551111";
        for _ in 0..3 {
            for _ in 0..3 {
                assert_eq!(asked().await.status(), 200);
                // The same token has another answer there.
                json(app.me(&token).await, 200).await;
            }
            assert_eq!(app.operate(Method::DELETE, mapping).send().await.unwrap().status(), 204);
            problem(asked().await, 403, "no-mapping").await;
            app.operate_json(Method::PUT, mapping, &json!({"email": BOB})).await;
        }
    }
}

#[tokio::test]
async fn a_body_is_never_waited_for_and_the_connection_ends() {
    let app = sample().await;
    let token = app.token(BOB);
    let address = app.base.strip_prefix("http://").unwrap();
    for (token, status, announced) in [
        (token.as_str(), "200", "Content-Length: 1000"),
        (token.as_str(), "200", "Transfer-Encoding: chunked"),
        ("x", "401", "Content-Length: 1000"),
    ] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!("POST {PATH}/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n{announced}\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = timeout(Duration::from_secs(20), connection.read_to_string(&mut answer));
        read.await.expect("the connection ends").unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{announced}: {answer}");
    }
}

#[tokio::test]
async fn what_can_not_be_known_now_is_503() {
    let app = services_with_caches(&[(Engine::Postgres, 0)]).await.remove(0);
    on_server(&app, "ALTER DATABASE {name} ALLOW_CONNECTIONS false").await;
    on_server(&app, CUT_OFF).await;
    for _ in 0..3 {
        let answer = ask(&app, "GET", PATH).bearer_auth(app.token(BOB)).send().await.unwrap();
        assert!(answer.headers().contains_key("retry-after"));
        problem(answer, 503, "unavailable").await;
    }
}

#[tokio::test]
async fn too_many_bad_tokens_are_answered_with_503_and_hold_up_no_known_user() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.limits.failures_per_credential = 5).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        let answer = ask(&app, "GET", PATH).bearer_auth("eyJ.a.b").send().await.unwrap();
        seen.push(answer.status().as_u16());
        if answer.status() == 503 {
            assert!(answer.headers().contains_key("retry-after"));
            problem(answer, 503, "too-many-requests").await;
        }
    }
    seen.dedup();
    assert_eq!(seen, [401, 503]);
    assert_eq!(ask(&app, "GET", PATH).bearer_auth(app.token(BOB)).send().await.unwrap().status(), 200);
}
