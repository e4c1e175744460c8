//! `POST /v1/introspect`: who may ask, in which ways, and what is told. With real clients: `tests/process/introspection`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{CUT_OFF, json, on_server, problem, services_with_caches, text};

const BOB: &str = "bobsmith@abccompany.com";
const JOHN: &str = "johndavidson@abccompany.com";
const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
const PATH: &str = "/v1/introspect";

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

fn ask(app: &TestApp, query: &str, form: &[(&str, &str)]) -> RequestBuilder {
    app.call(Method::POST, &format!("{PATH}{query}")).form(form)
}

async fn told(app: &TestApp, key: &str, query: &str, token: &str) -> Value {
    let answer = ask(app, query, &[("token", token)]).bearer_auth(key).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["content-type"], "application/json");
    json(answer, 200).await
}

/// What a token says.
fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn inactive() -> Value {
    json!({"active": false})
}

#[tokio::test]
async fn a_good_token_is_described_with_its_users_line_again_and_again() {
    for app in services_with_caches(&[(Engine::Sqlite, 1000), (Engine::Sqlite, 0), (Engine::Postgres, 1000)]).await {
        let resolver = app.api_key("resolver", None).await;
        let token = app.token(BOB);
        let payload = claims(&token);
        for _ in 0..4 {
            let expected = json!({
                "active": true, "token_type": "Bearer", "iss": payload["iss"], "aud": payload["aud"], "sub": payload["sub"],
                "client_id": payload["aud"], "username": payload["preferred_username"], "iat": payload["iat"], "nbf": payload["nbf"],
                "exp": payload["exp"], "tid": TENANT, "oid": payload["oid"], "email": BOB, "application": "portal",
                "business_group": "abccompany", "phone_number": "+17635551111", "phone_number_national": "7635551111",
                "line": "ok"
            });
            for query in ["", "?require=line"] {
                assert_eq!(told(&app, &resolver, query, &token).await, expected);
                assert_eq!(told(&app, &app.operator, query, &token).await, expected);
            }
            // The same token has another answer there.
            json(app.me(&token).await, 200).await;
        }
    }
}

#[tokio::test]
async fn an_access_token_names_its_client_and_its_scopes() {
    let app = sample().await;
    let api = app.entra.config().application_named("signline-api").unwrap();
    for builder in [
        app.entra.token(TENANT, BOB, "maxuc-mobile").unwrap().access_token(api, "Line.Read"),
        app.entra.token(TENANT, BOB, "maxuc-mobile").unwrap().access_token(api, "Other Line.Read").v1(),
    ] {
        let token = builder.mint();
        let payload = claims(&token);
        let client = payload.get("azp").or_else(|| payload.get("appid")).unwrap().clone();
        let answer = told(&app, &app.operator, "", &token).await;
        assert_eq!((&answer["client_id"], &answer["scope"]), (&client, &payload["scp"]));
        assert_eq!((&answer["application"], &answer["line"]), (&json!("maxuc-mobile"), &json!("ok")));
    }
}

#[tokio::test]
async fn a_user_without_a_line_is_told_why_or_is_not_active_where_a_line_is_required() {
    let app = sample().await;
    let token = |user| app.entra.token(TENANT, user, "portal").unwrap();
    json(app.me(&app.token(BOB)).await, 200).await;
    for (builder, line, group) in [
        (token("admin@abccompany.com"), "no-mapping", json!("abccompany")),
        (
            app.entra.token(OTHER_TENANT, "bobsmith@otherco.example", "portal").unwrap(),
            "tenant-not-linked",
            Value::Null,
        ),
        (token(JOHN).claim("acct", 1), "guest-not-allowed", json!("abccompany")),
        (token(BOB).claim("oid", "0b0b0b0b-0000-4000-8000-00000000ffff"), "identity-changed", json!("abccompany")),
        (token(BOB).without("email").claim("preferred_username", "+1763555"), "no-email-claim", json!("abccompany")),
    ] {
        let token = builder.mint();
        for _ in 0..2 {
            let answer = told(&app, &app.operator, "", &token).await;
            assert_eq!((&answer["active"], &answer["line"]), (&json!(true), &json!(line)));
            assert_eq!(answer["business_group"], group, "{line}");
            assert!(answer.get("phone_number").is_none() && answer.get("phone_number_national").is_none(), "{answer}");
            assert_eq!(told(&app, &app.operator, "?require=line", &token).await, inactive(), "{line}");
        }
    }
}

