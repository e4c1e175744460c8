//! What nginx's cache keeps, and for how long.

use std::time::{Duration, Instant};

use test_support::app::TIMEOUT;
use tokio::time::sleep;

use crate::cases::{Caller, REQUESTS};
use crate::gateway::NGINX_WITH_CACHE;
use crate::world::{JOHN, World};

async fn status(world: &World, caller: Caller) -> u16 {
    world.call(caller, REQUESTS[0], Vec::new()).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_the_answer_of_somebody_else() {
    let world = World::start(&NGINX_WITH_CACHE).await;
    assert_eq!(status(&world, Caller::WithLine).await, 200);
    for caller in Caller::REFUSED {
        assert_ne!(status(&world, caller).await, 200, "{caller:?}");
    }
    world.map("+17635552222", JOHN).await;
    world.application.take();
    assert_eq!(status(&world, Caller::Unmapped).await, 200);
    let seen = world.application.take();
    let number = ("x-signline-phone-number".to_owned(), "+17635552222".to_owned());
    assert!(seen.iter().all(|seen| seen.signline_headers().contains(&number)), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_refusal_is_kept() {
    let world = World::start(&NGINX_WITH_CACHE).await;
    assert_eq!(status(&world, Caller::Unmapped).await, 403);
    world.map("+17635552222", JOHN).await;
    assert_eq!(status(&world, Caller::Unmapped).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_had_a_line_is_let_through_for_a_while_and_no_longer() {
    let world = World::start(&NGINX_WITH_CACHE).await;
    assert_eq!(status(&world, Caller::WithLine).await, 200);
    world.unmap().await;
    assert_eq!(world.ask_service("/v1/forward-auth", Caller::WithLine).await.status(), 403);
    assert_eq!(status(&world, Caller::WithLine).await, 200);
    let begun = Instant::now();
    while status(&world, Caller::WithLine).await != 403 {
        assert!(begun.elapsed() < TIMEOUT, "it is let through for good");
        sleep(Duration::from_millis(100)).await;
    }
}
