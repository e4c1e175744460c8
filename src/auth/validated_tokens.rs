//! The cache of tokens that have passed every check.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use jiff::Timestamp;
use quick_cache::sync::Cache;

use crate::auth::cached_response::CachedResponse;
use crate::auth::signing_key::SigningKey;
use crate::domain::sign_in::SignIn;

/// A token that has passed every check, and what its checks depend on.
pub struct ValidatedToken {
    /// What it says of its user.
    pub sign_in: SignIn,
    /// Room for the answer that is given to it.
    pub response: CachedResponse,
    /// The key that signed it.
    pub(super) key: Arc<SigningKey>,
    /// When it began to be valid, in seconds since 1970.
    pub(super) valid_from: i64,
}

impl ValidatedToken {
    /// Whether it still counts. What it says can't have changed, nor have the applications, which are settings; its key can
    /// have been withdrawn, and its time be over. After its `exp` it is checked anew, with the leeway.
    fn is_good(&self, now: Timestamp) -> bool {
        self.key.is_published() && now < self.sign_in.expires_at && now.as_second() >= self.valid_from
    }
}

impl PartialEq for ValidatedToken {
    fn eq(&self, other: &Self) -> bool {
        self.sign_in == other.sign_in
    }
}

impl fmt::Debug for ValidatedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sign_in.fmt(f)
    }
}

/// The last validated tokens, at most so many. It holds no token, only what tells them apart.
pub(super) struct ValidatedTokens {
    fingerprinter: Fingerprinter,
    entries: Cache<Fingerprint, Arc<ValidatedToken>>,
}

impl ValidatedTokens {
    /// An empty cache for so many tokens.
    pub(super) fn new(capacity: usize) -> Result<Self, Unspecified> {
        Ok(Self { fingerprinter: Fingerprinter::new()?, entries: Cache::new(capacity) })
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What was kept for a token, if it would pass again.
    pub(super) fn find(&self, token: &[u8], now: Timestamp) -> Result<Arc<ValidatedToken>, CacheMiss> {
        let fingerprint = self.fingerprinter.of(token);
        if let Some(fingerprint) = &fingerprint {
            match self.entries.get(fingerprint) {
                Some(found) if found.is_good(now) => return Ok(found),
                Some(_) => drop(self.entries.remove(fingerprint)),
                None => {}
            }
        }
        Err(CacheMiss { fingerprint, at: now })
    }

    /// Keeps a token that was not cached and has passed every check.
    pub(super) fn keep(&self, token: &str, CacheMiss { fingerprint, .. }: CacheMiss, validated: Arc<ValidatedToken>) {
        debug_assert!(
            fingerprint.is_none() || fingerprint == self.fingerprinter.of(token.as_bytes()),
            "the fingerprint of another token"
        );
        // It was not made where the cache could not be asked.
        if let Some(fingerprint) = fingerprint.or_else(|| self.fingerprinter.of(token.as_bytes())) {
            self.entries.insert(fingerprint, validated);
        }
    }
}

/// A token that was looked for and is not cached.
#[derive(Clone, Copy, Debug)]
pub struct CacheMiss {
    /// Its fingerprint, which takes a while to make; `None` where the cache could not be asked.
    pub(super) fingerprint: Option<Fingerprint>,
    /// When it was looked for.
    pub(super) at: Timestamp,
}

/// What stands for a token.
pub(super) type Fingerprint = [u8; 16];

/// Makes the fingerprints of one process.
///
/// A fingerprint is the tag of AES-256-GCM over the token, under a key that nobody knows and that ends with the process. As no
/// fingerprint ever leaves the process, that it is always the same nonce gives nothing away: what is left is a universal hash
/// (NIST SP 800-38D, section 6.4), and for any two tokens, chosen by whomever, the chance that they have the same fingerprint
/// is at most 2^-117. It takes a sixth of the time of SHA-256, which is more than all the rest of a cached call is worth.
struct Fingerprinter(LessSafeKey);

impl Fingerprinter {
    fn new() -> Result<Self, Unspecified> {
        let mut key = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut key)?;
        Ok(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key)?)))
    }

    /// `None` only if the library could not make one.
    fn of(&self, token: &[u8]) -> Option<Fingerprint> {
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(token), &mut []).ok()?;
        tag.as_ref().try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_bit_of_a_token_counts_in_its_fingerprint() {
        let fingerprinter = Fingerprinter::new().unwrap();
        let token = "a".repeat(700);
        let mut seen = HashSet::from([fingerprinter.of(token.as_bytes()).unwrap()]);
        for at in 0..token.len() {
            for other in ["b", "A", "\u{1}"] {
                let mut changed = token.clone();
                changed.replace_range(at..=at, other);
                assert!(seen.insert(fingerprinter.of(changed.as_bytes()).unwrap()), "{at} {other:?}");
            }
        }
        for longer in 1..200 {
            assert!(seen.insert(fingerprinter.of("a".repeat(token.len() + longer).as_bytes()).unwrap()));
        }
        assert_eq!(fingerprinter.of(token.as_bytes()), fingerprinter.of(token.as_bytes()));
        assert_ne!(fingerprinter.of(token.as_bytes()), Fingerprinter::new().unwrap().of(token.as_bytes()));
    }
}
