//! The cache of Microsoft's published keys.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use hashbrown::HashMap;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::auth::signing_key::SigningKey;
use crate::ports::clock::Clock;
use crate::ports::key_set_source::{FetchedKeySet, KeySetError, KeySetSource, PublishedKey};

/// The least time between two fetches for unknown keys, whoever asks, and whether they go well or not. The fetches at the start
/// and in the background don't count: one of them a moment ago says nothing of a key that is newer.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// How long keys are used at most after the fetch that brought them.
const MAX_AGE: Duration = Duration::from_hours(24);

/// The times between two background fetches.
const REFRESH_LONGEST: Duration = Duration::from_hours(1);
const REFRESH_SHORTEST: Duration = Duration::from_mins(5);

/// The time to the next background fetch after one that failed; doubled with each failure.
const RETRY_FIRST: Duration = Duration::from_secs(30);
const RETRY_LONGEST: Duration = Duration::from_mins(5);

/// The same while there are no keys at all, and nobody can sign in.
const RETRY_WITHOUT_KEYS: Duration = Duration::from_secs(2);

/// Keeps the published keys, and fetches them again in the background and for a key that is not known yet.
///
/// Who asks for a known key never waits for the network.
pub struct SigningKeys {
    source: Arc<dyn KeySetSource>,
    clock: Arc<dyn Clock>,
    known: ArcSwap<Known>,
    flight: Mutex<Flight>,
}

/// What is known of the keys. Replaced as a whole.
#[derive(Default)]
struct Known {
    keys: Arc<HashMap<String, Arc<SigningKey>>>,
    /// When the keys were fetched; `None` if they never were.
    fetched_at: Option<Timestamp>,
    max_age: Option<Duration>,
    consecutive_failures: u32,
    last_error: Option<String>,
    fetches_ok: u64,
    fetches_failed: u64,
}

/// The fetch under way, and when the last one for an unknown key began.
#[derive(Default)]
struct Flight {
    /// `None` if no unknown key has caused a fetch yet.
    asked_at: Option<Timestamp>,
    landed: Option<watch::Receiver<()>>,
    /// Whether an unknown key caused the last fetch.
    was_asked_for: bool,
}

/// What an asker for an unknown key can wait for.
enum Awaited {
    /// A fetch for unknown keys: what it does not bring can't be had now.
    Asked(watch::Receiver<()>),
    /// A fetch of the background, which may have begun before the key was published.
    Background(watch::Receiver<()>),
    /// Nothing: it is too early for another fetch.
    Nothing,
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyError {
    /// It is not among the published keys.
    Unknown,
    /// There are no keys at all.
    Unavailable { retry_after: Duration },
}

/// How it stands with the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysStatus {
    /// How many can be used.
    pub key_count: usize,
    /// The time since the last fetch that went well; `None` if none did.
    pub age: Option<Duration>,
    /// How many fetches have failed since then.
    pub consecutive_failures: u32,
    /// Why the last fetch failed, if it did.
    pub last_error: Option<String>,
    /// Fetches that went well since the start.
    pub fetches_ok: u64,
    /// Fetches that failed since the start.
    pub fetches_failed: u64,
}

