//! Forward-auth behind real gateways: the configurations of `examples/gateways`, as they stand there but for addresses
//! and paths, between a client, the running service and an application that records what reaches it.
//!
//! `scripts/setup-gateways` installs the gateways.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]
#![expect(clippy::disallowed_methods, reason = "programs and servers run by the machine's own clock")]
#![expect(clippy::print_stderr, reason = "the log of a gateway says why a test has failed")]

mod application;
mod cached;
mod cases;
mod gateway;
#[path = "../process/support.rs"]
#[expect(dead_code, reason = "shared with the tests of single processes")]
mod support;
mod wire;
mod world;

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::cases::{Caller, NAMES, REQUESTS};
use crate::gateway::{CADDY, ENVOY, Gateway, HAPROXY, NGINX, NGINX_WITH_CACHE, TRAEFIK};
use crate::world::World;

/// The same tests for each gateway.
macro_rules! gateways {
    ($($module:ident: $gateway:ident;)*) => {$(
        mod $module {
            // proves T-99
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn lets_through_who_has_a_line_and_nothing_that_a_client_says_of_it() {
                super::every_case(&super::$gateway).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn lets_nobody_through_while_there_are_no_keys() {
                super::no_keys(&super::$gateway).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn lets_nobody_through_while_the_service_is_down() {
                super::no_service(&super::$gateway).await;
            }
        }
    )*};
}

gateways! {
    nginx: NGINX;
    nginx_with_cache: NGINX_WITH_CACHE;
    haproxy: HAPROXY;
    caddy: CADDY;
    traefik: TRAEFIK;
    envoy: ENVOY;
}

async fn every_case(gateway: &'static Gateway) {
    let world = World::start(gateway).await;
    for caller in Caller::REFUSED {
        assert_refused(&world, gateway, caller).await;
    }
    assert_let_through(&world, gateway).await;
    if !gateway.caches {
        world.unmap().await;
        assert_closed(&world, 403).await;
    }
}

/// All at once, since Envoy takes a second to close on somebody whose body it has not read.
async fn assert_refused(world: &World, gateway: &Gateway, caller: Caller) {
    let calls = cases::all().map(async |(request, spoof, lines)| {
        let answer = world.call(caller, request, lines(&gateway.names_to_strip())).await;
        caller.assert_answered(gateway, &answer, &format!("{}: {caller:?}, {request:?}, {spoof}", gateway.name));
    });
    join_all(calls).await;
    let seen = world.application.take();
    assert!(seen.is_empty(), "{}: {caller:?} has reached the application: {seen:?}", gateway.name);
}

async fn assert_let_through(world: &World, gateway: &Gateway) {
    for (request, spoof, lines) in cases::all() {
        let case = format!("{}: {request:?}, {spoof}", gateway.name);
        let answer = world.call(Caller::WithLine, request, lines(&gateway.names_to_strip())).await;
        Caller::WithLine.assert_answered(gateway, &answer, &case);
        let seen = world.application.take();
        let [seen] = &*seen else { panic!("{case}: not once: {seen:?}") };
        assert_eq!(seen.signline_headers(), world.line(), "{case}");
        assert_eq!((seen.method.as_str(), seen.path.as_str()), (request.method, request.path), "{case}");
        assert!(seen.body == request.body(), "{case}: {} bytes arrived", seen.body.len());
    }
}

async fn no_keys(gateway: &'static Gateway) {
    let world = World::without_keys(gateway).await;
    assert_closed(&world, 503).await;
}

async fn no_service(gateway: &'static Gateway) {
    let mut world = World::start(gateway).await;
    world.stop_service();
    assert_closed(&world, gateway.status_without_service).await;
}

/// Nobody is let through, not even who has a line.
async fn assert_closed(world: &World, status: u16) {
    for request in REQUESTS {
        let answer = world.call(Caller::WithLine, request, Vec::new()).await;
        assert_eq!(answer.status, status, "{request:?}: {}", answer.head);
        let seen = world.application.take();
        assert!(seen.is_empty(), "{request:?} reached the application: {seen:?}");
    }
}

/// A header that is new in the answers has to be taken off by the gateways, too; nginx knows them by name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_headers_of_the_answers_are_known_here() {
    let world = World::start(&NGINX).await;
    let answer = world.ask_service("/v1/forward-auth?email=true", Caller::WithLine).await;
    let answered = answer.headers().keys().map(ToString::to_string).filter(|name| name.starts_with("x-signline-"));
    let known = NAMES.map(str::to_lowercase);
    assert_eq!(answered.collect::<BTreeSet<_>>(), BTreeSet::from(known));
}
