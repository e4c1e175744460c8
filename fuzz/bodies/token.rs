//! Tokens: whole validation with a known key.
//!
//! The key is made anew in each process, so that nothing in a corpus can be a signature. An input says what is signed,
//! or what is changed after the signing; see [`check`].

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use signline::auth::{ApiRegistration, SigningKeys, TokenError, TokenPolicy, TokenValidator, install_provider};
use signline::domain::app_id_uri::AppIdUris;
use signline::domain::application::Applications;
use signline::domain::authority::Authority;
use signline::domain::guid::Guid;
use signline::domain::sign_in::SignIn;
use signline::ports::clock::Clock;
use signline::ports::key_set_source::{FetchedKeySet, KeySetError, KeySetSource, PublishedKey};
use tokio::runtime::{Builder, Runtime};

const NOW: i64 = 1_790_000_000;
const SKEW_SECONDS: i64 = 60;
const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const USER: &str = "0b1d0b1d-1111-4222-8333-444455558888";
const PORTAL: &str = "0c11e470-1111-4222-8333-444455557777";
const MOBILE: &str = "0c11e470-1111-4222-8333-444455557778";
const API: &str = "c0ffee00-1111-4222-8333-444455556666";
const HEADER: &str = r#"{"typ":"JWT","alg":"RS256","kid":"k"}"#;
const EMAIL_CLAIMS: [&str; 3] = ["email", "preferred_username", "upn"];

/// What the tokens are checked by; the same for all inputs of a process.
struct Judge {
    key: KeyPair,
    runtime: Runtime,
    /// Checks every token anew.
    forgetful: TokenValidator,
    /// Caches tokens, as the service's does.
    remembering: TokenValidator,
    other_key: DecodingKey,
    other_rules: Validation,
    /// Claims that pass: an ID token and an access token, of both versions.
    good_claims: [String; 4],
}

static JUDGE: LazyLock<Judge> = LazyLock::new(Judge::new);

/// Takes the first byte for what the rest is:
/// - 0: a whole token, which nobody signed;
/// - 1: a change of a good token;
/// - 2: the header and the claims of a signed token, with a line break between them;
/// - 3: a change of good claims, which are signed then;
/// - 4: a change of a good header, which is signed then;
/// - 5: the first two parts of a signed token as they stand in it.
///
/// A change is where (two bytes), how many bytes go, which good claims are meant, and what comes instead.
pub fn check(input: &[u8]) {
    let Some((way, rest)) = input.split_first() else { return };
    let judge = &*JUDGE;
    match way % 6 {
        0 => judge.refuses(&String::from_utf8_lossy(rest)),
        1 => judge.refuses_changed(rest),
        2 => {
            let (header, claims) = split_at_line_end(rest);
            judge.agrees(&judge.signed(&encode(header), &encode(claims)));
        }
        3 => {
            let claims = Change::read(rest).map(|change| change.of(judge.good_claims[change.which % 4].as_bytes()));
            judge.agrees(&judge.signed(&encode(HEADER), &encode(claims.unwrap_or_default())));
        }
        4 => {
            let Some(change) = Change::read(rest) else { return };
            let claims = &judge.good_claims[change.which % 4];
            judge.agrees(&judge.signed(&encode(change.of(HEADER.as_bytes())), &encode(claims)));
        }
        _ => {
            let text = String::from_utf8_lossy(rest);
            let (header, claims) = text.split_once('.').unwrap_or((&text, ""));
            judge.agrees(&judge.signed(header, claims));
        }
    }
}

fn split_at_line_end(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    (&bytes[..at], bytes.get(at + 1..).unwrap_or_default())
}

/// A change of a text.
struct Change<'a> {
    at: usize,
    removed: usize,
    which: usize,
    inserted: &'a [u8],
}

