//! Lines as they are looked up at each sign-in: in the store, or among those that were looked up before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::Equivalent;
use quick_cache::sync::{Cache, EntryAction, EntryResult};
use tokio::time::{Instant, timeout};

use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::mapping::Line;
use crate::ports::line_generations::{LineGeneration, LineGenerations};
use crate::ports::mapping_store::MappingStore;
use crate::ports::store_error::StoreError;

/// How long it is remembered that an address has no mapping, or a tenant no group: what was never mapped must not take
/// the place of what is used.
const NOTHING_LASTS: Duration = Duration::from_secs(10);

/// How long a lookup that others wait for may take; then each makes its own.
const SHARED_LIMIT: Duration = Duration::from_secs(1);

/// Looks lines up, and caches what it has found.
pub struct Lines {
    store: Arc<dyn MappingStore>,
    generations: Arc<LineGenerations>,
    cache: Option<Cache<LineKey, CachedLine>>,
    lookups: AtomicU64,
}

/// The state of the cache of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineCacheStatus {
    /// How many lines are cached.
    pub cached: usize,
    /// How many lines were read from the store since the start.
    pub lookups: u64,
    /// Whether changes made elsewhere are heard; while they are not, no cached line is used.
    pub trusted: bool,
}

/// What the cache keeps: what was found for a tenant and an address, and the generation that it was found in.
#[derive(Clone, Debug)]
pub struct CachedLine {
    /// The group linked to the tenant, and the mapping if there is one.
    pub(super) line: Option<Arc<Line>>,
    generation: LineGeneration,
    looked_up: Instant,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct LineKey {
    tenant: Guid,
    email: EmailAddress,
}

/// A [`LineKey`] that is only looked for.
#[derive(Hash)]
struct Asked<'a> {
    tenant: Guid,
    email: &'a EmailAddress,
}

impl Equivalent<LineKey> for Asked<'_> {
    fn equivalent(&self, key: &LineKey) -> bool {
        self.tenant == key.tenant && self.email == &key.email
    }
}

impl Lines {
    /// The lines of `store`, of which up to `capacity` are cached; with 0, none.
    #[must_use]
    pub fn new(store: Arc<dyn MappingStore>, generations: Arc<LineGenerations>, capacity: usize) -> Self {
        let cache = (capacity > 0).then(|| Cache::new(capacity));
        Self { store, generations, cache, lookups: AtomicU64::new(0) }
    }

    /// The state of the cache of lines.
    pub(super) fn status(&self) -> LineCacheStatus {
        LineCacheStatus {
            cached: self.cache.as_ref().map_or(0, Cache::len),
            lookups: self.lookups.load(Ordering::Relaxed),
            trusted: self.generations.is_trusted(Instant::now()),
        }
    }

    /// Finds the line of an address in a tenant, in one read of the store if it is not cached. Callers that ask for the
    /// same one at the same time wait for one read.
    pub(super) async fn find(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<CachedLine, StoreError> {
        match (&self.cache, email) {
            (Some(cache), Some(email)) if self.generations.is_trusted(Instant::now()) => {
                match self.current(cache, tenant, email) {
                    Some(found) => Ok(found),
                    None => self.find_together(cache, tenant, email).await,
                }
            }
            _ => self.look_up(tenant, email).await,
        }
    }

    /// Finds the line of an address in a tenant, if it is cached and counts at `now`.
    pub(super) fn find_cached(&self, tenant: Guid, email: &EmailAddress, now: Instant) -> Option<CachedLine> {
        let cache = self.cache.as_ref().filter(|_| self.generations.is_trusted(now))?;
        self.current(cache, tenant, email)
    }

    /// Finds the line of an address in a tenant in the store, whatever is cached: what is cached has turned out to be
    /// wrong.
    pub(super) async fn find_anew(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<CachedLine, StoreError> {
        self.look_up(tenant, email).await
    }

    /// Whether a line that was found before would be found again at `now`, without asking.
    pub(super) fn holds(&self, tenant: Guid, found: &CachedLine, now: Instant) -> bool {
        self.cache.is_some() && self.generations.is_trusted(now) && self.is_current(tenant, found)
    }

    /// Caches a line as it is after what was done here. It keeps its generation: if others have changed it since
    /// it was looked up, it is useless.
    pub(super) fn keep(&self, tenant: Guid, email: EmailAddress, changed: CachedLine) {
        if let Some(cache) = &self.cache {
            cache.insert(LineKey { tenant, email }, changed);
        }
    }

    fn current(&self, cache: &Cache<LineKey, CachedLine>, tenant: Guid, email: &EmailAddress) -> Option<CachedLine> {
        cache.get(&Asked { tenant, email }).filter(|found| self.is_current(tenant, found))
    }

    /// Looks a line up that is not cached, once for all who ask for it at the same time.
    async fn find_together(
        &self,
        cache: &Cache<LineKey, CachedLine>,
        tenant: Guid,
        email: &EmailAddress,
    ) -> Result<CachedLine, StoreError> {
        let key = LineKey { tenant, email: email.clone() };
        let entry = cache.entry_async(&key, |_, found| {
            // It may have been waited for, longer than what was cached then is good for.
            if self.is_current(tenant, found) && self.generations.is_trusted(Instant::now()) {
                EntryAction::Retain(found.clone())
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        // A lookup that hangs, on a connection that is lost unnoticed, must not hold up who waits for it, nor itself.
        match timeout(SHARED_LIMIT, entry).await {
            Ok(EntryResult::Retained(found)) => return Ok(found),
            Ok(EntryResult::Vacant(place) | EntryResult::Replaced(place, _)) => {
                if let Ok(found) = timeout(SHARED_LIMIT, self.look_up(tenant, Some(email))).await {
                    let found = found?;
                    // An error only says that the place has been given to another meanwhile.
                    drop(place.insert(found.clone()));
                    return Ok(found);
                }
            }
            Ok(EntryResult::Removed(..) | EntryResult::Timeout) | Err(_) => {}
        }
        self.look_up(tenant, Some(email)).await
    }

    /// Whether a line that was found before would be found again.
    fn is_current(&self, tenant: Guid, found: &CachedLine) -> bool {
        found.generation == self.generations.of(tenant)
            && (found.is_mapped() || found.looked_up.elapsed() < NOTHING_LASTS)
    }

    async fn look_up(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<CachedLine, StoreError> {
        // Taken before the read: what changes meanwhile makes it useless.
        let (generation, looked_up) = (self.generations.of(tenant), Instant::now());
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let line = self.store.resolve(tenant, email).await?.map(Arc::new);
        Ok(CachedLine { line, generation, looked_up })
    }
}

impl CachedLine {
    /// The same, found as it has become since by what was done here.
    pub(super) fn with(&self, line: Arc<Line>) -> Self {
        Self { line: Some(line), ..*self }
    }

    fn is_mapped(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.mapped.is_some())
    }
}
