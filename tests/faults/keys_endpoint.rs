//! Microsoft's keys: the endpoint is down, slow, or lies.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use entra_sim::{Config, Endpoint, Fault, Simulator};
use futures_util::future::join_all;
use reqwest::Client;
use serde_json::Value;
use test_support::app::{TENANT, applications};
use test_support::database::TestDatabase;
use tokio::time::{sleep, sleep_until};

use crate::server::free_port;
use crate::support::{Serving, client};

/// The most that recovery may take.
const RECOVERY: Duration = Duration::from_secs(10);

/// How long after a fetch an unknown key makes for another.
const COOL_DOWN: Duration = Duration::from_secs(31);

/// A key set without a key.
const EMPTY: &str = r#"{"keys": []}"#;

/// The document of another cloud.
const OTHER_ISSUER: &str =
    r#"{"issuer": "https://login.partner.microsoftonline.cn/{tenantid}/v2.0", "jwks_uri": "http://127.0.0.1:9/keys"}"#;

fn faults() -> Vec<(&'static str, Endpoint, Fault)> {
    vec![
        ("down", Endpoint::Discovery, Fault::Status(503)),
        ("breaks off", Endpoint::Keys, Fault::BreakOff),
        ("wrong JSON", Endpoint::Keys, Fault::Garbage),
        ("an empty set", Endpoint::Keys, Fault::Body(EMPTY.to_owned())),
        ("another issuer", Endpoint::Discovery, Fault::Body(OTHER_ISSUER.to_owned())),
        ("keys on another host", Endpoint::Discovery, Fault::ForeignJwksHost("http://127.0.0.1:9".to_owned())),
        ("too much", Endpoint::Keys, Fault::Oversized),
        ("a redirect", Endpoint::Keys, Fault::RedirectTo("http://127.0.0.1:9/keys".to_owned())),
        ("nothing for long", Endpoint::Keys, Fault::DelayMs(60_000)),
    ]
}

/// A service with no mappings: a good token gets 403 from it, because nobody has linked its tenant.
struct World {
    entra: Simulator,
    serving: Serving,
    client: Client,
    _database: TestDatabase,
}

const GOOD: u16 = 403;

impl World {
    /// A service that starts while the endpoint has this fault.
    async fn with(endpoint: Endpoint, fault: Fault) -> Self {
        let entra = Simulator::start(Config::sample()).await.unwrap();
        entra.set_fault(endpoint, fault);
        Self::of(entra)
    }

    fn of(entra: Simulator) -> Self {
        let database = TestDatabase::sqlite();
        let serving = serve(&database, entra.http_base(), &applications(&entra));
        Self { entra, serving, client: client(), _database: database }
    }

    fn token(&self) -> String {
        self.entra.token(TENANT, "bobsmith@abccompany.com", "portal").unwrap().mint()
    }

    async fn me(&self, token: &str) -> (u16, Value) {
        let call = self.client.get(format!("{}/v1/me", self.serving.base)).bearer_auth(token);
        let answer = call.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn readiness(&self) -> (u16, String) {
        readiness(&self.client, &self.serving).await
    }

    /// Waits until the service is ready; says how long it took.
    async fn ready_since(&self, begun: Instant) -> Duration {
        while self.readiness().await.0 != 200 {
            assert!(begun.elapsed() < RECOVERY, "{}", self.readiness().await.1);
            sleep(Duration::from_millis(50)).await;
        }
        begun.elapsed()
    }
}

fn serve(database: &TestDatabase, authority: &str, applications: &str) -> Serving {
    Serving::start(&[
        ("SIGNLINE_DATABASE_URL", database.url()),
        ("SIGNLINE_AUTHORITY", authority),
        ("SIGNLINE_APPLICATIONS", applications),
    ])
}

async fn readiness(client: &Client, serving: &Serving) -> (u16, String) {
    let answer = client.get(format!("{}/readyz", serving.base)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_known_go_on_whatever_the_endpoint_answers() {
    join_all(faults().into_iter().map(|(what, endpoint, fault)| async move {
        let world = World::with(endpoint, fault.clone()).await;
        begins_without_keys(&world, what).await;
        world.entra.clear_faults();
        let took = world.ready_since(Instant::now()).await;
        let fetched = tokio::time::Instant::now();
        let token = world.token();
        assert_eq!(world.me(&token).await.0, GOOD, "{what}");
        println!("{what}: ready {took:.2?} after the endpoint was well again");

        sleep_until(fetched + COOL_DOWN).await;
        world.entra.set_fault(endpoint, fault);
        goes_on_with_keys(&world, what, &token).await;
    }))
    .await;
}

async fn begins_without_keys(world: &World, what: &str) {
    let (status, problem) = world.me(&world.token()).await;
    assert_eq!((status, &problem["type"]), (503, &"/problems/keys-unavailable".into()), "{what}");
    let (status, parts) = world.readiness().await;
    assert!(status == 503 && parts.contains("keys: none yet"), "{what}: {parts}");
}

async fn goes_on_with_keys(world: &World, what: &str, token: &str) {
    let key = world.entra.rotate_keys().unwrap();
    let unknown = world.token();
    // Its key is asked for; the endpoint fails, or takes its time, and nobody else waits for that.
    let asking = tokio::time::timeout(Duration::from_secs(11), world.me(&unknown));
    let asked = Instant::now();
    let known = async {
        sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        assert_eq!(world.me(token).await.0, GOOD, "{what}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{what}: a known key waited {:?}", begun.elapsed());
    };
    let (answer, ()) = tokio::join!(asking, known);
    let (status, problem) = answer.unwrap();
    assert_eq!(status, 401, "{what}: {problem} after {:?}, {}", asked.elapsed(), key.kid());
    assert_eq!(world.me(token).await.0, GOOD, "{what}");
    let (status, parts) = world.readiness().await;
    assert!(status == 200 && parts.contains("the last fetch failed"), "{what}: {parts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_starts_before_the_endpoint_is_there_gets_its_keys_soon() {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let database = TestDatabase::sqlite();
    let sample = Simulator::start(Config::sample()).await.unwrap();
    let serving = serve(&database, &format!("http://{address}"), &applications(&sample));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(readiness(&client(), &serving).await.0, 503);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let entra = Simulator::start_on(Config::sample(), address, any).await.unwrap();
    let world = World { entra, serving, client: client(), _database: database };
    let took = world.ready_since(Instant::now()).await;
    println!("ready {took:.2?} after the endpoint was there");
    assert_eq!(world.me(&world.token()).await.0, GOOD);
}
