//! Cached lines: as fresh as the store, whoever changes it and however many ask at once.

use std::sync::Arc;
use std::time::Duration;

use signline::domain::business_group::{BusinessGroupId, BusinessGroupPatch, IdentityPinning};
use signline::domain::import::{Confirmation, ImportMode};
use signline::domain::tenant::TenantProof;
use signline::ports::history_store::Restore;
use signline::ports::import_store::ApplyImport;
use sqlx::{Connection, PgConnection};
use test_support::app::TIMEOUT;
use test_support::database::Engine;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::replica::*;
use crate::support::*;

crate::on_both_engines!(
    a_line_is_looked_up_once,
    what_is_not_mapped_is_cached_until_it_is,
    every_change_made_here_is_seen_at_once,
    every_change_made_elsewhere_is_seen,
    many_who_ask_at_once_cause_one_lookup,
    who_waits_for_a_lookup_that_hangs_makes_one_of_their_own,
    a_lookup_that_a_change_overtakes_puts_nothing_back,
    who_asks_after_a_change_is_not_given_an_older_lookup,
    no_answer_is_older_than_the_last_change,
    a_change_whose_caller_goes_away_is_known_all_the_same,
    a_tenant_taken_over_has_its_new_groups_lines_at_once_here_and_soon_elsewhere,
);

async fn a_line_is_looked_up_once(world: World) {
    company(&world).await;
    let replica = Replica::trusting(&world);
    for _ in 0..5 {
        assert_eq!(replica.resolve(BOB).await, Ok(1));
    }
    assert_eq!(replica.lookups(), 1);
}

async fn what_is_not_mapped_is_cached_until_it_is(world: World) {
    let group = company(&world).await;
    let replica = Replica::trusting(&world);
    let stranger = sign_in(2, BOB);
    for _ in 0..3 {
        assert_eq!(replica.resolve(EVE).await, NO_MAPPING);
        assert_eq!(replica.resolve_as(&stranger).await, Err("tenant not linked"));
    }
    assert_eq!(replica.lookups(), 2);
    world.put(&group, 2, EVE).await.unwrap();
    assert_eq!(replica.resolve(EVE).await, Ok(2));
}

/// What can be done to a line, and what Bob finds then. Each begins where the one before ended.
#[derive(Clone, Copy, Debug)]
enum Change {
    Put,
    Delete,
    Import,
    ApplyImport,
    Restore,
    Unlink,
    LinkAgain,
    PinningOff,
    LinkToAnother,
}

impl Change {
    const ALL: [(Self, Found); 9] = [
        (Self::Put, NO_MAPPING),
        (Self::Import, Ok(3)),
        (Self::Delete, NO_MAPPING),
        (Self::Restore, Ok(3)),
        (Self::ApplyImport, Ok(4)),
        (Self::Unlink, Err("tenant not linked")),
        (Self::LinkAgain, Ok(4)),
        (Self::PinningOff, Ok(4)),
        (Self::LinkToAnother, Err("tenant not linked")),
    ];

    /// What another account of the address finds, where Bob has signed in before.
    fn for_somebody_else(self, found: Found) -> Found {
        if found.is_ok() && !matches!(self, Self::PinningOff) { Err("identity changed") } else { found }
    }

    async fn make(self, world: &World, group: &BusinessGroupId) {
        let stores = &world.stores;
        match self {
            Self::Put => drop(world.put(group, 1, EVE).await.unwrap()),
            Self::Delete => stores.mappings.delete(group, number(BASE + 3), &context_at(0)).await.unwrap(),
            Self::Import => drop(world.import(replace(group, &[(3, BOB)])).await.unwrap()),
            Self::ApplyImport => apply(world, group, &[(4, BOB)]).await,
            Self::Restore => {
                let revision = world.read(group).await.revision - 1;
                let restore = Restore { group: group.clone(), revision, context: context_at(0) };
                stores.history.restore(restore).await.unwrap();
            }
            Self::Unlink => stores.business_groups.unlink_tenant(group, &context_at(0)).await.unwrap(),
            Self::LinkAgain => drop(stores.business_groups.link_tenant(group, guid(1), &context_at(0)).await.unwrap()),
            Self::PinningOff => {
                let pinning = Some(IdentityPinning::Off);
                let patch = BusinessGroupPatch { identity_pinning: pinning, ..BusinessGroupPatch::default() };
                drop(stores.business_groups.update(group, patch, &context_at(0)).await.unwrap());
            }
            Self::LinkToAnother => {
                drop(stores.business_groups.link_tenant(group, guid(2), &context_at(0)).await.unwrap());
            }
        }
    }
}

