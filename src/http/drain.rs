//! The graceful stop: what is known of connections and calls under way.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// Tells all connections to end, and knows when they have. Clones share one state.
///
/// Connections that are open when the stop begins end as soon as they are idle. New ones are still taken while calls
/// are under way, so that a load balancer can read the 503 of `/readyz`, and end with their first answer.
#[derive(Clone)]
pub struct Drain {
    /// What every call asks; the channel below takes a lock to tell the same.
    draining: Arc<AtomicBool>,
    requested: watch::Sender<bool>,
    /// Connections opened before the stop began, and calls on later ones.
    in_flight: Arc<AtomicUsize>,
}

/// How long the last answer may take on its way from the worker to the socket.
const LAST_BYTES: Duration = Duration::from_millis(50);

/// How long a connection that came after the stop began may wait with its call.
const LATE_CONNECTION: Duration = Duration::from_secs(2);

/// How often is looked whether the last call has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl Default for Drain {
    fn default() -> Self {
        Self { draining: Arc::default(), requested: watch::Sender::new(false), in_flight: Arc::default() }
    }
}

/// Something that the stop waits for, as long as it lives.
pub struct InFlight(Arc<AtomicUsize>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl Drain {
    /// Whether the service is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Begins the stop: all connections are told to end.
    pub fn request_shutdown(&self) {
        self.draining.store(true, Ordering::Release);
        self.requested.send_replace(true);
    }

    /// Counts something that the stop must wait for.
    fn in_flight(&self) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Acquire);
        InFlight(Arc::clone(&self.in_flight))
    }

    /// Counts a connection that is opened; `None` once the stop is requested: what it carries counts, not itself.
    #[must_use]
    pub fn connection(&self) -> Option<InFlight> {
        (!self.is_draining()).then(|| self.in_flight())
    }

    /// Counts a call that begins; `None` before the stop: its connection is counted, and outlives the call. So calls
    /// need no counter that all workers write to.
    #[must_use]
    pub fn call(&self) -> Option<InFlight> {
        self.is_draining().then(|| self.in_flight())
    }

    /// When a connection that is opened now must end: when the stop begins, or, if it was requested before, soon.
    pub fn end_of_connection(&self) -> impl Future<Output = ()> + 'static + use<> {
        let drain = self.clone();
        let late = self.is_draining();
        async move { if late { sleep(LATE_CONNECTION).await } else { drain.shutdown_requested().await } }
    }

    /// Waits until the stop is requested. A connection asks each time that it is woken, so that the channel, which
    /// takes locks, is asked only once, for the task that it is to wake.
    async fn shutdown_requested(&self) {
        let mut requests = self.requested.subscribe();
        let mut requested = pin!(requests.wait_for(|requested| *requested));
        let mut woken_then: Option<Waker> = None;
        poll_fn(|context| {
            if !self.is_draining() && woken_then.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                return Poll::Pending;
            }
            woken_then = Some(context.waker().clone());
            requested.as_mut().poll(context).map(drop)
        })
        .await;
    }

    /// Waits until nothing is under way any more, `limit` at most; `false` if that was not enough.
    pub async fn finished(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.in_flight.load(Ordering::Acquire) > 0 {
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
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_stop_waits_for_calls_under_way_and_old_connections() {
        let drain = Drain::default();
        let old_connection = drain.connection();
        assert!(drain.call().is_none(), "its connection is counted");
        let end = drain.end_of_connection();
        drain.request_shutdown();
        end.await;
        assert!(drain.connection().is_none());
        let call = drain.call();
        assert!(call.is_some());
        assert!(!drain.finished(Duration::from_millis(20)).await);
        drop(call);
        assert!(!drain.finished(Duration::from_millis(20)).await);
        drop(old_connection);
        assert!(drain.finished(Duration::from_mins(1)).await);
    }

    #[tokio::test]
    async fn an_idle_connection_that_was_asked_before_is_woken_by_the_stop() {
        let drain = Drain::default();
        let mut end = Box::pin(drain.end_of_connection());
        for _ in 0..2 {
            assert_eq!(end.as_mut().now_or_never(), None);
        }
        let connection = tokio::spawn(end);
        tokio::task::yield_now().await;
        drain.request_shutdown();
        connection.await.unwrap();
    }
}
