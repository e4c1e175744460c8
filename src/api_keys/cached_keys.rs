//! Keys that were looked up before: a gateway sends the same one with each call.

use std::sync::Arc;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::domain::api_key::{ApiKey, SecretHash};
use crate::ports::line_generations::{KeyGeneration, LineGenerations};

/// Keys that are cached at most.
const CAPACITY: usize = 10_000;

/// The keys that were found lately. One that ends is forgotten at once here, and everywhere as soon as its end is heard; while
/// such changes are not heard, no cached key is used. What no key has is never cached.
pub(super) struct CachedKeys {
    generations: Arc<LineGenerations>,
    keys: Cache<SecretHash, (KeyGeneration, Arc<ApiKey>)>,
}

impl CachedKeys {
    pub(super) fn new(generations: Arc<LineGenerations>) -> Self {
        Self { generations, keys: Cache::new(CAPACITY) }
    }

    /// The key of a secret, if it is cached and would be found again.
    pub(super) fn find(&self, secret: SecretHash) -> Option<Arc<ApiKey>> {
        let (generation, key) = self.keys.get(&secret)?;
        (generation == self.generations.of_keys() && self.generations.is_trusted(Instant::now())).then_some(key)
    }

    /// The generation to take before a key is looked up: what changes meanwhile makes what was found useless.
    pub(super) fn generation(&self) -> KeyGeneration {
        self.generations.of_keys()
    }

    /// Caches a key that was looked up.
    pub(super) fn keep(&self, secret: SecretHash, generation: KeyGeneration, key: &Arc<ApiKey>) {
        self.keys.insert(secret, (generation, Arc::clone(key)));
    }
}
