//! A key of Microsoft, and whose tokens it may sign.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::auth::provider::{Signature, VerifyingKey};
use crate::domain::authority::{Authority, TokenVersion};
use crate::domain::guid::GuidText;
use crate::ports::key_set_source::PublishedKey;

/// A published key, made ready to verify signatures.
pub(super) struct SigningKey {
    key: VerifyingKey,
    signs_for: SignsFor,
    published: PublishedKey,
    withdrawn: AtomicBool,
}

/// Whose tokens a key may sign.
enum SignsFor {
    /// The key names no issuer: keys of v1.0 documents don't. Microsoft's own validator takes them for any.
    Anybody,
    /// Every tenant: the issuer is a template.
    EachTenant { before: String, after: String },
    /// One issuer.
    One(String),
}

/// What stands for the tenant in a template.
const PLACEHOLDER: &str = "{tenantid}";

impl SigningKey {
    pub(super) fn new(published: PublishedKey) -> Self {
        let signs_for = published.issuer.as_deref().map_or(SignsFor::Anybody, SignsFor::parse);
        let key = VerifyingKey::new(&published.modulus, &published.exponent);
        Self { key, signs_for, published, withdrawn: AtomicBool::new(false) }
    }

    /// What was published of it.
    pub(super) fn published(&self) -> &PublishedKey {
        &self.published
    }

    /// Whether it still stands in the key set.
    pub(super) fn is_published(&self) -> bool {
        !self.withdrawn.load(Ordering::Acquire)
    }

    /// Marks it as gone from the key set. It never comes back: a key published again is another [`SigningKey`].
    pub(super) fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::Release);
    }

    /// Whether `signature` is the key's over `message`.
    pub(super) fn verifies(&self, signature: &Signature, message: &[u8]) -> bool {
        self.key.verifies(signature, message)
    }

    /// Whether the key may sign for a tenant of this cloud: by its v2.0 issuer, whichever version a token has. A key of personal
    /// accounts names the one tenant of personal accounts, so it can't speak for a company.
    ///
    /// Source: <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signing-key-issuer>
    pub(super) fn may_sign_for(&self, tenant: &GuidText, authority: &Authority) -> bool {
        match &self.signs_for {
            SignsFor::Anybody => true,
            SignsFor::One(issuer) => authority.is_issuer(issuer, tenant, TokenVersion::V2),
            SignsFor::EachTenant { before, after } => authority.is_around_tenant(before, after),
        }
    }
}

impl SignsFor {
    fn parse(issuer: &str) -> Self {
        let at = issuer.to_ascii_lowercase().find(PLACEHOLDER);
        match at {
            Some(at) => {
                Self::EachTenant { before: issuer[..at].to_owned(), after: issuer[at + PLACEHOLDER.len()..].to_owned() }
            }
            None => Self::One(issuer.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::guid::Guid;

    #[test]
    fn a_key_signs_for_the_issuer_it_names() {
        let tenant = Guid::parse("a1a1a1a1-0000-4000-8000-0000000000aa").unwrap().text();
        let authority = Authority::parse("https://login.microsoftonline.com").unwrap();
        let issuer = format!("https://login.microsoftonline.com/{}/v2.0", tenant.as_str());
        for (named, expected) in [
            (None, true),
            (Some("https://login.microsoftonline.com/{tenantid}/v2.0"), true),
            (Some("https://login.microsoftonline.com/{TenantId}/v2.0"), true),
            (Some(issuer.as_str()), true),
            (Some("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"), false),
            (Some("https://login.microsoftonline.us/{tenantid}/v2.0"), false),
            (Some("{tenantid}"), false),
            (Some(""), false),
        ] {
            let published = PublishedKey {
                kid: "k".to_owned(),
                modulus: vec![1; 256],
                exponent: vec![1, 0, 1],
                issuer: named.map(str::to_owned),
            };
            assert_eq!(SigningKey::new(published).may_sign_for(&tenant, &authority), expected, "{named:?}");
        }
    }

    /// The vectors of RSASSA-PKCS1-v1_5 with malformed paddings, DER tricks and signatures of wrong length or range.
    #[test]
    fn the_wycheproof_vectors_of_rsa_signatures_are_judged_as_they_say() {
        let text = include_str!("../../tests/data/wycheproof/rsa_signature_2048_sha256_test.json");
        let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
        let (mut accepted, mut refused) = (0, 0);
        for group in vectors["testGroups"].as_array().unwrap() {
            let key = SigningKey::new(PublishedKey {
                kid: "k".to_owned(),
                modulus: number(&group["publicKey"]["modulus"]),
                exponent: number(&group["publicKey"]["publicExponent"]),
                issuer: None,
            });
            for vector in group["tests"].as_array().unwrap() {
                let verified = key.verifies(&Signature(from_hex(&vector["sig"])), &from_hex(&vector["msg"]));
                // "acceptable" is a padding without the NULL, which RFC 8017 leaves open: refused here.
                assert_eq!(verified, vector["result"] == "valid", "vector {}", vector["tcId"]);
                *(if verified { &mut accepted } else { &mut refused }) += 1;
            }
        }
        assert_eq!((accepted, refused), (9, 250));
    }

    fn from_hex(text: &serde_json::Value) -> Vec<u8> {
        let digits = text.as_str().unwrap();
        let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
        pairs.collect()
    }

    fn number(text: &serde_json::Value) -> Vec<u8> {
        from_hex(text).into_iter().skip_while(|byte| *byte == 0).collect()
    }
}
