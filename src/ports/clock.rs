//! The time, as an argument: rules that depend on it can be tested at any hour.

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now, in UTC and whole microseconds.
    fn now(&self) -> Timestamp;
}

/// A time in whole microseconds, which is what the stores keep: a time reads the same before it is stored and after.
#[must_use]
pub fn in_microseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        in_microseconds(Timestamp::now())
    }
}
