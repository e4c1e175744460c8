//! Replicas that are killed at any moment while numbers are moved about: what was answered is there when they are back.
//! And one that stands still, as the machine under it may, and misses what is changed meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use test_support::database::TestDatabase;
use tokio::time::sleep;
use uuid::Uuid;

use crate::company::Companies;
use crate::database::World;
use crate::server::signal;
use crate::watch::Watch;

const ROUNDS: usize = 4;

// proves T-56
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_that_was_answered_is_lost_when_a_replica_is_killed_on_postgres() {
    kill_again_and_again(&TestDatabase::postgres().await, 2).await;
}

// proves T-56
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_that_was_answered_is_lost_when_the_service_is_killed_on_sqlite() {
    kill_again_and_again(&TestDatabase::sqlite(), 1).await;
}

// proves T-29
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_stood_still_tells_no_old_line() {
    let database = TestDatabase::postgres().await;
    let world = World::on(database.url()).await;
    for pause in [900, 3000] {
        let process = [world.replicas[1].process()];
        signal("-STOP", &process);
        sleep(Duration::from_millis(pause)).await;
        signal("-CONT", &process);
        world.watch.recovered_since("after a stand-still of a replica", Instant::now()).await;
    }
    world.watch.finish().await;
}

async fn kill_again_and_again(database: &TestDatabase, count: usize) {
    let companies = Arc::new(Companies::found(database.url(), &[("SIGNLINE_DATABASE_URL", database.url())]).await);
    let mut replicas: Vec<_> = (0..count).map(|_| companies.serve()).collect();
    let bases: Vec<_> = replicas.iter().map(|replica| replica.base.clone()).collect();
    let watch = Watch::begin(&companies, &bases).await;
    for round in 0..ROUNDS {
        sleep(Duration::from_millis(200 + u64::from(Uuid::new_v4().as_bytes()[0]) * 2)).await;
        let at = round % count;
        replicas.remove(at).kill();
        replicas.insert(at, companies.serve());
        watch.moved(at, &replicas[at].base);
    }
    watch.recovered_since("after the last of some kills", Instant::now()).await;
    watch.finish().await;
}
