//! When keys are fetched, and what they are good for.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::*;
use crate::ports::key_set_source::PublishedKey;

const START: i64 = 1_790_000_000;

/// Published keys and a clock, both in the test's hand.
struct World {
    published: Mutex<Option<Vec<&'static str>>>,
    fetches: AtomicUsize,
    /// A fetch takes one permit before it answers.
    answers: Semaphore,
    now: Mutex<Timestamp>,
}

impl World {
    fn publishing(keys: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            published: Mutex::new(Some(keys.to_vec())),
            fetches: AtomicUsize::new(0),
            answers: Semaphore::new(1000),
            now: Mutex::new(Timestamp::from_second(START).unwrap()),
        })
    }

    fn keys(self: &Arc<Self>) -> Arc<SigningKeys> {
        Arc::new(SigningKeys::new(Arc::<Self>::clone(self), Arc::<Self>::clone(self)))
    }

    fn publish(&self, keys: &[&'static str]) {
        *self.published.lock().unwrap() = Some(keys.to_vec());
    }

    fn break_down(&self) {
        *self.published.lock().unwrap() = None;
    }

    fn hold_answers(&self) {
        self.answers.forget_permits(1000);
    }

    fn wait(&self, seconds: u64) {
        let mut now = self.now.lock().unwrap();
        *now = now.checked_add(Duration::from_secs(seconds)).unwrap();
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }
}

#[async_trait]
impl KeySetSource for World {
    async fn fetch(&self) -> Result<FetchedKeySet, KeySetError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        self.answers.acquire().await.unwrap().forget();
        let published = self.published.lock().unwrap().clone();
        let names = published.ok_or(KeySetError::Status { url: "https://login.example".to_owned(), status: 503 })?;
        let key = |kid: &str| PublishedKey {
            kid: kid.to_owned(),
            modulus: vec![1; 256],
            exponent: vec![1, 0, 1],
            issuer: None,
        };
        Ok(FetchedKeySet { keys: names.into_iter().map(key).collect(), max_age: None })
    }
}

async fn until(condition: impl Fn() -> bool) {
    let polled = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), polled).await.unwrap();
}

async fn outcome(keys: &Arc<SigningKeys>, key_id: &str) -> Result<(), KeyError> {
    keys.find(key_id).await.map(drop)
}

#[tokio::test]
async fn a_hundred_askers_for_an_unknown_key_share_one_fetch() {
    let world = World::publishing(&["old"]);
    let keys = world.keys();
    keys.refresh().await;
    world.publish(&["new"]);
    world.hold_answers();
    let mut askers = JoinSet::new();
    for _ in 0..100 {
        let keys = Arc::clone(&keys);
        askers.spawn(async move { outcome(&keys, "new").await });
    }
    until(|| world.fetches() == 2).await;
    world.answers.add_permits(1);
    assert!(askers.join_all().await.iter().all(Result::is_ok));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_hundred_askers_share_one_failure() {
    let world = World::publishing(&[]);
    world.break_down();
    let keys = world.keys();
    let mut askers = JoinSet::new();
    for _ in 0..100 {
        let keys = Arc::clone(&keys);
        askers.spawn(async move { outcome(&keys, "k").await });
    }
    for outcome in askers.join_all().await {
        assert!(matches!(outcome, Err(KeyError::Unavailable { .. })));
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn a_known_key_does_not_wait_for_a_fetch_under_way() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    keys.refresh().await;
    world.hold_answers();
    let refreshing = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { keys.refresh().await }
    });
    until(|| world.fetches() == 2).await;
    timeout(Duration::from_secs(10), keys.find("k")).await.unwrap().map(drop).unwrap();
    assert!(!refreshing.is_finished());
    world.answers.add_permits(1);
    refreshing.await.unwrap();
}

