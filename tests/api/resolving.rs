//! `GET /v1/me`: who gets a line, and why another does not.

use reqwest::Method;
use serde_json::json;
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};

const BOB: &str = "bobsmith@abccompany.com";
const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

async fn patch(app: &TestApp, change: serde_json::Value) {
    let answer = app.operate_json(Method::PATCH, "/v1/business-groups/abccompany", &change).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn tokens_of_both_versions_and_for_the_api_resolve() {
    let app = sample().await;
    let token = || app.entra.token(TENANT, BOB, "maxuc-mobile").unwrap();
    let api = app.entra.config().application_named("signline-api").unwrap();
    for token in [
        token(),
        token().v1(),
        token().access_token(api, "Line.Read"),
        token().access_token(api, "Other Line.Read").v1(),
        token().without("email"),
        token().v1().without("email"),
        token().claim("email", "BobSmith@ABCcompany.com"),
    ] {
        let line = json(app.me(&token.mint()).await, 200).await;
        assert_eq!((&line["phone_number"], &line["application"]), (&json!("+17635551111"), &json!("maxuc-mobile")));
    }
}

// proves T-04
#[tokio::test]
async fn a_stranger_tenants_user_with_the_same_address_has_no_line_here() {
    let app = sample().await;
    // An administrator of any tenant can write any address into the claim.
    let token = app.entra.token(OTHER_TENANT, "bobsmith@otherco.example", "portal").unwrap();
    assert_eq!(token.payload()["email"], BOB);
    problem(app.me(&token.mint()).await, 403, "tenant-not-linked").await;
    let group = json!({"id": "otherco", "name": "Other"});
    app.operate_json(Method::POST, "/v1/business-groups", &group).await;
    app.operate_json(Method::PUT, "/v1/business-groups/otherco/tenant", &json!({"tenant_id": OTHER_TENANT})).await;
    problem(app.me(&token.mint()).await, 404, "no-mapping").await;
}

// proves T-17
#[tokio::test]
async fn a_guest_signs_in_only_where_the_company_lets_guests_in() {
    let app = sample().await;
    let guest = "gus@otherco.example";
    let mapping = json!({"email": guest});
    let path = "/v1/business-groups/abccompany/mappings/+17635559999";
    assert_eq!(app.operate_json(Method::PUT, path, &mapping).await.status(), 201);
    problem(app.me(&app.token(guest)).await, 403, "guest-not-allowed").await;
    patch(&app, json!({"allow_guests": true})).await;
    let token = app.token(guest);
    for _ in 0..2 {
        for _ in 0..2 {
            let line = json(app.me(&token).await, 200).await;
            assert_eq!(line["phone_number"], "+17635559999");
        }
        patch(&app, json!({"allow_guests": false})).await;
        problem(app.me(&token).await, 403, "guest-not-allowed").await;
        patch(&app, json!({"allow_guests": true})).await;
    }
}

#[tokio::test]
async fn a_token_without_an_address_is_told_so() {
    let app = sample().await;
    let token =
        app.entra.token(TENANT, BOB, "portal").unwrap().without("email").claim("preferred_username", "+1763555");
    problem(app.me(&token.mint()).await, 422, "no-email-claim").await;
}

#[tokio::test]
async fn the_claims_are_looked_at_in_the_configured_order() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.email_claims = vec!["upn".to_owned(), "email".to_owned()];
    })
    .await;
    app.sample_company().await;
    app.import("", SAMPLE_SHEET).await;
    let token = app.entra.token(TENANT, BOB, "portal").unwrap();
    let both = token.clone().claim("upn", "johndavidson@abccompany.com");
    assert_eq!(json(app.me(&both.mint()).await, 200).await["phone_number"], "+17635552222");
    let unusable = token.claim("upn", "not an address");
    assert_eq!(json(app.me(&unusable.mint()).await, 200).await["phone_number"], "+17635551111");
}

