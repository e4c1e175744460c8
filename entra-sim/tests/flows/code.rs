//! Codes and refresh tokens, and who may redeem them.

use serde_json::{Value, json};

use crate::support::{
    BACK, DESKTOP, OTHER_TENANT, PORTAL, SECRET, TENANT, VERIFIER, claims, client, code, location, number, parameter,
    pick, post, redemption, simulator, token, token_in,
};

#[tokio::test]
async fn a_code_is_redeemed_once_and_only_with_its_verifier() {
    let simulator = simulator().await;
    let redeem = async |code: &str, verifier: &str| {
        let form = [
            ("client_id", DESKTOP),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", verifier),
            ("client_info", "1"),
        ];
        token(&simulator, &form).await
    };
    let back = location(&pick(&simulator, "Bob Smith", &[("nonce", "n1")]).await);
    assert!(back.starts_with(BACK));
    assert_eq!(parameter(&back, "state").unwrap(), "s&<>\" =");
    let code = parameter(&back, "code").unwrap();
    let body = redeem(&code, VERIFIER).await.unwrap();
    let id_token = claims(body["id_token"].as_str().unwrap());
    assert_eq!(id_token["aud"], DESKTOP);
    assert_eq!(id_token["email"], "bobsmith@abccompany.com");
    assert_eq!(id_token["nonce"], "n1");
    assert_eq!(redeem(&code, VERIFIER).await, Err("invalid_grant".to_owned()));

    let back = location(&pick(&simulator, "Bob Smith", &[]).await);
    let code = parameter(&back, "code").unwrap();
    assert_eq!(redeem(&code, "wrong").await, Err("invalid_grant".to_owned()));

    let refresh = body["refresh_token"].as_str().unwrap();
    let form = [("client_id", DESKTOP), ("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let again = token(&simulator, &form).await.unwrap();
    assert!(claims(again["id_token"].as_str().unwrap()).get("nonce").is_none());
}

#[tokio::test]
async fn what_one_tenant_gave_out_another_does_not_take() {
    let simulator = simulator().await;
    let code_of_one = code(&simulator, &[]).await;
    let form = redemption(&code_of_one);
    assert_eq!(token_in(&simulator, OTHER_TENANT, &form).await, Err("invalid_grant".to_owned()));
    let code_of_one = code(&simulator, &[]).await;
    let body = token_in(&simulator, "organizations", &redemption(&code_of_one)).await.unwrap();
    let refresh = body["refresh_token"].as_str().unwrap();
    let form = [("client_id", DESKTOP), ("grant_type", "refresh_token"), ("refresh_token", refresh)];
    assert_eq!(token_in(&simulator, OTHER_TENANT, &form).await, Err("invalid_grant".to_owned()));
    assert!(token_in(&simulator, "abccompany.com", &form).await.is_ok());

    let begun = post(&simulator, &format!("{TENANT}/oauth2/v2.0/devicecode"), &authorize_form()).await;
    let device_code = begun.json::<Value>().await.unwrap()["device_code"].as_str().unwrap().to_owned();
    let form = [("client_id", DESKTOP), ("grant_type", "device_code"), ("device_code", &device_code)];
    assert_eq!(token_in(&simulator, OTHER_TENANT, &form).await, Err("invalid_grant".to_owned()));
    assert_eq!(token_in(&simulator, "common", &form).await, Err("authorization_pending".to_owned()));
}

fn authorize_form() -> [(&'static str, &'static str); 2] {
    [("client_id", DESKTOP), ("scope", "openid")]
}

#[tokio::test]
async fn an_error_is_told_with_one_trace_and_the_id_that_the_client_gave() {
    let simulator = simulator().await;
    let id = "7e7e7e7e-0000-4000-8000-000000000002";
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", simulator.http_base());
    let form = redemption("unknown");
    for call in
        [client().post(&url).header("client-request-id", id), client().post(&url).query(&[("client-request-id", id)])]
    {
        let answer = call.form(&form).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
        let refused: Value = answer.json().await.unwrap();
        let (trace, time) = (refused["trace_id"].as_str().unwrap(), refused["timestamp"].as_str().unwrap());
        assert_eq!(refused["correlation_id"], id);
        assert_eq!((time.len(), &time[19..]), (20, "Z"));
        let ends = format!("Trace ID: {trace} Correlation ID: {id} Timestamp: {time}");
        let description = refused["error_description"].as_str().unwrap();
        assert!(description.starts_with("AADSTS54005: ") && description.ends_with(&ends), "{description}");
        assert_eq!(refused["error_uri"], format!("{}/error?code=54005", simulator.http_base()));
    }
}

#[tokio::test]
async fn a_token_request_that_lacks_something_says_what() {
    let simulator = simulator().await;
    let complete = redemption("unknown");
    for missing in ["client_id", "grant_type", "code", "redirect_uri"] {
        let form: Vec<_> = complete.into_iter().filter(|(name, _)| *name != missing).collect();
        let answer = post(&simulator, &format!("{TENANT}/oauth2/v2.0/token"), &form).await;
        let refused: Value = answer.json().await.unwrap();
        assert_eq!((&refused["error"], &refused["error_codes"]), (&json!("invalid_request"), &json!([90014])));
        assert!(refused["error_description"].as_str().unwrap().contains(missing));
    }
}

#[tokio::test]
async fn a_verifier_belongs_to_a_challenge() {
    let simulator = simulator().await;
    let plain = [("code_challenge", VERIFIER), ("code_challenge_method", "")];
    let code_of_plain = code(&simulator, &plain).await;
    assert!(token(&simulator, &redemption(&code_of_plain)).await.is_ok());
    let without = code(&simulator, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
    assert_eq!(token(&simulator, &redemption(&without)).await, Err("invalid_grant".to_owned()));
}

#[tokio::test]
async fn an_application_that_has_a_secret_shows_it_and_another_must_not() {
    let simulator = simulator().await;
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", simulator.http_base());
    let redeem = async |client_id: &str, more: &[(&str, &str)], basic: Option<&str>, origin: bool| {
        let code = code(&simulator, &[("client_id", client_id)]).await;
        let form = redemption(&code);
        let form: Vec<_> = form.iter().filter(|(name, _)| *name != "client_id").chain(more).collect();
        let mut call = client().post(&url).form(&form);
        if let Some(secret) = basic {
            call = call.basic_auth(client_id, Some(secret));
        }
        if origin {
            call = call.header("origin", "https://portal.example");
        }
        let answer = call.send().await.unwrap();
        let status = answer.status().as_u16();
        if status == 200 { (200, 0) } else { (status, number(answer).await) }
    };
    let (id, secret) = (("client_id", PORTAL), ("client_secret", SECRET));
    assert_eq!(redeem(PORTAL, &[id], None, false).await, (401, 7_000_218));
    assert_eq!(redeem(PORTAL, &[id, ("client_secret", "wrong")], None, false).await, (401, 7_000_215));
    assert_eq!(redeem(PORTAL, &[id, secret], None, false).await, (200, 0));
    assert_eq!(redeem(PORTAL, &[], Some(SECRET), false).await, (200, 0));
    assert_eq!(redeem(PORTAL, &[], Some("wrong"), false).await, (401, 7_000_215));
    assert_eq!(redeem(PORTAL, &[secret], Some(SECRET), false).await, (400, 9_002_313));
    assert_eq!(redeem(PORTAL, &[id, secret], None, true).await, (400, 9_002_326));
    assert_eq!(redeem(PORTAL, &[id, ("client_assertion", "e.y.J")], None, false).await, (401, 700_027));
    let id = ("client_id", DESKTOP);
    assert_eq!(redeem(DESKTOP, &[id, secret], None, false).await, (401, 700_025));
    assert_eq!(redeem(DESKTOP, &[id], None, true).await, (400, 9_002_326));
}