#[tokio::test]
async fn a_fetch_goes_on_when_the_request_that_asked_is_given_up() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    world.hold_answers();
    let asker = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { outcome(&keys, "k").await }
    });
    until(|| world.fetches() == 1).await;
    asker.abort();
    assert!(asker.await.unwrap_err().is_cancelled());
    world.answers.add_permits(1);
    until(|| keys.status().key_count == 1).await;
    assert_eq!(outcome(&keys, "k").await, Ok(()));
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_at_once_and_then_not_for_thirty_seconds() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    keys.refresh().await;
    // The fetch of the start, a moment ago, says nothing of a key that is newer.
    world.publish(&["k", "new"]);
    assert_eq!(outcome(&keys, "new").await, Ok(()));
    world.publish(&["k", "new", "newer"]);
    world.wait(29);
    assert_eq!(outcome(&keys, "newer").await, Err(KeyError::Unknown));
    assert_eq!(world.fetches(), 2);
    world.wait(1);
    assert_eq!(outcome(&keys, "newer").await, Ok(()));
    assert_eq!(outcome(&keys, "newest").await, Err(KeyError::Unknown));
    assert_eq!(world.fetches(), 3);
}

#[tokio::test]
async fn a_fetch_of_the_background_neither_puts_off_the_one_for_an_unknown_key_nor_makes_room_for_another() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    assert_eq!(outcome(&keys, "unknown").await, Err(KeyError::Unknown));
    world.wait(29);
    keys.refresh().await;
    world.publish(&["k", "new"]);
    assert_eq!(outcome(&keys, "new").await, Err(KeyError::Unknown));
    world.wait(1);
    assert_eq!(outcome(&keys, "new").await, Ok(()));
    assert_eq!(world.fetches(), 3);
}

#[tokio::test]
async fn who_finds_a_fetch_of_the_background_under_way_asks_once_more_if_that_was_too_early() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    world.hold_answers();
    let refreshing = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { keys.refresh().await }
    });
    until(|| world.fetches() == 1).await;
    let mut askers = JoinSet::new();
    for _ in 0..100 {
        let keys = Arc::clone(&keys);
        askers.spawn(async move { outcome(&keys, "new").await });
    }
    // All of them wait for what has begun, and it brings the old set.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.fetches(), 1);
    world.answers.add_permits(1);
    until(|| world.fetches() == 2).await;
    world.publish(&["k", "new"]);
    world.answers.add_permits(1);
    assert!(askers.join_all().await.iter().all(Result::is_ok));
    refreshing.await.unwrap();
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn who_waited_for_a_fetch_of_the_background_that_failed_waits_for_no_other() {
    let world = World::publishing(&[]);
    world.break_down();
    let keys = world.keys();
    world.hold_answers();
    let refreshing = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { keys.refresh().await }
    });
    until(|| world.fetches() == 1).await;
    let asker = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { outcome(&keys, "k").await }
    });
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    world.answers.add_permits(1000);
    assert!(matches!(asker.await.unwrap(), Err(KeyError::Unavailable { .. })));
    refreshing.await.unwrap();
    assert_eq!(world.fetches(), 1);
    // Nor was it the fetch of an unknown key: the next token asks at once.
    world.publish(&["k"]);
    assert_eq!(outcome(&keys, "k").await, Ok(()));
    assert_eq!(world.fetches(), 2);
}

// proves T-68
#[tokio::test]
async fn a_storm_of_unknown_keys_around_the_start_makes_two_fetches_in_thirty_seconds() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    for second in 0..30 {
        if second == 0 {
            keys.refresh().await;
        }
        for number in 0..10 {
            assert_eq!(outcome(&keys, &format!("unknown-{number}")).await, Err(KeyError::Unknown));
        }
        world.wait(1);
    }
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_failed_fetch_cools_down_too() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    keys.refresh().await;
    world.break_down();
    assert_eq!(outcome(&keys, "new").await, Err(KeyError::Unknown));
    world.publish(&["k", "new"]);
    world.wait(29);
    assert_eq!(outcome(&keys, "new").await, Err(KeyError::Unknown));
    assert_eq!(world.fetches(), 2);
    world.wait(1);
    assert_eq!(outcome(&keys, "new").await, Ok(()));
}

