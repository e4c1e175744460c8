//! The validator and its key cache against the simulated Entra over HTTP, with a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use entra_sim::{Config, Endpoint, Fault, Simulator, TokenBuilder};
use jiff::{SignedDuration, Timestamp};
use signline::auth::{SigningKeys, TokenCheck, TokenError, TokenPolicy, TokenValidator};
use signline::domain::application::Applications;
use signline::domain::authority::Authority;
use signline::entra::EntraKeySetClient;
use signline::ports::clock::{Clock, SystemClock};
use tokio::task::JoinSet;

/// A clock that stands still but where the test moves it, however long the machine takes.
struct MovedClock {
    start: Timestamp,
    seconds: AtomicI64,
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        self.start + SignedDuration::from_secs(self.seconds.load(Ordering::Relaxed))
    }
}

struct World {
    entra: Simulator,
    clock: Arc<MovedClock>,
    keys: Arc<SigningKeys>,
    validator: Arc<TokenValidator>,
}

impl World {
    async fn new() -> Self {
        let entra = Simulator::start(Config::sample()).await.expect("the simulator starts");
        let authority = Authority::parse(entra.http_base()).expect("an authority");
        let portal = entra.config().application_named("portal").expect("an application").client_id;
        let policy = TokenPolicy {
            authority: authority.clone(),
            applications: Applications::parse(&format!("portal={portal}")).expect("applications"),
            api: None,
            email_claims: vec!["email".to_owned()],
            clock_skew: Duration::from_mins(1),
        };
        let clock = Arc::new(MovedClock { start: SystemClock.now(), seconds: AtomicI64::new(0) });
        let source = Arc::new(EntraKeySetClient::new(&authority).expect("a client"));
        let keys = Arc::new(SigningKeys::new(source, Arc::<MovedClock>::clone(&clock)));
        let validator = TokenValidator::new(policy, Arc::clone(&keys), Arc::<MovedClock>::clone(&clock));
        let validator = validator.with_cache(1000).expect("random bytes");
        Self { entra, clock, keys, validator: Arc::new(validator) }
    }

    fn wait(&self, seconds: i64) {
        self.clock.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    /// A token that outlasts every wait of a test.
    fn token(&self) -> TokenBuilder {
        let token = self.entra.token("abccompany.com", "bobsmith@abccompany.com", "portal").expect("a user");
        token.expires_in_seconds(30 * 86_400)
    }

    async fn validate(&self, token: &TokenBuilder) -> Result<(), TokenError> {
        self.validator.validate(&token.mint()).await.map(drop)
    }
}

const UNKNOWN: Result<(), TokenError> = Err(TokenError::Invalid(TokenCheck::UnknownKey));

#[tokio::test]
async fn a_rolled_key_is_fetched_once_and_a_withdrawn_one_is_refused_after_the_next_refresh() {
    let world = World::new().await;
    let old = world.token();
    assert_eq!(world.validate(&old).await, Ok(()));
    let withdrawn = world.entra.signing_key();
    world.entra.rotate_keys().expect("a new key");
    world.entra.reset_fetches();
    world.wait(30);
    for _ in 0..10 {
        assert_eq!(world.validate(&world.token()).await, Ok(()));
        assert_eq!(world.validate(&old).await, Ok(()));
    }
    assert_eq!((world.entra.fetches().discovery, world.entra.fetches().keys), (1, 1));
    assert!(world.entra.withdraw_key(withdrawn.kid()).expect("a key"));
    world.keys.refresh().await;
    assert_eq!(world.validate(&old).await, UNKNOWN);
    assert_eq!(world.validate(&world.token()).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_unknown_keys_is_one_fetch_in_thirty_seconds() {
    let world = World::new().await;
    world.keys.refresh().await;
    for round in 0..3 {
        world.entra.reset_fetches();
        world.wait(30);
        // The fetch is slow, so that all ask while it is under way.
        world.entra.set_fault(Endpoint::Keys, Fault::DelayMs(300));
        let mut storm = JoinSet::new();
        for number in 0..200 {
            let validator = Arc::clone(&world.validator);
            let token = world.token().header("kid", format!("unknown-{round}-{number}")).mint();
            storm.spawn(async move { validator.validate(&token).await.map(drop) });
        }
        for outcome in storm.join_all().await {
            assert_eq!(outcome, UNKNOWN);
        }
        assert_eq!((world.entra.fetches().discovery, world.entra.fetches().keys), (1, 1));
        // Now it is too early for another.
        world.wait(29);
        assert_eq!(world.validate(&world.token().header("kid", "one-more")).await, UNKNOWN);
        assert_eq!(world.entra.fetches().keys, 1);
    }
}

#[tokio::test]
async fn a_fetch_that_failed_counts_for_the_cool_down_too() {
    let world = World::new().await;
    world.entra.set_fault(Endpoint::Discovery, Fault::Status(500));
    for _ in 0..5 {
        assert!(matches!(world.validate(&world.token()).await, Err(TokenError::KeysUnavailable { .. })));
    }
    assert_eq!(world.entra.fetches().discovery, 1);
    world.entra.clear_faults();
    world.wait(30);
    assert_eq!(world.validate(&world.token()).await, Ok(()));
}

#[tokio::test]
async fn an_outage_is_outlasted_for_a_day_and_no_longer() {
    let world = World::new().await;
    let token = world.token();
    assert_eq!(world.validate(&token).await, Ok(()));
    for fault in [Fault::Status(503), Fault::Garbage, Fault::BreakOff, Fault::Oversized] {
        world.entra.set_fault(Endpoint::Keys, fault);
        world.wait(5 * 3600);
        world.keys.refresh().await;
        assert_eq!(world.validate(&token).await, Ok(()));
    }
    assert_eq!(world.keys.status().consecutive_failures, 4);
    world.wait(5 * 3600);
    assert!(matches!(world.validate(&token).await, Err(TokenError::KeysUnavailable { .. })));
    world.entra.clear_faults();
    world.keys.refresh().await;
    assert_eq!(world.validate(&token).await, Ok(()));
}

#[tokio::test]
async fn keys_on_another_host_and_redirects_are_refused() {
    let elsewhere = Simulator::start(Config::sample()).await.expect("the simulator starts");
    for (endpoint, fault) in [
        (Endpoint::Discovery, Fault::ForeignJwksHost(elsewhere.http_base().to_owned())),
        (
            Endpoint::Discovery,
            Fault::RedirectTo(format!("{}/organizations/v2.0/.well-known/openid-configuration", elsewhere.http_base())),
        ),
        (Endpoint::Keys, Fault::RedirectTo(format!("{}/organizations/discovery/v2.0/keys", elsewhere.http_base()))),
    ] {
        let world = World::new().await;
        world.entra.set_fault(endpoint, fault.clone());
        assert!(matches!(world.validate(&world.token()).await, Err(TokenError::KeysUnavailable { .. })), "{fault:?}");
    }
    assert_eq!((elsewhere.fetches().discovery, elsewhere.fetches().keys), (0, 0));
}

#[tokio::test]
async fn the_key_of_personal_accounts_does_not_sign_for_a_company() {
    let world = World::new().await;
    let forged = world.token().signed_by(&world.entra.personal_key());
    assert_eq!(world.validate(&forged).await, Err(TokenError::Invalid(TokenCheck::KeyIssuer)));
}
