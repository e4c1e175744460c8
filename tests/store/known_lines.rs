//! Cached lines: as fresh as the store, whoever changes it, on this replica and on others.

use signline::domain::import::Confirmation;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use signline::domain::business_group::BusinessGroupId;
use signline::domain::business_group::BusinessGroupPatch;
use signline::domain::business_group::IdentityPinning;
use signline::domain::import::ImportMode;
use signline::domain::sign_in::SignIn;
use signline::domain::tenant::TenantProof;
use signline::ports::history_store::Restore;
use signline::ports::import_store::ApplyImport;
use signline::ports::mapping_store::ReleasePinOutcome;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;
use sqlx::SqliteConnection;
use test_support::app::TIMEOUT;
use test_support::database::Engine;
use tokio::task::JoinSet;
use tokio::task::spawn;
use tokio::time::sleep;
use tokio::time::timeout;

use crate::replica::*;
use crate::support::*;

crate::on_both_engines!(
    a_line_is_looked_up_once,
    what_is_not_mapped_is_cached_until_it_is,
    every_change_made_here_is_seen_at_once,
    every_change_made_elsewhere_is_seen,
    a_change_made_past_the_program_is_seen,
    a_pin_that_comes_back_is_seen,
    many_who_ask_at_once_cause_one_lookup,
    who_waits_for_a_look_up_that_hangs_makes_one_of_their_own,
    a_look_up_that_a_change_overtakes_puts_nothing_back,
    who_asks_after_a_change_is_not_given_an_older_lookup,
    no_answer_is_older_than_the_last_change,
    a_change_whose_caller_goes_away_is_known_all_the_same,
    nothing_is_cached_while_changes_are_not_heard,
    a_line_is_pinned_once_and_cached_as_pinned,
    a_pin_made_elsewhere_is_respected,
    who_signs_in_first_while_their_address_moves_gets_its_new_number,
    a_released_pin_is_seen_at_once,
    a_pin_released_elsewhere_is_seen,
    a_tenant_taken_over_has_its_new_groups_lines_at_once_here_and_soon_elsewhere,
    pinning_that_is_off_pins_nobody_and_on_again_holds_to_the_pins_of_before,
    pinning_that_is_switched_elsewhere_is_seen,
);

const BOB: &str = "bob@abc.com";
const EVE: &str = "eve@abc.com";

/// A group linked to tenant 1, with Bob's line.
async fn company(world: &World) -> BusinessGroupId {
    let group = world.group("abc").await;
    world.stores.business_groups.link_tenant(&group, guid(1), &context_at(0)).await.expect("the store answers");
    world.put(&group, 1, BOB).await.unwrap();
    group
}

/// Lets Bob sign in for the first time: a line that is pinned to nobody is asked for once more when it is used.
async fn pin(world: &World) {
    assert_eq!(Replica::deaf(world.stores.clone()).resolve(BOB).await, Ok(1));
}

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
                drop(stores.business_groups.link_tenant(group, guid(2), &context_at(0)).await.unwrap())
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

async fn every_change_made_here_is_seen_at_once(world: World) {
    let group = company(&world).await;
    let replica = Replica::of(&world).await;
    assert_eq!(replica.resolve(BOB).await, Ok(1));
    for (change, expected) in Change::ALL {
        change.make(&world, &group).await;
        assert_eq!(replica.resolve(BOB).await, expected, "{change:?}");
        assert_eq!(replica.resolve(BOB).await, expected, "{change:?}");
        let somebody_else = replica.resolve_as(&somebody_else()).await;
        assert_eq!(somebody_else, change.for_somebody_else(expected), "{change:?}");
    }
}

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

/// Another account with Bob's address.
fn somebody_else() -> SignIn {
    SignIn { oid: guid(99), ..sign_in(1, BOB) }
}

/// Runs SQL as somebody would who does not use the program.
async fn by_hand(world: &World, statement: &'static str) {
    let done = match world.engine {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.map(|done| done.rows_affected())
        }
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(world.database.url()).await.unwrap();
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.map(|done| done.rows_affected())
        }
    };
    assert_eq!(done.unwrap(), 1, "{statement}");
}

