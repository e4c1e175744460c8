//! Documents, key sets, and the first page.

use entra_sim::PERSONAL_ACCOUNTS;
use reqwest::Client;
use serde_json::{Value, json};

use crate::support::{TENANT, client, get_json, link_for, number, post, simulator};

#[tokio::test]
async fn each_listener_names_itself_in_its_documents() {
    let simulator = simulator().await;
    let trusted = reqwest::Certificate::from_pem(simulator.ca_pem().as_bytes()).unwrap();
    let tls = Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap();
    for (client, base) in [(client(), simulator.http_base()), (tls, simulator.https_base())] {
        let url = format!("{base}/organizations/v2.0/.well-known/openid-configuration");
        let document: Value = client.get(&url).send().await.unwrap().json().await.unwrap();
        assert_eq!(document["issuer"], format!("{base}/{{tenantid}}/v2.0"));
        let keys: Value =
            client.get(document["jwks_uri"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
        let issuers: Vec<_> = keys["keys"].as_array().unwrap().iter().map(|key| key["issuer"].clone()).collect();
        let expected = [format!("{base}/{{tenantid}}/v2.0"), format!("{base}/{PERSONAL_ACCOUNTS}/v2.0")];
        assert_eq!(issuers, expected);
        assert!(keys["keys"][0].get("alg").is_none());
        assert_eq!(keys["keys"][0]["kid"].as_str().unwrap().len(), 27);
    }
}

#[tokio::test]
async fn a_tenant_is_known_by_its_guid_and_its_domain() {
    let simulator = simulator().await;
    let base = simulator.http_base();
    for name in [TENANT, "abccompany.com", "ABCCompany.com"] {
        let document = get_json(&format!("{base}/{name}/v2.0/.well-known/openid-configuration")).await;
        assert_eq!(document["issuer"], format!("{base}/{TENANT}/v2.0"));
        let document = get_json(&format!("{base}/{name}/.well-known/openid-configuration")).await;
        assert_eq!(document["issuer"], format!("{base}/{TENANT}/"));
    }
    let unknown = get_json(&format!("{base}/nobody.example/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(unknown["error"], "invalid_tenant");
    assert_eq!(unknown["error_codes"], json!([90002]));
}

#[tokio::test]
async fn keys_name_their_issuer_in_v2_alone() {
    let simulator = simulator().await;
    for (path, named) in [("discovery/keys", false), ("discovery/v2.0/keys", true)] {
        let keys = get_json(&format!("{}/{TENANT}/{path}", simulator.http_base())).await;
        assert!(keys["keys"].as_array().unwrap().iter().all(|key| key.get("issuer").is_some() == named));
    }
}

#[tokio::test]
async fn scripts_of_every_origin_may_ask() {
    let simulator = simulator().await;
    for path in
        ["v2.0/.well-known/openid-configuration", "discovery/v2.0/keys", "oauth2/v2.0/devicecode", "oauth2/v2.0/token"]
    {
        let url = format!("{}/{TENANT}/{path}", simulator.http_base());
        let asked = client().request(reqwest::Method::OPTIONS, url).header("origin", "https://portal.example");
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 204);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    }
}

#[tokio::test]
async fn every_endpoint_refuses_a_tenant_that_it_does_not_know() {
    let simulator = simulator().await;
    for tenant in ["nobody.example", "consumers", PERSONAL_ACCOUNTS] {
        for path in ["authorize", "logout"].map(|name| format!("{tenant}/oauth2/v2.0/{name}")).into_iter().chain(
            ["v2.0/adminconsent", "discovery/keys", "discovery/v2.0/keys", "v2.0/.well-known/openid-configuration"]
                .map(|path| format!("{tenant}/{path}")),
        ) {
            let answer = client().get(format!("{}/{path}", simulator.http_base())).send().await.unwrap();
            assert_eq!(number(answer).await, 90002, "{path}");
        }
        for path in ["token", "devicecode", "authorize", "logout"] {
            let path = format!("{tenant}/oauth2/v2.0/{path}");
            assert_eq!(number(post(&simulator, &path, &[]).await).await, 90002, "{path}");
        }
    }
}

#[tokio::test]
async fn the_first_page_leads_to_the_picker() {
    let simulator = simulator().await;
    let base = simulator.http_base();
    let page = client().get(format!("{base}/")).send().await.unwrap().text().await.unwrap();
    let picker = client().get(format!("{base}{}", link_for(&page, "Sign in to portal"))).send().await.unwrap();
    assert!(picker.text().await.unwrap().contains("Jennifer Lewis"));
    for (query, status) in [("code=70011", 200), ("code=<b>", 400)] {
        assert_eq!(client().get(format!("{base}/error?{query}")).send().await.unwrap().status(), status);
    }
}
