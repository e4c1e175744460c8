//! The graceful stop: what is known of connections and calls under way.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep;

/// Tells all connections to end, and knows when they have. Clones share one state.
///
/// Connections that are open when the stop begins end as soon as they are idle. New ones are still taken while calls
/// are under way, so that a load balancer can read the 503 of `/readyz`, and end with their first answer.
#[derive(Clone)]
pub struct Drain {
    draining: watch::Sender<bool>,
    /// Connections opened before the stop began, and calls under way on any.
    busy: Arc<AtomicUsize>,
}

/// How long the last answer may take on its way from the worker to the socket.
const LAST_BYTES: Duration = Duration::from_millis(50);

/// How long a connection that came after the stop began may wait with its call.
const LATE_CONNECTION: Duration = Duration::from_secs(2);

/// How often is looked whether the last call has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl Default for Drain {
    fn default() -> Self {
        Self { draining: watch::Sender::new(false), busy: Arc::default() }
    }
}

/// Something that the stop waits for, as long as it lives.
pub struct Busy(Arc<AtomicUsize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl Drain {
    /// Whether the service is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Begins the stop.
    pub fn begin(&self) {
        self.draining.send_replace(true);
    }

    /// Counts something that the stop must wait for.
    #[must_use]
    pub fn busy(&self) -> Busy {
        self.busy.fetch_add(1, Ordering::Acquire);
        Busy(Arc::clone(&self.busy))
    }

    /// Counts a connection that is opened; `None` once the stop has begun: what it carries counts, not itself.
    #[must_use]
    pub fn connection(&self) -> Option<Busy> {
        (!self.is_draining()).then(|| self.busy())
    }

    /// When a connection that is opened now must end: when the stop begins, or, if it has begun, soon.
    pub fn end_of_connection(&self) -> impl Future<Output = ()> + 'static + use<> {
        let mut draining = self.draining.subscribe();
        let begun = self.is_draining();
        async move {
            if begun {
                sleep(LATE_CONNECTION).await;
            } else if draining.wait_for(|draining| *draining).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until nothing is under way any more, `limit` at most; `false` if that was not enough.
    pub async fn finished(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.busy.load(Ordering::Acquire) > 0 {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(LOOK_EVERY).await;
        }
        sleep(LAST_BYTES).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_stop_waits_for_calls_under_way_and_old_connections() {
        let drain = Drain::default();
        let (old_connection, call) = (drain.connection(), drain.busy());
        let end = drain.end_of_connection();
        drain.begin();
        end.await;
        assert!(drain.connection().is_none());
        assert!(!drain.finished(Duration::from_millis(20)).await);
        drop(call);
        assert!(!drain.finished(Duration::from_millis(20)).await);
        drop(old_connection);
        assert!(drain.finished(Duration::from_mins(1)).await);
    }
}