// proves T-101
#[tokio::test]
async fn the_key_of_a_group_learns_of_its_own_people_alone() {
    let app = sample().await;
    app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "otherco", "name": "Other"})).await;
    app.operate_json(Method::PUT, "/v1/business-groups/otherco/tenant", &json!({"tenant_id": OTHER_TENANT})).await;
    let (own, other) =
        (app.api_key("resolver", Some("abccompany")).await, app.api_key("resolver", Some("otherco")).await);
    let stranger = app.entra.token(OTHER_TENANT, "bobsmith@otherco.example", "portal").unwrap().mint();
    let unlinked = app.entra.token("c3c3c3c3-0000-4000-8000-0000000000cc", BOB, "portal");
    for _ in 0..3 {
        for (token, line) in [(app.token(BOB), "ok"), (app.token("admin@abccompany.com"), "no-mapping")] {
            assert_eq!(told(&app, &own, "", &token).await["line"], line);
            assert_eq!(told(&app, &other, "", &token).await, inactive());
        }
        assert_eq!(told(&app, &other, "", &stranger).await["line"], "no-mapping");
        assert_eq!(told(&app, &own, "", &stranger).await, inactive());
        if let Ok(unlinked) = &unlinked {
            assert_eq!(told(&app, &own, "", &unlinked.clone().mint()).await, inactive());
        }
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_is_not_active_and_nothing_else_is_told() {
    let app = sample().await;
    let token = || app.entra.token(TENANT, BOB, "portal").unwrap();
    let stranger = entra_sim::SigningKey::generate().unwrap();
    for bad in [
        "x".to_owned(),
        "eyJ.e30.c2ln".to_owned(),
        "a".repeat(20_000),
        "\u{e9}\0".to_owned(),
        app.operator.clone(),
        token().expires_in_seconds(-3600).mint(),
        token().claim("aud", "0c11e470-1111-4222-8333-ffffffffffff").mint(),
        token().signed_by(&stranger).mint(),
    ] {
        for _ in 0..2 {
            assert_eq!(told(&app, &app.operator, "", &bad).await, inactive());
        }
    }
    // However many: the caller is known, and passes on what its own callers send.
    for turn in 0..300 {
        assert_eq!(told(&app, &app.operator, "", &format!("eyJ.{turn}.x")).await, inactive());
    }
    assert_eq!(told(&app, &app.operator, "", &app.token(BOB)).await["line"], "ok");
}

/// The ways in which clients send their key.
fn ways(app: &TestApp, key: &str, token: &str) -> Vec<(&'static str, RequestBuilder)> {
    let form = [("token", token)];
    let basic = |name: &str, password: &str| {
        ask(app, "", &form).header("authorization", format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    };
    let escaped = key.bytes().fold(String::new(), |escaped, byte| escaped + &format!("%{byte:02X}"));
    vec![
        ("bearer", ask(app, "", &form).bearer_auth(key)),
        ("basic, raw", basic("gateway", key)),
        ("basic, percent-encoded", basic("a%20gateway", &escaped)),
        ("basic, underscores encoded", basic("gateway", &key.replace('_', "%5F"))),
        ("basic, no name", basic("", key)),
        ("basic, no padding", {
            let credential = STANDARD.encode(format!("g:{key}"));
            ask(app, "", &form).header("authorization", format!("basic  {}", credential.trim_end_matches('=')))
        }),
        (
            "post",
            ask(
                app,
                "",
                &[
                    ("token", token),
                    ("client_id", "gateway"),
                    ("client_secret", key),
                    ("token_type_hint", "access_token"),
                ],
            ),
        ),
    ]
}

#[tokio::test]
async fn a_key_is_taken_in_each_way_that_clients_send_theirs_and_ends_at_once() {
    for app in services_with_caches(&[(Engine::Sqlite, 1000), (Engine::Postgres, 1000)]).await {
        let created = json!({"name": "gateway", "role": "resolver"});
        let created = json(app.operate_json(Method::POST, "/v1/api-keys", &created).await, 201).await;
        let key = created["key"].as_str().or_else(|| created["secret"].as_str()).unwrap().to_owned();
        let token = app.token(BOB);
        for _ in 0..2 {
            for (way, call) in ways(&app, &key, &token) {
                assert_eq!(json(call.send().await.unwrap(), 200).await["line"], "ok", "{way}");
            }
        }
        let id = created["id"].as_str().unwrap();
        let revoked = app.operate(Method::DELETE, &format!("/v1/api-keys/{id}")).send().await.unwrap();
        assert_eq!(revoked.status(), 204);
        for (way, call) in ways(&app, &key, &token) {
            let answer = call.send().await.unwrap();
            assert_eq!(answer.headers()["www-authenticate"], r#"Bearer error="invalid_token""#, "{way}");
            problem(answer, 401, "invalid-token").await;
        }
    }
}

#[tokio::test]
async fn who_brings_no_key_is_refused_before_the_token_is_looked_at() {
    let app = sample().await;
    let token = app.token(BOB);
    let form = [("token", token.as_str())];
    problem(ask(&app, "", &form).send().await.unwrap(), 401, "unauthenticated").await;
    problem(ask(&app, "", &form).basic_auth("a", Some("b")).send().await.unwrap(), 401, "unauthenticated").await;
    problem(ask(&app, "", &form).basic_auth("a", Some("slk_b")).send().await.unwrap(), 401, "invalid-token").await;
    problem(ask(&app, "", &form).header("authorization", "Basic ?").send().await.unwrap(), 401, "unauthenticated")
        .await;
    let twice = [("token", token.as_str()), ("client_secret", app.operator.as_str())];
    problem(ask(&app, "", &twice).bearer_auth(&app.operator).send().await.unwrap(), 401, "invalid-token").await;
    let twice = [("token", token.as_str()), ("client_secret", "a"), ("client_secret", "b")];
    problem(ask(&app, "", &twice).send().await.unwrap(), 401, "invalid-token").await;
    let json = app.call(Method::POST, PATH).json(&json!({"token": token, "client_secret": app.operator}));
    problem(json.send().await.unwrap(), 401, "unauthenticated").await;
    // Who has no right is refused before the form is read.
    let administrator = app.api_key("business-group-admin", Some("abccompany")).await;
    problem(ask(&app, "", &[]).bearer_auth(&administrator).send().await.unwrap(), 403, "forbidden").await;
    problem(ask(&app, "", &form).bearer_auth(&token).send().await.unwrap(), 403, "forbidden").await;
}

#[tokio::test]
async fn what_is_no_question_is_told_so() {
    let app = sample().await;
    let token = app.token(BOB);
    let ask_as = async |query: &str, form: &[(&str, &str)]| {
        ask(&app, query, form).bearer_auth(&app.operator).send().await.unwrap()
    };
    problem(ask_as("", &[]).await, 400, "malformed-request").await;
    problem(ask_as("", &[("token", "")]).await, 400, "malformed-request").await;
    problem(ask_as("", &[("token", &token), ("token", &token)]).await, 400, "malformed-request").await;
    problem(ask_as("?require=number", &[("token", &token)]).await, 400, "malformed-request").await;
    problem(ask_as("?x=1", &[("token", &token)]).await, 400, "malformed-request").await;
    problem(ask_as("", &[("token", &"a".repeat(32 * 1024))]).await, 413, "too-large").await;
    let call = app.call(Method::POST, PATH).bearer_auth(&app.operator);
    problem(call.json(&json!({"token": token})).send().await.unwrap(), 415, "unsupported-media-type").await;
    let get = app.get(&format!("{PATH}?token={token}")).bearer_auth(&app.operator).send().await.unwrap();
    assert_eq!(get.headers()["allow"], "POST");
    problem(get, 405, "method-not-allowed").await;
    // A question changes nothing, so the log that never forgets tells of none.
    let log = json(app.operate(Method::GET, "/v1/audit-events").send().await.unwrap(), 200).await;
    assert!(!log.to_string().contains("introspectToken"), "{log}");
}

#[tokio::test]
async fn the_key_of_another_group_pins_nobody() {
    let app = sample().await;
    app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "otherco", "name": "Other"})).await;
    let (own, other) =
        (app.api_key("resolver", Some("abccompany")).await, app.api_key("resolver", Some("otherco")).await);
    let pinned_at = async || {
        let mapping = app.operate(Method::GET, "/v1/business-groups/abccompany/mappings/7635551111");
        json(mapping.send().await.unwrap(), 200).await["pinned_at"].clone()
    };
    assert_eq!(told(&app, &other, "", &app.token(BOB)).await, inactive());
    assert_eq!(pinned_at().await, Value::Null);
    assert_eq!(told(&app, &own, "", &app.token(BOB)).await["line"], "ok");
    assert_ne!(pinned_at().await, Value::Null);
}

