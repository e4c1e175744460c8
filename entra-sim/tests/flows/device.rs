//! The device code flow.

use serde_json::Value;

use crate::support::{DESKTOP, TENANT, claims, client, link_for, simulator, token};

#[tokio::test]
async fn a_device_waits_until_its_user_has_signed_in() {
    let simulator = simulator().await;
    let base = simulator.http_base();
    let begin = client().post(format!("{base}/{TENANT}/oauth2/v2.0/devicecode"));
    let begun = begin.form(&[("client_id", DESKTOP), ("scope", "openid")]).send().await.unwrap();
    let begun: Value = begun.json().await.unwrap();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", begun["device_code"].as_str().unwrap()),
    ];
    assert_eq!(token(&simulator, &form).await, Err("authorization_pending".to_owned()));
    let page = begun["verification_uri"].as_str().unwrap();
    let wrong = client().get(page).query(&[("user_code", "WRONG")]).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    assert!(wrong.text().await.unwrap().contains("not known"));
    let picker = client().get(page).query(&[("user_code", begun["user_code"].as_str().unwrap())]);
    let picker = picker.send().await.unwrap().text().await.unwrap();
    let link = link_for(&picker, "Jennifer Lewis");
    assert!(client().get(format!("{base}{link}")).send().await.unwrap().status().is_success());
    let body = token(&simulator, &form).await.unwrap();
    assert_eq!(claims(body["id_token"].as_str().unwrap())["name"], "Jennifer Lewis");
    assert_eq!(token(&simulator, &form).await, Err("bad_verification_code".to_owned()));
}
