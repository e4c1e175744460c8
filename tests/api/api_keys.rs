//! API keys over HTTP.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use signline::ports::clock::{Clock, SystemClock};
use test_support::app::{TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};

const KEYS: &str = "/v1/api-keys";

// proves T-46
#[tokio::test]
async fn a_secret_is_shown_once_and_refused_once_revoked() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = app.operate_json(Method::POST, KEYS, &json!({"name": "portal", "role": "operator"})).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let created = json(answer, 201).await;
    let secret = created["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("slk_") && secret.len() == 47);
    assert!(secret.starts_with(created["prefix"].as_str().unwrap()));

    let list = json(app.operate(Method::GET, KEYS).send().await.unwrap(), 200).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(list["items"][1]["created_at"], created["created_at"]);
    assert!(!list.to_string().contains(&secret));

    let call = async || app.get("/v1/business-groups").bearer_auth(&secret).send().await.unwrap();
    json(call().await, 200).await;
    let path = format!("{KEYS}/{}", created["id"].as_str().unwrap());
    assert_eq!(app.operate(Method::DELETE, &path).send().await.unwrap().status(), 204);
    problem(call().await, 401, "invalid-token").await;
    problem(app.operate(Method::DELETE, &path).send().await.unwrap(), 404, "not-found").await;
    problem(app.operate(Method::DELETE, "/v1/api-keys/x").send().await.unwrap(), 404, "not-found").await;
}

// proves T-46
#[tokio::test]
async fn a_key_works_until_it_expires() {
    let app = TestApp::start(Engine::Sqlite).await;
    let now = SystemClock.now();
    let soon = now.checked_add(Duration::from_secs(5)).unwrap();
    let body = json!({"name": "short", "role": "operator", "expires_at": soon.to_string()});
    let created = json(app.operate_json(Method::POST, KEYS, &body).await, 201).await;
    let secret = created["secret"].as_str().unwrap().to_owned();
    let call = async || app.get("/v1/business-groups").bearer_auth(&secret).send().await.unwrap();
    json(call().await, 200).await;
    while SystemClock.now() <= soon {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    problem(call().await, 401, "invalid-token").await;

    let past = json!({"name": "past", "role": "operator", "expires_at": "2020-01-01T00:00:00Z"});
    let refused = problem(app.operate_json(Method::POST, KEYS, &past).await, 422, "invalid-request").await;
    assert_eq!(refused["errors"][0]["field"], "expires_at");
}

#[tokio::test]
async fn a_role_has_a_group_if_and_only_if_it_needs_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    for (body, field) in [
        (json!({"name": "x", "role": "business-group-admin"}), "business_group"),
        (json!({"name": "x", "role": "scim"}), "business_group"),
        (json!({"name": "x", "role": "operator", "business_group": "abccompany"}), "business_group"),
        (json!({"name": "x", "role": "scim", "business_group": "nobody"}), "business_group"),
        (json!({"name": "x", "role": "directory", "business_group": "nobody"}), "business_group"),
        (json!({"name": "", "role": "operator"}), "name"),
        (json!({"name": "x", "role": "king"}), "role"),
        (json!({"name": "x", "role": "operator", "expires_at": "tomorrow"}), "expires_at"),
    ] {
        let problem = problem(app.operate_json(Method::POST, KEYS, &body).await, 422, "invalid-request").await;
        assert_eq!(problem["errors"][0]["field"], field, "{body} {problem}");
    }
    for role in ["resolver", "directory"] {
        for group in [json!("abccompany"), Value::Null] {
            let body = json!({"name": "x", "role": role, "business_group": group});
            let made = json(app.operate_json(Method::POST, KEYS, &body).await, 201).await;
            assert_eq!((&made["role"], &made["business_group"]), (&json!(role), &group));
        }
    }
}

