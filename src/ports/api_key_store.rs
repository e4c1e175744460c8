//! The store of API keys.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::actor::AuditContext;
use crate::domain::api_key::{ApiKey, SecretHash};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::page::{Page, PageRequest};
use crate::ports::store_error::StoreError;

/// API keys in a database. The secret itself is never stored.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Stores a key.
    ///
    /// # Errors
    /// [`ApiKeyRefusal::NoSuchGroup`]
    async fn create(&self, key: &ApiKey, secret: SecretHash, context: &AuditContext) -> Result<(), ApiKeyRefusal>;

    /// Finds the key of a secret, expired or not.
    async fn find_by_secret(&self, secret: SecretHash) -> Result<Option<ApiKey>, StoreError>;

    /// Reads a page of the keys, in the order of their ids, which is that of their creation: of those for one business
    /// group, or of all.
    async fn list(&self, of: Option<&BusinessGroupId>, page: &PageRequest<Uuid>) -> Result<Page<ApiKey>, StoreError>;

    /// Removes a key, of one business group if one is named: it is refused from now on.
    ///
    /// # Errors
    /// [`ApiKeyRefusal::NoSuchKey`]
    async fn delete(&self, id: Uuid, of: Option<&BusinessGroupId>, context: &AuditContext)
    -> Result<(), ApiKeyRefusal>;
}

/// Why an API key was not made, taken or revoked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyRefusal {
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
    #[error("the system gave no random bytes for a secret")]
    NoRandomness,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}
