//! What the endpoints answer with: the discovery document and the JWKS (RFC 7517).

use std::collections::HashMap;

use jsonwebtoken::jwk::{CommonParameters, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{DecodingKey, DecodingKeyKind};
use serde::Deserialize;
use serde_json::Value;
use tracing::warn;
use url::Url;

use crate::domain::authority::Authority;
use crate::ports::key_set_source::PublishedKey;

/// The sizes of RSA keys that are taken, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The public exponent of every key that is taken: 65537.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// More keys than any set has.
const MAX_KEYS: usize = 1000;

/// The longest `kid` that is kept, in bytes.
const MAX_KEY_ID_BYTES: usize = 128;

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(flatten)]
    jwk: Jwk,
    issuer: Option<String>,
}

/// Where the discovery document says the keys are. Another cloud's document, or keys on another host, are refused.
pub(super) fn keys_url(document: &[u8], authority: &Authority) -> Result<Url, String> {
    let document: Discovery = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    if document.issuer != authority.issuer_template() {
        return Err(format!("its issuer is not {}", authority.issuer_template()));
    }
    let url = Url::parse(&document.jwks_uri).map_err(|error| format!("its jwks_uri is not a URL: {error}"))?;
    let anonymous = url.username().is_empty() && url.password().is_none();
    if url.origin().ascii_serialization() != authority.base() || !anonymous {
        return Err(format!("its jwks_uri is not on {}", authority.base()));
    }
    Ok(url)
}

/// The keys of a set that can sign tokens. Keys of other kinds are passed over; two different keys of one name make the
/// whole set worthless.
pub(super) fn keys(set: &[u8]) -> Result<Vec<PublishedKey>, String> {
    let set: KeySet = serde_json::from_slice(set).map_err(|error| error.to_string())?;
    if set.keys.len() > MAX_KEYS {
        return Err(format!("it has more than {MAX_KEYS} keys"));
    }
    let mut by_name: HashMap<String, PublishedKey> = HashMap::new();
    for key in set.keys.into_iter().filter_map(signing_key) {
        match by_name.get(&key.kid) {
            Some(other) if *other != key => return Err("it has two keys of one kid".to_owned()),
            Some(_) => {}
            None => drop(by_name.insert(key.kid.clone(), key)),
        }
    }
    if by_name.is_empty() {
        Err("it has no RSA key for signatures".to_owned())
    } else {
        Ok(by_name.into_values().collect())
    }
}

fn signing_key(key: Value) -> Option<PublishedKey> {
    let Key { jwk, issuer } = read(key)?;
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() else { return None };
    let (modulus, exponent) = (without_leading_zeros(n), without_leading_zeros(e));
    let strong = RSA_BITS.contains(&bits(modulus)) && exponent == EXPONENT;
    if !strong || !is_for_tokens(&jwk.common) {
        return None;
    }
    let kid = jwk.common.key_id.filter(|kid| (1..=MAX_KEY_ID_BYTES).contains(&kid.len()))?;
    Some(PublishedKey { kid, modulus: modulus.to_vec(), exponent: exponent.to_vec(), issuer })
}

/// Reads a key. One that can't be read is passed over, and its tokens are refused as those of an unknown key: the log says why.
fn read(key: Value) -> Option<Key> {
    let kid = key.get("kid").and_then(Value::as_str).unwrap_or_default().to_owned();
    serde_json::from_value(key).inspect_err(|error| warn!(kid, %error, "a published key can't be read")).ok()
}

/// Whether a key is for signatures by RS256, or does not say. It may say what it is for in two ways (RFC 7517, sections
/// 4.2 and 4.3); neither may speak against it.
fn is_for_tokens(key: &CommonParameters) -> bool {
    let may_verify = key.key_operations.as_ref().is_none_or(|named| named.contains(&KeyOperations::Verify));
    let for_signatures = key.public_key_use.as_ref().is_none_or(|named| *named == PublicKeyUse::Signature);
    let for_rs256 = key.key_algorithm.is_none_or(|named| named == KeyAlgorithm::RS256);
    may_verify && for_signatures && for_rs256
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    &bytes[first..]
}

