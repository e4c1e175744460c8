//! A database that is restarted, crashes, stands still, is slow, or is forgotten by the network.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::company::Companies;
use crate::forwarder::Forwarder;
use crate::server::Server;
use crate::support::Serving;
use crate::watch::{Watch, Went};

/// How long what is known may be trusted while nothing is heard, and a call on its way.
const TRUSTED_FOR: Duration = Duration::from_millis(800);

/// The most that a call may wait for a database that does not answer.
const LONGEST_WAIT: Duration = Duration::from_secs(7);

/// Two replicas on a database, and those who use them.
pub(crate) struct World {
    pub(crate) companies: Arc<Companies>,
    pub(crate) replicas: Vec<Serving>,
    pub(crate) watch: Watch,
}

impl World {
    pub(crate) async fn new(direct_url: &str, settings: &[(&'static str, &str)], replicas: usize) -> Self {
        let companies = Arc::new(Companies::found(direct_url, settings).await);
        let replicas: Vec<_> = (0..replicas).map(|_| companies.serve()).collect();
        let bases: Vec<_> = replicas.iter().map(|replica| replica.base.clone()).collect();
        let watch = Watch::begin(&companies, &bases).await;
        Self { companies, replicas, watch }
    }

    pub(crate) async fn on(url: &str) -> Self {
        Self::new(url, &[("SIGNLINE_DATABASE_URL", url)], 2).await
    }

    /// Whether no replica says that it is ready.
    pub(crate) async fn is_nowhere_ready(&self) -> bool {
        for replica in &self.replicas {
            if self.watch.is_ready(&replica.base).await {
                return false;
            }
        }
        true
    }
}

// proves T-29, T-57
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_outlives_a_restart_and_a_crash_of_its_database() {
    let mut server = Server::start().await;
    let world = World::on(&server.url()).await;

    server.shut_down();
    let down = Instant::now();
    sleep(Duration::from_millis(500)).await;
    server.run().await;
    println!("the database was down for {:.2?}", down.elapsed());
    world.watch.recovered_since("after a restart", Instant::now()).await;

    server.kill();
    sleep(Duration::from_secs(4)).await;
    assert!(world.is_nowhere_ready().await);
    server.run().await;
    world.watch.recovered_since("after a crash", Instant::now()).await;
    world.watch.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stands_still_holds_up_nothing_that_does_not_need_it() {
    let server = Server::start().await;
    let world = World::on(&server.url()).await;
    let base = &world.replicas[0].base;

    server.pause();
    let paused = Instant::now();
    sleep(Duration::from_millis(2500)).await;
    assert!(world.is_nowhere_ready().await, "a replica says that it is ready");
    for (path, status) in [("/livez", 200), ("/metrics", 200), ("/v1/me", 401)] {
        let asked = Instant::now();
        let call = world.companies.client.get(format!("{base}{path}")).bearer_auth("nothing");
        assert_eq!(call.send().await.unwrap().status(), status);
        assert!(asked.elapsed() < Duration::from_secs(1), "{path} took {:?}", asked.elapsed());
    }
    sleep(Duration::from_secs(4)).await;
    let seen = world.watch.seen_since(paused);
    let known = seen.iter().filter(|seen| seen.calm && seen.went == Went::Well);
    assert!(known.count() > 0, "nobody was answered from what was known");
    let late: Vec<_> = seen.iter().filter(|seen| seen.asked > paused + TRUSTED_FOR).collect();
    assert!(late.iter().all(|seen| seen.went == Went::Unavailable), "what was known was trusted for too long");
    let longest = seen.iter().map(|seen| seen.took).max().unwrap();
    println!("while the database stood still, {} calls waited for {longest:.2?} at most", seen.len());
    assert!(longest < LONGEST_WAIT);

    server.resume();
    world.watch.recovered_since("after a stand-still", Instant::now()).await;
    world.watch.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_database_slows_down_only_what_is_not_known() {
    let server = Server::start().await;
    let forwarder = Forwarder::start(server.port).await;
    let world = World::on(&forwarder.url()).await;

    forwarder.delay(Duration::from_millis(60));
    let slow = Instant::now();
    sleep(Duration::from_secs(2)).await;
    let mut calm: Vec<_> = world.watch.seen_since(slow).iter().filter(|seen| seen.calm).map(|seen| seen.took).collect();
    calm.sort_unstable();
    let median = calm[calm.len() / 2];
    println!("{} sign-ins of known people while the database was slow: median {median:.2?}", calm.len());
    assert!(median < Duration::from_millis(60), "what was known was asked for");
    assert!(world.watch.is_ready(&world.replicas[0].base).await);

    // So slow that nothing can be trusted, and everything is still answered.
    forwarder.delay(Duration::from_millis(400));
    sleep(Duration::from_secs(3)).await;
    forwarder.delay(Duration::ZERO);
    world.watch.recovered_since("after a slow time", Instant::now()).await;

    // Connections that are open and carry nothing: a network has forgotten them.
    forwarder.silence();
    let silent = Instant::now();
    world.watch.recovered_since("after the network forgot all connections", silent).await;
    world.watch.finish().await;
}