#[tokio::test]
async fn who_loses_their_line_is_told_of_by_the_next_answer() {
    for app in services_with_caches(&[(Engine::Sqlite, 1000), (Engine::Postgres, 1000)]).await {
        let token = app.token(BOB);
        let mapping = "/v1/business-groups/abccompany/mappings/7635551111";
        for _ in 0..3 {
            for _ in 0..3 {
                assert_eq!(told(&app, &app.operator, "", &token).await["phone_number"], "+17635551111");
            }
            assert_eq!(app.operate(Method::DELETE, mapping).send().await.unwrap().status(), 204);
            assert_eq!(told(&app, &app.operator, "", &token).await["line"], "no-mapping");
            app.operate_json(Method::PUT, mapping, &json!({"email": BOB})).await;
        }
    }
}

#[tokio::test]
async fn what_can_not_be_known_now_is_503() {
    let app = services_with_caches(&[(Engine::Postgres, 0)]).await.remove(0);
    on_server(&app, "ALTER DATABASE {name} ALLOW_CONNECTIONS false").await;
    on_server(&app, CUT_OFF).await;
    let answer: Response =
        ask(&app, "", &[("token", &app.token(BOB))]).bearer_auth(&app.operator).send().await.unwrap();
    assert!(text(answer, 503).await.contains("/problems/unavailable"));
}
