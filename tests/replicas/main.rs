//! Two real replicas on one PostgreSQL database: who is removed on one is gone from the other at once, also while its
//! connection for notifications is being killed.
//!
//! A program of its own, so that no other test runs beside it: it is about how long that takes.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]
#![expect(clippy::disallowed_methods, reason = "programs and servers run by the machine's own clock")]
#![expect(clippy::print_stdout, reason = "how long it took is worth knowing")]

#[path = "../process/support.rs"]
#[expect(dead_code, reason = "shared with the tests of single processes")]
mod support;

use std::convert::Infallible;
use std::process::Command;
use std::time::{Duration, Instant};

use entra_sim::{Config, Simulator};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use test_support::app::{TENANT, TIMEOUT, applications};
use test_support::database::TestDatabase;
use tokio::task::{JoinHandle, spawn};
use tokio::time::sleep;
use uuid::Uuid;

use crate::support::{Serving, client, operator_key};

const USER: &str = "bobsmith@abccompany.com";
const LOOKUPS: &str = "signline_line_lookups_total";
const MAPPING: &str = "/v1/business-groups/abccompany/mappings/+17635551111";

/// The most that the contract allows.
const WORST: Duration = Duration::from_secs(1);

/// The most that half of all revocations may take while nothing is wrong.
const MEDIAN: Duration = Duration::from_millis(20);