impl SigningKeys {
    /// No keys yet; [`SigningKeys::run_refresh`] fetches them.
    #[must_use]
    pub fn new(source: Arc<dyn KeySetSource>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, known: ArcSwap::default(), flight: Mutex::default() }
    }

    /// Finds a key by its name. For an unknown name the keys are fetched first, unless they were just now for another one.
    pub(super) async fn find(self: &Arc<Self>, key_id: &str) -> Result<Arc<SigningKey>, KeyError> {
        if let Some(key) = self.known_key(key_id, self.clock.now()) {
            return Ok(key);
        }
        let mut awaited = self.fetch_unless_cooling_down();
        if let Awaited::Background(landed) = awaited {
            wait_for(landed).await;
            if let Some(key) = self.known_key(key_id, self.clock.now()) {
                return Ok(key);
            }
            // Where it failed just now, nobody waits for the endpoint a second time.
            let has_failed = self.known.load().consecutive_failures > 0;
            awaited = if has_failed { Awaited::Nothing } else { self.fetch_unless_cooling_down() };
        }
        if let Awaited::Asked(landed) | Awaited::Background(landed) = awaited {
            wait_for(landed).await;
        }
        self.known_key(key_id, self.clock.now()).ok_or_else(|| self.why_not())
    }

    /// Whether the keys are new enough to be used.
    pub(super) fn are_fresh(&self, now: Timestamp) -> bool {
        self.known.load().is_fresh(now)
    }

    /// A key by its name, if it is known and may be used at `now`.
    pub(super) fn known_key(&self, key_id: &str, now: Timestamp) -> Option<Arc<SigningKey>> {
        let known = self.known.load();
        let key = known.keys.get(key_id)?;
        known.is_fresh(now).then(|| Arc::clone(key))
    }

    fn why_not(&self) -> KeyError {
        let known = self.known.load();
        let now = self.clock.now();
        if known.is_fresh(now) {
            return KeyError::Unknown;
        }
        let asked_at = self.flight.lock().unwrap_or_else(PoisonError::into_inner).asked_at;
        let since = asked_at.map_or(COOL_DOWN, |asked_at| elapsed(asked_at, now));
        let retry_after = COOL_DOWN.saturating_sub(since).clamp(Duration::from_secs(1), RETRY_WITHOUT_KEYS);
        KeyError::Unavailable { retry_after }
    }

    /// Fetches the keys once; joins the fetch under way if there is one.
    pub async fn refresh(self: &Arc<Self>) {
        let landed = {
            let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
            flight.under_way().unwrap_or_else(|| self.begin(&mut flight))
        };
        wait_for(landed).await;
    }

    /// The fetch to wait for: the one under way, or another if it is not too early.
    fn fetch_unless_cooling_down(self: &Arc<Self>) -> Awaited {
        let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(landed) = flight.under_way() {
            return if flight.was_asked_for { Awaited::Asked(landed) } else { Awaited::Background(landed) };
        }
        let now = self.clock.now();
        // A clock that was set back must not put off the next fetch until it has caught up.
        if flight.asked_at.is_some_and(|asked_at| asked_at <= now && elapsed(asked_at, now) < COOL_DOWN) {
            return Awaited::Nothing;
        }
        flight.asked_at = Some(now);
        let landed = self.begin(&mut flight);
        flight.was_asked_for = true;
        Awaited::Asked(landed)
    }

    /// Begins a fetch of the background. It runs on its own, so that it goes on when the request that asked for it is given up.
    fn begin(self: &Arc<Self>, flight: &mut Flight) -> watch::Receiver<()> {
        let (landing, landed) = watch::channel(());
        flight.landed = Some(landed.clone());
        flight.was_asked_for = false;
        let keys = Arc::clone(self);
        tokio::spawn(async move {
            let fetched = keys.source.fetch().await;
            keys.take(fetched);
            drop(landing);
        });
        landed
    }

    /// Takes what a fetch brought. A new set replaces the old one whole, so that a withdrawn key is gone; after a
    /// failure the old one stays.
    fn take(&self, fetched: Result<FetchedKeySet, KeySetError>) {
        let before = self.known.load();
        let after = match fetched {
            Ok(set) => {
                let keys = replace(&before.keys, set.keys);
                info!(keys = keys.len(), "signing keys fetched");
                Known {
                    keys: Arc::new(keys),
                    fetched_at: Some(self.clock.now()),
                    max_age: set.max_age,
                    consecutive_failures: 0,
                    last_error: None,
                    fetches_ok: before.fetches_ok + 1,
                    fetches_failed: before.fetches_failed,
                }
            }
            Err(error) => {
                warn!(%error, "signing keys could not be fetched; those that are there are kept");
                Known {
                    keys: Arc::clone(&before.keys),
                    fetched_at: before.fetched_at,
                    max_age: before.max_age,
                    consecutive_failures: before.consecutive_failures.saturating_add(1),
                    last_error: Some(error.to_string()),
                    fetches_ok: before.fetches_ok,
                    fetches_failed: before.fetches_failed + 1,
                }
            }
        };
        let withdrawn: Vec<_> = before.keys.values().filter(|key| !after.has(key)).map(Arc::clone).collect();
        self.known.store(Arc::new(after));
        // After the store: a token that is checked just now must not be kept as good for long.
        for key in withdrawn {
            key.withdraw();
        }
    }

    /// Fetches the keys now and then again and again, until `stopped` is closed.
    ///
    /// A stop does not wait for a fetch under way: it may take as long as Microsoft's endpoint lets it.
    pub async fn run_refresh(self: Arc<Self>, mut stopped: watch::Receiver<()>) {
        let rounds = async {
            loop {
                self.refresh().await;
                let pause = self.known.load().time_to_next_fetch(self.clock.now());
                sleep(pause).await;
            }
        };
        tokio::select! {
            () = rounds => {}
            _ = stopped.changed() => {}
        }
    }

    /// How it stands with the keys.
    #[must_use]
    pub fn status(&self) -> KeysStatus {
        let (known, now) = (self.known.load(), self.clock.now());
        KeysStatus {
            key_count: if known.is_fresh(now) { known.keys.len() } else { 0 },
            age: known.fetched_at.map(|fetched_at| elapsed(fetched_at, now)),
            consecutive_failures: known.consecutive_failures,
            last_error: known.last_error.clone(),
            fetches_ok: known.fetches_ok,
            fetches_failed: known.fetches_failed,
        }
    }
}

impl Known {
    /// Whether there are keys that may still be used.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.fetched_at.is_some_and(|fetched_at| elapsed(fetched_at, now) < MAX_AGE)
    }

    /// Whether it is one of the keys.
    fn has(&self, key: &Arc<SigningKey>) -> bool {
        self.keys.get(&key.published().kid).is_some_and(|known| Arc::ptr_eq(known, key))
    }

    fn time_to_next_fetch(&self, now: Timestamp) -> Duration {
        match self.consecutive_failures {
            1.. if !self.is_fresh(now) => RETRY_WITHOUT_KEYS,
            0 => self.max_age.unwrap_or(REFRESH_LONGEST).clamp(REFRESH_SHORTEST, REFRESH_LONGEST),
            failures => RETRY_FIRST.saturating_mul(1 << (failures - 1).min(10)).min(RETRY_LONGEST),
        }
    }
}

impl Flight {
    fn under_way(&self) -> Option<watch::Receiver<()>> {
        // The sender is gone once the fetch has landed, however it ended.
        self.landed.clone().filter(|landed| landed.has_changed().is_ok())
    }
}

/// The keys of a new set. One that is published as before stays what it is, with the tokens that were checked by it.
fn replace(
    before: &HashMap<String, Arc<SigningKey>>,
    published: Vec<PublishedKey>,
) -> HashMap<String, Arc<SigningKey>> {
    let ready = |key: PublishedKey| match before.get(&key.kid) {
        Some(known) if *known.published() == key => (key.kid, Arc::clone(known)),
        _ => (key.kid.clone(), Arc::new(SigningKey::new(key))),
    };
    published.into_iter().map(ready).collect()
}

async fn wait_for(mut landed: watch::Receiver<()>) {
    while landed.changed().await.is_ok() {}
}

/// The time from `earlier` to `later`; none if the clock was set back.
fn elapsed(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
