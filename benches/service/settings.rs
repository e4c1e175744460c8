//! What a run is told by its environment.

use std::env;
use std::path::PathBuf;
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
    /// `BENCH_COUNTS`: a folder for the counts of callgrind, which are made only then.
    pub(crate) counts: Option<PathBuf>,
    /// `SIGNLINE`: the program to measure, if not the one that was built with this.
    program: Option<String>,
}

impl Settings {
    pub(crate) fn read() -> Result<Self> {
        Ok(Self {
            seconds: number("BENCH_SECONDS", 2)?,
            rows: number("BENCH_ROWS", 1_000_000)?,
            full_scale: env::var("BENCH_SCALE").is_ok_and(|text| text == "full"),
            parts: text("BENCH_PARTS"),
            counts: text("BENCH_COUNTS").map(PathBuf::from),
            program: text("SIGNLINE"),
        })
    }

    pub(crate) fn has(&self, part: &str) -> bool {
        self.parts.as_ref().is_none_or(|parts| parts.split(',').any(|named| named == part))
    }

    /// The program that is measured.
    pub(crate) fn program(&self) -> &str {
        self.program.as_deref().unwrap_or(env!("CARGO_BIN_EXE_signline"))
    }

    pub(crate) fn round(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

/// A variable that is set to something.
fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

fn number<T: FromStr>(name: &str, unset: T) -> Result<T> {
    match env::var(name) {
        Err(_) => Ok(unset),
        Ok(text) => text.parse().map_err(|_| format!("{name} must be a whole number, not {text:?}").into()),
    }
}
