//! What is known of changes to lines and API keys: the meeting point of the stores, which hear of changes, and the caches,
//! which must not outlive them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::guid::Guid;

/// A generation of lines for each tenant, and how long changes made elsewhere are known to be heard.
///
/// Whoever reads a line takes the tenant's generation first, and keeps both. What was kept may be used while the
/// generation is the same and [`LineGenerations::is_trusted`]. A change that is committed while the line is being read
/// leaves it with a generation that has passed, so it can't put an old answer back.
///
/// Tenants share a fixed number of counters, so that nobody can make this grow: where two share one, a change of one is
/// taken for a change of the other too, which costs a lookup and is never wrong.
///
/// API keys are few and change seldom: all of them have one generation, by the same rules.
#[derive(Debug)]
pub struct LineGenerations {
    counters: Box<[AtomicU64]>,
    keys: AtomicU64,
    began: Instant,
    /// Until when changes made elsewhere are known to be heard, in microseconds since `began`.
    trusted_until: AtomicU64,
}

/// A generation of one tenant's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineGeneration(u64);

/// A generation of the API keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyGeneration(u64);

/// Half a MiB of counters: of 10,000 tenants, one in seven shares its own.
const COUNTERS: usize = 1 << 16;

impl Default for LineGenerations {
    fn default() -> Self {
        let counters = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        Self { counters, keys: AtomicU64::new(0), began: Instant::now(), trusted_until: AtomicU64::new(0) }
    }
}

impl LineGenerations {
    /// The generation of a tenant's lines.
    #[must_use]
    pub fn of(&self, tenant: Guid) -> LineGeneration {
        LineGeneration(self.counter(tenant).load(Ordering::Acquire))
    }

    /// The lines of a tenant may have changed: a change of its group is committed.
    pub fn invalidate(&self, tenant: Guid) {
        self.counter(tenant).fetch_add(1, Ordering::AcqRel);
    }

    /// The generation of the API keys.
    #[must_use]
    pub fn of_keys(&self) -> KeyGeneration {
        KeyGeneration(self.keys.load(Ordering::Acquire))
    }

    /// An API key may be gone: its end is committed.
    pub fn invalidate_keys(&self) {
        self.keys.fetch_add(1, Ordering::AcqRel);
    }

    /// The lines of any tenant may have changed, and any API key.
    pub fn invalidate_all(&self) {
        self.invalidate_keys();
        for counter in &self.counters {
            counter.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Whether changes made elsewhere are heard. The clock is the machine's since its start, and stands still while the
    /// machine itself is suspended.
    #[must_use]
    pub fn is_trusted(&self, now: Instant) -> bool {
        self.micros(now) < self.trusted_until.load(Ordering::Acquire)
    }

    /// All changes answered before `heard` are known here; that is good enough for `lease` from then on.
    pub fn extend_lease(&self, heard: Instant, lease: Duration) {
        self.trusted_until.store(self.micros(heard + lease), Ordering::Release);
    }

    /// Changes made elsewhere are not heard any more.
    pub fn drop_lease(&self) {
        self.trusted_until.store(0, Ordering::Release);
    }

    fn counter(&self, tenant: Guid) -> &AtomicU64 {
        &self.counters[tenant.low_bits() % COUNTERS]
    }

    fn micros(&self, time: Instant) -> u64 {
        u64::try_from(time.saturating_duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(text: &str) -> Guid {
        Guid::parse(text).unwrap()
    }

    #[test]
    fn a_change_invalidates_the_generation_of_its_tenant_alone() {
        let generations = LineGenerations::default();
        let [one, other] = ["a1a1a1a1-0000-4000-8000-0000000000aa", "a1a1a1a1-0000-4000-8000-0000000000ab"].map(tenant);
        let before = (generations.of(one), generations.of(other));
        generations.invalidate(one);
        assert_ne!(generations.of(one), before.0);
        assert_eq!(generations.of(other), before.1);
        generations.invalidate_all();
        assert_ne!(generations.of(other), before.1);
    }

    #[test]
    fn the_end_of_a_key_invalidates_the_keys_and_no_line() {
        let generations = LineGenerations::default();
        let one = tenant("a1a1a1a1-0000-4000-8000-0000000000aa");
        let (line, keys) = (generations.of(one), generations.of_keys());
        generations.invalidate(one);
        assert_eq!(generations.of_keys(), keys);
        let line_after = generations.of(one);
        generations.invalidate_keys();
        assert_ne!(generations.of_keys(), keys);
        assert_eq!((generations.of(one), line == line_after), (line_after, false));
        let keys = generations.of_keys();
        generations.invalidate_all();
        assert_ne!(generations.of_keys(), keys);
    }

    #[test]
    fn a_lease_ends_by_itself_and_at_once_when_dropped() {
        let generations = LineGenerations::default();
        let now = Instant::now();
        assert!(!generations.is_trusted(now));
        generations.extend_lease(now, Duration::from_secs(1));
        assert!(generations.is_trusted(now + Duration::from_millis(999)));
        assert!(!generations.is_trusted(now + Duration::from_secs(1)));
        generations.drop_lease();
        assert!(!generations.is_trusted(now));
    }
}