struct World {
    database: TestDatabase,
    entra: Simulator,
    secret: String,
    client: Client,
    replicas: [Serving; 2],
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::postgres().await;
        let entra = Simulator::start(Config::sample()).await.unwrap();
        let secret = operator_key(database.url());
        let applications = applications(&entra);
        let serve = || {
            Serving::start(&[
                ("SIGNLINE_DATABASE_URL", database.url()),
                ("SIGNLINE_AUTHORITY", entra.http_base()),
                ("SIGNLINE_APPLICATIONS", &applications),
            ])
        };
        let replicas = [serve(), serve()];
        let world = Self { secret, client: client(), replicas, entra, database };
        world.set_up().await;
        world
    }

    async fn set_up(&self) {
        let ranges = json!([{"first": "+17635550000", "last": "+17635559999"}]);
        let group = json!({"id": "abccompany", "name": "ABC Company", "number_ranges": ranges});
        self.done(self.operate(Method::POST, "/v1/business-groups").json(&group)).await;
        let tenant = json!({"tenant_id": TENANT});
        self.done(self.operate(Method::PUT, "/v1/business-groups/abccompany/tenant").json(&tenant)).await;
    }

    /// A call as operator to the first replica.
    fn operate(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.replicas[0].base)).bearer_auth(&self.secret)
    }

    async fn done(&self, call: RequestBuilder) {
        let answer = call.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    async fn map(&self) {
        self.done(self.operate(Method::PUT, MAPPING).json(&json!({"email": USER}))).await;
    }

    async fn remove(&self) {
        self.done(self.operate(Method::DELETE, MAPPING)).await;
    }

    /// The status of `/v1/me` on the second replica.
    async fn status_elsewhere(&self, token: &str) -> u16 {
        let call = self.client.get(format!("{}/v1/me", self.replicas[1].base)).bearer_auth(token);
        call.send().await.unwrap().status().as_u16()
    }

    /// Waits until the second replica answers so; says how long that took.
    async fn wait_for(&self, token: &str, status: u16) -> Duration {
        let begun = Instant::now();
        while self.status_elsewhere(token).await != status {
            assert!(begun.elapsed() < TIMEOUT, "never {status}");
        }
        begun.elapsed()
    }

    /// A figure of the second replica's metrics.
    async fn figure(&self, name: &str) -> u64 {
        let answer = self.client.get(format!("{}/metrics", self.replicas[1].base)).send().await.unwrap();
        let text = answer.text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    async fn wait_until_trusted(&self) {
        let begun = Instant::now();
        while self.figure("signline_line_cache_trusted").await == 0 {
            assert!(begun.elapsed() < TIMEOUT, "changes are never heard");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks until the second replica answers without asking the database.
    async fn wait_until_cached(&self, token: &str) {
        let begun = Instant::now();
        loop {
            let before = self.figure(LOOKUPS).await;
            assert_eq!(self.status_elsewhere(token).await, 200);
            if self.figure(LOOKUPS).await == before {
                break;
            }
            assert!(begun.elapsed() < TIMEOUT, "the line is never cached");
        }
    }

    /// Maps and removes the user so many times; how long each removal took to be seen, from the fastest to the slowest.
    async fn revoke(&self, rounds: usize, when: When) -> Vec<Duration> {
        let token = self.entra.token(TENANT, USER, "portal").unwrap().mint();
        let mut times = Vec::new();
        for _ in 0..rounds {
            self.map().await;
            self.wait_for(&token, 200).await;
            match when {
                When::Calm => self.wait_until_cached(&token).await,
                When::Disturbed => {
                    for _ in 0..3 {
                        assert_eq!(self.status_elsewhere(&token).await, 200);
                        sleep(Duration::from_millis(2)).await;
                    }
                }
            }
            self.remove().await;
            times.push(self.wait_for(&token, 404).await);
            assert_eq!(self.status_elsewhere(&token).await, 404, "it came back");
        }
        times.sort_unstable();
        times
    }

    /// Kills the connections for notifications of both replicas again and again, each time soon after they stand.
    fn keep_killing(&self) -> JoinHandle<Infallible> {
        let url = self.database.url().to_owned();
        spawn(async move {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            loop {
                let kill = format!("SELECT pg_terminate_backend(pid) FROM ({LISTENING}) listening");
                sqlx::query(AssertSqlSafe(kill)).execute(&mut connection).await.unwrap();
                // Now before they hear again, now after.
                let pause = 130 + u64::from(Uuid::new_v4().as_bytes()[0]) * 2;
                sleep(Duration::from_millis(pause)).await;
            }
        })
    }

    /// The processes of both replicas' connections for notifications, once both stand.
    async fn listening(&self) -> [i32; 2] {
        let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
        let begun = Instant::now();
        loop {
            let found: Vec<(i32,)> = sqlx::query_as(LISTENING).fetch_all(&mut connection).await.unwrap();
            if let [(one,), (other,)] = found[..] {
                return [one, other];
            }
            assert!(begun.elapsed() < TIMEOUT, "{} sessions listen", found.len());
            sleep(Duration::from_millis(5)).await;
        }
    }
}

const LISTENING: &str = "SELECT pid FROM pg_stat_activity \
     WHERE datname = current_database() AND application_name = 'signline-listen'";

#[derive(Clone, Copy)]
enum When {
    Calm,
    Disturbed,
}

// proves T-26
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_on_one_replica_is_gone_from_the_other_at_once() {
    let world = World::new().await;

    let times = world.revoke(40, When::Calm).await;
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("seen by the other replica after: median {median:?}, worst {worst:?}");
    assert!(median < MEDIAN && worst < WORST, "median {median:?}, worst {worst:?}");

    let killing = world.keep_killing();
    let (lookups, lost) = (world.figure(LOOKUPS).await, world.listening().await);
    let times = world.revoke(200, When::Disturbed).await;
    assert!(!killing.is_finished(), "they were being killed all the time");
    killing.abort();
    assert_ne!(world.listening().await, lost);
    // Each round asks at least six times, so some were answered from the cache.
    assert!(world.figure(LOOKUPS).await - lookups < 6 * 200);
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("while the notification sessions are being killed: median {median:?}, worst {worst:?}");
    assert!(worst < WORST, "median {median:?}, worst {worst:?}");

    nothing_is_trusted_for_long_when_a_session_falls_silent(&world).await;
}

/// A session that is there and says nothing, as behind a network that has fallen silent.
async fn nothing_is_trusted_for_long_when_a_session_falls_silent(world: &World) {
    let token = world.entra.token(TENANT, USER, "portal").unwrap().mint();
    let sessions = world.listening().await.map(|process| process.to_string());
    world.wait_until_trusted().await;
    world.map().await;
    world.wait_for(&token, 200).await;
    world.wait_until_cached(&token).await;
    let silent = Silent::keep(&sessions);
    world.remove().await;
    let took = world.wait_for(&token, 404).await;
    drop(silent);
    println!("while the notification sessions are silent: {took:?}");
    assert!(took < WORST, "{took:?}");
    assert_eq!(world.status_elsewhere(&token).await, 404);
}

/// Processes that are stopped, until it is dropped.
struct Silent<'a>(&'a [String]);

impl<'a> Silent<'a> {
    fn keep(processes: &'a [String]) -> Self {
        signal("-STOP", processes);
        Self(processes)
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        signal("-CONT", self.0);
    }
}

fn signal(name: &str, processes: &[String]) {
    let sent = Command::new("kill").arg(name).args(processes).status().unwrap();
    assert!(sent.success());
}
