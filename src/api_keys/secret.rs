//! The secret of an API key: `slk_` and 43 characters of base64url, which are 32 random bytes.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::api_keys::ApiKeyError;
use crate::domain::api_key::SecretHash;

/// What every secret begins with, so that one in a log or a repository is recognised for what it is.
pub const PREFIX: &str = "slk_";

/// How much of a secret is kept and shown, to tell keys apart: too little to help in guessing the rest.
const SHOWN_CHARS: usize = PREFIX.len() + 4;

/// A new secret.
pub(super) fn generate() -> Result<String, ApiKeyError> {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| ApiKeyError::NoRandomness)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// What is stored of a secret. A plain SHA-256 is enough where the secret is 256 random bits: there is nothing to guess,
/// and a slow password hash would only slow each call.
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
