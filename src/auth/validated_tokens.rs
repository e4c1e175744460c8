//! The cache of tokens that have passed every check.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::UnboundKey;
use aws_lc_rs::error::Unspecified;
use jiff::Timestamp;
use quick_cache::sync::Cache;

use crate::auth::memo::Memo;
use crate::auth::signing_key::SigningKey;
use crate::domain::sign_in::SignIn;

/// A token that has passed every check, and what its checks depend on.
pub struct ValidatedToken {
    /// What it says of its user.
    pub sign_in: SignIn,
    /// Room for what is made of it for each call.
    pub memo: Memo,
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
    prints: Prints,
    entries: Cache<Print, Arc<ValidatedToken>>,
}

impl ValidatedTokens {
    /// An empty cache for so many tokens.
    pub(super) fn new(capacity: usize) -> Result<Self, Unspecified> {
        Ok(Self { prints: Prints::new()?, entries: Cache::new(capacity) })
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What was kept for a token, if it would pass again.
    pub(super) fn find(&self, token: &[u8], now: Timestamp) -> Result<Arc<ValidatedToken>, NotKnown> {
        let Some(print) = self.prints.of(token) else { return Err(NotKnown(None)) };
        match self.entries.get(&print) {
            Some(found) if found.is_good(now) => return Ok(found),
            Some(_) => drop(self.entries.remove(&print)),
            None => {}
        }
        Err(NotKnown(Some(print)))
    }

    /// Keeps a token that was not known and has passed every check.
    pub(super) fn keep(&self, token: &str, NotKnown(print): NotKnown, validated: Arc<ValidatedToken>) {
        debug_assert!(print.is_none() || print == self.prints.of(token.as_bytes()), "the print of another token");
        // It was not made where nothing could be known.
        if let Some(print) = print.or_else(|| self.prints.of(token.as_bytes())) {
            self.entries.insert(print, validated);
        }
    }
}

/// A token that was looked for and is not known: its print, which takes a while to make.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotKnown(Option<Print>);

/// What stands for a token.
type Print = [u8; 16];

/// Makes the prints of one process.
///
/// A print is the tag of AES-256-GCM over the token, under a key that nobody knows and that ends with the process. As no
/// print ever leaves the process, that it is always the same nonce gives nothing away: what is left is a universal hash
/// (NIST SP 800-38D, section 6.4), and for any two tokens, chosen by whomever, the chance that they have the same print
/// is at most 2^-117. It takes a sixth of the time of SHA-256, which is more than all the rest of a cached call is worth.
struct Prints(LessSafeKey);

impl Prints {
    fn new() -> Result<Self, Unspecified> {
        let mut key = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut key)?;
        Ok(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key)?)))
    }

    /// `None` only if the library could not make one.
    fn of(&self, token: &[u8]) -> Option<Print> {
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
    fn every_bit_of_a_token_counts_in_its_print() {
        let prints = Prints::new().unwrap();
        let token = "a".repeat(700);
        let mut seen = HashSet::from([prints.of(token.as_bytes()).unwrap()]);
        for at in 0..token.len() {
            for other in ["b", "A", "\u{1}"] {
                let mut changed = token.clone();
                changed.replace_range(at..=at, other);
                assert!(seen.insert(prints.of(changed.as_bytes()).unwrap()), "{at} {other:?}");
            }
        }
        for longer in 1..200 {
            assert!(seen.insert(prints.of("a".repeat(token.len() + longer).as_bytes()).unwrap()));
        }
        assert_eq!(prints.of(token.as_bytes()), prints.of(token.as_bytes()));
        assert_ne!(prints.of(token.as_bytes()), Prints::new().unwrap().of(token.as_bytes()));
    }
}
