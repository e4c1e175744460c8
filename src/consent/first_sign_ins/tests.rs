//! When a first sign-in is written down, and what happens if it could not be.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::*;
use crate::domain::actor::AuditContext;
use crate::domain::business_group::BusinessGroupId;
use crate::ports::consent_store::{ConsentReport, ConsentSecret, GroupConsents, ReportOutcome};
use crate::ports::store_error::StoreError;

const PORTAL: &str = "0c11e470-1111-4222-8333-444455557777";
const MOBILE: &str = "0c11e470-1111-4222-8333-444455558888";

/// A store that counts what it is asked, answers when it is let, and may fail.
struct World {
    asked: AtomicUsize,
    answers: Semaphore,
    fails: AtomicBool,
    is_linked: AtomicBool,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            asked: AtomicUsize::new(0),
            answers: Semaphore::new(1000),
            fails: AtomicBool::new(false),
            is_linked: AtomicBool::new(true),
        })
    }

    fn first_sign_ins(self: &Arc<Self>) -> FirstSignIns {
        let applications = Applications::parse(&format!("portal={PORTAL},mobile={MOBILE}")).unwrap();
        FirstSignIns::new(Arc::<Self>::clone(self), applications, Arc::<Self>::clone(self))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn no<T>() -> Result<T, StoreError> {
    Err(StoreError::new("the database is gone"))
}

#[async_trait]
impl ConsentStore for World {
    async fn note_first_sign_in(&self, _: Guid, _: Guid, _: Timestamp) -> Result<bool, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let _permit = self.answers.acquire().await;
        if self.fails.load(Ordering::SeqCst) { no() } else { Ok(self.is_linked.load(Ordering::SeqCst)) }
    }

    async fn secret(&self) -> Result<Option<ConsentSecret>, StoreError> {
        no()
    }

    async fn secret_or(&self, _: ConsentSecret) -> Result<ConsentSecret, StoreError> {
        no()
    }

    async fn of_group(&self, _: &BusinessGroupId) -> Result<Option<GroupConsents>, StoreError> {
        no()
    }

    async fn report(&self, _: &ConsentReport, _: &AuditContext) -> Result<ReportOutcome, StoreError> {
        no()
    }

    async fn forget_used_states(&self, _: Timestamp) -> Result<u64, StoreError> {
        no()
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_790_000_000).unwrap()
    }
}

fn tenant(at: u32) -> Guid {
    Guid::parse(&format!("a1a1a1a1-0000-4000-8000-{at:012}")).unwrap()
}

fn name(text: &str) -> ApplicationName {
    let applications = Applications::parse(&format!("{text}={PORTAL}")).unwrap();
    applications.iter().next().unwrap().1.clone()
}

/// Lets all that was begun come to its end, as far as it is let.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_pair_is_written_down_once_however_often_it_comes() {
    let world = World::new();
    let first_sign_ins = world.first_sign_ins();
    for _ in 0..3 {
        for (at, application) in [(1, "portal"), (2, "portal"), (1, "mobile")] {
            first_sign_ins.note(tenant(at), &name(application));
        }
        settle().await;
    }
    assert_eq!(world.asked(), 3);
}

// proves T-79
#[tokio::test]
async fn a_store_that_stands_still_holds_nobody_up_and_is_not_asked_for_more() {
    let world = World::new();
    world.answers.forget_permits(1000);
    let first_sign_ins = world.first_sign_ins();
    for at in 0..50 {
        first_sign_ins.note(tenant(at), &name("portal"));
    }
    settle().await;
    assert_eq!(world.asked(), AT_ONCE);
    world.answers.add_permits(1000);
    settle().await;
    assert_eq!(world.asked(), 50);
}

#[tokio::test]
async fn what_could_not_be_written_down_is_tried_again_at_the_next_sign_in() {
    let world = World::new();
    let first_sign_ins = world.first_sign_ins();
    world.fails.store(true, Ordering::SeqCst);
    let portal = name("portal");
    first_sign_ins.note(tenant(1), &portal);
    settle().await;
    world.fails.store(false, Ordering::SeqCst);
    // The link went meanwhile, so there was nothing to write to.
    world.is_linked.store(false, Ordering::SeqCst);
    first_sign_ins.note(tenant(1), &portal);
    settle().await;
    world.is_linked.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        first_sign_ins.note(tenant(1), &portal);
        settle().await;
    }
    assert_eq!(world.asked(), 3);
}

#[tokio::test]
async fn a_sign_in_to_an_application_that_is_not_set_is_passed_over() {
    let world = World::new();
    let gone = Applications::parse(&format!("gone={PORTAL}")).unwrap();
    let first_sign_ins = FirstSignIns { applications: gone, ..world.first_sign_ins() };
    first_sign_ins.note(tenant(1), &name("portal"));
    settle().await;
    assert_eq!(world.asked(), 0);
}