async fn apply(world: &World, group: &BusinessGroupId, rows: &[(u64, &str)]) {
    let mut preview = file(group, ImportMode::Replace, rows);
    preview.apply = None;
    let id = preview.id;
    world.import(preview).await.unwrap();
    let apply = ApplyImport { group: group.clone(), id, confirmed: Confirmation::default(), context: context_at(1000) };
    world.stores.imports.apply(apply).await.unwrap();
}

// proves T-26
async fn every_change_made_here_is_seen_at_once(world: World) {
    let group = company(&world).await;
    let replica = Replica::of(&world).await;
    assert_eq!(replica.resolve(BOB).await, Ok(1));
    for (change, expected) in Change::ALL {
        change.make(&world, &group).await;
        assert_eq!(replica.at_once(&sign_in(1, BOB)), None, "{change:?}");
        assert_eq!(replica.resolve(BOB).await, expected, "{change:?}");
        // What the database tells of the change may come only now, and end what was cached again.
        let at_once = replica.at_once(&sign_in(1, BOB));
        assert!(at_once.is_none() || at_once == expected.ok(), "{change:?}");
        assert_eq!(replica.resolve(BOB).await, expected, "{change:?}");
        let somebody_else = replica.resolve_as(&somebody_else()).await;
        assert_eq!(somebody_else, change.for_somebody_else(expected), "{change:?}");
    }
}

// proves T-26
async fn every_change_made_elsewhere_is_seen(world: World) {
    let group = company(&world).await;
    let other = Replica::hearing(world.database.open().await).await;
    assert_eq!(other.resolve(BOB).await, Ok(1));
    for (change, expected) in Change::ALL {
        change.make(&world, &group).await;
        other.wait_for(&sign_in(1, BOB), expected).await;
        other.wait_for(&somebody_else(), change.for_somebody_else(expected)).await;
    }
    other.wait_for(&sign_in(2, BOB), Ok(4)).await;
}

async fn many_who_ask_at_once_cause_one_lookup(world: World) {
    company(&world).await;
    pin(&world).await;
    let replica = Replica::trusting(&world).gated();
    let asking: Vec<_> = (0..50).map(|_| replica.ask(BOB)).collect();
    replica.wait_for_lookups(1).await;
    replica.let_go_on();
    for answer in asking {
        assert_eq!(answer.await.unwrap(), Ok(1));
    }
    assert_eq!(replica.lookups(), 1);
}

async fn who_waits_for_a_lookup_that_hangs_makes_one_of_their_own(world: World) {
    company(&world).await;
    pin(&world).await;
    let replica = Replica::trusting(&world).gated();
    let hanging = replica.ask(BOB);
    replica.wait_for_lookups(1).await;
    let waiting = replica.ask(BOB);
    // The one that hangs gives up too and asks again, and so do those who wait.
    replica.wait_for_lookups(3).await;
    replica.let_go_on();
    assert_eq!((hanging.await.unwrap(), waiting.await.unwrap()), (Ok(1), Ok(1)));
}

async fn a_lookup_that_a_change_overtakes_puts_nothing_back(world: World) {
    let group = company(&world).await;
    pin(&world).await;
    let replica = Replica::trusting(&world).gated();
    let asking = replica.ask(BOB);
    replica.wait_for_lookups(1).await;
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    replica.let_go_on();
    asking.await.unwrap().ok();
    for _ in 0..3 {
        assert_eq!(replica.resolve(BOB).await, NO_MAPPING);
    }
}

async fn who_asks_after_a_change_is_not_given_an_older_lookup(world: World) {
    let group = company(&world).await;
    pin(&world).await;
    let replica = Replica::trusting(&world).gated();
    let before = replica.ask(BOB);
    replica.wait_for_lookups(1).await;
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    let after = replica.ask(BOB);
    // Long enough to come to where it waits for the other.
    sleep(Duration::from_millis(50)).await;
    assert_eq!(replica.lookups(), 1, "it waits");
    replica.let_go_on();
    assert_eq!(after.await.unwrap(), NO_MAPPING);
    before.await.unwrap().ok();
}

