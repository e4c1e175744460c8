//! The simulator of a test, and how a client asks it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_sim::{Config, Simulator};
use reqwest::{Client, Response, redirect};
use serde_json::Value;
use url::Url;

pub(crate) const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
pub(crate) const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
pub(crate) const PORTAL: &str = "0c11e470-1111-4222-8333-000000000001";
pub(crate) const DESKTOP: &str = "0c11e470-1111-4222-8333-000000000003";
pub(crate) const SECRET: &str = "sample-secret-of-the-portal";
pub(crate) const API: &str = "c0ffee00-1111-4222-8333-000000000004";
pub(crate) const BACK: &str = "http://localhost:4711/";
/// Where a page in a browser is answered.
pub(crate) const PAGE: &str = "http://localhost:4711/console/";
// The verifier and its challenge of RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) async fn simulator() -> Simulator {
    Simulator::start(Config::sample()).await.unwrap()
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap()
}

pub(crate) async fn get_json(url: &str) -> Value {
    client().get(url).send().await.unwrap().json().await.unwrap()
}

pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// The link of the picker's page for a user.
pub(crate) fn link_for(page: &str, name: &str) -> String {
    let before = page.split(&format!("\">{name}")).next().unwrap();
    before.rsplit("href=\"").next().unwrap().replace("&amp;", "&")
}

pub(crate) fn authorize_query(more: &[(&str, &str)]) -> Vec<(String, String)> {
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

pub(crate) async fn authorize(simulator: &Simulator, more: &[(&str, &str)]) -> Response {
    let url = format!("{}/{TENANT}/oauth2/v2.0/authorize", simulator.http_base());
    client().get(url).query(&authorize_query(more)).send().await.unwrap()
}

/// Signs in as somebody on the picker's page; the answer goes back to the application.
pub(crate) async fn pick(simulator: &Simulator, name: &str, more: &[(&str, &str)]) -> Response {
    let page = authorize(simulator, more).await.text().await.unwrap();
    client().get(format!("{}{}", simulator.http_base(), link_for(&page, name))).send().await.unwrap()
}

pub(crate) async fn post(simulator: &Simulator, path: &str, form: &[(&str, &str)]) -> Response {
    client().post(format!("{}/{path}", simulator.http_base())).form(form).send().await.unwrap()
}

pub(crate) async fn token(simulator: &Simulator, form: &[(&str, &str)]) -> Result<Value, String> {
    token_in(simulator, TENANT, form).await
}

pub(crate) async fn token_in(simulator: &Simulator, tenant: &str, form: &[(&str, &str)]) -> Result<Value, String> {
    let answer = post(simulator, &format!("{tenant}/oauth2/v2.0/token"), form).await;
    let good = answer.status().is_success();
    let body: Value = answer.json().await.unwrap();
    if good { Ok(body) } else { Err(body["error"].as_str().unwrap().to_owned()) }
}

/// Signs in as Bob and gives the code to redeem.
pub(crate) async fn code(simulator: &Simulator, more: &[(&str, &str)]) -> String {
    parameter(&location(&pick(simulator, "Bob Smith", more).await), "code").unwrap()
}

pub(crate) fn redemption(code: &str) -> [(&str, &str); 5] {
    [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ]
}

/// The AADSTS number of an error, on a page, in JSON or in the parameters that go back.
pub(crate) async fn number(answer: Response) -> u32 {
    let text = match answer.headers().get("location") {
        Some(location) => location.to_str().unwrap().to_owned(),
        None => answer.text().await.unwrap(),
    };
    let digits = text.split("AADSTS").nth(1).unwrap_or_else(|| panic!("no error: {text}"));
    digits.split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// Redeems a code as a page in a browser does.
pub(crate) async fn redeem_as_page(simulator: &Simulator, client_id: &str, code: &str) -> Response {
    let form = redemption(code);
    let form = form.into_iter().filter(|(name, _)| !["client_id", "redirect_uri"].contains(name));
    let form: Vec<_> = form.chain([("client_id", client_id), ("redirect_uri", PAGE)]).collect();
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", simulator.http_base());
    client().post(url).form(&form).header("origin", "http://localhost:4711").send().await.unwrap()
}
