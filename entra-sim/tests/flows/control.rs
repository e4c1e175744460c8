//! Keys, faults, and the control API.

use entra_sim::{Endpoint, Fault};
use reqwest::Client;
use serde_json::{Value, json};

use crate::support::{TENANT, claims, client, get_json, location, simulator};

#[tokio::test]
async fn keys_roll_and_are_withdrawn() {
    let simulator = simulator().await;
    let base = simulator.http_base();
    let kids = async || {
        let keys = get_json(&format!("{base}/organizations/discovery/v2.0/keys")).await;
        let kids = keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
        kids.collect::<Vec<_>>()
    };
    let old = simulator.signing_key();
    let new = simulator.rotate_keys().unwrap();
    assert_eq!(simulator.signing_key().kid(), new.kid());
    let published = kids().await;
    assert!(published.contains(&old.kid().to_owned()) && published.contains(&new.kid().to_owned()));
    assert!(simulator.withdraw_key(old.kid()).unwrap());
    assert!(!simulator.withdraw_key(old.kid()).unwrap());
    assert!(!kids().await.contains(&old.kid().to_owned()));
    assert_eq!(simulator.fetches().keys, 2);
    simulator.reset_fetches();
    assert_eq!(simulator.fetches().keys, 0);
}

#[tokio::test]
async fn faults_come_and_go() {
    let simulator = simulator().await;
    let url = format!("{}/organizations/discovery/v2.0/keys", simulator.http_base());
    let get = async || client().get(&url).send().await.unwrap();
    simulator.set_fault(Endpoint::Keys, Fault::Status(503));
    assert_eq!(get().await.status(), 503);
    simulator.set_fault(Endpoint::Keys, Fault::RedirectTo("https://evil.example/".to_owned()));
    assert_eq!(location(&get().await), "https://evil.example/");
    simulator.set_fault(Endpoint::Keys, Fault::BreakOff);
    let mut broken = get().await;
    assert_eq!(
        (broken.status().as_u16(), &broken.headers()["access-control-allow-origin"]),
        (200, &"*".parse().unwrap())
    );
    assert_eq!(broken.chunk().await.unwrap().unwrap(), "{\"keys\": [");
    assert!(broken.chunk().await.is_err());
    simulator.set_fault(Endpoint::Keys, Fault::Garbage);
    assert!(get().await.json::<Value>().await.is_err());
    simulator.clear_faults();
    assert!(get().await.json::<Value>().await.is_ok());
}

#[tokio::test]
async fn the_control_api_is_on_the_plain_listener_alone() {
    let simulator = simulator().await;
    let base = simulator.http_base();
    let body = json!({
        "tenant": "abccompany.com", "user": "bobsmith@abccompany.com", "application": "portal",
        "version": 1, "claims": {"upn": null, "x": 7},
    });
    let minted = client().post(format!("{base}/_control/token")).json(&body).send().await.unwrap();
    let claims = claims(&minted.text().await.unwrap());
    assert_eq!((&claims["ver"], &claims["x"], claims.get("upn")), (&json!("1.0"), &json!(7), None));
    assert_eq!(claims["iss"], format!("{base}/{TENANT}/"));

    let fault = json!({"endpoint": "keys", "fault": {"status": 500}});
    let set = client().post(format!("{base}/_control/faults")).json(&fault).send().await.unwrap();
    assert_eq!(set.status(), 204);
    assert_eq!(client().get(format!("{base}/common/discovery/keys")).send().await.unwrap().status(), 500);
    let rotated = client().post(format!("{base}/_control/rotate")).send().await.unwrap();
    assert_eq!(rotated.json::<Value>().await.unwrap()["kid"], simulator.signing_key().kid());

    for seconds in [i64::MAX, i64::MIN] {
        let body = json!({
            "tenant": "abccompany.com", "user": "bobsmith@abccompany.com", "application": "portal",
            "expires_in_seconds": seconds,
        });
        let minted = client().post(format!("{base}/_control/token")).json(&body).send().await.unwrap();
        assert_eq!(minted.status(), 200);
    }

    let trusted = reqwest::Certificate::from_pem(simulator.ca_pem().as_bytes()).unwrap();
    let tls = Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap();
    let refused = tls.post(format!("{}/_control/rotate", simulator.https_base())).send().await.unwrap();
    assert_eq!(refused.status(), 404);
}

#[tokio::test]
async fn the_control_api_refuses_what_it_does_not_understand() {
    let simulator = simulator().await;
    let token = |more: Value| {
        let mut body = json!({"tenant": "abccompany.com", "user": "bobsmith@abccompany.com", "application": "portal"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("token", body)
    };
    for (path, body) in [
        ("faults", json!({"endpoint": "keys", "fault": {"status": 99}})),
        ("faults", json!({"endpoint": "keys", "fault": {"status": 600}})),
        ("faults", json!({"endpoint": "keys", "fault": {"redirect_to": "a\nb"}})),
        ("faults", json!({"endpoint": "keys", "fault": {"foreign_jwks_host": "http://localhost"}})),
        ("faults", json!({"endpoint": "keys", "fault": "garbage", "seconds": 3})),
        ("cache-control", json!("a\nb")),
        ("publish", json!("key")),
        token(json!({"version": 3})),
        token(json!({"scope": "x"})),
    ] {
        let url = format!("{}/_control/{path}", simulator.http_base());
        assert_eq!(client().post(url).json(&body).send().await.unwrap().status(), 400, "{path} {body}");
    }
}
