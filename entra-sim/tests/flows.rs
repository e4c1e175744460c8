//! The simulator over real HTTP and TLS, as clients meet it.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_sim::Config;
use entra_sim::Endpoint;
use entra_sim::Fault;
use entra_sim::PERSONAL_ACCOUNTS;
use entra_sim::Simulator;
use reqwest::Client;
use reqwest::Response;
use reqwest::redirect;
use serde_json::Value;
use serde_json::json;
use url::Url;

const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
const PORTAL: &str = "0c11e470-1111-4222-8333-000000000001";
const DESKTOP: &str = "0c11e470-1111-4222-8333-000000000003";
const SECRET: &str = "sample-secret-of-the-portal";
const API: &str = "c0ffee00-1111-4222-8333-000000000004";
const BACK: &str = "http://localhost:4711/";
// The verifier and its challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn simulator() -> Simulator {
    Simulator::start(Config::sample()).await.unwrap()
}

fn client() -> Client {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap()
}

async fn get_json(url: &str) -> Value {
    client().get(url).send().await.unwrap().json().await.unwrap()
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// The link of the picker's page for a user.
fn link_for(page: &str, name: &str) -> String {
    let before = page.split(&format!("\">{name}")).next().unwrap();
    before.rsplit("href=\"").next().unwrap().replace("&amp;", "&")
}

fn authorize_query(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let usual = [
        ("client_id", DESKTOP),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid profile offline_access"),
        ("state", "s&<>\" ="),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let kept = usual.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn authorize(simulator: &Simulator, more: &[(&str, &str)]) -> Response {
    let url = format!("{}/{TENANT}/oauth2/v2.0/authorize", simulator.http_base());
    client().get(url).query(&authorize_query(more)).send().await.unwrap()
}

/// Signs in as somebody on the picker's page; the answer goes back to the application.
async fn pick(simulator: &Simulator, name: &str, more: &[(&str, &str)]) -> Response {
    let page = authorize(simulator, more).await.text().await.unwrap();
    client().get(format!("{}{}", simulator.http_base(), link_for(&page, name))).send().await.unwrap()
}

async fn post(simulator: &Simulator, path: &str, form: &[(&str, &str)]) -> Response {
    client().post(format!("{}/{path}", simulator.http_base())).form(form).send().await.unwrap()
}

async fn token(simulator: &Simulator, form: &[(&str, &str)]) -> Result<Value, String> {
    token_in(simulator, TENANT, form).await
}

async fn token_in(simulator: &Simulator, tenant: &str, form: &[(&str, &str)]) -> Result<Value, String> {
    let answer = post(simulator, &format!("{tenant}/oauth2/v2.0/token"), form).await;
    let good = answer.status().is_success();
    let body: Value = answer.json().await.unwrap();
    if good { Ok(body) } else { Err(body["error"].as_str().unwrap().to_owned()) }
}

/// Signs in as Bob and gives the code to redeem.
async fn code(simulator: &Simulator, more: &[(&str, &str)]) -> String {
    parameter(&location(&pick(simulator, "Bob Smith", more).await), "code").unwrap()
}

fn redemption(code: &str) -> [(&str, &str); 5] {
    [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ]
}

/// The AADSTS number of an error, on a page, in JSON or in the parameters that go back.
async fn number(answer: Response) -> u32 {
    let text = match answer.headers().get("location") {
        Some(location) => location.to_str().unwrap().to_owned(),
        None => answer.text().await.unwrap(),
    };
    let told = text.split("AADSTS").nth(1).unwrap_or_else(|| panic!("no error: {text}"));
    told.split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap()
}

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
async fn a_bad_request_is_told_on_a_page_and_never_sent_to_the_address_it_names() {
    let simulator = simulator().await;
    for more in [
        [("client_id", "0c11e470-1111-4222-8333-999999999999")],
        [("redirect_uri", "https://evil.example/")],
        [("redirect_uri", "http://localhost.evil.example/")],
    ] {
        let answer = authorize(&simulator, &more).await;
        assert_eq!(answer.status(), 400);
        assert!(answer.headers().get("location").is_none());
        assert!(answer.text().await.unwrap().contains("AADSTS"));
    }
}

#[tokio::test]
async fn a_refusal_goes_back_to_the_application() {
    let simulator = simulator().await;
    let declined = location(&pick(&simulator, "Cancel", &[]).await);
    assert_eq!(parameter(&declined, "error").unwrap(), "access_denied");
    let silent = location(&authorize(&simulator, &[("prompt", "none")]).await);
    assert_eq!(parameter(&silent, "error").unwrap(), "login_required");
    assert!(parameter(&silent, "error_description").unwrap().starts_with("AADSTS50058"));
}

#[tokio::test]
async fn who_signed_in_before_signs_in_silently() {
    let simulator = simulator().await;
    let answer = pick(&simulator, "Bob Smith", &[]).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let url = format!("{}/{TENANT}/oauth2/v2.0/authorize", simulator.http_base());
    let query = authorize_query(&[("prompt", "none")]);
    let silent = client().get(url).query(&query).header("cookie", cookie).send().await.unwrap();
    assert!(parameter(&location(&silent), "code").is_some());
}

#[tokio::test]
async fn nobody_signs_in_silently_who_is_not_meant() {
    let simulator = simulator().await;
    let answer = pick(&simulator, "Bob Smith", &[]).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let silent = async |tenant: &str, hint: &str| {
        let url = format!("{}/{tenant}/oauth2/v2.0/authorize", simulator.http_base());
        let query = authorize_query(&[("prompt", "none"), ("login_hint", hint)]);
        let answer = client().get(url).query(&query).header("cookie", &cookie).send().await.unwrap();
        parameter(&location(&answer), "error")
    };
    assert_eq!(silent(TENANT, "bobsmith@ABCcompany.com").await, None);
    assert_eq!(silent("common", "").await, None);
    assert_eq!(silent(TENANT, "johndavidson@abccompany.com").await.unwrap(), "login_required");
    assert_eq!(silent(OTHER_TENANT, "").await.unwrap(), "login_required");
}

#[tokio::test]
async fn a_request_may_be_posted_to_authorize() {
    let simulator = simulator().await;
    let path = format!("{TENANT}/oauth2/v2.0/authorize?client_id={DESKTOP}&state=old");
    let form = authorize_query(&[("state", "new")]);
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = post(&simulator, &path, &form).await.text().await.unwrap();
    let picked = client().get(format!("{}{}", simulator.http_base(), link_for(&page, "Bob Smith")));
    let back = location(&picked.send().await.unwrap());
    assert_eq!(parameter(&back, "state").unwrap(), "new");
    let code = parameter(&back, "code").unwrap();
    assert!(token(&simulator, &redemption(&code)).await.is_ok());
}

#[tokio::test]
async fn an_authorize_request_that_lacks_something_or_contradicts_itself_is_refused() {
    let simulator = simulator().await;
    for (more, expected) in [
        (&[("client_id", "")][..], 90014),
        (&[("redirect_uri", "")], 90014),
        (&[("response_type", "")], 90014),
        (&[("response_type", "code token")], 700_051),
        (&[("response_type", "id_token")], 90014),
        (&[("response_type", "id_token"), ("nonce", "n"), ("response_mode", "query")], 70007),
        (&[("response_mode", "pigeon")], 70007),
        (&[("scope", "")], 90014),
        (&[("code_challenge_method", "S512")], 9_002_313),
        (&[("code_challenge", "short")], 501_491),
    ] {
        assert_eq!(number(authorize(&simulator, more).await).await, expected, "{more:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_back_that_was_not_sent() {
    let simulator = simulator().await;
    for name in ["Bob Smith", "Cancel"] {
        let back = location(&pick(&simulator, name, &[("state", "")]).await);
        assert_eq!(parameter(&back, "state"), None, "{back}");
    }
    let query = [("client_id", PORTAL), ("redirect_uri", BACK), ("sim_user", "0b0b0b0b-0000-4000-8000-000000000004")];
    let url = format!("{}/{TENANT}/v2.0/adminconsent", simulator.http_base());
    let back = location(&client().get(url).query(&query).send().await.unwrap());
    assert_eq!((parameter(&back, "tenant").as_deref(), parameter(&back, "scope")), (Some(TENANT), None));
    assert_eq!(parameter(&back, "state"), None);
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
        let told: Value = answer.json().await.unwrap();
        let (trace, time) = (told["trace_id"].as_str().unwrap(), told["timestamp"].as_str().unwrap());
        assert_eq!(told["correlation_id"], id);
        assert_eq!((time.len(), &time[19..]), (20, "Z"));
        let ends = format!("Trace ID: {trace} Correlation ID: {id} Timestamp: {time}");
        let description = told["error_description"].as_str().unwrap();
        assert!(description.starts_with("AADSTS54005: ") && description.ends_with(&ends), "{description}");
        assert_eq!(told["error_uri"], format!("{}/error?code=54005", simulator.http_base()));
    }
}

#[tokio::test]
async fn a_token_request_that_lacks_something_says_what() {
    let simulator = simulator().await;
    let complete = redemption("unknown");
    for missing in ["client_id", "grant_type", "code", "redirect_uri"] {
        let form: Vec<_> = complete.into_iter().filter(|(name, _)| *name != missing).collect();
        let answer = post(&simulator, &format!("{TENANT}/oauth2/v2.0/token"), &form).await;
        let told: Value = answer.json().await.unwrap();
        assert_eq!((&told["error"], &told["error_codes"]), (&json!("invalid_request"), &json!([90014])));
        assert!(told["error_description"].as_str().unwrap().contains(missing));
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
async fn a_session_ends_by_get_and_by_post() {
    let simulator = simulator().await;
    let path = format!("{TENANT}/oauth2/v2.0/logout");
    let url = format!("{}/{path}?post_logout_redirect_uri={BACK}&state=s", simulator.http_base());
    let form = [("post_logout_redirect_uri", BACK), ("state", "s")];
    for answer in [client().get(url).send().await.unwrap(), post(&simulator, &path, &form).await] {
        assert_eq!(location(&answer), format!("{BACK}?state=s"));
        assert!(answer.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    }
    let form = [("post_logout_redirect_uri", "https://evil.example/")];
    assert_eq!(post(&simulator, &path, &form).await.status(), 200);
}

#[tokio::test]
async fn a_form_is_posted_back_when_asked_for() {
    let simulator = simulator().await;
    let page = pick(&simulator, "Bob Smith", &[("response_mode", "form_post")]).await.text().await.unwrap();
    assert!(page.contains(&format!("<form method=\"post\" action=\"{BACK}\">")));
    assert!(page.contains("name=\"state\" value=\"s&amp;&lt;&gt;&quot; =\""));
    let more = [("response_type", "id_token"), ("nonce", "n")];
    let back = location(&pick(&simulator, "Bob Smith", &more).await);
    assert!(Url::parse(&back).unwrap().fragment().unwrap().starts_with("id_token="));
}

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
    let text = include_str!("../sample.toml").replace("email_always = true", "email_always = false");
    let strict = Simulator::start(Config::parse(&text).unwrap()).await.unwrap();
    let sample = simulator().await;
    for (simulator, user, scope, told) in [
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
            assert_eq!(claims(body[kind].as_str().unwrap()).get("email").is_some(), told, "{kind} {user} {scope}");
        }
    }
}

#[tokio::test]
async fn a_scope_is_one_that_an_api_has() {
    let simulator = simulator().await;
    let unknown_api = "api://11111111-0000-4000-8000-000000000001/X";
    let two = format!("api://{API}/Line.Read {PORTAL}/.default");
    for (scope, error, expected) in [
        (unknown_api, "invalid_resource", 500_011),
        ("11111111-0000-4000-8000-000000000001/.default", "invalid_resource", 500_011),
        ("api://line/Line.Read", "invalid_resource", 500_011),
        (&format!("api://{API}/Nope"), "invalid_scope", 70011),
        ("Line.Read", "invalid_scope", 70011),
        ("opneid", "invalid_scope", 70011),
        (&two, "invalid_scope", 28000),
    ] {
        let back = location(&authorize(&simulator, &[("scope", scope)]).await);
        assert_eq!(parameter(&back, "error").as_deref(), Some(error), "{scope}");
        let form = [("client_id", DESKTOP), ("scope", scope)];
        let answer = post(&simulator, &format!("{TENANT}/oauth2/v2.0/devicecode"), &form).await;
        assert_eq!((answer.status().as_u16(), number(answer).await), (400, expected), "{scope}");
    }
    for scope in ["User.Read", "https://graph.microsoft.com/.default"] {
        let code = code(&simulator, &[("scope", scope)]).await;
        let body = token(&simulator, &redemption(&code)).await.unwrap();
        assert!(!body["access_token"].as_str().unwrap().contains('.'));
    }
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
    assert_eq!(redeem(DESKTOP, &[id], None, true).await, (200, 0));
}

#[tokio::test]
async fn a_token_of_an_application_is_as_its_api_has_it() {
    let other = "c0ffee00-1111-4222-8333-000000000005";
    let api = format!("[[applications]]\nname = \"old-api\"\nclient_id = \"{other}\"\n");
    let text = format!("{}\n{api}", include_str!("../sample.toml"));
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

#[tokio::test]
async fn only_an_administrator_consents_for_the_organisation() {
    let simulator = simulator().await;
    let base = simulator.http_base();
    let consent = async |name: &str| {
        let query = [("client_id", PORTAL), ("redirect_uri", BACK), ("scope", "x/.default"), ("state", "s")];
        let page = client().get(format!("{base}/organizations/v2.0/adminconsent")).query(&query);
        let page = page.send().await.unwrap().text().await.unwrap();
        location(&client().get(format!("{base}{}", link_for(&page, name))).send().await.unwrap())
    };
    let good = consent("Ada Admin").await;
    assert_eq!(parameter(&good, "admin_consent").as_deref(), Some("True"));
    assert_eq!(parameter(&good, "tenant").as_deref(), Some(TENANT));
    assert_eq!(parameter(&consent("John Davidson").await, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&consent("Cancel").await, "error").as_deref(), Some("consent_required"));
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

#[tokio::test]
async fn the_userinfo_endpoint_says_what_the_id_token_says() {
    let simulator = simulator().await;
    let document = get_json(&format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", simulator.http_base())).await;
    let url = document["userinfo_endpoint"].as_str().unwrap();
    let code = code(&simulator, &[]).await;
    let body = token(&simulator, &redemption(&code)).await.unwrap();
    let id_token = claims(body["id_token"].as_str().unwrap());
    let with = async |token: &str| client().get(url).bearer_auth(token).send().await.unwrap();
    let told: Value = with(body["access_token"].as_str().unwrap()).await.json().await.unwrap();
    for name in ["sub", "name", "email"] {
        assert_eq!(told[name], id_token[name]);
    }
    assert_eq!(with("graph-unknown").await.status(), 401);
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
