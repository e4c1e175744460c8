//! What a load showed, over all its rounds.

use std::time::Duration;

/// One round of a load.
pub(crate) struct Round {
    pub(crate) times: Vec<Duration>,
    pub(crate) wall: Duration,
    /// The processor time that the server used.
    pub(crate) server: Duration,
    /// The processor time that the load used.
    pub(crate) load: Duration,
}

impl Round {
    /// Calls a second.
    pub(crate) fn per_second(&self) -> f64 {
        count(self.times.len()) / self.wall.as_secs_f64()
    }

    /// Calls a second of processor time: what a core does that has nothing else to do.
    pub(crate) fn per_core(&self) -> f64 {
        count(self.times.len()) / self.server.as_secs_f64().max(0.001)
    }

    /// The share of the time in which the server was at work.
    pub(crate) fn busy(&self) -> f64 {
        self.server.as_secs_f64() / self.wall.as_secs_f64()
    }

    /// The share of the time in which the load was: if it is all of it, the load is the limit, and not the server.
    pub(crate) fn load_busy(&self) -> f64 {
        self.load.as_secs_f64() / self.wall.as_secs_f64()
    }
}

/// How long answers took.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }

    /// The time that so many of a thousand stayed within.
    pub(crate) fn within(&self, of_thousand: usize) -> Duration {
        let place = (self.0.len() * of_thousand / 1000).min(self.0.len().saturating_sub(1));
        self.0.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// The middle of some figures; of none: nought.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
pub(crate) fn count(count: usize) -> f64 {
    count as f64
}
