//! An application's own tokens.

use entra_sim::{Config, Simulator};
use serde_json::json;

use crate::support::{API, PORTAL, SECRET, TENANT, claims, simulator, token};

#[tokio::test]
async fn a_token_of_an_application_is_as_its_api_has_it() {
    let other = "c0ffee00-1111-4222-8333-000000000005";
    let api = format!("[[applications]]\nname = \"old-api\"\nclient_id = \"{other}\"\n");
    let text = format!("{}\n{api}", include_str!("../../sample.toml"));
    let simulator = Simulator::start(Config::parse(&text).unwrap()).await.unwrap();
    let with = async |scope: &str| {
        let form = [("client_id", PORTAL), ("grant_type", "client_credentials"), ("client_secret", SECRET)];
        let form: Vec<_> = form.into_iter().chain([("scope", scope)]).collect();
        token(&simulator, &form).await.map(|body| claims(body["access_token"].as_str().unwrap()))
    };
    let new = with(&format!("api://{API}/.default")).await.unwrap();
    assert_eq!((&new["roles"], &new["ver"], &new["azpacr"]), (&json!(["Line.Read.All"]), &json!("2.0"), &json!("1")));
    assert!(new["uti"].is_string());
    let old = with(&format!("{other}/.default")).await.unwrap();
    assert_eq!((&old["aud"], &old["ver"]), (&json!(format!("api://{other}")), &json!("1.0")));
    assert_eq!((&old["appid"], old.get("roles")), (&json!(PORTAL), None));
    assert_eq!(old["iss"], format!("{}/{TENANT}/", simulator.http_base()));
    for wrong in [format!("api://{API}/Line.Read"), format!("openid api://{API}/.default"), ".default".to_owned()] {
        assert_eq!(with(&wrong).await, Err("invalid_scope".to_owned()), "{wrong}");
    }
    assert_eq!(with("api://11111111-0000-4000-8000-000000000001/.default").await, Err("invalid_resource".to_owned()));
}

#[tokio::test]
async fn an_application_has_a_token_of_its_own_for_its_secret() {
    let simulator = simulator().await;
    let scope = format!("api://{API}/.default");
    let with = async |secret: &str| {
        let form =
            [("client_id", PORTAL), ("grant_type", "client_credentials"), ("client_secret", secret), ("scope", &scope)];
        token(&simulator, &form).await
    };
    let body = with(SECRET).await.unwrap();
    let claims = claims(body["access_token"].as_str().unwrap());
    assert_eq!(claims["idtyp"], "app");
    assert!(claims.get("scp").is_none());
    assert_eq!(with("wrong").await, Err("invalid_client".to_owned()));
    assert_eq!(with("").await, Err("invalid_client".to_owned()));
}
