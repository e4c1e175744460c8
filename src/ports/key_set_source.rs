//! Where signing keys come from.

use std::time::Duration;

use async_trait::async_trait;

/// Fetches the identity provider's published signing keys.
#[async_trait]
pub trait KeySetSource: Send + Sync {
    /// Fetches the keys as they are published now.
    async fn fetch(&self) -> Result<FetchedKeySet, KeySetError>;
}

/// Keys as published.
#[derive(Clone, Debug)]
pub struct FetchedKeySet {
    /// The keys that can sign tokens: RSA, for signatures, not small.
    pub keys: Vec<PublishedKey>,
    /// How long the answer says it may be kept (`Cache-Control: max-age`), if it says so.
    pub max_age: Option<Duration>,
}

/// One published RSA key (RFC 7517, RFC 7518 section 6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// Its name in a token's header.
    pub kid: String,
    /// The modulus, big-endian.
    pub modulus: Vec<u8>,
    /// The public exponent, big-endian.
    pub exponent: Vec<u8>,
    /// Whose tokens it may sign: an issuer, perhaps with `{tenantid}` in it. Entra's own member, not of RFC 7517.
    pub issuer: Option<String>,
}

/// Why keys could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// No answer, no connection, or too late.
    #[error("{url} could not be reached: {reason}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// An answer that is not a success, such as a redirect to another host.
    #[error("{url} answered with status {status}")]
    Status {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// An answer larger than 1 MiB.
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// An answer that is not what it must be.
    #[error("{url} answered with something other than expected: {reason}")]
    Malformed {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}
