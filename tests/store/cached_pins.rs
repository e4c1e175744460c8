//! Pins of cached lines: respected at once, wherever they were made, released or switched off.

use std::sync::Arc;
use std::time::Duration;

use signline::domain::business_group::{BusinessGroupId, IdentityPinning};
use signline::domain::sign_in::SignIn;
use signline::ports::mapping_store::ReleasePinOutcome;
use tokio::task::spawn;
use tokio::time::Instant;

use crate::replica::*;
use crate::support::*;

crate::on_both_engines!(
    a_pin_that_comes_back_is_seen,
    a_line_is_pinned_once_and_cached_as_pinned,
    only_whom_a_cached_line_is_pinned_to_is_answered_at_once,
    a_pin_made_elsewhere_is_respected,
    who_signs_in_first_while_their_address_moves_gets_its_new_number,
    a_released_pin_is_seen_at_once,
    a_pin_released_elsewhere_is_seen,
    pinning_that_is_off_pins_nobody_and_on_again_holds_to_the_pins_of_before,
    pinning_that_is_switched_elsewhere_is_seen,
);

async fn a_line_is_pinned_once_and_cached_as_pinned(world: World) {
    company(&world).await;
    let replica = Replica::trusting(&world);
    let bob = sign_in(1, BOB);
    let eve = somebody_else();
    for _ in 0..3 {
        assert_eq!(replica.resolve_as(&bob).await, Ok(1));
        assert_eq!(replica.resolve_as(&eve).await, Err("identity changed"));
    }
    assert_eq!((replica.lookups(), replica.pins()), (1, 1));
}

/// Everybody else has to be asked for, or is refused where that is written down.
async fn only_whom_a_cached_line_is_pinned_to_is_answered_at_once(world: World) {
    company(&world).await;
    let replica = Replica::trusting(&world);
    let bob = sign_in(1, BOB);
    assert_eq!(replica.at_once(&bob), None);
    assert_eq!(replica.resolve_as(&bob).await, Ok(1));
    assert_eq!(replica.at_once(&bob), Some(1));
    for somebody_else in [
        somebody_else(),
        sign_in(1, EVE),
        sign_in(2, BOB),
        SignIn { is_guest: true, ..bob.clone() },
        SignIn { email: None, ..bob.clone() },
    ] {
        assert_eq!(replica.at_once(&somebody_else), None, "{somebody_else:?}");
    }
    assert_eq!(replica.lookups(), 1);
    replica.stores.lines.drop_lease();
    assert_eq!(replica.at_once(&bob), None);
}

async fn a_pin_made_elsewhere_is_respected(world: World) {
    company(&world).await;
    let one = Replica::of(&world).await;
    let other = Replica::hearing(world.database.open().await).await.gated();
    let bob = sign_in(1, BOB);
    let eve = somebody_else();
    // The other replica finds the line while it is pinned to nobody.
    let resolver = Arc::clone(&other.resolver);
    let asking = spawn({
        let eve = eve.clone();
        async move { found(&resolver, &eve).await }
    });
    other.wait_for_lookups(1).await;
    assert_eq!(one.resolve_as(&bob).await, Ok(1));
    other.let_go_on();
    assert_eq!(asking.await.unwrap(), Err("identity changed"));
    assert_eq!(other.resolve_as(&bob).await, Ok(1));
    assert_eq!(other.resolve_as(&eve).await, Err("identity changed"));
}

async fn who_signs_in_first_while_their_address_moves_gets_its_new_number(world: World) {
    let group = company(&world).await;
    let replica = Replica::trusting(&world).gated();
    let asking = replica.ask(BOB);
    replica.wait_for_lookups(1).await;
    // From number 1, which has been read, to number 3.
    world.import(replace(&group, &[(3, BOB)])).await.unwrap();
    replica.let_go_on();
    assert_eq!(asking.await.unwrap(), Ok(3));
    assert_eq!(replica.resolve_as(&somebody_else()).await, Err("identity changed"));
    // The same where the line is cached, and the change was not heard of.
    world.put(&group, 4, EVE).await.unwrap();
    let other = Replica::deaf(world.database.open().await);
    other.stores.lines.extend_lease(Instant::now(), Duration::from_hours(1));
    let guest = SignIn { is_guest: true, ..sign_in(1, EVE) };
    assert_eq!(other.resolve_as(&guest).await, Err("guest not allowed"));
    world.import(replace(&group, &[(3, BOB), (5, EVE)])).await.unwrap();
    assert_eq!(other.resolve(EVE).await, Ok(5));
    assert_eq!((other.lookups(), other.pins()), (2, 2));
}

