//! The machine's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
pub(crate) fn now_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The time as Entra writes it in errors: `2026-01-31 02:02:12Z`.
pub(crate) fn timestamp() -> String {
    now().strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// The date so many days from now, in UTC.
pub(crate) fn date(days_from_now: i64) -> Date {
    let day = now().saturating_add(SignedDuration::from_hours(24 * days_from_now));
    TimeZone::UTC.to_datetime(day.unwrap_or(Timestamp::MAX)).date()
}

fn now() -> Timestamp {
    Timestamp::from_second(now_seconds()).unwrap_or(Timestamp::MAX)
}
