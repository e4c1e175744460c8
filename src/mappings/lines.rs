//! Lines as they are looked up at each sign-in: in the store, or among those that were looked up before.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use quick_cache::sync::EntryAction;
use quick_cache::sync::EntryResult;
use tokio::time::timeout;

use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::mapping::Line;
use crate::ports::line_generations::LineGeneration;
use crate::ports::line_generations::LineGenerations;
use crate::ports::mapping_store::MappingStore;
use crate::ports::store_error::StoreError;

/// How long it is remembered that an address has no mapping, or a tenant no group: what was never mapped must not take
/// the place of what is used.
const NOTHING_LASTS: Duration = Duration::from_secs(10);

/// How long a look-up that others wait for may take; then each makes its own.
const SHARED_LIMIT: Duration = Duration::from_secs(1);

/// Looks lines up, and knows those again that it has looked up.
pub struct Lines {
    store: Arc<dyn MappingStore>,
    generations: Arc<LineGenerations>,
    known: Option<Cache<LineKey, KnownLine>>,
    look_ups: AtomicU64,
}

/// How it stands with the lines that are known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinesStatus {
    /// How many there are.
    pub known: usize,
    /// How many were looked up since the start.
    pub look_ups: u64,
    /// Whether changes made elsewhere are heard; while they are not, none is used.
    pub trusted: bool,
}

/// What was found for a tenant and an address, and the generation that it was found in.
#[derive(Clone, Debug)]
pub struct KnownLine {
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
    /// The lines of `store`, of which up to `capacity` are known again; with 0, none.
    #[must_use]
    pub fn new(store: Arc<dyn MappingStore>, generations: Arc<LineGenerations>, capacity: usize) -> Self {
        let known = (capacity > 0).then(|| Cache::new(capacity));
        Self { store, generations, known, look_ups: AtomicU64::new(0) }
    }

    /// How it stands with the lines that are known again.
    pub(super) fn status(&self) -> LinesStatus {
        LinesStatus {
            known: self.known.as_ref().map_or(0, Cache::len),
            look_ups: self.look_ups.load(Ordering::Relaxed),
            trusted: self.generations.is_trusted(Instant::now()),
        }
    }

    /// Finds the line of an address in a tenant, in one read of the store if it is not known. Callers that ask for the
    /// same one at the same time wait for one read.
    pub(super) async fn find(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<KnownLine, StoreError> {
        match (&self.known, email) {
            (Some(known), Some(email)) if self.generations.is_trusted(Instant::now()) => {
                self.find_known(known, tenant, email).await
            }
            _ => self.look_up(tenant, email).await,
        }
    }

    /// Finds the line of an address in a tenant in the store, whatever is known of it: what is known has turned out to be
    /// wrong.
    pub(super) async fn find_anew(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<KnownLine, StoreError> {
        self.look_up(tenant, email).await
    }

    /// Whether a line that was found before would be found again at `now`, without asking.
    pub(super) fn holds(&self, tenant: Guid, found: &KnownLine, now: Instant) -> bool {
        self.known.is_some() && self.generations.is_trusted(now) && self.is_current(tenant, found)
    }

    /// Remembers what has become of a line by what was done here. It keeps its generation: if others have changed it since
    /// it was looked up, it is useless.
    pub(super) fn keep(&self, tenant: Guid, email: EmailAddress, changed: KnownLine) {
        if let Some(known) = &self.known {
            known.insert(LineKey { tenant, email }, changed);
        }
    }

    async fn find_known(
        &self,
        known: &Cache<LineKey, KnownLine>,
        tenant: Guid,
        email: &EmailAddress,
    ) -> Result<KnownLine, StoreError> {
        if let Some(found) = known.get(&Asked { tenant, email })
            && self.is_current(tenant, &found)
        {
            return Ok(found);
        }
        let key = LineKey { tenant, email: email.clone() };
        let entry = known.entry_async(&key, |_, found| {
            // It may have been waited for, longer than what was known then is good for.
            if self.is_current(tenant, found) && self.generations.is_trusted(Instant::now()) {
                EntryAction::Retain(found.clone())
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        // A look-up that hangs, on a connection that is lost unnoticed, must not hold up who waits for it, nor itself.
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
    fn is_current(&self, tenant: Guid, found: &KnownLine) -> bool {
        found.generation == self.generations.of(tenant)
            && (found.is_mapped() || found.looked_up.elapsed() < NOTHING_LASTS)
    }

    async fn look_up(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<KnownLine, StoreError> {
        // Taken before the read: what changes meanwhile makes it useless.
        let (generation, looked_up) = (self.generations.of(tenant), Instant::now());
        self.look_ups.fetch_add(1, Ordering::Relaxed);
        let line = self.store.resolve(tenant, email).await?.map(Arc::new);
        Ok(KnownLine { line, generation, looked_up })
    }
}

impl KnownLine {
    /// The same, found as it has become since by what was done here.
    pub(super) fn with(&self, line: Arc<Line>) -> Self {
        Self { line: Some(line), ..*self }
    }

    fn is_mapped(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.mapped.is_some())
    }
}
