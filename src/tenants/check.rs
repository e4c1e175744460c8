//! Whether a tenant that is about to be linked exists: asked seldom enough that nobody makes the service a nuisance to
//! Microsoft.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::domain::guid::Guid;
use crate::ports::tenant_directory::{TenantDirectory, TenantExistence};

/// How many questions wait for an answer at once.
const MOST_AT_ONCE: usize = 4;

/// How many questions are asked within [`WINDOW`].
const MOST_IN_WINDOW: usize = 30;
const WINDOW: Duration = Duration::from_mins(1);

/// Asks a directory within limits, which hold for the whole service. A question beyond them is not asked and does not
/// wait.
pub(super) struct TenantCheck {
    directory: Arc<dyn TenantDirectory>,
    under_way: Semaphore,
    lately: Mutex<Lately>,
}

/// When the latest questions were asked, the oldest first.
#[derive(Default)]
struct Lately(VecDeque<Instant>);

impl TenantCheck {
    pub(super) fn new(directory: Arc<dyn TenantDirectory>) -> Self {
        Self { directory, under_way: Semaphore::new(MOST_AT_ONCE), lately: Mutex::default() }
    }

    /// Whether a tenant exists. [`TenantExistence::NotReached`] also where too much was asked lately.
    pub(super) async fn exists(&self, tenant: Guid) -> TenantExistence {
        let Ok(_place) = self.under_way.try_acquire() else {
            return TenantExistence::NotReached;
        };
        if !self.may_ask() {
            return TenantExistence::NotReached;
        }
        self.directory.exists(tenant).await
    }

    fn may_ask(&self) -> bool {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner).may_ask(Instant::now())
    }
}

impl Lately {
    /// Whether one more may be asked, which then counts.
    fn may_ask(&mut self, now: Instant) -> bool {
        while self.0.front().is_some_and(|oldest| now.saturating_duration_since(*oldest) >= WINDOW) {
            self.0.pop_front();
        }
        let may_ask = self.0.len() < MOST_IN_WINDOW;
        if may_ask {
            self.0.push_back(now);
        }
        may_ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_questions_are_asked_within_a_minute_and_no_more() {
        let (mut lately, start) = (Lately::default(), Instant::now());
        let half = start + WINDOW / 2;
        assert!((0..MOST_IN_WINDOW / 2).all(|_| lately.may_ask(start)));
        assert!((0..MOST_IN_WINDOW / 2).all(|_| lately.may_ask(half)));
        assert!(!lately.may_ask(half));
        assert!(!lately.may_ask(start + WINDOW.saturating_sub(Duration::from_millis(1))));
        // The first half is a minute ago.
        assert!((0..MOST_IN_WINDOW / 2).all(|_| lately.may_ask(start + WINDOW)));
        assert!(!lately.may_ask(start + WINDOW));
        assert_eq!(lately.0.len(), MOST_IN_WINDOW);
    }
}