impl<'a> Change<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let ([low, high, removed, which], inserted) = bytes.split_first_chunk()?;
        let at = usize::from(u16::from_le_bytes([*low, *high]));
        Some(Self { at, removed: usize::from(*removed), which: usize::from(*which), inserted })
    }

    fn of(&self, text: &[u8]) -> Vec<u8> {
        let at = self.at % (text.len() + 1);
        let rest = (at + self.removed).min(text.len());
        [&text[..at], self.inserted, &text[rest..]].concat()
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Judge {
    fn new() -> Self {
        install_provider();
        let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let modulus = key.public_key().modulus().big_endian_without_leading_zero().to_vec();
        let other_key = DecodingKey::from_rsa_raw_components(&modulus, &[1, 0, 1]);
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let world = Arc::new(World { modulus });
        let validator = || {
            let keys = Arc::new(SigningKeys::new(world.clone(), world.clone()));
            runtime.block_on(keys.refresh());
            TokenValidator::new(policy(), keys, world.clone())
        };
        let remembering = validator().with_cache(1000).expect("random bytes");
        let (forgetful, good_claims) = (validator(), good_claims());
        Self { key, forgetful, remembering, runtime, other_key, other_rules: other_rules(), good_claims }
    }

    /// A token of these parts, signed as they stand.
    fn signed(&self, header: &str, claims: &str) -> String {
        let message = format!("{header}.{claims}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        let signing = self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        signing.expect("a signature");
        format!("{message}.{}", encode(signature))
    }

    fn refuses(&self, token: &str) {
        assert_eq!(self.judged(token), None, "a token that nobody signed is taken");
    }

    fn refuses_changed(&self, rest: &[u8]) {
        let Some(change) = Change::read(rest) else { return };
        let good = self.signed(&encode(HEADER), &encode(&self.good_claims[change.which % 4]));
        assert!(self.judged(&good).is_some(), "the good token is refused");
        let changed = change.of(good.as_bytes());
        if changed != good.as_bytes() {
            assert_eq!(self.judged(&String::from_utf8_lossy(&changed)), None, "a changed token is taken");
        }
    }

    /// The outcome for a token; the same with and without a memory, and the second time.
    fn judged(&self, token: &str) -> Option<SignIn> {
        let ask = |validator: &TokenValidator| self.runtime.block_on(validator.validate(token));
        let outcome = ask(&self.forgetful);
        assert_eq!(ask(&self.remembering), outcome);
        assert_eq!(ask(&self.remembering), outcome);
        match outcome {
            Ok(token) => Some(token.sign_in.clone()),
            Err(TokenError::Invalid(_)) => None,
            Err(error @ TokenError::KeysUnavailable { .. }) => panic!("{error}"),
        }
    }

    /// A token that is taken is taken by another library too, and says in its eyes what it says in ours.
    fn agrees(&self, token: &str) {
        let Some(sign_in) = self.judged(token) else { return };
        let theirs = jsonwebtoken::decode::<Value>(token, &self.other_key, &self.other_rules);
        let claims = theirs.expect("a token that another library takes").claims;
        agrees_with(&sign_in, &claims);
    }
}

/// Holds a sign-in against the claims as a plain reader of JSON sees them.
fn agrees_with(sign_in: &SignIn, claims: &Value) {
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    let tid = sign_in.tid.to_string();
    assert_eq!(text("tid"), tid);
    assert_eq!(text("oid"), sign_in.oid.to_string());
    assert_ne!(tid, PERSONAL_ACCOUNTS);
    let issuer = match text("ver") {
        "1.0" => format!("https://sts.windows.net/{tid}/"),
        "2.0" => format!("https://login.microsoftonline.com/{tid}/v2.0"),
        other => panic!("version {other}"),
    };
    assert_eq!(text("iss"), issuer);
    let audience = text("aud").trim_start_matches("api://");
    let given_to = text(if text("ver") == "1.0" { "appid" } else { "azp" });
    if audience == API {
        assert!(text("scp").split(' ').any(|scope| scope == "Line.Read"));
    }
    if ["azp", "appid", "scp"].iter().any(|name| claims.get(*name).is_some()) {
        assert!([PORTAL, MOBILE].contains(&given_to), "an access token of somebody else is taken: {given_to}");
        assert!(!text("scp").trim().is_empty());
    }
    let expected = if sign_in.application.to_string() == "portal" { PORTAL } else { MOBILE };
    assert_eq!(if audience == API { given_to } else { audience }, expected);
    let seconds = |name: &str| claims[name].as_i64();
    assert_eq!(seconds("exp"), Some(sign_in.expires_at.as_second()));
    assert!(seconds("exp") > Some(NOW - SKEW_SECONDS));
    assert!(seconds("nbf").is_some_and(|from| from <= NOW + SKEW_SECONDS));
    assert!(seconds("iat").is_none_or(|at| at <= NOW + SKEW_SECONDS));
    if let Some(email) = &sign_in.email {
        let is_verified = matches!(&claims["xms_edov"], Value::Bool(true)) || ["true", "1"].contains(&text("xms_edov"));
        let counts = |name: &str| name != "email" || !sign_in.is_guest || is_verified || claims["xms_edov"] == 1;
        let found = EMAIL_CLAIMS.iter().any(|name| counts(name) && text(name).eq_ignore_ascii_case(email.as_str()));
        assert!(found, "{email}");
    }
    if !sign_in.is_guest {
        let own = [format!("https://sts.windows.net/{tid}/"), format!("https://login.microsoftonline.com/{tid}/v2.0")];
        let (acct, idp) = (claims.get("acct"), claims.get("idp"));
        let is_member = match acct {
            Some(acct) => *acct == 0 || *acct == "0",
            None => idp.is_none_or(|idp| own.iter().any(|own| idp == own)),
        };
        assert!(is_member, "a guest passes for a member: {acct:?} {idp:?}");
    }
}

/// Signature, algorithm and audience. The clock of these checks is not the machine's, so times are left out.
fn other_rules() -> Validation {
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[
        PORTAL,
        MOBILE,
        API,
        &format!("api://{PORTAL}"),
        &format!("api://{MOBILE}"),
        &format!("api://{API}"),
    ]);
    rules.validate_exp = false;
    rules
}

fn good_claims() -> [String; 4] {
    let v2 = json!({
        "aud": PORTAL, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "iat": NOW, "nbf": NOW, "exp": NOW + 3600, "oid": USER,
        "preferred_username": "BobSmith@ABCcompany.com", "sub": "s", "tid": TENANT, "ver": "2.0",
    });
    let mut v1 = v2.clone();
    v1["ver"] = json!("1.0");
    v1["iss"] = json!(format!("https://sts.windows.net/{TENANT}/"));
    v1["upn"] = json!("bobsmith@abccompany.com");
    let access = |claims: &Value, client: &str| {
        let mut claims = claims.clone();
        claims["aud"] = json!(format!("api://{API}"));
        claims["scp"] = json!("User.Read Line.Read");
        claims[client] = json!(MOBILE);
        claims
    };
    [access(&v2, "azp"), access(&v1, "appid"), v2, v1].map(|claims| claims.to_string())
}

fn policy() -> TokenPolicy {
    TokenPolicy {
        authority: Authority::parse("https://login.microsoftonline.com").expect("an authority"),
        applications: Applications::parse(&format!("portal={PORTAL},maxuc-mobile={MOBILE}")).expect("applications"),
        api: Some(ApiRegistration {
            client_id: Some(Guid::parse(API).expect("a GUID")),
            app_id_uris: AppIdUris::default(),
            scope: "Line.Read".to_owned(),
        }),
        email_claims: EMAIL_CLAIMS.map(str::to_owned).to_vec(),
        clock_skew: Duration::from_secs(SKEW_SECONDS.unsigned_abs()),
    }
}

/// One published key, and a time that stands still.
struct World {
    modulus: Vec<u8>,
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).expect("a time")
    }
}

#[async_trait]
impl KeySetSource for World {
    async fn fetch(&self) -> Result<FetchedKeySet, KeySetError> {
        let issuer = Some("https://login.microsoftonline.com/{tenantid}/v2.0".to_owned());
        let key = PublishedKey { kid: "k".to_owned(), modulus: self.modulus.clone(), exponent: vec![1, 0, 1], issuer };
        Ok(FetchedKeySet { keys: vec![key], max_age: None })
    }
}
