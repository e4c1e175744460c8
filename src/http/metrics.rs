//! What `/metrics` shows, in the Prometheus text format.

use std::borrow::Cow;
use std::cell::RefCell;
use std::time::Duration;

use hashbrown::HashMap;
use prometheus::Histogram;
use prometheus::HistogramOpts;
use prometheus::HistogramVec;
use prometheus::IntCounter;
use prometheus::IntCounterVec;
use prometheus::IntGauge;
use prometheus::Opts;
use prometheus::Registry;
use prometheus::TextEncoder;

use crate::auth::KeysStatus;
use crate::auth::TokensStatus;
use crate::mappings::LinesStatus;

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
    key_fetches: IntGaugePair,
    keys: IntGauge,
    keys_age_seconds: IntGauge,
    keys_stale: IntGauge,
    known_tokens: IntGauge,
    token_checks: IntGauge,
    known_lines: IntGauge,
    line_look_ups: IntGauge,
    lines_trusted: IntGauge,
}

/// What is not counted call by call but read when the metrics are.
pub struct State {
    /// The signing keys.
    pub keys: KeysStatus,
    /// The tokens that are known again.
    pub tokens: TokensStatus,
    /// The lines that are known again.
    pub lines: LinesStatus,
}

struct IntGaugePair {
    ok: IntGauge,
    failed: IntGauge,
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
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
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
                "Calls answered with 429: for too many bad credentials of an address, with one credential, for too many imports or exports, or for too many names of other groups.",
                &["limit"],
            )?,
            unwritten_refusals: counter(
                "signline_unwritten_refusals_total",
                "Refused calls that are not in the audit log, which takes ten a minute of one caller.",
                &[],
            )?,
            key_fetches: IntGaugePair {
                ok: gauge(
                    "signline_signing_keys_fetches_ok",
                    "Fetches of the signing keys that went well, since the start.",
                )?,
                failed: gauge(
                    "signline_signing_keys_fetches_failed",
                    "Fetches of the signing keys that failed, since the start.",
                )?,
            },
            keys: gauge("signline_signing_keys", "Signing keys in use.")?,
            keys_age_seconds: gauge(
                "signline_signing_keys_age_seconds",
                "Age of the signing keys; -1 before the first fetch.",
            )?,
            keys_stale: gauge(
                "signline_signing_keys_stale",
                "1 while old keys are kept because the last fetch failed.",
            )?,
            known_tokens: gauge("signline_known_tokens", "Validated tokens that are known again.")?,
            token_checks: gauge("signline_token_checks", "Tokens that were checked anew, since the start.")?,
            known_lines: gauge("signline_known_lines", "Resolved lines that are known again.")?,
            line_look_ups: gauge("signline_line_look_ups", "Lines read from the database, since the start.")?,
            lines_trusted: gauge(
                "signline_known_lines_trusted",
                "1 while changes made on other replicas are heard; otherwise each line is read from the database.",
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
        self.set_keys(&state.keys);
        self.known_tokens.set(i64::try_from(state.tokens.known).unwrap_or(i64::MAX));
        self.token_checks.set(i64::try_from(state.tokens.checks).unwrap_or(i64::MAX));
        self.known_lines.set(i64::try_from(state.lines.known).unwrap_or(i64::MAX));
        self.line_look_ups.set(i64::try_from(state.lines.look_ups).unwrap_or(i64::MAX));
        self.lines_trusted.set(i64::from(state.lines.trusted));
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    fn set_keys(&self, keys: &KeysStatus) {
        self.keys.set(i64::try_from(keys.key_count).unwrap_or(i64::MAX));
        let age = keys.age.map_or(-1, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        self.keys_age_seconds.set(age);
        self.keys_stale.set(i64::from(keys.key_count > 0 && keys.consecutive_failures > 0));
        self.key_fetches.ok.set(i64::try_from(keys.fetches_ok).unwrap_or(i64::MAX));
        self.key_fetches.failed.set(i64::try_from(keys.fetches_failed).unwrap_or(i64::MAX));
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
