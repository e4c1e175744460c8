//! Signing keys of the tests, tokens signed with them, and a validator that trusts the keys.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use signline::auth::{ApiRegistration, SigningKeys, TokenPolicy, TokenValidator, install_provider};
use signline::domain::app_id_uri::AppIdUris;
use signline::domain::application::Applications;
use signline::domain::authority::Authority;
use signline::domain::guid::Guid;
use signline::ports::clock::Clock;
use signline::ports::key_set_source::{FetchedKeySet, KeySetError, KeySetSource, PublishedKey};

pub(crate) const NOW: i64 = 1_790_000_000;
pub(crate) const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
pub(crate) const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
pub(crate) const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
pub(crate) const USER: &str = "0b1d0b1d-1111-4222-8333-444455558888";
pub(crate) const PORTAL: &str = "0c11e470-1111-4222-8333-444455557777";
pub(crate) const MOBILE: &str = "0c11e470-1111-4222-8333-444455557778";
pub(crate) const STRANGER: &str = "0c11e470-1111-4222-8333-444455557799";
pub(crate) const API: &str = "c0ffee00-1111-4222-8333-444455556666";
pub(crate) const KID: &str = "9fakeKid-AAAAAAAAAAAAAAAAAA";
pub(crate) const PERSONAL_KID: &str = "8fakeMsaKid-BBBBBBBBBBBBBBB";
pub(crate) const FOREIGN_CLOUD_KID: &str = "7fakeKid-CCCCCCCCCCCCCCCCCC";
pub(crate) const BARE_KID: &str = "6fakeKid-DDDDDDDDDDDDDDDDDD";

/// The published keys all have this one under them, each with another `issuer`.
static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("a key"));
static UNPUBLISHED_KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("a key"));

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signature(key: &KeyPair, message: &str) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("a signature");
    signature
}

/// Signs two parts as they stand.
pub(crate) fn sign_parts(header: &str, payload: &str) -> String {
    let message = format!("{header}.{payload}");
    let signature = encode(signature(&KEY, &message));
    format!("{message}.{signature}")
}

/// Signs a header and claims, however malformed.
pub(crate) fn sign_raw(header: &str, claims: impl AsRef<[u8]>) -> String {
    sign_parts(&encode(header), &encode(claims))
}

pub(crate) fn sign(claims: &Value) -> String {
    sign_raw(&header().to_string(), claims.to_string())
}

/// Signs with a key that is not published, under a published name.
pub(crate) fn forge(claims: &Value) -> String {
    let message = format!("{}.{}", encode(header().to_string()), encode(claims.to_string()));
    let signature = encode(signature(&UNPUBLISHED_KEY, &message));
    format!("{message}.{signature}")
}

pub(crate) fn header() -> Value {
    json!({"typ": "JWT", "alg": "RS256", "kid": KID})
}

/// The modulus of the published key, as an attacker would have it.
pub(crate) fn public_modulus() -> Vec<u8> {
    KEY.public_key().modulus().big_endian_without_leading_zero().to_vec()
}

/// Where tokens are issued, and when.
pub(crate) struct Mint {
    /// What issuers of v2.0 tokens begin with.
    pub(crate) v2: String,
    /// What issuers of v1.0 tokens begin with.
    pub(crate) v1: String,
    /// The time, in seconds since 1970.
    pub(crate) now: i64,
    /// How many seconds the clock of whoever checks the tokens may go on meanwhile.
    pub(crate) slack: i64,
}

impl Mint {
    /// Microsoft's, at a time that stands still.
    pub(crate) fn microsofts() -> Self {
        let (v2, v1) = ("https://login.microsoftonline.com".to_owned(), "https://sts.windows.net".to_owned());
        Self { v2, v1, now: NOW, slack: 0 }
    }

    /// An ID token's claims, version 2.0.
    pub(crate) fn id_token(&self) -> Value {
        json!({
            "aud": PORTAL, "iss": format!("{}/{TENANT}/v2.0", self.v2),
            "iat": self.now, "nbf": self.now, "exp": self.now + 3600, "name": "Bob Smith", "nonce": "n", "oid": USER,
            "preferred_username": "BobSmith@ABCcompany.com", "sub": "pairwise", "tid": TENANT, "uti": "u", "ver": "2.0",
        })
    }

    /// An ID token's claims, version 1.0.
    pub(crate) fn v1_id_token(&self) -> Value {
        with(
            &self.id_token(),
            &[
                ("ver", json!("1.0")),
                ("iss", json!(format!("{}/{TENANT}/", self.v1))),
                ("upn", json!("bobsmith@abccompany.com")),
                ("preferred_username", Value::Null),
            ],
        )
    }

    /// The claims of an access token for Signline's own API, version 2.0.
    pub(crate) fn access_token(&self) -> Value {
        with(&self.id_token(), &[("aud", json!(API)), ("azp", json!(MOBILE)), ("scp", json!("User.Read Line.Read"))])
    }
}

/// An ID token's claims, version 2.0.
pub(crate) fn id_token() -> Value {
    Mint::microsofts().id_token()
}

