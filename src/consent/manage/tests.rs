//! Links and returns of consents, over a store in memory.

use std::future::pending;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::task::{JoinSet, yield_now};
use url::Url;
use zeroize::Zeroizing;

use super::*;
use crate::domain::authority::Authority;
use crate::domain::public_url::PublicUrl;
use crate::ports::consent_store::{ConsentSecret, GroupConsents};

const START: i64 = 1_790_000_000;
const WEEK: i64 = 7 * 24 * 3600;
const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
const PORTAL: &str = "0c11e470-1111-4222-8333-444455557777";

/// A store of one group and a clock, both in the test's hand.
#[derive(Default)]
struct World {
    secret: Mutex<Option<[u8; 32]>>,
    secret_reads: AtomicUsize,
    /// Whether a read of the secret fails; whether it never ends.
    fails: AtomicBool,
    hangs: AtomicBool,
    reports: Mutex<Vec<ConsentReport>>,
    seconds: Mutex<i64>,
}

impl World {
    fn replica(self: &Arc<Self>, applications: &str) -> Arc<Consents> {
        let links = ConsentLinks {
            authority: Authority::parse("https://login.microsoftonline.com").unwrap(),
            api_client_id: None,
            public_url: Some(PublicUrl::parse("https://signline.example").unwrap()),
        };
        let applications = Applications::parse(applications).unwrap();
        Arc::new(Consents::new(Arc::<Self>::clone(self), Arc::<Self>::clone(self), applications, links))
    }

    fn portal(self: &Arc<Self>) -> Arc<Consents> {
        self.replica(&format!("portal={PORTAL}"))
    }

    fn wait(&self, seconds: i64) {
        *self.seconds.lock().unwrap() += seconds;
    }

    fn reports(&self) -> usize {
        self.reports.lock().unwrap().len()
    }

    fn secret_reads(&self) -> usize {
        self.secret_reads.load(Ordering::SeqCst)
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(START + *self.seconds.lock().unwrap()).unwrap()
    }
}

#[async_trait]
impl ConsentStore for World {
    async fn secret(&self) -> Result<Option<ConsentSecret>, StoreError> {
        self.secret_reads.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
        // Others come meanwhile.
        for _ in 0..10 {
            yield_now().await;
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::new("the database is gone"));
        }
        Ok(self.secret.lock().unwrap().map(Zeroizing::new))
    }

    async fn secret_or(&self, new: ConsentSecret) -> Result<ConsentSecret, StoreError> {
        Ok(Zeroizing::new(*self.secret.lock().unwrap().get_or_insert(*new)))
    }

    async fn of_group(&self, _: &BusinessGroupId) -> Result<Option<GroupConsents>, StoreError> {
        Ok(Some(GroupConsents { tenant: Some(Guid::parse(TENANT).unwrap()), consents: Vec::new() }))
    }

    async fn report(&self, report: &ConsentReport, _: &AuditContext) -> Result<ReportOutcome, StoreError> {
        self.reports.lock().unwrap().push(report.clone());
        Ok(ReportOutcome::Recorded)
    }

    async fn note_first_sign_in(&self, _: Guid, _: Guid, _: Timestamp) -> Result<bool, StoreError> {
        Err(StoreError::new("nobody signs in"))
    }

    async fn forget_used_states(&self, time: Timestamp) -> Result<u64, StoreError> {
        Ok(u64::try_from(time.as_second()).unwrap())
    }
}

