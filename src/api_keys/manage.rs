//! Making, checking, listing and revoking API keys.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::api_keys::cached_keys::CachedKeys;
use crate::api_keys::secret;
use crate::domain::actor::AuditContext;
use crate::domain::api_key::{ApiKey, Grant, SecretHash};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::page::{Page, PageRequest};
use crate::ports::api_key_store::{ApiKeyRefusal, ApiKeyStore};
use crate::ports::clock::{Clock, in_microseconds};
use crate::ports::line_generations::LineGenerations;
use crate::ports::store_error::StoreError;

/// What can be done with API keys.
pub struct ApiKeys {
    store: Arc<dyn ApiKeyStore>,
    clock: Arc<dyn Clock>,
    cache: Option<CachedKeys>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub grant: Grant,
    /// When it stops working; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// A key just made: the only time that its secret is known.
pub struct CreatedApiKey {
    /// The key.
    pub key: ApiKey,
    /// What its holder sends. It is wiped from memory when it is dropped.
    pub secret: Zeroizing<String>,
}

impl ApiKeys {
    /// API keys kept in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn ApiKeyStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, cache: None }
    }

    /// The same, which caches the keys that it finds: `generations` tells when one may be gone.
    #[must_use]
    pub fn with_cache(self, generations: Arc<LineGenerations>) -> Self {
        Self { cache: Some(CachedKeys::new(generations)), ..self }
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`ApiKeyRefusal::NoSuchGroup`], [`ApiKeyRefusal::ExpiryInThePast`]
    pub async fn create(&self, new: NewApiKey, context: &AuditContext) -> Result<CreatedApiKey, ApiKeyRefusal> {
        let now = context.at;
        if new.expires_at.is_some_and(|expiry| expiry <= now) {
            return Err(ApiKeyRefusal::ExpiryInThePast);
        }
        let secret = secret::generate()?;
        let key = ApiKey {
            id: Uuid::now_v7(),
            name: new.name,
            grant: new.grant,
            prefix: secret::shown_prefix(&secret),
            created_at: now,
            expires_at: new.expires_at.map(in_microseconds),
        };
        self.store.create(&key, secret::hash(&secret), context).await?;
        Ok(CreatedApiKey { key, secret })
    }

    /// Finds out who sent `secret`. A revoked key is refused at once, and on other replicas within a second.
    ///
    /// # Errors
    /// [`ApiKeyRefusal::UnknownSecret`], [`ApiKeyRefusal::Expired`]
    pub async fn authenticate(&self, secret: &str) -> Result<Arc<ApiKey>, ApiKeyRefusal> {
        if !secret::is_well_formed(secret) {
            return Err(ApiKeyRefusal::UnknownSecret);
        }
        let key = self.find(secret::hash(secret)).await?.ok_or(ApiKeyRefusal::UnknownSecret)?;
        if key.expires_at.is_some_and(|expiry| expiry <= self.clock.now()) {
            return Err(ApiKeyRefusal::Expired);
        }
        Ok(key)
    }

    async fn find(&self, secret: SecretHash) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let Some(cache) = &self.cache else {
            return Ok(self.store.find_by_secret(secret).await?.map(Arc::new));
        };
        if let Some(cached) = cache.find(secret) {
            return Ok(Some(cached));
        }
        let generation = cache.generation();
        let found = self.store.find_by_secret(secret).await?.map(Arc::new);
        if let Some(key) = &found {
            cache.keep(secret, generation, key);
        }
        Ok(found)
    }

    /// Reads a page of the keys for one business group, or of all, in the order of their making.
    ///
    /// # Errors
    /// None but the store's.
    pub async fn list(
        &self,
        of: Option<&BusinessGroupId>,
        page: &PageRequest<Uuid>,
    ) -> Result<Page<ApiKey>, ApiKeyRefusal> {
        Ok(self.store.list(of, page).await?)
    }

    /// Revokes a key, of one business group if one is named: it is refused from now on.
    ///
    /// # Errors
    /// [`ApiKeyRefusal::NoSuchKey`]
    pub async fn revoke(
        &self,
        id: Uuid,
        of: Option<&BusinessGroupId>,
        context: &AuditContext,
    ) -> Result<(), ApiKeyRefusal> {
        self.store.delete(id, of, context).await
    }
}
