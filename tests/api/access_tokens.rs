//! Access tokens: to whom they were given, and for what.

use entra_sim::TokenBuilder;
use reqwest::Method;
use serde_json::{Value, json};
use signline::domain::app_id_uri::AppIdUris;
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};

const BOB: &str = "bobsmith@abccompany.com";
const GROUP: &str = "/v1/business-groups/abccompany";
const STRANGER: &str = "0c11e470-1111-4222-8333-444455557799";

async fn sample(change: impl FnOnce(&mut signline::config::Settings)) -> TestApp {
    let app = TestApp::start_with(Engine::Sqlite, change).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

/// An access token for an application, which `client` was given for Bob.
fn for_application(app: &TestApp, client: &str, application: &str) -> TokenBuilder {
    let application = app.entra.config().application_named(application).unwrap();
    app.entra.token(TENANT, BOB, client).unwrap().access_token(application, "Calls.Read")
}

#[tokio::test]
async fn an_access_token_for_an_application_counts_as_that_one_if_an_application_was_given_it() {
    let app = sample(|_| {}).await;
    for token in [for_application(&app, "maxuc-mobile", "portal"), for_application(&app, "portal", "portal")] {
        for token in [token.clone(), token.v1()] {
            let line = json(app.me(&token.mint()).await, 200).await;
            assert_eq!((&line["phone_number"], &line["application"]), (&json!("+17635551111"), &json!("portal")));
        }
    }
}

// proves T-07
#[tokio::test]
async fn a_strangers_access_token_is_good_for_nothing() {
    let app = sample(|_| {}).await;
    let roles = json!(["BusinessGroup.Admin", "Operator"]);
    let stolen = |claim: &str| for_application(&app, "maxuc-mobile", "portal").claim(claim, STRANGER);
    for token in [stolen("azp"), stolen("appid").v1()] {
        let token = token.claim("roles", roles.clone()).mint();
        let refused = problem(app.me(&token).await, 401, "invalid-token").await;
        assert!(refused["detail"].as_str().unwrap().starts_with("client-application: "), "{refused}");
        // Nor as an administrator's, who is told of a user or makes a key ...
        for path in [GROUP, "/v1/session", "/v1/api-keys", &format!("{GROUP}/sign-in-check?email={BOB}")] {
            let answer = app.get(path).bearer_auth(&token).send().await.unwrap();
            problem(answer, 401, "invalid-token").await;
        }
        let key = json!({"name": "mine", "role": "business-group-admin", "business_group": "abccompany"});
        let answer = app.call(Method::POST, "/v1/api-keys").bearer_auth(&token).json(&key).send().await.unwrap();
        problem(answer, 401, "invalid-token").await;
        // ... nor as a proof ...
        let proof = json!({"tenant_id": TENANT, "proof": token});
        let answer = app.operate_json(Method::PUT, &format!("{GROUP}/tenant"), &proof).await;
        let refused = problem(answer, 422, "invalid-request").await;
        assert!(refused["detail"].as_str().unwrap().contains("client-application"), "{refused}");
    }
    // ... and it is neither a first sign-in nor a first pin.
    let get = async |path: &str| json(app.operate(Method::GET, path).send().await.unwrap(), 200).await;
    let consent = get(&format!("{GROUP}/consent")).await;
    assert!(!consent.to_string().contains("confirmed\""), "{consent}");
    let group = get(GROUP).await;
    assert_eq!(group["tenant_proven_at"], Value::Null);
    assert_eq!(get(&format!("{GROUP}/mappings/7635551111")).await["oid"], Value::Null);
}

#[tokio::test]
async fn an_access_token_for_an_app_id_uri_of_the_settings_is_the_apis() {
    for api_client_id_is_set in [true, false] {
        let app = sample(|settings| {
            settings.api_audiences = AppIdUris::parse("https://voice.example/signline").unwrap();
            if !api_client_id_is_set {
                settings.api_client_id = None;
            }
        })
        .await;
        let api = app.entra.config().application_named("signline-api").unwrap();
        let token = |uri: &str, scope: &str| {
            app.entra.token(TENANT, BOB, "maxuc-mobile").unwrap().access_token(api, scope).v1().claim("aud", uri)
        };
        for uri in ["https://voice.example/signline", "https://voice.example/signline/"] {
            let line = json(app.me(&token(uri, "Line.Read").mint()).await, 200).await;
            assert_eq!((&line["phone_number"], &line["application"]), (&json!("+17635551111"), &json!("maxuc-mobile")));
            for (refused, check) in [
                (token(uri, "Other").mint(), "scope: "),
                (token(uri, "Line.Read").claim("appid", STRANGER).mint(), "client-application: "),
                (app.entra.token(TENANT, BOB, "portal").unwrap().claim("aud", uri).mint(), "scope: "),
            ] {
                let refused = problem(app.me(&refused).await, 401, "invalid-token").await;
                assert!(refused["detail"].as_str().unwrap().starts_with(check), "{refused}");
            }
        }
        let other = token("https://voice.example/other", "Line.Read").mint();
        let refused = problem(app.me(&other).await, 401, "invalid-token").await;
        assert!(refused["detail"].as_str().unwrap().starts_with("audience: "), "{refused}");
    }
}

#[tokio::test]
async fn a_token_of_an_applications_own_key_is_told_what_to_change() {
    let app = sample(|_| {}).await;
    let own_key = entra_sim::SigningKey::generate().unwrap();
    let token = app.entra.token(TENANT, BOB, "portal").unwrap().signed_by(&own_key).mint();
    let refused = problem(app.me(&token).await, 401, "invalid-token").await;
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.starts_with("unknown-key: "), "{detail}");
    assert!(detail.contains("claims mapping policy") && detail.contains("optional claims"), "{detail}");
}