#[tokio::test]
async fn a_clock_set_back_does_not_put_off_the_next_fetch() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    assert_eq!(outcome(&keys, "unknown").await, Err(KeyError::Unknown));
    *world.now.lock().unwrap() = Timestamp::from_second(START - 7200).unwrap();
    world.publish(&["k", "new"]);
    assert_eq!(outcome(&keys, "new").await, Ok(()));
    assert_eq!(outcome(&keys, "newer").await, Err(KeyError::Unknown));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn before_the_first_keys_the_answer_says_when_to_ask_again() {
    let world = World::publishing(&[]);
    world.break_down();
    let keys = world.keys();
    assert_eq!(outcome(&keys, "k").await, Err(KeyError::Unavailable { retry_after: Duration::from_secs(2) }));
    world.wait(29);
    assert_eq!(outcome(&keys, "k").await, Err(KeyError::Unavailable { retry_after: Duration::from_secs(1) }));
    let status = keys.status();
    assert_eq!((status.key_count, status.age, status.consecutive_failures), (0, None, 1));
    assert_eq!((status.fetches_ok, status.fetches_failed), (0, 1));
    assert_eq!(status.last_error.as_deref(), Some("https://login.example answered with status 503"));
}

#[tokio::test]
async fn a_withdrawn_key_stops_at_the_next_fetch() {
    let world = World::publishing(&["old", "k"]);
    let keys = world.keys();
    keys.refresh().await;
    assert_eq!(outcome(&keys, "old").await, Ok(()));
    world.publish(&["k"]);
    keys.refresh().await;
    assert_eq!(outcome(&keys, "old").await, Err(KeyError::Unknown));
    assert_eq!(outcome(&keys, "k").await, Ok(()));
}

#[tokio::test]
async fn keys_outlive_an_outage_of_less_than_a_day() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    keys.refresh().await;
    world.break_down();
    world.wait(24 * 3600 - 1);
    keys.refresh().await;
    assert_eq!(outcome(&keys, "k").await, Ok(()));
    assert_eq!(keys.status().key_count, 1);
    world.wait(1);
    assert!(matches!(outcome(&keys, "k").await, Err(KeyError::Unavailable { .. })));
    assert_eq!(keys.status().key_count, 0);
    world.publish(&["k"]);
    keys.refresh().await;
    assert_eq!(outcome(&keys, "k").await, Ok(()));
    assert_eq!((keys.status().consecutive_failures, keys.status().last_error), (0, None));
}

#[tokio::test]
async fn the_keys_are_fetched_at_the_start_and_the_stop_waits_for_no_fetch() {
    let world = World::publishing(&["k"]);
    let keys = world.keys();
    let (stop, stopped) = watch::channel(());
    let refreshing = tokio::spawn(Arc::clone(&keys).run_refresh(stopped));
    until(|| keys.status().key_count == 1).await;
    drop(stop);
    timeout(Duration::from_secs(10), refreshing).await.unwrap().unwrap();

    let slow = World::publishing(&["k"]);
    slow.hold_answers();
    let (stop, stopped) = watch::channel(());
    let refreshing = tokio::spawn(slow.keys().run_refresh(stopped));
    until(|| slow.fetches() == 1).await;
    drop(stop);
    timeout(Duration::from_secs(10), refreshing).await.unwrap().unwrap();
}

#[test]
fn the_next_fetch_is_hourly_or_as_the_answer_says_and_sooner_after_failures() {
    let now = Timestamp::from_second(START).unwrap();
    let pause = |max_age: Option<u64>, consecutive_failures| {
        let (max_age, fetched_at) = (max_age.map(Duration::from_secs), Some(now));
        let known = Known { fetched_at, max_age, consecutive_failures, ..Known::default() };
        known.time_to_next_fetch(now).as_secs()
    };
    for (max_age, failures, expected) in [
        (None, 0, 3600),
        (Some(86_400), 0, 3600),
        (Some(u64::MAX), 0, 3600),
        (Some(1200), 0, 1200),
        (Some(0), 0, 300),
        (None, 1, 30),
        (Some(86_400), 2, 60),
        (None, 4, 240),
        (None, 5, 300),
        (None, u32::MAX, 300),
    ] {
        assert_eq!(pause(max_age, failures), expected, "{max_age:?} {failures}");
    }
    let nothing = Known { consecutive_failures: 7, ..Known::default() };
    assert_eq!(nothing.time_to_next_fetch(now).as_secs(), 2);
}