async fn a_change_made_past_the_program_is_seen(world: World) {
    company(&world).await;
    let replica = Replica::of(&world).await;
    let bob = sign_in(1, BOB);
    replica.wait_for(&bob, Ok(1)).await;
    let eve = somebody_else();
    replica.wait_for(&eve, Err("identity changed")).await;
    by_hand(&world, "UPDATE mappings SET pinned_tid = NULL, pinned_oid = NULL, pinned_at = NULL").await;
    replica.wait_for(&eve, Ok(1)).await;
    by_hand(&world, "UPDATE mappings SET email = 'eve@abc.com'").await;
    replica.wait_for(&bob, NO_MAPPING).await;
    by_hand(
        &world,
        "UPDATE mappings SET email = 'bob@abc.com', pinned_tid = NULL, pinned_oid = NULL, pinned_at = NULL",
    )
    .await;
    // The other account had signed in, and the address is pinned to it again.
    replica.wait_for(&eve, Ok(1)).await;
    replica.wait_for(&bob, Err("identity changed")).await;
    by_hand(&world, "DELETE FROM mappings").await;
    replica.wait_for(&eve, NO_MAPPING).await;
    by_hand(
        &world,
        "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
         SELECT 17635550005, group_key, 'bob@abc.com', 0 FROM business_groups",
    )
    .await;
    replica.wait_for(&eve, Ok(5)).await;
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

/// Whatever a session calls itself, and whatever was set in it: a pooler gives it to whoever comes next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_told_of_whatever_its_session_says() {
    let world = World::new(Engine::Postgres).await;
    let group = company(&world).await;
    let replica = Replica::hearing(world.database.open().await).await;
    let bob = sign_in(1, BOB);
    for setting in ["application_name = signline", "session_replication_role = replica", "search_path = public"] {
        for isolation in ["READ COMMITTED", "REPEATABLE READ"] {
            replica.wait_for(&bob, Ok(1)).await;
            let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
            let run = async |connection: &mut PgConnection, statement: String| {
                sqlx::query(AssertSqlSafe(statement)).execute(connection).await.unwrap();
            };
            run(&mut connection, format!("SET {setting}")).await;
            run(&mut connection, format!("BEGIN ISOLATION LEVEL {isolation}")).await;
            run(&mut connection, "DELETE FROM mappings".to_owned()).await;
            run(&mut connection, "COMMIT".to_owned()).await;
            replica.wait_for(&bob, NO_MAPPING).await;
            let insert = "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
                 SELECT 17635550001, group_key, 'bob@abc.com', 0 FROM business_groups";
            run(&mut connection, insert.to_owned()).await;
        }
    }
    replica.wait_for(&bob, Ok(1)).await;
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    replica.wait_for(&bob, NO_MAPPING).await;
}

/// Who changes a mapping with a client of the database does not hold the group, so its tenant can be linked meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_told_of_though_its_group_is_linked_meanwhile() {
    let world = World::new(Engine::Postgres).await;
    let group = world.group("abc").await;
    world.put(&group, 1, BOB).await.unwrap();
    let replica = Replica::hearing(world.database.open().await).await;
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    let mut by_hand = connection.begin().await.unwrap();
    sqlx::query("DELETE FROM mappings").execute(&mut *by_hand).await.unwrap();
    world.stores.business_groups.link_tenant(&group, guid(1), &context_at(0)).await.unwrap();
    let bob = sign_in(1, BOB);
    // He asks the database to be pinned, which waits for the row: that he does not do by himself.
    switch_pinning(&world, &group, IdentityPinning::Off).await;
    replica.wait_for(&bob, Ok(1)).await;
    by_hand.commit().await.unwrap();
    replica.wait_for(&bob, NO_MAPPING).await;
}