async fn release_pin(world: &World, group: &BusinessGroupId) {
    let released = world.stores.mappings.release_pin(group, number(BASE + 1), &context_at(0)).await;
    assert_eq!(released, Ok(ReleasePinOutcome::Released));
}

async fn a_released_pin_is_seen_at_once(world: World) {
    let group = company(&world).await;
    // It hears nothing, so that only what is told here counts.
    let replica = Replica::trusting(&world);
    let (bob, eve) = (sign_in(1, BOB), somebody_else());
    for (one, other) in [(&bob, &eve), (&eve, &bob), (&bob, &eve)] {
        for _ in 0..2 {
            assert_eq!(replica.resolve_as(one).await, Ok(1));
            assert_eq!(replica.resolve_as(other).await, Err("identity changed"));
        }
        release_pin(&world, &group).await;
    }
    assert_eq!((replica.lookups(), replica.pins()), (3, 3));
}

async fn a_pin_released_elsewhere_is_seen(world: World) {
    let group = company(&world).await;
    let other = Replica::hearing(world.database.open().await).await;
    let (bob, eve) = (sign_in(1, BOB), somebody_else());
    for (one, next) in [(&bob, &eve), (&eve, &bob), (&bob, &eve)] {
        other.wait_for(one, Ok(1)).await;
        other.wait_for(next, Err("identity changed")).await;
        release_pin(&world, &group).await;
        other.wait_for(next, Ok(1)).await;
        other.wait_for(one, Err("identity changed")).await;
    }
}

async fn pinning_that_is_off_pins_nobody_and_on_again_holds_to_the_pins_of_before(world: World) {
    let group = company(&world).await;
    world.put(&group, 2, EVE).await.unwrap();
    let replica = Replica::trusting(&world);
    let (bob, recycled) = (sign_in(1, BOB), somebody_else());
    let (eve, not_eve) = (sign_in(1, EVE), SignIn { oid: guid(98), ..sign_in(1, EVE) });
    assert_eq!(replica.resolve_as(&bob).await, Ok(1));
    for _ in 0..2 {
        switch_pinning(&world, &group, IdentityPinning::Off).await;
        for (who, expected) in [(&bob, Ok(1)), (&recycled, Ok(1)), (&bob, Ok(1)), (&not_eve, Ok(2)), (&eve, Ok(2))] {
            assert_eq!(replica.resolve_as(who).await, expected);
        }
        assert_eq!(replica.pins(), 1, "nobody is pinned");
        switch_pinning(&world, &group, IdentityPinning::Enforce).await;
        for _ in 0..2 {
            assert_eq!(replica.resolve_as(&recycled).await, Err("identity changed"));
            assert_eq!(replica.resolve_as(&bob).await, Ok(1));
        }
    }
    // Who signed in while it was off has no better right than another.
    assert_eq!(replica.resolve_as(&eve).await, Ok(2));
    assert_eq!(replica.resolve_as(&not_eve).await, Err("identity changed"));
    assert_eq!(replica.pins(), 2);
}

async fn pinning_that_is_switched_elsewhere_is_seen(world: World) {
    let group = company(&world).await;
    let other = Replica::hearing(world.database.open().await).await;
    let (bob, recycled) = (sign_in(1, BOB), somebody_else());
    other.wait_for(&bob, Ok(1)).await;
    for _ in 0..2 {
        other.wait_for(&recycled, Err("identity changed")).await;
        switch_pinning(&world, &group, IdentityPinning::Off).await;
        other.wait_for(&recycled, Ok(1)).await;
        switch_pinning(&world, &group, IdentityPinning::Enforce).await;
    }
    other.wait_for(&recycled, Err("identity changed")).await;
    other.wait_for(&bob, Ok(1)).await;
}

async fn a_pin_that_comes_back_is_seen(world: World) {
    let group = company(&world).await;
    pin(&world).await;
    let (here, elsewhere) = (Replica::of(&world).await, Replica::hearing(world.database.open().await).await);
    let (bob, eve) = (sign_in(1, BOB), somebody_else());
    for _ in 0..2 {
        world.put(&group, 1, "new@abc.com").await.unwrap();
        assert_eq!(here.resolve(BOB).await, NO_MAPPING);
        elsewhere.wait_for(&bob, NO_MAPPING).await;
        world.import(replace(&group, &[(2, BOB)])).await.unwrap();
        assert_eq!(here.resolve_as(&eve).await, Err("identity changed"));
        elsewhere.wait_for(&eve, Err("identity changed")).await;
        world.import(replace(&group, &[(1, BOB)])).await.unwrap();
        assert_eq!(here.resolve(BOB).await, Ok(1));
        elsewhere.wait_for(&bob, Ok(1)).await;
    }
}