// proves T-11
#[tokio::test]
async fn a_recycled_address_does_not_bring_the_line_of_who_had_it_before() {
    let app = sample().await;
    json(app.me(&app.token(BOB)).await, 200).await;
    let recycled = app.entra.token(TENANT, BOB, "portal").unwrap();
    let recycled = recycled.claim("oid", "0b0b0b0b-0000-4000-8000-00000000ffff").mint();
    problem(app.me(&recycled).await, 409, "identity-changed").await;
    json(app.me(&app.token(BOB)).await, 200).await;
    patch(&app, json!({"identity_pinning": "off"})).await;
    json(app.me(&recycled).await, 200).await;
}

#[tokio::test]
async fn a_removed_mapping_is_gone_with_the_answer_to_its_removal() {
    let app = sample().await;
    let token = app.token(BOB);
    let path = "/v1/business-groups/abccompany/mappings/7635551111";
    for _ in 0..5 {
        json(app.me(&token).await, 200).await;
        assert_eq!(app.operate(Method::DELETE, path).send().await.unwrap().status(), 204);
        problem(app.me(&token).await, 404, "no-mapping").await;
        assert_eq!(app.operate_json(Method::PUT, path, &json!({"email": BOB})).await.status(), 201);
    }
}

// proves T-84
#[tokio::test]
async fn a_bad_token_is_told_which_check_it_failed_and_nothing_of_itself() {
    let app = sample().await;
    let token = || app.entra.token(TENANT, BOB, "portal").unwrap();
    let stranger = entra_sim::SigningKey::generate().unwrap();
    for (token, check) in [
        ("x".to_owned(), "form"),
        (token().expires_in_seconds(-3600).mint(), "expired"),
        (token().claim("aud", "0c11e470-1111-4222-8333-ffffffffffff").mint(), "audience"),
        (token().signed_by(&stranger).mint(), "unknown-key"),
        (token().signed_by(&stranger).header("kid", app.entra.signing_key().kid()).mint(), "signature"),
        (token().signed_by(&app.entra.personal_key()).mint(), "key-issuer"),
        (token().header("alg", "none").mint(), "algorithm"),
        (token().issued_by(app.entra.https_base()).mint(), "issuer"),
        (token().claim("xms_edov", false).mint(), "email-owner"),
        (format!("{}{}", token().mint(), "A".repeat(17_000)), "token-too-long"),
    ] {
        let answer = app.me(&token).await;
        assert_eq!(answer.headers()["www-authenticate"], r#"Bearer error="invalid_token""#);
        let problem = problem(answer, 401, "invalid-token").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{check}: ")), "{check}: {detail}");
        assert!(!detail.contains("abccompany"));
    }
}

#[tokio::test]
async fn a_call_without_a_token_is_asked_for_one() {
    let app = sample().await;
    for header in [None, Some("Basic Ym9iOmJvYg=="), Some("Bearer"), Some("Bearer ")] {
        let mut call = app.get("/v1/me");
        if let Some(header) = header {
            call = call.header("authorization", header);
        }
        let answer = call.send().await.unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        problem(answer, 401, "unauthenticated").await;
    }
    let call = app.get(&format!("/v1/me?access_token={}", app.token(BOB)));
    problem(call.send().await.unwrap(), 401, "unauthenticated").await;
    let twice = app.get("/v1/me").bearer_auth(app.token(BOB)).header("authorization", "Bearer x");
    problem(twice.send().await.unwrap(), 401, "invalid-token").await;
    let lower = app.get("/v1/me").header("authorization", format!("bearer {}", app.token(BOB)));
    json(lower.send().await.unwrap(), 200).await;
    let key = app.get("/v1/me").bearer_auth(&app.operator);
    problem(key.send().await.unwrap(), 403, "forbidden").await;
}

#[tokio::test]
async fn a_claim_whose_domain_is_none_is_not_an_address() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    for email in ["bobsmith@abccompany.com?subject=Hello", "bobsmith@10.0.0.1", "bobsmith@abccompany.com%20"] {
        let token = || app.entra.token(TENANT, BOB, "portal").unwrap().claim("email", email);
        let line = json(app.me(&token().claim("preferred_username", BOB).mint()).await, 200).await;
        assert_eq!(line["email"], BOB, "{email}");
        let token = token().without("preferred_username").without("upn");
        problem(app.me(&token.mint()).await, 422, "no-email-claim").await;
    }
}
