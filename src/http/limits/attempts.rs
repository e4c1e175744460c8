//! Limits for credentials that are not good, and for names that are another's.
//!
//! Nobody with a good credential may be locked out by somebody else's bad ones: thousands of users may come from one
//! address, of a company's gateway or of a proxy that nobody named. So
//! - a token that is in the cache never comes here;
//! - only failures count, for the credential and for the address it came from, and for the address only those that prove
//!   nothing: a token that Microsoft has signed but that has expired is no guess;
//! - an address that is over its limit is not shut out. What comes from it is still checked, as long as all such checks
//!   together stay below a rate that the service does not feel. So a good token from there passes, unless its neighbours
//!   send thousands of bad ones a second; if it is refused then, it passes when it is sent again, and is known from then on.
//!   An API key that was good lately always passes.
//!
//! As long as nothing is over a limit, a credential costs one atomic read here.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderValue, X_FORWARDED_FOR};
use quick_cache::sync::Cache;
use tokio::time::Instant;
use tracing::warn;

use crate::auth::TokenError;
use crate::domain::actor::Actor;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::trusted_proxies::TrustedProxies;
use crate::http::limits::level::{Level, Rate};
use crate::http::metrics::Metrics;
use crate::http::problem::{Problem, ProblemKind};
use crate::ports::api_key_store::ApiKeyRefusal;

/// Addresses, and credentials, that are remembered: some 10 MiB when full. Those that fail again and again stay.
const CAPACITY: usize = 65_536;

/// Checks a second of tokens from addresses that are over their limit: some 60 ms of processor time.
const CHECKS_A_SECOND: u32 = 2000;

/// Look-ups a second of API keys from such addresses: each asks the database.
const LOOKUPS_A_SECOND: u32 = 100;

/// Lines a minute in the log about addresses that are over their limit.
const LINES_A_MINUTE: u32 = 10;

/// Refused calls a minute of one caller that go into the audit log: it never forgets, and nobody must be able to fill it.
const WRITTEN_DOWN_A_MINUTE: u32 = 10;

/// Answers a minute to one business group that a name is another's: each tells of a name that somebody has.
const TAKEN_NAMES_A_MINUTE: u32 = 10;

/// How many failures are borne.
#[derive(Clone, Debug)]
pub struct AttemptLimits {
    /// A minute from one address (IPv6: one /64 network); 0: any number.
    pub per_address: u32,
    /// A minute with one credential; 0: any number.
    pub per_credential: u32,
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: TrustedProxies,
}

/// The failures of the last minute.
pub struct FailedAttempts {
    started: Instant,
    proxies: TrustedProxies,
    addresses: Option<Failures<IpAddr>>,
    credentials: Option<Failures<u64>>,
    /// Makes the fingerprints of credentials. No credential is kept.
    fingerprinter: RandomState,
    good_keys: Cache<u64, ()>,
    /// Until when something may be over its limit, in microseconds since the start; 0: nothing is.
    alert_until: AtomicU64,
    /// Refused calls that the audit log tells of, by who made them.
    written_down: Failures<u64>,
    /// Names that were another group's, by the group that was to have them. Not by who asked: an administrator makes as many
    /// keys as they like.
    taken_names: Failures<u64>,
    checks: Level,
    lookups: Level,
    lines: Level,
}

/// What is attempted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Kind {
    /// A Microsoft Entra token.
    Token,
    /// An API key.
    ApiKey,
}

/// An error of a check, and what it says of who sent the credential.
pub(in crate::http) trait Failure: Into<Problem> {
    /// Whether it is the credential's fault at all.
    fn is_bad_credential(&self) -> bool;

    /// Whether the credential is one that somebody once gave out.
    fn was_given_out(&self) -> bool;
}

impl Failure for TokenError {
    fn is_bad_credential(&self) -> bool {
        matches!(self, Self::Invalid(_))
    }

    fn was_given_out(&self) -> bool {
        matches!(self, Self::Invalid(check) if check.comes_after_the_signature())
    }
}

impl Failure for ApiKeyRefusal {
    fn is_bad_credential(&self) -> bool {
        matches!(self, Self::UnknownSecret | Self::Expired)
    }

