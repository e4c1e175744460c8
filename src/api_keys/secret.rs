//! The secret of an API key: `slk_` and 43 characters of base64url, which are 32 random bytes.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::domain::api_key::SecretHash;
use crate::ports::api_key_store::ApiKeyRefusal;

/// What every secret begins with, so that one in a log or a repository is recognised for what it is.
pub const PREFIX: &str = "slk_";

/// The characters that 32 bytes take.
const DIGITS: usize = 43;

/// How much of a secret is kept and shown, to tell keys apart: too little to help in guessing the rest.
const SHOWN_CHARS: usize = PREFIX.len() + 4;

/// A new secret. It is wiped from memory when it is dropped, and so is what it was made of.
pub(super) fn generate() -> Result<Zeroizing<String>, ApiKeyRefusal> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    aws_lc_rs::rand::fill(bytes.as_mut()).map_err(|_| ApiKeyRefusal::NoRandomness)?;
    let mut secret = Zeroizing::new(String::with_capacity(PREFIX.len() + DIGITS));
    secret.push_str(PREFIX);
    URL_SAFE_NO_PAD.encode_string(*bytes, &mut secret);
    Ok(secret)
}

/// Whether a text could be a secret: nothing else has to be looked for.
pub(super) fn is_well_formed(text: &str) -> bool {
    let digits = text.strip_prefix(PREFIX).unwrap_or_default();
    digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// What is stored of a secret. A plain SHA-256 is enough where the secret is 256 random bits: there is nothing to
/// guess, and a slow password hash would only slow each call.
pub(super) fn hash(secret: &str) -> SecretHash {
    let digest = digest::digest(&digest::SHA256, secret.as_bytes());
    let mut hash = [0_u8; 32];
    hash.copy_from_slice(digest.as_ref());
    SecretHash(hash)
}

/// The part of a secret that is shown in lists.
pub(super) fn shown_prefix(secret: &str) -> String {
    secret.chars().take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    // proves T-82
    #[test]
    fn a_secret_is_256_random_bits_and_eight_characters_of_it_are_shown() {
        let secrets: HashSet<String> = (0..1000).map(|_| generate().unwrap().to_string()).collect();
        assert_eq!(secrets.len(), 1000);
        for secret in &secrets {
            assert!(is_well_formed(secret), "{secret}");
            assert_eq!(URL_SAFE_NO_PAD.decode(&secret[PREFIX.len()..]).unwrap().len(), 32);
            assert_eq!(shown_prefix(secret), secret[..8]);
        }
    }

    #[test]
    fn what_can_be_no_secret_is_told() {
        let secret = generate().unwrap();
        for wrong in
            ["", "slk_", &secret[..46], &format!("{}x", &*secret), &secret.replace("slk_", "slk."), &" ".repeat(47)]
        {
            assert!(!is_well_formed(wrong), "{wrong}");
        }
    }
}