/// The state of a new link for the first application.
async fn state(consents: &Consents) -> String {
    let group = BusinessGroupId::parse("abccompany").unwrap();
    let link = consents.list(&group).await.unwrap().remove(0).link.unwrap();
    let url = Url::parse(&link.url).unwrap();
    url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

/// How a return with consent ends.
async fn take(consents: &Consents, state: &str) -> Outcome {
    try_to_take(consents, state).await.unwrap()
}

async fn try_to_take(consents: &Consents, state: &str) -> Result<Outcome, StoreError> {
    let reply = Reply { state: Some(state), admin_consent: Some("True"), tenant: Some(TENANT), ..Reply::default() };
    Ok(consents.take(&reply, None).await?.outcome)
}

// proves T-48
#[tokio::test]
async fn a_state_is_good_for_a_week_and_then_expired() {
    let world = Arc::new(World::default());
    let consents = world.portal();
    let state = state(&consents).await;
    world.wait(WEEK - 1);
    assert_eq!(take(&consents, &state).await, Outcome::Reported);
    assert_eq!(world.reports(), 1);
    world.wait(1);
    assert_eq!(take(&consents, &state).await, Outcome::StateExpired);
    assert_eq!(world.reports(), 1);
}

#[tokio::test]
async fn used_states_are_remembered_for_a_day_longer_than_they_last() {
    let world = Arc::new(World::default());
    let forgotten_before = world.portal().forget_used_states().await.unwrap();
    assert_eq!(i64::try_from(forgotten_before).unwrap(), START - 24 * 3600);
}

// proves T-78
#[tokio::test]
async fn a_state_that_was_not_signed_here_reaches_no_table() {
    let world = Arc::new(World::default());
    let consents = world.portal();
    // Before there is a key, none is made for a stranger's sake.
    let strangers = state(&Arc::new(World::default()).portal()).await;
    assert_eq!(take(&consents, &strangers).await, Outcome::StateInvalid);
    assert_eq!(*world.secret.lock().unwrap(), None);
    state(&consents).await;
    for forged in ["", "x", "%00", &strangers, &"A".repeat(203), &"A".repeat(100_000)] {
        assert_eq!(take(&consents, forged).await, Outcome::StateInvalid, "{forged}");
    }
    assert_eq!(world.reports(), 0);
}

// proves T-78
#[tokio::test]
async fn a_flood_of_forged_states_asks_the_database_no_more_than_two_at_a_time_would() {
    let world = Arc::new(World::default());
    let consents = world.portal();
    let good = state(&consents).await;
    let forged = state(&Arc::new(World::default()).portal()).await;
    let before = world.secret_reads();
    for _ in 0..100 {
        assert_eq!(take(&consents, "no state at all").await, Outcome::StateInvalid);
    }
    assert_eq!(world.secret_reads(), before, "what has not the form of a state costs no read");
    let mut flood = JoinSet::new();
    for at in 0..200 {
        let (consents, state) = (Arc::clone(&consents), if at == 100 { good.clone() } else { forged.clone() });
        flood.spawn(async move { take(&consents, &state).await });
    }
    let outcomes = flood.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Reported).count(), 1);
    let reads = world.secret_reads() - before;
    assert!((1..=2).contains(&reads), "{reads} reads for 199 forged states");
}

#[tokio::test]
async fn while_the_key_cannot_be_read_no_good_state_is_called_bad() {
    let world = Arc::new(World::default());
    let good = state(&world.portal()).await;
    let consents = world.portal();
    world.fails.store(true, Ordering::SeqCst);
    let mut asked = JoinSet::new();
    for _ in 0..20 {
        let (consents, good) = (Arc::clone(&consents), good.clone());
        asked.spawn(async move { try_to_take(&consents, &good).await.is_err() });
    }
    assert_eq!(asked.join_all().await, [true; 20]);
    world.fails.store(false, Ordering::SeqCst);
    assert_eq!(take(&consents, &good).await, Outcome::Reported);
}

#[tokio::test]
async fn a_reading_that_is_given_up_is_made_by_the_next() {
    let world = Arc::new(World::default());
    let good = state(&world.portal()).await;
    let consents = world.portal();
    world.hangs.store(true, Ordering::SeqCst);
    let before = world.secret_reads();
    let mut asked = JoinSet::new();
    for _ in 0..5 {
        let (consents, good) = (Arc::clone(&consents), good.clone());
        asked.spawn(async move { take(&consents, &good).await });
    }
    while world.secret_reads() == before {
        yield_now().await;
    }
    world.hangs.store(false, Ordering::SeqCst);
    let waiting = {
        let (consents, good) = (Arc::clone(&consents), good.clone());
        tokio::spawn(async move { take(&consents, &good).await })
    };
    yield_now().await;
    asked.shutdown().await;
    assert_eq!(waiting.await.unwrap(), Outcome::Reported);
}

#[tokio::test]
async fn a_key_that_the_database_holds_since_is_found() {
    let world = Arc::new(World::default());
    let (one, other) = (world.portal(), world.portal());
    let state_of_one = state(&one).await;
    assert_eq!(take(&other, &state_of_one).await, Outcome::Reported);
    // As after a restore.
    *world.secret.lock().unwrap() = Some([9; 32]);
    let new = state(&one).await;
    assert_eq!(take(&other, &new).await, Outcome::Reported);
    assert_eq!(take(&one, &state_of_one).await, Outcome::StateInvalid);
}

#[tokio::test]
async fn a_state_for_an_application_that_is_gone_counts_no_more() {
    let world = Arc::new(World::default());
    let state = state(&world.portal()).await;
    let consents = world.replica("mobile=0c11e470-1111-4222-8333-444455558888");
    assert_eq!(take(&consents, &state).await, Outcome::StateInvalid);
    assert_eq!(world.reports(), 0);
}