fn bits(modulus: &[u8]) -> usize {
    let top = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    modulus.len() * 8 - top
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    fn rsa(kid: &str, first_byte: u8, bytes: usize) -> Value {
        let mut modulus = vec![0x55; bytes];
        modulus[0] = first_byte;
        json!({"kty": "RSA", "use": "sig", "kid": kid, "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn read(keys_of_set: &[Value]) -> Result<Vec<String>, String> {
        let read = keys(json!({"keys": keys_of_set}).to_string().as_bytes())?;
        let mut names: Vec<_> = read.into_iter().map(|key| key.kid).collect();
        names.sort();
        Ok(names)
    }

    #[test]
    fn only_strong_rsa_keys_for_signatures_are_taken() {
        let good = rsa("good", 0x80, 256);
        let others = [
            rsa("short", 0x7f, 256),
            rsa("huge", 0x80, 1025),
            with(rsa("encryption", 0x80, 256), "use", json!("enc")),
            with(rsa("operations of encryption", 0x80, 256), "key_ops", json!(["encrypt", "wrapKey"])),
            with(rsa("no operations", 0x80, 256), "key_ops", json!([])),
            with(rsa("other algorithm", 0x80, 256), "alg", json!("PS256")),
            with(rsa("exponent of 3", 0x80, 256), "e", json!("Aw")),
            with(rsa("symmetric", 0x80, 256), "kty", json!("oct")),
            with(rsa("x", 0x80, 256), "kid", json!(7)),
            with(rsa("y", 0x80, 256), "kid", json!("")),
            with(rsa("z", 0x80, 256), "n", json!("?")),
            with(rsa("other issuer", 0x80, 256), "issuer", json!(["x"])),
            json!({"kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA"}),
            json!({"kty": "new", "kid": "new", "n": "AA", "e": "AQAB"}),
            json!("nothing"),
        ];
        let mut leading_zero = vec![0; 257];
        leading_zero[1] = 0x80;
        let leading_zero = with(rsa("leading zero", 0x80, 256), "n", json!(URL_SAFE_NO_PAD.encode(leading_zero)));
        let verifying = with(rsa("verifying", 0x80, 256), "key_ops", json!(["sign", "verify"]));
        let all: Vec<_> = others.into_iter().chain([good, rsa("4096", 0x80, 512), leading_zero, verifying]).collect();
        assert_eq!(read(&all).unwrap(), ["4096", "good", "leading zero", "verifying"]);
    }

    #[test]
    fn two_different_keys_of_one_name_make_the_set_worthless() {
        let key = rsa("a", 0x80, 256);
        assert_eq!(read(&[key.clone(), key.clone()]).unwrap(), ["a"]);
        assert!(read(&[key, rsa("a", 0x81, 256)]).is_err());
        assert!(read(&[]).is_err());
    }

    #[test]
    fn keys_are_fetched_from_the_authority_alone() {
        let authority = Authority::parse("https://login.microsoftonline.com").unwrap();
        let read = |issuer: &str, jwks_uri: &str| {
            let document = json!({"issuer": issuer, "jwks_uri": jwks_uri}).to_string();
            keys_url(document.as_bytes(), &authority)
        };
        let issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
        assert!(read(issuer, "https://login.microsoftonline.com/organizations/discovery/v2.0/keys").is_ok());
        for (issuer, jwks_uri) in [
            (issuer, "https://login.microsoftonline.com.evil.example/keys"),
            (issuer, "https://login.microsoftonline.com:8443/keys"),
            (issuer, "http://login.microsoftonline.com/keys"),
            (issuer, "https://a:b@login.microsoftonline.com/keys"),
            (issuer, "/keys"),
            ("https://login.microsoftonline.us/{tenantid}/v2.0", "https://login.microsoftonline.com/keys"),
        ] {
            assert!(read(issuer, jwks_uri).is_err(), "{issuer} {jwks_uri}");
        }
    }
}
