//! What stands in users' tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_sim::{Config, Simulator};
use serde_json::{Value, json};

use crate::support::{
    API, BACK, DESKTOP, OTHER_TENANT, PAGE, PORTAL, TENANT, VERIFIER, claims, client, code, get_json, location,
    parameter, pick, redeem_as_page, redemption, simulator, token,
};

#[tokio::test]
async fn an_access_token_is_for_the_api_that_its_scope_names() {
    let simulator = simulator().await;
    let scope = format!("openid api://{API}/Line.Read");
    let back = location(&pick(&simulator, "Bob Smith", &[("scope", &scope)]).await);
    let code = parameter(&back, "code").unwrap();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let body = token(&simulator, &form).await.unwrap();
    let access = claims(body["access_token"].as_str().unwrap());
    assert_eq!((&access["aud"], &access["azp"], &access["scp"]), (&json!(API), &json!(DESKTOP), &json!("Line.Read")));
    assert!(body.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_guest_is_called_as_at_home() {
    let simulator = simulator().await;
    let code = parameter(&location(&pick(&simulator, "Gus Guest", &[]).await), "code").unwrap();
    let form: Vec<_> = redemption(&code).into_iter().chain([("client_info", "1")]).collect();
    let body = token(&simulator, &form).await.unwrap();
    let id_token = claims(body["id_token"].as_str().unwrap());
    assert_eq!(id_token["preferred_username"], "gus@otherco.example");
    let info = URL_SAFE_NO_PAD.decode(body["client_info"].as_str().unwrap()).unwrap();
    let info: Value = serde_json::from_slice(&info).unwrap();
    assert_eq!(info["utid"], OTHER_TENANT);
    assert_ne!(info["uid"], id_token["oid"]);
}

#[tokio::test]
async fn a_members_address_is_told_to_who_asks_for_it_or_registered_for_it() {
    let text = include_str!("../../sample.toml").replace("email_always = true", "email_always = false");
    let strict = Simulator::start(Config::parse(&text).unwrap()).await.unwrap();
    let sample = simulator().await;
    for (simulator, user, scope, given) in [
        (&strict, "Bob Smith", "openid", false),
        (&strict, "Bob Smith", "openid email", true),
        (&strict, "Gus Guest", "openid", true),
        (&sample, "Bob Smith", "openid", true),
    ] {
        let scope = format!("{scope} api://{API}/Line.Read");
        let back = location(&pick(simulator, user, &[("scope", &scope)]).await);
        let code = parameter(&back, "code").unwrap();
        let body = token(simulator, &redemption(&code)).await.unwrap();
        for kind in ["id_token", "access_token"] {
            assert_eq!(claims(body[kind].as_str().unwrap()).get("email").is_some(), given, "{kind} {user} {scope}");
        }
    }
}

#[tokio::test]
async fn the_userinfo_endpoint_says_what_the_id_token_says() {
    let simulator = simulator().await;
    let document = get_json(&format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", simulator.http_base())).await;
    let url = document["userinfo_endpoint"].as_str().unwrap();
    let code = code(&simulator, &[]).await;
    let body = token(&simulator, &redemption(&code)).await.unwrap();
    let id_token = claims(body["id_token"].as_str().unwrap());
    let with = async |token: &str| client().get(url).bearer_auth(token).send().await.unwrap();
    let given: Value = with(body["access_token"].as_str().unwrap()).await.json().await.unwrap();
    for name in ["sub", "name", "email"] {
        assert_eq!(given[name], id_token[name]);
    }
    assert_eq!(with("graph-unknown").await.status(), 401);
}

#[tokio::test]
async fn a_role_stands_in_the_tokens_of_the_application_that_it_was_assigned_for() {
    let text =
        include_str!("../../sample.toml").replace("signline-api = [\"BusinessGroup.Admin\"]", "signline-api = []");
    let only_portal = Simulator::start(Config::parse(&text).unwrap()).await.unwrap();
    let sample = simulator().await;
    let administrator = json!(["BusinessGroup.Admin"]);
    for (simulator, user, client_id, in_id_token, in_access_token) in [
        (&sample, "Ada Admin", PORTAL, Some(&administrator), Some(&administrator)),
        (&sample, "Ada Admin", DESKTOP, None, Some(&administrator)),
        (&only_portal, "Ada Admin", PORTAL, Some(&administrator), None),
        (&sample, "Bob Smith", PORTAL, None, None),
    ] {
        let scope = format!("openid api://{API}/Line.Read");
        let more = [("scope", scope.as_str()), ("client_id", client_id), ("redirect_uri", PAGE)];
        let code = parameter(&location(&pick(simulator, user, &more).await), "code").unwrap();
        let body: Value = redeem_as_page(simulator, client_id, &code).await.json().await.unwrap();
        let claims = ["id_token", "access_token"].map(|kind| claims(body[kind].as_str().unwrap()));
        assert_eq!(
            (claims[0].get("roles"), claims[1].get("roles")),
            (in_id_token, in_access_token),
            "{user} {client_id}"
        );
    }
}