// proves T-26
async fn no_answer_is_older_than_the_last_change(world: World) {
    let group = company(&world).await;
    let replica = Arc::new(Replica::of(&world).await);
    let mut asking = JoinSet::new();
    for email in [BOB, EVE, BOB, EVE] {
        let replica = Arc::clone(&replica);
        asking.spawn(async move {
            loop {
                let _ = replica.resolve(email).await;
                tokio::task::yield_now().await;
            }
        });
    }
    for _ in 0..60 {
        for (now, before) in [(EVE, BOB), (BOB, EVE)] {
            world.put(&group, 1, now).await.unwrap();
            assert_eq!(replica.resolve(now).await, Ok(1));
            assert_eq!(replica.resolve(before).await, NO_MAPPING);
        }
    }
}

async fn a_change_whose_caller_goes_away_is_known_all_the_same(world: World) {
    let group = company(&world).await;
    // It hears nothing, so that only what is told here counts.
    let replica = Replica::trusting(&world);
    for round in 0..60_u64 {
        let email = [BOB, EVE][usize::try_from(round % 2).unwrap()];
        // Given up earlier and earlier.
        let put = timeout(Duration::from_micros(6000 - round * 100), world.put(&group, 1, email)).await;
        assert!(!matches!(put, Ok(Err(_))), "{put:?}");
        let agree = async {
            loop {
                let stored = world.stores.mappings.find(&group, number(BASE + 1)).await.unwrap();
                let (known, gone) = if stored.email.as_str() == BOB { (BOB, EVE) } else { (EVE, BOB) };
                if (replica.resolve(known).await, replica.resolve(gone).await) == (Ok(1), NO_MAPPING) {
                    break;
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(TIMEOUT, agree).await.unwrap_or_else(|_| panic!("round {round}: what is cached is not what is stored"));
    }
}

// proves T-18
async fn a_tenant_taken_over_has_its_new_groups_lines_at_once_here_and_soon_elsewhere(world: World) {
    company(&world).await;
    let owner = world.group_with("owner", &[range(BASE + 20_000, BASE + 29_999)]).await;
    world.put(&owner, 20_001, BOB).await.unwrap();
    world.stores.business_groups.link_tenant(&owner, guid(2), &context_at(0)).await.unwrap();
    // It hears nothing, so that only what is told here counts.
    let here = Replica::trusting(&world);
    let elsewhere = Replica::hearing(world.database.open().await).await;
    let (of_1, of_2) = (sign_in(1, BOB), sign_in(2, BOB));
    for replica in [&here, &elsewhere] {
        assert_eq!((replica.resolve_as(&of_1).await, replica.resolve_as(&of_2).await), (Ok(1), Ok(20_001)));
    }
    let proof = TenantProof { tenant: guid(1), oid: guid(9) };
    world.stores.business_groups.link_proven_tenant(&owner, proof, &context_at(1)).await.unwrap();
    let not_linked = Err("tenant not linked");
    assert_eq!((here.resolve_as(&of_1).await, here.resolve_as(&of_2).await), (Ok(20_001), not_linked));
    elsewhere.wait_for(&of_1, Ok(20_001)).await;
    elsewhere.wait_for(&of_2, not_linked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_is_answered_though_the_server_has_closed_all_connections() {
    let world = World::new(Engine::Postgres).await;
    company(&world).await;
    let replica = Replica::deaf(world.stores.clone());
    let mut asking = JoinSet::new();
    for _ in 0..16 {
        let resolver = Arc::clone(&replica.resolver);
        asking.spawn(async move { found(&resolver, &sign_in(1, BOB)).await });
    }
    asking.join_all().await;
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    let close = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    // The connections that are tried before they are used are those that stood idle for a while.
    sleep(Duration::from_millis(1100)).await;
    sqlx::query(close).execute(&mut connection).await.unwrap();
    for _ in 0..16 {
        assert_eq!(replica.resolve(BOB).await, Ok(1));
    }
}
