//! What a run is told by its environment.

use std::env;
use std::str::FromStr;
use std::time::Duration;

use crate::Result;

/// How long, how much, and which parts.
pub(crate) struct Settings {
    /// `BENCH_SECONDS`: the length of one round of a load.
    pub(crate) seconds: u32,
    /// `BENCH_ROWS`: the rows of the large import.
    pub(crate) rows: usize,
    /// `BENCH_SCALE=full`: the scale table up to ten million mappings.
    pub(crate) full_scale: bool,
    /// `BENCH_PARTS`: the parts to run, by commas; all if not set.
    parts: Option<String>,
}

impl Settings {
    pub(crate) fn read() -> Result<Self> {
        Ok(Self {
            seconds: number("BENCH_SECONDS", 2)?,
            rows: number("BENCH_ROWS", 1_000_000)?,
            full_scale: env::var("BENCH_SCALE").is_ok_and(|text| text == "full"),
            parts: env::var("BENCH_PARTS").ok().filter(|text| !text.is_empty()),
        })
    }

    pub(crate) fn has(&self, part: &str) -> bool {
        self.parts.as_ref().is_none_or(|parts| parts.split(',').any(|named| named == part))
    }

    pub(crate) fn round(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

fn number<T: FromStr>(name: &str, unset: T) -> Result<T> {
    match env::var(name) {
        Err(_) => Ok(unset),
        Ok(text) => text.parse().map_err(|_| format!("{name} must be a whole number, not {text:?}").into()),
    }
}
