use crate::ports::store_error::StoreError;

/// Why an API key was not made, taken or revoked.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// The business group it is for does not exist.
    #[error("there is no such business group")]
    NoSuchGroup,
    /// It would have expired already.
    #[error("the time of expiry has passed already")]
    ExpiryInThePast,
    /// There is no key of this id.
    #[error("there is no such API key")]
    NoSuchKey,
    /// No key has this secret: it was revoked, or never was.
    #[error("the API key is not known: it may have been revoked")]
    UnknownSecret,
    /// The key's time is over.
    #[error("the API key has expired")]
    Expired,
    /// The machine gave no random bytes.
    #[error("no random bytes could be had for a secret")]
    NoRandomness,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}
