//! A primary that is lost, and the standby that takes its place.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::database::World;
use crate::forwarder::Forwarder;
use crate::server::Server;

/// The primary answers once its standby has applied the change.
const SYNCHRONOUS: &str = "ALTER SYSTEM SET synchronous_standby_names = '*'; \
     ALTER SYSTEM SET synchronous_commit = 'remote_apply'; SELECT pg_reload_conf()";

/// Nobody follows the new primary yet.
const ALONE: &str = "ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf()";

// proves T-29
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_is_lost_and_no_old_line_is_told_when_the_standby_takes_over() {
    let mut primary = Server::start().await;
    let standby = primary.standby().await;
    primary.execute(SYNCHRONOUS).await;
    let address = Forwarder::start(primary.port).await;
    let world = World::on(&address.url()).await;

    // The address is moved before the standby is promoted: it must not be asked until it is.
    primary.kill();
    let lost = Instant::now();
    address.lead_to(standby.port);
    address.cut();
    sleep(Duration::from_secs(2)).await;
    let seen = world.watch.seen_since(lost + Duration::from_millis(900));
    assert!(seen.iter().all(|seen| seen.went != crate::watch::Went::Well), "a standby was asked");
    standby.promote();
    let promoted = Instant::now();
    standby.execute(ALONE).await;
    println!("promoted {:.2?} after the primary was lost", promoted - lost);
    world.watch.recovered_since("after the promotion", promoted).await;
    world.watch.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_of_the_old_primary_once_the_new_one_is_listened_to() {
    let primary = Server::start().await;
    let standby = primary.standby().await;
    primary.execute(SYNCHRONOUS).await;
    let address = Forwarder::start(primary.port).await;
    let world = World::on(&address.url()).await;

    // The old primary lives on, and so do connections to it: only those that listen are lost.
    standby.promote();
    address.lead_to(standby.port);
    standby.execute(ALONE).await;
    let listening = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'signline-listen'";
    primary.execute(listening).await;
    world.watch.recovered_since("after a move of the address", Instant::now()).await;
    world.watch.finish().await;
}
