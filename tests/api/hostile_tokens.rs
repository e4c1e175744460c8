//! Hostile tokens sent to a running service: the table of `tests/tokens`, and the vectors of the project Wycheproof.
//!
//! None may be answered with a line, none may make the service fail, and each is told the check that refused it.

#[path = "../tokens/hostile_table.rs"]
mod hostile_table;
// The table asks for it by this name.
#[path = "../tokens/minting.rs"]
#[expect(dead_code, reason = "the validator's tests use the rest")]
pub(crate) mod minting;

use std::collections::{BTreeMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use signline::domain::application::Applications;
use signline::domain::guid::Guid;
use signline::ports::clock::{Clock, SystemClock};
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};
use minting::Mint;

/// Whether a header can carry the token to the service as it is.
fn can_be_sent(token: &str) -> bool {
    // Spaces around a credential belong to the header; and no server reads headers of any length.
    let plain = token.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    plain && token.trim() == token && (1..20_000).contains(&token.len())
}

/// The check that a token was refused by, as the answer tells.
async fn refused_by(answer: Response, what: &str) -> String {
    assert_eq!(answer.status(), 401, "{what}");
    assert_eq!(answer.headers()["www-authenticate"], r#"Bearer error="invalid_token""#, "{what}");
    let problem = problem(answer, 401, "invalid-token").await;
    let detail = problem["detail"].as_str().unwrap();
    detail.split(':').next().unwrap().to_owned()
}

/// Publishes the key of the table under all the names that its rows use.
fn keys_of_the_table(base: &str) -> Vec<Value> {
    let issuer_of = |tenant: &str| format!("{base}/{tenant}/v2.0");
    let key = |kid: &str, issuer: Option<String>| {
        let modulus = URL_SAFE_NO_PAD.encode(minting::public_modulus());
        let mut key = json!({"kty": "RSA", "use": "sig", "kid": kid, "n": modulus, "e": "AQAB"});
        if let Some(issuer) = issuer {
            key["issuer"] = json!(issuer);
        }
        key
    };
    vec![
        key(minting::KID, Some(issuer_of("{tenantid}"))),
        key(minting::PERSONAL_KID, Some(issuer_of(minting::PERSONAL_ACCOUNTS))),
        key(minting::FOREIGN_CLOUD_KID, Some("https://login.microsoftonline.us/{tenantid}/v2.0".to_owned())),
        key(minting::BARE_KID, None),
    ]
}

/// A service with the sample company that takes the tokens of the table's applications.
async fn service_of_the_table() -> TestApp {
    let app = TestApp::start_publishing(
        Engine::Sqlite,
        |entra| keys_of_the_table(entra.http_base()),
        |settings| {
            let applications = format!("portal={},maxuc-mobile={}", minting::PORTAL, minting::MOBILE);
            settings.applications = Applications::parse(&applications).unwrap();
            settings.api_client_id = Some(Guid::parse(minting::API).unwrap());
        },
    )
    .await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

/// The whole table.
fn rows(at: &Mint) -> Vec<hostile_table::Row> {
    let table = [
        hostile_table::of_another_form,
        hostile_table::with_another_algorithm,
        hostile_table::with_an_odd_header,
        hostile_table::not_signed_by_the_named_key,
        hostile_table::with_ambiguous_claims,
        hostile_table::of_another_tenant_issuer_or_key,
        hostile_table::for_others,
        hostile_table::given_to_others,
        hostile_table::with_a_disowned_address,
        hostile_table::out_of_their_time,
    ];
    table.iter().flat_map(|rows| rows(at)).collect()
}

/// What the table is made for: a service that was started just now.
fn mint_for(app: &TestApp) -> Mint {
    let base = app.entra.http_base().to_owned();
    Mint { v2: base.clone(), v1: base, now: SystemClock.now().as_second(), slack: 3600 }
}

// proves T-07, T-23
#[tokio::test]
async fn every_row_of_the_table_is_refused_as_a_proof_of_the_tenant() {
    let app = service_of_the_table().await;
    let at = mint_for(&app);
    let link = async |proof: &str| {
        let body = json!({"tenant_id": test_support::app::TENANT, "proof": proof});
        app.operate_json(Method::PUT, "/v1/business-groups/abccompany/tenant", &body).await
    };
    let mut sent = 0;
    // A body may have 128 KiB.
    for (name, token, check) in rows(&at).into_iter().filter(|(_, token, _)| token.len() < 100_000) {
        let refused = problem(link(&token).await, 422, "invalid-request").await;
        let message = refused["errors"][0]["message"].as_str().unwrap();
        assert_eq!(
            (&refused["errors"][0]["field"], message.split(':').next()),
            (&json!("proof"), Some(check.name())),
            "{name}"
        );
        sent += 1;
    }
    assert!(sent >= 216, "{sent} rows");
    let group = app.operate(Method::GET, "/v1/business-groups/abccompany").send().await.unwrap();
    assert_eq!(json(group, 200).await["tenant_proven_at"], Value::Null);
    for claims in [at.id_token(), at.v1_id_token(), at.access_token()] {
        let refused = problem(link(&minting::sign(&claims)).await, 422, "invalid-request").await;
        assert!(refused["detail"].as_str().unwrap().contains("no-role"), "{refused}");
        let role = [("roles", json!(["BusinessGroup.Admin"]))];
        let proven = json(link(&minting::sign(&minting::with(&claims, &role))).await, 200).await;
        assert!(proven["tenant_proven_at"].is_string(), "{proven}");
    }
}

// proves T-01, T-07
#[tokio::test]
async fn every_row_of_the_table_is_refused_by_its_check() {
    let app = service_of_the_table().await;
    let at = mint_for(&app);
    // The table tests something: without what is bent, its tokens are taken.
    for claims in [at.id_token(), at.v1_id_token(), at.access_token()] {
        assert_eq!(json(app.me(&minting::sign(&claims)).await, 200).await["phone_number"], "+17635551111");
    }
    let (mut sent, mut left_out) = (0, Vec::new());
    for (name, token, check) in rows(&at) {
        if can_be_sent(&token) {
            assert_eq!(refused_by(app.me(&token).await, &name).await, check.name(), "{name}");
            sent += 1;
        } else {
            left_out.push(name);
        }
    }
    let expected =
        ["nothing", "a megabyte", "a space after", "a space before", "a line break", "a NUL", "a letter outside ASCII"];
    assert_eq!(left_out, expected, "rows that no header can carry");
    assert!(sent >= 210, "{sent} rows");
    assert_eq!(json(app.me(&minting::sign(&at.id_token())).await, 200).await["phone_number"], "+17635551111");
}

/// One of Wycheproof's tokens, and whether its signature is good.
struct Vector {
    what: String,
    token: String,
    is_good: bool,
}

/// Some of Wycheproof's tokens with the keys that are published for them.
struct Group {
    keys: Vec<Value>,
    vectors: Vec<Vector>,
}

const FILES: [(&str, &str); 3] = [
    ("signature", include_str!("../data/wycheproof/json_web_signature_test.json")),
    ("crypto", include_str!("../data/wycheproof/json_web_crypto_test.json")),
    ("key", include_str!("../data/wycheproof/json_web_key_test.json")),
];

/// All groups of the three files. Where a group has a secret key, or a private one, that is published: nobody would,
/// and nothing may come of it.
fn groups() -> Vec<Group> {
    let mut groups = Vec::new();
    for (name, text) in FILES {
        let file: Value = serde_json::from_str(text).unwrap();
        for group in file["testGroups"].as_array().unwrap() {
            let keys = group.get("public").or_else(|| group.get("private")).unwrap();
            let keys = keys.get("keys").map_or_else(|| vec![keys.clone()], |keys| keys.as_array().unwrap().clone());
            let vectors = group["tests"].as_array().unwrap().iter().map(|vector| Vector::of(name, group, vector));
            groups.push(Group { keys, vectors: vectors.collect() });
        }
    }
    groups
}

impl Vector {
    fn of(file: &str, group: &Value, vector: &Value) -> Self {
        let jose = vector.get("jws").or_else(|| vector.get("jwe")).unwrap();
        let token = jose.as_str().map_or_else(|| jose.to_string(), str::to_owned);
        // Keys that a faulty chip made (CVE-2017-15361) are wanted refused. Which keys Microsoft makes is Microsoft's
        // to judge; they come from nowhere else.
        let is_of_faulty_chip = group["comment"] == "jws_rsa_roca_key";
        let is_good = vector["result"] == "valid" || is_of_faulty_chip;
        Self { what: format!("{file} {} {}", group["comment"], vector["tcId"]), token, is_good }
    }

    /// The check that must refuse it, told from the token's own text and the rules of RFC 7515 and Entra: none of the
    /// vectors holds claims, so a good signature shows by the check after it, that of the claims, being the one that
    /// fails.
    fn expected(&self, usable: &HashSet<String>) -> &'static str {
        let parts: Vec<_> = self.token.split('.').collect();
        if parts.len() != 3 || parts.contains(&"") {
            return "form";
        }
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let (Some(header), Some(_)) = (decoded(parts[0]), decoded(parts[2])) else { return "base64" };
        let Ok(Value::Object(header)) = serde_json::from_slice(&header) else { return "header" };
        if header.get("alg") != Some(&json!("RS256")) {
            return "algorithm";
        }
        if header.get("typ").is_some_and(|typ| typ != "JWT") {
            return "type";
        }
        match header.get("kid").and_then(Value::as_str) {
            None => "key-id",
            Some(kid) if !usable.contains(kid) => "unknown-key",
            Some(_) if !self.is_good => "signature",
            Some(_) if decoded(parts[1]).is_none() => "base64",
            Some(_) => "claims",
        }
    }
}

/// Which of these keys can sign tokens: RSA keys for RS256 signatures, not small, with Entra's exponent.
fn usable(keys: &[Value]) -> HashSet<String> {
    let is = |key: &Value, name: &str, value: &str| key.get(name).is_none_or(|found| found == value);
    let good = keys.iter().filter(|key| {
        let may_verify = key.get("key_ops").is_none_or(|all| all.as_array().unwrap().contains(&json!("verify")));
        let bits = key["n"].as_str().map_or(0, |n| n.len() * 6);
        may_verify
            && key["kty"] == "RSA"
            && is(key, "use", "sig")
            && is(key, "alg", "RS256")
            && bits >= 2048
            && key["e"] == "AQAB"
    });
    good.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Puts groups together whose keys have different names, so that few services do for all.
fn batches(groups: Vec<Group>) -> Vec<Group> {
    let mut batches: Vec<Group> = Vec::new();
    for group in groups {
        let names = |group: &Group| group.keys.iter().map(|key| key["kid"].to_string()).collect::<HashSet<_>>();
        match batches.iter_mut().find(|batch| names(batch).is_disjoint(&names(&group))) {
            Some(batch) => {
                batch.keys.extend(group.keys);
                batch.vectors.extend(group.vectors);
            }
            None => batches.push(group),
        }
    }
    batches
}

// proves T-01
#[tokio::test]
async fn every_vector_of_wycheproof_is_refused_by_the_check_that_it_is_made_for() {
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    let mut left_out = 0;
    for Group { keys, vectors } in batches(groups()) {
        let usable = usable(&keys);
        let app = TestApp::start_publishing(Engine::Sqlite, |_| keys, |_| {}).await;
        for vector in vectors {
            if !can_be_sent(&vector.token) {
                left_out += 1;
                continue;
            }
            let check = refused_by(app.me(&vector.token).await, &vector.what).await;
            assert_eq!(check, vector.expected(&usable), "{}: {}", vector.what, vector.token);
            *refusals.entry(check).or_default() += 1;
        }
    }
    assert_eq!(left_out, 6, "vectors that no header can carry");
    let expected =
        [("algorithm", 160), ("base64", 8), ("claims", 11), ("form", 102), ("signature", 217), ("unknown-key", 6)];
    assert_eq!(refusals, expected.map(|(check, count)| (check.to_owned(), count)).into());
}
