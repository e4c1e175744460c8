//! Good credentials, in the order of the table, and bad ones.

use entra_sim::TokenBuilder;
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_support::app::{TENANT, TestApp};

use crate::isolation::world::{OPERATOR_TENANT, OTHER_TENANT, UNLINKED_TENANT};
use crate::support::json;

/// A credential that is none: how it is called, the headers that bear it, and the slug of its problem.
pub(super) type Bad = (&'static str, Vec<String>, &'static str);

pub(super) async fn holders(app: &TestApp) -> Vec<String> {
    let token = |tenant, user| app.entra.token(tenant, user, "portal").unwrap();
    let same_address = token(OTHER_TENANT, "bobsmith@otherco.example");
    assert_eq!(same_address.payload()["email"], "bobsmith@abccompany.com");
    let bob = token(TENANT, "bobsmith@abccompany.com");
    let gus = token(TENANT, "gus@otherco.example");
    let with = |token: &TokenBuilder, role: &str| token.clone().claim("roles", json!([role])).mint();
    let (administrator, operator) = ("BusinessGroup.Admin", "Operator");
    vec![
        app.operator.clone(),
        app.api_key("business-group-admin", Some("abccompany")).await,
        app.api_key("business-group-admin", Some("hushed")).await,
        app.api_key("resolver", None).await,
        app.api_key("scim", Some("abccompany")).await,
        app.api_key("scim", Some("hushed")).await,
        bob.mint(),
        same_address.mint(),
        gus.mint(),
        with(&in_tenant(app, &bob, OPERATOR_TENANT), operator),
        with(&bob, administrator),
        with(&same_address, administrator),
        with(&gus, administrator),
        with(&bob, operator),
        in_tenant(app, &bob, OPERATOR_TENANT).mint(),
        with(&in_tenant(app, &bob, UNLINKED_TENANT), administrator),
        app.api_key("resolver", Some("abccompany")).await,
        app.api_key("directory", None).await,
        app.api_key("directory", Some("abccompany")).await,
        app.api_key("directory", Some("hushed")).await,
    ]
}

/// The same person's token, of another tenant.
fn in_tenant(app: &TestApp, token: &TokenBuilder, tenant: &str) -> TokenBuilder {
    token.clone().claim("tid", tenant).claim("iss", format!("{}/{tenant}/v2.0", app.entra.http_base()))
}

pub(super) async fn bad(app: &TestApp) -> Vec<Bad> {
    let good = &app.operator;
    let last = if good.ends_with('A') { 'B' } else { 'A' };
    let token = || app.entra.token(TENANT, "bobsmith@abccompany.com", "portal").unwrap();
    let stranger = entra_sim::SigningKey::generate().unwrap();
    let bearer = |credential: &str| vec![format!("Bearer {credential}")];
    let unsent = "unauthenticated";
    let invalid = "invalid-token";
    vec![
        ("none", vec![], unsent),
        ("another scheme", vec![format!("Basic {good}")], unsent),
        ("a scheme alone", vec!["Bearer".to_owned()], unsent),
        ("a key without scheme", vec![good.clone()], unsent),
        ("garbage", bearer("garbage"), invalid),
        ("two credentials", vec![format!("Bearer {good}"); 2], invalid),
        ("two in one header", bearer(&format!("{good}, Bearer {good}")), invalid),
        ("a key that was never made", bearer(&format!("slk_{}", "A".repeat(43))), invalid),
        ("a key with another last letter", bearer(&format!("{}{last}", &good[..good.len() - 1])), invalid),
        ("a key cut short", bearer(&good[..good.len() - 1]), invalid),
        ("a key and more", bearer(&format!("{good}A")), invalid),
        ("a key in capitals", bearer(&good.to_uppercase()), invalid),
        ("a prefix alone", bearer("slk_"), invalid),
        ("an expired key", bearer(&expired_key(app).await), invalid),
        ("a revoked key", bearer(&revoked_key(app).await), invalid),
        ("a key of a group that is gone", bearer(&key_of_a_group_that_is_gone(app).await), invalid),
        ("a token that has expired", bearer(&token().expires_in_seconds(-3600).mint()), invalid),
        ("a token that somebody else signed", bearer(&token().signed_by(&stranger).mint()), invalid),
        ("a token that nobody signed", bearer(&token().header("alg", "none").mint()), invalid),
        ("a token for another application", bearer(&token().claim("aud", OTHER_TENANT).mint()), invalid),
        ("a token of an unverified address", bearer(&token().claim("xms_edov", false).mint()), invalid),
    ]
}

/// A new operator's key: its id and its secret.
async fn operators_key(app: &TestApp) -> (String, String) {
    let body = json!({"name": "short-lived", "role": "operator"});
    let key = json(app.operate_json(Method::POST, "/v1/api-keys", &body).await, 201).await;
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let call = app.get("/v1/api-keys").bearer_auth(text("secret"));
    json(call.send().await.unwrap(), 200).await;
    (text("id"), text("secret"))
}

async fn expired_key(app: &TestApp) -> String {
    let (id, secret) = operators_key(app).await;
    let statement = format!("UPDATE api_keys SET expires_at = created_at + 1 WHERE id = '{id}'");
    let url = app.database.url();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.unwrap();
    }
    secret
}

async fn revoked_key(app: &TestApp) -> String {
    let (id, secret) = operators_key(app).await;
    let revoked = app.operate(Method::DELETE, &format!("/v1/api-keys/{id}")).send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    secret
}

async fn key_of_a_group_that_is_gone(app: &TestApp) -> String {
    let gone = json!({"id": "gone", "name": "Gone"});
    json(app.operate_json(Method::POST, "/v1/business-groups", &gone).await, 201).await;
    let key = app.api_key("business-group-admin", Some("gone")).await;
    let deleted = app.operate(Method::DELETE, "/v1/business-groups/gone").send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    key
}
