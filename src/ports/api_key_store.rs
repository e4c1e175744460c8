//! The store of API keys.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::actor::Deed;
use crate::domain::api_key::ApiKey;
use crate::domain::api_key::SecretHash;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::ports::store_error::StoreError;

/// API keys in a database. The secret itself is never stored.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Stores a key; `false` if the business group it is for does not exist.
    async fn create(&self, key: &ApiKey, secret: SecretHash, deed: &Deed) -> Result<bool, StoreError>;

    /// Finds the key of a secret, expired or not. It asks the database each time, so that a revoked key is refused
    /// at once on every replica.
    async fn find_by_secret(&self, secret: SecretHash) -> Result<Option<ApiKey>, StoreError>;

    /// Reads a page of the keys, in the order of their ids, which is that of their creation: of those for one business group,
    /// or of all.
    async fn list(&self, of: Option<&BusinessGroupId>, page: &PageRequest<Uuid>) -> Result<Page<ApiKey>, StoreError>;

    /// Removes a key; `false` if there is none, or none for the business group if one is named.
    async fn delete(&self, id: Uuid, of: Option<&BusinessGroupId>, deed: &Deed) -> Result<bool, StoreError>;
}