/// What a large change costs other companies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_through_the_program_is_told_of_its_own_tenant_alone() {
    let world = World::new(Engine::Postgres).await;
    let group = company(&world).await;
    let mut listener = sqlx::postgres::PgListener::connect(world.database.url()).await.unwrap();
    listener.listen("signline_line_changes").await.unwrap();
    world.import(replace(&group, &[(1, "new@abc.com"), (2, BOB)])).await.unwrap();
    world.put(&group, 1, EVE).await.unwrap();
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    sqlx::query("NOTIFY signline_line_changes, 'end'")
        .execute(&mut PgConnection::connect(world.database.url()).await.unwrap())
        .await
        .unwrap();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|word| word != "end") {
        heard.push(listener.recv().await.unwrap().payload().to_owned());
    }
    let tenant = guid(1).to_string();
    assert_eq!(heard, [tenant.as_str(), &tenant, &tenant, "end"]);
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

async fn who_waits_for_a_look_up_that_hangs_makes_one_of_their_own(world: World) {
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

async fn a_look_up_that_a_change_overtakes_puts_nothing_back(world: World) {
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

async fn nothing_is_cached_while_changes_are_not_heard(world: World) {
    let group = company(&world).await;
    let replica = Replica::deaf(world.database.open().await);
    for _ in 0..3 {
        assert_eq!(replica.resolve(BOB).await, Ok(1));
    }
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    assert_eq!(replica.resolve(BOB).await, NO_MAPPING);
    assert_eq!(replica.lookups(), 4);
}

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

async fn switch_pinning(world: &World, group: &BusinessGroupId, pinning: IdentityPinning) {
    let patch = BusinessGroupPatch { identity_pinning: Some(pinning), ..BusinessGroupPatch::default() };
    world.stores.business_groups.update(group, patch, &context_at(0)).await.unwrap();
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

/// What a database forgets: a standby that missed the last commits is promoted, or a backup is put back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_while_nothing_was_heard_is_not_missed() {
    let world = World::new(Engine::Postgres).await;
    let group = company(&world).await;
    let replica = Replica::hearing(world.database.open().await).await;
    let bob = sign_in(1, BOB);
    replica.wait_for(&bob, Ok(1)).await;
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    for (change, expected) in [
        // The link is younger than the connection that is lost, and gone before the next.
        ("UPDATE business_groups SET tenant_id = NULL", Err("tenant not linked")),
        ("UPDATE business_groups SET tenant_id = $1", Ok(1)),
        ("UPDATE mappings SET email = 'eve@abc.com'", NO_MAPPING),
        ("UPDATE mappings SET email = 'bob@abc.com'", Ok(1)),
    ] {
        // So that what was before is cached.
        let _ = replica.resolve(BOB).await;
        // Without triggers nothing is told, as when the state of the database is another one.
        let mut transaction = connection.begin().await.unwrap();
        let table = change.split(' ').nth(1).expect("a table");
        let switch = async |transaction: &mut PgConnection, switch: &str| {
            let statement = format!("ALTER TABLE {table} {switch} TRIGGER USER");
            sqlx::query(AssertSqlSafe(statement)).execute(transaction).await.unwrap();
        };
        switch(&mut transaction, "DISABLE").await;
        let query = sqlx::query(AssertSqlSafe(change));
        let query = if change.contains("$1") { query.bind(guid(1).to_string()) } else { query };
        query.execute(&mut *transaction).await.unwrap();
        switch(&mut transaction, "ENABLE").await;
        transaction.commit().await.unwrap();
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'signline-listen'",
        )
        .execute(&mut connection)
        .await
        .unwrap();
        replica.wait_for(&bob, expected).await;
        replica.wait_until_trusted().await;
    }
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    replica.wait_for(&bob, NO_MAPPING).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_triggers_are_gone_is_never_trusted() {
    let world = World::new(Engine::Postgres).await;
    company(&world).await;
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    sqlx::query("ALTER TABLE business_groups DISABLE TRIGGER groups_change").execute(&mut connection).await.unwrap();
    let replica = Replica::deaf(world.database.open().await);
    let watch = Arc::clone(&replica.stores.line_watch);
    let listening = spawn(async move { watch.listen().await });
    sleep(Duration::from_millis(300)).await;
    assert!(!replica.stores.lines.is_trusted(Instant::now()));
    sqlx::query("ALTER TABLE business_groups ENABLE TRIGGER groups_change").execute(&mut connection).await.unwrap();
    replica.wait_until_trusted().await;
    listening.abort();
}
