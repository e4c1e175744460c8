//! What validating a token costs with warm keys, beside the bare RSA check that no validator can do without.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use criterion::Criterion;
use jiff::Timestamp;
use serde_json::json;
use signline::auth::{SigningKeys, TokenPolicy, TokenValidator, install_provider};
use signline::domain::application::Applications;
use signline::domain::authority::Authority;
use signline::ports::clock::Clock;
use signline::ports::key_set_source::{FetchedKeySet, KeySetError, KeySetSource, PublishedKey};

const NOW: i64 = 1_790_000_000;
const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
const PORTAL: &str = "0c11e470-1111-4222-8333-444455557777";

/// One published key, at one moment.
struct World(PublishedKey);

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).expect("a time")
    }
}

#[async_trait]
impl KeySetSource for World {
    async fn fetch(&self) -> Result<FetchedKeySet, KeySetError> {
        Ok(FetchedKeySet { keys: vec![self.0.clone()], max_age: None })
    }
}

/// A v2.0 ID token with the claims that Entra writes, taken apart: what is signed, and the signature.
fn mint(key: &KeyPair) -> (String, Vec<u8>) {
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": "9fakeKid-AAAAAAAAAAAAAAAAAA"});
    let claims = json!({
        "aud": PORTAL, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "iat": NOW, "nbf": NOW, "exp": NOW + 3600, "aio": "o".repeat(120), "email": "bobsmith@abccompany.com",
        "name": "Bob Smith", "nonce": "n".repeat(43), "oid": "0b1d0b1d-1111-4222-8333-444455558888",
        "preferred_username": "bobsmith@abccompany.com", "rh": "r".repeat(60), "sid": TENANT,
        "sub": "s".repeat(43), "tid": TENANT, "uti": "u".repeat(22), "ver": "2.0",
    });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("a signature");
    (message, signature)
}

fn main() {
    install_provider();
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let modulus = key.public_key().modulus().big_endian_without_leading_zero().to_vec();
    let published = PublishedKey {
        kid: "9fakeKid-AAAAAAAAAAAAAAAAAA".to_owned(),
        modulus: modulus.clone(),
        exponent: vec![1, 0, 1],
        issuer: Some("https://login.microsoftonline.com/{tenantid}/v2.0".to_owned()),
    };
    let (message, signature) = mint(&key);
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&signature));
    let world = Arc::new(World(published));
    let policy = TokenPolicy {
        authority: Authority::parse("https://login.microsoftonline.com").expect("an authority"),
        applications: Applications::parse(&format!("portal={PORTAL}")).expect("applications"),
        api: None,
        email_claims: ["email", "preferred_username", "upn"].map(str::to_owned).to_vec(),
        clock_skew: Duration::from_mins(1),
    };
    let keys = Arc::new(SigningKeys::new(Arc::<World>::clone(&world), Arc::<World>::clone(&world)));
    let known = TokenValidator::new(policy.clone(), Arc::clone(&keys), Arc::<World>::clone(&world));
    let known = known.with_cache(100).expect("random bytes");
    let validator = TokenValidator::new(policy, keys, world);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(validator.validate(&token)).expect("a good token, which brings the key");

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("token");
    group.bench_function("validate, keys warm", |bencher| {
        bencher.iter(|| runtime.block_on(validator.validate(black_box(&token))));
    });
    group.bench_function("a token seen before", |bencher| {
        bencher.iter(|| runtime.block_on(known.validate(black_box(&token))));
    });
    let components = RsaPublicKeyComponents { n: modulus, e: vec![1, 0, 1] };
    let parsed = components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("a public key");
    group.bench_function("RSA alone, key read each time", |bencher| {
        bencher.iter(|| components.verify(&RSA_PKCS1_2048_8192_SHA256, black_box(message.as_bytes()), &signature));
    });
    group.bench_function("RSA alone, key read before", |bencher| {
        bencher.iter(|| parsed.verify_sig(black_box(message.as_bytes()), &signature));
    });
    group.finish();
    criterion.final_summary();
}