    fn was_given_out(&self) -> bool {
        matches!(self, Self::Expired)
    }
}

/// The failures of many, each under its key.
struct Failures<K> {
    rate: Rate,
    levels: Cache<K, Arc<Level>>,
}

impl FailedAttempts {
    /// No failures yet.
    #[must_use]
    pub fn new(limits: AttemptLimits) -> Self {
        Self {
            started: Instant::now(),
            proxies: limits.proxies,
            addresses: Failures::of(limits.per_address),
            credentials: Failures::of(limits.per_credential),
            fingerprinter: RandomState::new(),
            good_keys: Cache::new(CAPACITY),
            alert_until: AtomicU64::new(0),
            written_down: Failures::at(WRITTEN_DOWN_A_MINUTE),
            taken_names: Failures::at(TAKEN_NAMES_A_MINUTE),
            checks: Level::default(),
            lookups: Level::default(),
            lines: Level::default(),
        }
    }

    /// Checks a credential that is not known yet, unless too many have failed.
    ///
    /// # Errors
    /// What the check says, or 429.
    pub(in crate::http) async fn check<T, E: Failure>(
        &self,
        (request, metrics): (&HttpRequest, &Metrics),
        (kind, credential): (Kind, &str),
        check: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Problem> {
        let to_problem = |refused: Refused| refused.tell(metrics);
        self.admit(request, kind, credential).map_err(to_problem)?;
        match check.await {
            Ok(good) => {
                if kind == Kind::ApiKey {
                    self.remember_good(credential);
                }
                Ok(good)
            }
            Err(error) if error.is_bad_credential() => {
                self.fail(request, kind, credential, error.was_given_out()).map_err(to_problem)?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether nothing can be over a limit, so that [`FailedAttempts::check`] would let any credential be checked.
    pub(in crate::http) fn are_few(&self) -> bool {
        self.alert_until.load(Ordering::Relaxed) == 0
    }

    /// Whether one more refused call of this caller goes into the audit log, whatever right they have.
    pub(in crate::http) fn may_write_down(&self, caller: &Actor) -> bool {
        self.written_down.count(&self.fingerprint(&caller.id), self.now()).is_ok()
    }

    /// Gives a business group another name, unless too many that were tried for it are others'.
    ///
    /// # Errors
    /// What `change` says; 429 before it, and in place of its [`ProblemKind::NameTaken`], where there were too many.
    pub(in crate::http) async fn rename<T>(
        &self,
        metrics: &Metrics,
        group: &BusinessGroupId,
        change: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let group = self.fingerprint(group.as_str());
        let refused = |wait| Refused { limit: Limit::Name, wait }.tell(metrics);
        if let Some(wait) = self.taken_names.is_full(&group, self.now()) {
            return Err(refused(wait));
        }
        match change.await {
            Err(problem) if problem.kind() == ProblemKind::NameTaken => {
                // Others may have been answered meanwhile.
                self.taken_names.count(&group, self.now()).map_err(refused)?;
                Err(problem)
            }
            changed => changed,
        }
    }

    /// Whether a credential is to be checked at all.
    fn admit(&self, request: &HttpRequest, kind: Kind, credential: &str) -> Result<(), Refused> {
        let alert_until = self.alert_until.load(Ordering::Relaxed);
        if alert_until == 0 {
            return Ok(());
        }
        let now = self.now();
        if now >= alert_until {
            let _ = self.alert_until.compare_exchange(alert_until, 0, Ordering::Relaxed, Ordering::Relaxed);
            return Ok(());
        }
        let fingerprint = self.fingerprint(credential);
        if let Some(wait) = self.credentials.as_ref().and_then(|credentials| credentials.is_full(&fingerprint, now)) {
            return Err(Refused { limit: Limit::Credential, wait });
        }
        let network = network(self.origin(request));
        if self.addresses.as_ref().and_then(|addresses| addresses.is_full(&network, now)).is_none() {
            return Ok(());
        }
        let room = match kind {
            Kind::Token => self.checks.rise(now, Rate::per_second(CHECKS_A_SECOND)),
            Kind::ApiKey if self.good_keys.get(&fingerprint).is_some() => Ok(()),
            Kind::ApiKey => self.lookups.rise(now, Rate::per_second(LOOKUPS_A_SECOND)),
        };
        room.map_err(|wait| Refused { limit: Limit::Address, wait })
    }

    /// Counts a failure; an error if there were too many before it.
    fn fail(&self, request: &HttpRequest, kind: Kind, credential: &str, was_given_out: bool) -> Result<(), Refused> {
        let (now, fingerprint) = (self.now(), self.fingerprint(credential));
        if kind == Kind::ApiKey {
            self.good_keys.remove(&fingerprint);
        }
        let of_credential =
            self.credentials.as_ref().map_or(Ok(()), |credentials| credentials.count(&fingerprint, now));
        let of_address = match &self.addresses {
            Some(addresses) if !was_given_out => {
                let network = network(self.origin(request));
                let counted = addresses.count(&network, now);
                if counted.is_err() && self.lines.rise(now, Rate::per_minute(LINES_A_MINUTE)).is_ok() {
                    warn!(address = %network, "too many bad credentials come from one address");
                }
                counted
            }
            _ => Ok(()),
        };
        let limited = of_credential.map_err(|wait| Refused { limit: Limit::Credential, wait });
        let limited = limited.and(of_address.map_err(|wait| Refused { limit: Limit::Address, wait }));
        if limited.is_err() {
            let whole = [self.addresses.as_ref().map(|of| of.rate), self.credentials.as_ref().map(|of| of.rate)];
            let whole = whole.into_iter().flatten().map(Rate::whole).max().unwrap_or_default();
            self.alert_until.fetch_max(now.saturating_add(whole), Ordering::Relaxed);
        }
        limited
    }

    fn remember_good(&self, key: &str) {
        let fingerprint = self.fingerprint(key);
        if self.good_keys.get(&fingerprint).is_none() {
            self.good_keys.insert(fingerprint, ());
        }
    }

    /// Where a call came from.
    fn origin(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let forwarded: Vec<_> = request.headers().get_all(X_FORWARDED_FOR).map(HeaderValue::as_bytes).collect();
        self.proxies.origin(peer, forwarded.into_iter())
    }

    fn fingerprint(&self, credential: &str) -> u64 {
        self.fingerprinter.hash_one(credential)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl<K: std::hash::Hash + Eq + Clone> Failures<K> {
    /// `None` if there is no limit.
    fn of(a_minute: u32) -> Option<Self> {
        (a_minute > 0).then(|| Self::at(a_minute))
    }

    fn at(a_minute: u32) -> Self {
        Self { rate: Rate::per_minute(a_minute), levels: Cache::new(CAPACITY) }
    }

    fn is_full(&self, key: &K, now: u64) -> Option<Duration> {
        self.levels.get(key)?.is_full(now, self.rate)
    }

    fn count(&self, key: &K, now: u64) -> Result<(), Duration> {
        let Ok(level) = self.levels.get_or_insert_with(key, || Ok::<_, std::convert::Infallible>(Arc::default()));
        level.rise(now, self.rate)
    }
}

/// What one caller is given of IPv6 is a network of 64 bits, in which they have any address they like.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// An attempt that is refused unseen, or was one too many.
struct Refused {
    limit: Limit,
    wait: Duration,
}

#[derive(Clone, Copy)]
enum Limit {
    Address,
    Credential,
    Name,
}

impl Refused {
    fn tell(self, metrics: &Metrics) -> Problem {
        let (label, detail) = match self.limit {
            Limit::Address => ("address", "Too many credentials from this address were not good. Wait, and try again."),
            Limit::Credential => ("credential", "This credential was refused too often. Wait, and send another one."),
            Limit::Name => (
                "name",
                "Too many names that other business groups have were tried for this one. Wait, and try again, or ask the operator.",
            ),
        };
        metrics.count_refusal(label);
        Problem::too_many_requests(detail, self.wait)
    }
}

#[cfg(test)]
mod tests;
