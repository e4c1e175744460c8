//! The machine's clock.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
pub(crate) fn now_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The time as Entra writes it in errors: `2026-01-31 02:02:12Z`.
pub(crate) fn timestamp() -> String {
    let now = Timestamp::from_second(now_seconds()).unwrap_or(Timestamp::MAX);
    now.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
