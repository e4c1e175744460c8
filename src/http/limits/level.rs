//! A rate limit without a lock: the generic cell rate algorithm.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often something may happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// Microseconds in which one more becomes free.
    interval: u64,
    /// Microseconds in which all do.
    whole: u64,
}

/// How much has happened lately: it rises with each time, and falls by itself, down to nothing (the generic cell rate
/// algorithm). It takes no lock. Times are microseconds since the start.
#[derive(Debug, Default)]
pub(super) struct Level(AtomicU64);

impl Rate {
    /// So many at once, and so many a minute.
    pub(super) fn per_minute(most: u32) -> Self {
        Self::new(most, Duration::from_mins(1))
    }

    /// So many at once, and so many a second.
    pub(super) fn per_second(most: u32) -> Self {
        Self::new(most, Duration::from_secs(1))
    }

    fn new(most: u32, within: Duration) -> Self {
        let most = u64::from(most.max(1));
        let within = u64::try_from(within.as_micros()).unwrap_or(u64::MAX);
        let interval = (within / most).max(1);
        Self { interval, whole: interval.saturating_mul(most) }
    }

    /// How long a level that is full takes to fall to nothing.
    pub(super) fn whole(self) -> u64 {
        self.whole
    }
}

impl Level {
    /// Counts one more. If it is full already it stays so, and the time is told until there is room again.
    pub(super) fn rise(&self, now: u64, rate: Rate) -> Result<(), Duration> {
        let mut empty_at = self.0.load(Ordering::Relaxed);
        loop {
            let risen = empty_at.max(now) + rate.interval;
            if let Some(wait) = wait(risen, now, rate) {
                return Err(wait);
            }
            match self.0.compare_exchange_weak(empty_at, risen, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => empty_at = other,
            }
        }
    }

    /// The time until there is room again; `None` if there is.
    pub(super) fn is_full(&self, now: u64, rate: Rate) -> Option<Duration> {
        wait(self.0.load(Ordering::Relaxed).max(now) + rate.interval, now, rate)
    }
}

fn wait(risen: u64, now: u64, rate: Rate) -> Option<Duration> {
    let over = risen.saturating_sub(now.saturating_add(rate.whole));
    (over > 0).then(|| Duration::from_micros(over))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_level_takes_as_many_as_it_may_and_falls_by_itself() {
        let (level, rate) = (Level::default(), Rate::per_minute(60));
        for _ in 0..60 {
            assert_eq!(level.rise(5 * SECOND, rate), Ok(()));
        }
        let full = Err(Duration::from_secs(1));
        assert_eq!(level.rise(5 * SECOND, rate), full);
        assert_eq!(level.rise(5 * SECOND, rate), full, "who goes on does not make it longer");
        assert_eq!(level.is_full(5 * SECOND, rate), Some(Duration::from_secs(1)));
        assert_eq!(level.is_full(6 * SECOND, rate), None);
        assert_eq!(level.rise(6 * SECOND, rate), Ok(()));
        assert_eq!(level.rise(6 * SECOND, rate), full);
        for _ in 0..60 {
            assert_eq!(level.rise(66 * SECOND, rate), Ok(()));
        }
        assert!(level.rise(66 * SECOND, rate).is_err());
    }

    #[test]
    fn rates_beyond_the_clock_do_no_harm() {
        let (level, rate) = (Level::default(), Rate::per_second(u32::MAX));
        assert!((0..1000).all(|_| level.rise(0, rate).is_ok()));
        assert!(Level::default().rise(0, Rate::per_second(0)).is_ok());
    }
}
