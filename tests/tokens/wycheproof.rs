//! The JSON web signatures of the project Wycheproof, through the validator.
//!
//! None of them holds claims, so a good signature shows by the next check, that of the claims, being the one that
//! fails.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use signline::auth::{TokenCheck, TokenError};
use signline::ports::key_set_source::PublishedKey;

use crate::minting::{World, policy};

/// The checks that come after the signature's.
const PAST_THE_SIGNATURE: TokenError = TokenError::Invalid(TokenCheck::Claims);

fn groups(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).expect("JSON");
    file["testGroups"].as_array().expect("groups").clone()
}

/// The group's key, if it is for RS256.
fn rs256_key(group: &Value) -> Option<PublishedKey> {
    let key = group.get("public").filter(|key| key["kty"] == "RSA" && key["alg"] == "RS256")?;
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
    Some(PublishedKey {
        kid: key["kid"].as_str()?.to_owned(),
        modulus: number("n")?,
        exponent: number("e")?,
        issuer: None,
    })
}

/// Judges every RS256 vector of a file; gives how many were accepted and refused.
///
/// One group is left out: it wants a key refused whose primes were made by a faulty chip (CVE-2017-15361). Which keys
/// Microsoft makes is Microsoft's to judge; they come from nowhere else.
async fn judge(text: &str) -> (usize, usize) {
    let (mut accepted, mut refused) = (0, 0);
    for group in groups(text) {
        let Some(key) = rs256_key(&group).filter(|_| group["comment"] != "jws_rsa_roca_key") else { continue };
        let validator = World::publishing(vec![key]).validator(policy());
        for vector in group["tests"].as_array().expect("tests") {
            let Some(token) = vector["jws"].as_str() else { continue };
            let outcome = validator.validate(token).await.expect_err("none holds claims");
            // An empty payload is a good JWS, but no token.
            let good = vector["result"] == "valid" && vector["comment"] != "emptyPayload";
            assert_eq!(outcome == PAST_THE_SIGNATURE, good, "vector {} {outcome:?}", vector["tcId"]);
            *(if good { &mut accepted } else { &mut refused }) += 1;
        }
    }
    (accepted, refused)
}

// proves T-01
#[tokio::test]
async fn the_vectors_of_json_web_signatures_are_judged_as_they_say() {
    let judged = judge(include_str!("../data/wycheproof/json_web_signature_test.json")).await;
    assert_eq!(judged, (7, 226));
}

// proves T-01
#[tokio::test]
async fn the_vectors_of_json_web_cryptography_are_judged_as_they_say() {
    let judged = judge(include_str!("../data/wycheproof/json_web_crypto_test.json")).await;
    assert_eq!(judged, (1, 12));
}