// proves T-41
/// By their key and by their sign-in alike.
#[tokio::test]
async fn an_administrator_makes_lists_and_revokes_keys_of_their_own_group_alone() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "other", "name": "Other"})).await;
    let foreign = json!({"name": "theirs", "role": "scim", "business_group": "other"});
    let foreign = json(app.operate_json(Method::POST, KEYS, &foreign).await, 201).await;
    let token = app.entra.token(TENANT, "bobsmith@abccompany.com", "portal").unwrap();
    let signed_in = token.claim("roles", json!(["BusinessGroup.Admin"])).mint();
    let key = app.api_key("business-group-admin", Some("abccompany")).await;
    for admin in [key, signed_in] {
        let call = async |method: Method, path: &str, body: Option<Value>| {
            let call = app.call(method, path).bearer_auth(&admin);
            body.map_or(call.try_clone().unwrap(), |body| call.json(&body)).send().await.unwrap()
        };
        let make = async |role: &str, group: Value| {
            let body = json!({"name": "theirs", "role": role, "business_group": group});
            call(Method::POST, KEYS, Some(body)).await
        };
        let of_group = || json!("abccompany");
        let scim = json(make("scim", of_group()).await, 201).await;
        let deputy = json(make("business-group-admin", of_group()).await, 201).await;
        for role in ["operator", "resolver", "directory"] {
            problem(make(role, Value::Null).await, 403, "forbidden").await;
        }
        problem(make("operator", of_group()).await, 422, "invalid-request").await;
        // Not even of their own group: who looks people up for an application is the operator's to say.
        for role in ["resolver", "directory"] {
            problem(make(role, of_group()).await, 403, "forbidden").await;
            let theirs = problem(make(role, json!("other")).await, 403, "forbidden").await;
            assert_eq!(theirs["detail"], problem(make(role, json!("nobody")).await, 403, "forbidden").await["detail"]);
        }
        let theirs = problem(make("scim", json!("other")).await, 404, "not-found").await;
        let nobodys = problem(make("scim", json!("nobody")).await, 404, "not-found").await;
        assert_eq!(theirs["detail"], nobodys["detail"]);
        problem(make("scim", Value::Null).await, 422, "invalid-request").await;

        let list = json(call(Method::GET, KEYS, None).await, 200).await;
        let items = list["items"].as_array().unwrap();
        assert!(items.len() >= 3 && items.iter().all(|key| key["business_group"] == "abccompany"), "{list}");
        let page = json(call(Method::GET, "/v1/api-keys?limit=1", None).await, 200).await;
        let next = format!("/v1/api-keys?cursor={}", page["next_cursor"].as_str().unwrap());
        let rest = json(call(Method::GET, &next, None).await, 200).await;
        assert_eq!(rest["items"].as_array().unwrap().len(), items.len() - 1);

        // The operator's own key and another group's are not there for them.
        let all = json(app.operate(Method::GET, KEYS).send().await.unwrap(), 200).await;
        let operators = all["items"].as_array().unwrap().iter().find(|key| key["role"] == "operator").unwrap();
        for id in [operators["id"].as_str().unwrap(), foreign["id"].as_str().unwrap(), "nonsense"] {
            problem(call(Method::DELETE, &format!("{KEYS}/{id}"), None).await, 404, "not-found").await;
        }
        json(app.operate(Method::GET, KEYS).send().await.unwrap(), 200).await;
        let theirs = foreign["secret"].as_str().unwrap();
        problem(app.get("/v1/business-groups").bearer_auth(theirs).send().await.unwrap(), 403, "forbidden").await;
        for made in [scim, deputy] {
            let path = format!("{KEYS}/{}", made["id"].as_str().unwrap());
            assert_eq!(call(Method::DELETE, &path, None).await.status(), 204);
            let revoked = app.get("/v1/business-groups").bearer_auth(made["secret"].as_str().unwrap());
            problem(revoked.send().await.unwrap(), 401, "invalid-token").await;
        }
    }
}

/// A provisioning service has a key of the group as well, and makes none.
#[tokio::test]
async fn who_has_another_role_has_no_keys() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    let body = json!({"name": "x", "role": "scim", "business_group": "abccompany"});
    for key in [
        app.api_key("scim", Some("abccompany")).await,
        app.api_key("resolver", None).await,
        app.api_key("resolver", Some("abccompany")).await,
        app.api_key("directory", None).await,
        app.api_key("directory", Some("abccompany")).await,
        app.token("bobsmith@abccompany.com"),
    ] {
        let make = app.call(Method::POST, KEYS).bearer_auth(&key).json(&body).send().await.unwrap();
        problem(make, 403, "forbidden").await;
        problem(app.get(KEYS).bearer_auth(&key).send().await.unwrap(), 403, "forbidden").await;
    }
}