/// An ID token's claims, version 1.0.
pub(crate) fn v1_id_token() -> Value {
    Mint::microsofts().v1_id_token()
}

/// The claims of an access token for Signline's own API, version 2.0.
pub(crate) fn access_token() -> Value {
    Mint::microsofts().access_token()
}

/// The same in version 1.0.
pub(crate) fn v1_access_token() -> Value {
    let changes = [("aud", json!(format!("api://{API}"))), ("appid", json!(MOBILE)), ("scp", json!("Line.Read"))];
    with(&v1_id_token(), &changes)
}

/// The claims with some changed; `null` takes one out.
pub(crate) fn with(claims: &Value, changes: &[(&str, Value)]) -> Value {
    let mut claims = claims.clone();
    let members = claims.as_object_mut().expect("an object");
    for (name, value) in changes {
        if value.is_null() {
            members.remove(*name);
        } else {
            members.insert((*name).to_owned(), value.clone());
        }
    }
    claims
}

/// A published key, whose tokens [`sign_raw`] makes.
pub(crate) fn published(kid: &str, issuer: Option<&str>) -> PublishedKey {
    PublishedKey {
        kid: kid.to_owned(),
        modulus: public_modulus(),
        exponent: vec![1, 0, 1],
        issuer: issuer.map(str::to_owned),
    }
}

pub(crate) const TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";

/// Publishes keys and tells the time, both as the test wants.
pub(crate) struct World {
    keys: Mutex<Option<Vec<PublishedKey>>>,
    now: Mutex<Timestamp>,
    fetches: Mutex<usize>,
}

impl World {
    pub(crate) fn publishing(keys: Vec<PublishedKey>) -> Arc<Self> {
        let now = Timestamp::from_second(NOW).expect("a time");
        Arc::new(Self { keys: Mutex::new(Some(keys)), now: Mutex::new(now), fetches: Mutex::new(0) })
    }

    /// Keys as Microsoft publishes them: one for all tenants, one of personal accounts; and two odd ones.
    pub(crate) fn usual() -> Arc<Self> {
        let personal = format!("https://login.microsoftonline.com/{PERSONAL_ACCOUNTS}/v2.0");
        Self::publishing(vec![
            published(KID, Some(TEMPLATE)),
            published(PERSONAL_KID, Some(&personal)),
            published(FOREIGN_CLOUD_KID, Some("https://login.microsoftonline.us/{tenantid}/v2.0")),
            published(BARE_KID, None),
        ])
    }

    pub(crate) fn publish(&self, keys: Option<Vec<PublishedKey>>) {
        *self.keys.lock().expect("no panic") = keys;
    }

    pub(crate) fn wait(&self, seconds: u64) {
        let mut now = self.now.lock().expect("no panic");
        *now = now.checked_add(Duration::from_secs(seconds)).expect("a time");
    }

    /// Sets the clock, so many seconds after [`NOW`], or before.
    pub(crate) fn set_clock(&self, seconds: i64) {
        *self.now.lock().expect("no panic") = Timestamp::from_second(NOW + seconds).expect("a time");
    }

    pub(crate) fn fetches(&self) -> usize {
        *self.fetches.lock().expect("no panic")
    }

    pub(crate) fn keys(self: &Arc<Self>) -> Arc<SigningKeys> {
        Arc::new(SigningKeys::new(Arc::<Self>::clone(self), Arc::<Self>::clone(self)))
    }

    pub(crate) fn validator(self: &Arc<Self>, policy: TokenPolicy) -> TokenValidator {
        self.validator_with(policy, self.keys())
    }

    /// A validator that caches tokens, as the service's does.
    pub(crate) fn validator_with(self: &Arc<Self>, policy: TokenPolicy, keys: Arc<SigningKeys>) -> TokenValidator {
        install_provider();
        let validator = TokenValidator::new(policy, keys, Arc::<Self>::clone(self));
        validator.with_cache(1000).expect("random bytes")
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("no panic")
    }
}

#[async_trait]
impl KeySetSource for World {
    async fn fetch(&self) -> Result<FetchedKeySet, KeySetError> {
        *self.fetches.lock().expect("no panic") += 1;
        let keys = self.keys.lock().expect("no panic").clone();
        let down = KeySetError::Status { url: "https://login.example".to_owned(), status: 503 };
        Ok(FetchedKeySet { keys: keys.ok_or(down)?, max_age: None })
    }
}

/// The default settings, with two applications and the API.
pub(crate) fn policy() -> TokenPolicy {
    TokenPolicy {
        authority: Authority::parse("https://login.microsoftonline.com").expect("an authority"),
        applications: Applications::parse(&format!("portal={PORTAL},maxuc-mobile={MOBILE}")).expect("applications"),
        api: Some(ApiRegistration {
            client_id: Some(Guid::parse(API).expect("a GUID")),
            app_id_uris: AppIdUris::default(),
            scope: "Line.Read".to_owned(),
        }),
        email_claims: ["email", "preferred_username", "upn"].map(str::to_owned).to_vec(),
        clock_skew: Duration::from_mins(1),
    }
}
