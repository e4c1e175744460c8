//! What `/metrics` shows, in the Prometheus text format.

use std::borrow::Cow;
use std::cell::RefCell;
use std::time::Duration;

use hashbrown::HashMap;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use crate::auth::{KeysStatus, TokensStatus};
use crate::mappings::LineCacheStatus;

/// Upper bounds of the latency histogram's buckets, in seconds: a resolve takes less than a millisecond, an import of a
/// million rows many seconds.
const BUCKETS: [f64; 14] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0];

/// The metrics of one running service, in a registry of their own.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    import_rows: IntCounterVec,
    refused_attempts: IntCounterVec,
    unwritten_refusals: IntCounterVec,
}

/// What is not counted call by call but read when the metrics are.
pub struct State {
    /// The signing keys.
    pub keys: KeysStatus,
    /// The cache of tokens.
    pub tokens: TokensStatus,
    /// The cache of lines.
    pub lines: LineCacheStatus,
}

/// A number that can rise and fall.
fn gauge(registry: &Registry, name: &str, help: &str, value: i64) -> Result<(), prometheus::Error> {
    let gauge = IntGauge::new(name, help)?;
    gauge.set(value);
    registry.register(Box::new(gauge))
}

/// A number that only rises until the service ends.
fn counter(registry: &Registry, name: &str, help: &str, value: u64) -> Result<(), prometheus::Error> {
    let counter = IntCounter::new(name, help)?;
    counter.inc_by(value);
    registry.register(Box::new(counter))
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl State {
    /// All of it in a registry of its own, which is read once: so two who ask at the same time count nothing twice.
    fn registry(&self) -> Result<Registry, prometheus::Error> {
        let registry = Registry::new();
        self.register_keys(&registry)?;
        self.register_caches(&registry)?;
        Ok(registry)
    }

    fn register_keys(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        let keys = &self.keys;
        let fetches = Opts::new("signline_signing_key_fetches_total", "Fetches of the signing keys.");
        let fetches = IntCounterVec::new(fetches, &["result"])?;
        fetches.with_label_values(&["ok"]).inc_by(keys.fetches_ok);
        fetches.with_label_values(&["failed"]).inc_by(keys.fetches_failed);
        registry.register(Box::new(fetches))?;
        gauge(registry, "signline_signing_keys", "Signing keys in use.", count(keys.key_count))?;
        let age = keys.age.map_or(-1, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        let help = "Age of the signing keys; -1 before the first fetch.";
        gauge(registry, "signline_signing_keys_age_seconds", help, age)?;
        let is_stale = keys.key_count > 0 && keys.consecutive_failures > 0;
        let help = "1 while old keys are kept because the last fetch failed.";
        gauge(registry, "signline_signing_keys_stale", help, i64::from(is_stale))
    }

    fn register_caches(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        let Self { tokens, lines, .. } = self;
        gauge(registry, "signline_token_cache_entries", "Validated tokens in the cache.", count(tokens.cached))?;
        let help = "Tokens that were checked because they were not in the cache, good and bad ones.";
        counter(registry, "signline_token_validations_total", help, tokens.checks)?;
        gauge(registry, "signline_line_cache_entries", "Lines in the cache.", count(lines.cached))?;
        counter(registry, "signline_line_lookups_total", "Lines read from the database.", lines.lookups)?;
        let help = "1 while changes made on other replicas are heard; otherwise each line is read from the database.";
        gauge(registry, "signline_line_cache_trusted", help, i64::from(lines.trusted))
    }
}

impl Metrics {
    /// Fresh metrics.
    ///
    /// # Errors
    /// If two metrics had one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let seconds =
            HistogramOpts::new("signline_http_request_duration_seconds", "Time to the end of the answer's head.");
        let seconds = HistogramVec::new(seconds.buckets(BUCKETS.to_vec()), &["route", "method"])?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self {
            requests: counter("signline_http_requests_total", "Calls answered.", &["route", "method", "status"])?,
            import_rows: counter("signline_import_rows_total", "Rows of applied imports.", &["result"])?,
            refused_attempts: counter(
                "signline_refused_attempts_total",
                "Calls answered with 429: for too many bad credentials of an address, with one credential, for too many \
                 imports or exports, or for too many names of other groups.",
                &["limit"],
            )?,
            unwritten_refusals: counter(
                "signline_unwritten_refusals_total",
                "Refused calls that are not in the audit log, which takes ten a minute of one caller.",
                &[],
            )?,
            seconds,
            registry,
        })
    }

    /// The counters of calls of this kind.
    fn of_calls(&self, CallKind { route, method, status }: &CallKind) -> CountedCalls {
        CountedCalls {
            requests: self.requests.with_label_values(&[route, *method, &status.to_string()]),
            seconds: self.seconds.with_label_values(&[route, *method]),
        }
    }

    /// Counts the rows of an applied import.
    pub fn observe_import(&self, result: &str, rows: u64) {
        self.import_rows.with_label_values(&[result]).inc_by(rows);
    }

    /// Counts a call that was refused by a limit.
    pub fn count_refusal(&self, limit: &str) {
        self.refused_attempts.with_label_values(&[limit]).inc();
    }

    /// Counts a refused call that is left out of the audit log.
    pub fn count_unwritten_refusal(&self) {
        self.unwritten_refusals.with_label_values::<&str>(&[]).inc();
    }

    /// The metrics as text, with the state as it is now.
    ///
    /// # Errors
    /// If the text could not be written.
    pub fn render(&self, state: &State) -> Result<String, prometheus::Error> {
        let mut families = self.registry.gather();
        families.extend(state.registry()?.gather());
        TextEncoder::new().encode_to_string(&families)
    }
}

/// What calls are counted by.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct CallKind {
    /// The route's pattern, or a fixed word: never a path, which holds phone numbers.
    pub(super) route: Cow<'static, str>,
    /// The method, or a fixed word for one that a caller made up.
    pub(super) method: &'static str,
    /// The status of the answer.
    pub(super) status: u16,
}

/// The counters of one kind of call.
struct CountedCalls {
    requests: IntCounter,
    seconds: Histogram,
}

/// The counters that one worker's calls have needed so far: finding them by their labels takes longer than counting.
#[derive(Default)]
pub(super) struct CallCounters(RefCell<HashMap<CallKind, CountedCalls>>);

impl CallCounters {
    /// Counts a call that took so long.
    pub(super) fn count(&self, metrics: &Metrics, kind: CallKind, took: Duration) {
        let mut known = self.0.borrow_mut();
        let calls = known.entry(kind).or_insert_with_key(|kind| metrics.of_calls(kind));
        calls.requests.inc();
        calls.seconds.observe(took.as_secs_f64());
    }
}
