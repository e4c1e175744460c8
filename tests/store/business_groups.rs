use std::sync::Arc;
use std::time::Duration;

use signline::domain::business_group::{BusinessGroup, BusinessGroupPatch, IdentityPinning, LinkedGroup};
use signline::domain::page::PageRequest;
use signline::domain::tenant::TenantProof;
use signline::ports::business_group_store::BusinessGroupRefusal;
use signline::ports::mapping_store::{MappingRefusal, PutOutcome};
use sqlx::{Connection, PgConnection};
use test_support::database::Engine;
use tokio::time::{sleep, timeout};

use crate::on_both_engines;
use crate::support::{BASE, World, context_at, guid, id, range, time};

on_both_engines!(
    a_new_group_is_found_as_it_was_created,
    an_id_stands_once,
    ranges_of_two_groups_never_overlap,
    of_two_groups_created_at_once_with_one_range_one_stands,
    of_two_groups_that_take_a_range_at_once_one_gets_it,
    a_range_and_a_number_in_it_do_not_part_when_changed_at_once,
    a_group_does_not_go_while_a_mapping_comes,
    a_patch_changes_what_it_names,
    a_name_that_a_group_has_already_stays_its_own_and_one_like_anothers_is_refused,
    ranges_can_be_cut_anew_as_long_as_mapped_numbers_stay_inside,
    a_tenant_belongs_to_one_group,
    of_two_groups_that_link_a_tenant_at_once_one_gets_it,
    a_group_is_found_by_the_tenant_that_it_is_linked_to_now,
    a_group_with_mappings_is_not_deleted,
    pages_hold_all_groups_in_order,
);

fn ranges(ranges: Vec<signline::domain::number_range::NumberRange>) -> BusinessGroupPatch {
    BusinessGroupPatch { number_ranges: Some(ranges), ..BusinessGroupPatch::default() }
}

async fn a_new_group_is_found_as_it_was_created(world: World) {
    let ranges = [range(BASE, BASE + 99), range(BASE + 200, BASE + 299)];
    let Ok(created) = world.create("abc", &ranges).await else {
        panic!("not created");
    };
    assert_eq!(created.id, id("abc"));
    assert_eq!(created.name, "The abc");
    assert_eq!(created.number_ranges, ranges);
    assert_eq!(created.tenant_id, None);
    assert_eq!((created.allow_guests, created.identity_pinning), (false, IdentityPinning::Enforce));
    assert_eq!((created.mapping_count, created.revision, created.created_at), (0, 0, time(0)));
    assert_eq!(world.read(&created.id).await, created);
    assert_eq!(world.stores.business_groups.find(&id("other")).await, Err(BusinessGroupRefusal::NoSuchGroup));
}

async fn an_id_stands_once(world: World) {
    world.group("abc").await;
    assert_eq!(world.create("abc", &[]).await, Err(BusinessGroupRefusal::IdTaken));
}

async fn ranges_of_two_groups_never_overlap(world: World) {
    world.group_with("abc", &[range(BASE, BASE + 99)]).await;
    let (free, taken) = (range(BASE + 100, BASE + 199), range(BASE + 99, BASE + 99));
    assert_eq!(world.create("xyz", &[free, taken]).await, Err(BusinessGroupRefusal::RangeTaken(taken)));
    let xyz = world.group_with("xyz", &[free]).await;
    let patch = ranges(vec![range(BASE + 50, BASE + 199)]);
    let refused = world.stores.business_groups.update(&xyz, patch, &context_at(1)).await;
    assert_eq!(refused, Err(BusinessGroupRefusal::RangeTaken(range(BASE + 50, BASE + 199))));
    assert_eq!(world.read(&xyz).await.number_ranges, [free]);
}

async fn of_two_groups_created_at_once_with_one_range_one_stands(world: World) {
    for round in 0..10 {
        let range = [range(BASE + round * 100, BASE + round * 100 + 99)];
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let (a, b) = tokio::join!(world.create(&a, &range), world.create(&b, &range));
        let created = [&a, &b].iter().filter(|outcome| outcome.is_ok()).count();
        let taken =
            [&a, &b].iter().filter(|outcome| matches!(outcome, Err(BusinessGroupRefusal::RangeTaken(_)))).count();
        assert_eq!((created, taken), (1, 1), "{a:?} {b:?}");
    }
}

async fn of_two_groups_that_take_a_range_at_once_one_gets_it(world: World) {
    let (abc, xyz) = (world.group_with("abc", &[]).await, world.group_with("xyz", &[]).await);
    for round in 0..5 {
        let from = BASE + round * 100;
        let wanted = [range(from, from + 59), range(from + 50, from + 99)];
        let take =
            async |group, range| world.stores.business_groups.update(group, ranges(vec![range]), &context_at(1)).await;
        let (a, b) = tokio::join!(take(&abc, wanted[0]), take(&xyz, wanted[1]));
        match (&a, &b) {
            (Ok(_), Err(BusinessGroupRefusal::RangeTaken(range))) => assert_eq!(*range, wanted[1]),
            (Err(BusinessGroupRefusal::RangeTaken(range)), Ok(_)) => assert_eq!(*range, wanted[0]),
            other => panic!("{other:?}"),
        }
    }
}

async fn a_range_and_a_number_in_it_do_not_part_when_changed_at_once(world: World) {
    let abc = world.group("abc").await;
    for round in 0..10 {
        let by = context_at(1);
        let given_up = world.stores.business_groups.update(&abc, ranges(vec![]), &by);
        let (update, put) = tokio::join!(given_up, world.put(&abc, round, "a@abc.com"));
        match (update, put) {
            (Ok(_), Err(MappingRefusal::NumberNotAssigned)) => {
                world
                    .stores
                    .business_groups
                    .update(&abc, ranges(vec![range(BASE, BASE + 9999)]), &context_at(1))
                    .await
                    .unwrap();
            }
            (Err(BusinessGroupRefusal::RangesInUse(1)), Ok(PutOutcome::Created(mapping))) => {
                world.stores.mappings.delete(&abc, mapping.phone_number, &context_at(1)).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn a_group_does_not_go_while_a_mapping_comes(world: World) {
    for round in 0..10 {
        let abc = world.group_with("abc", &[range(BASE, BASE + 99)]).await;
        let by = context_at(1);
        let (delete, put) =
            tokio::join!(world.stores.business_groups.delete(&abc, &by), world.put(&abc, round, "a@abc.com"));
        match (delete, put) {
            (Ok(()), Err(MappingRefusal::NoSuchGroup)) => {}
            (Err(BusinessGroupRefusal::NotEmpty), Ok(PutOutcome::Created(mapping))) => {
                world.stores.mappings.delete(&abc, mapping.phone_number, &context_at(1)).await.unwrap();
                assert_eq!(world.stores.business_groups.delete(&abc, &context_at(1)).await, Ok(()));
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn a_patch_changes_what_it_names(world: World) {
    let abc = world.group("abc").await;
    let before = world.read(&abc).await;
    let patch = BusinessGroupPatch { name: Some("New".to_owned()), allow_guests: Some(true), ..Default::default() };
    let outcome = world.stores.business_groups.update(&abc, patch, &context_at(1)).await;
    let mut expected = before;
    "New".clone_into(&mut expected.name);
    expected.allow_guests = true;
    assert_eq!(outcome, Ok(expected.clone()));
    let patch = BusinessGroupPatch { identity_pinning: Some(IdentityPinning::Off), ..Default::default() };
    world.stores.business_groups.update(&abc, patch, &context_at(1)).await.unwrap();
    expected.identity_pinning = IdentityPinning::Off;
    assert_eq!(world.read(&abc).await, expected);
    let nobody = world.stores.business_groups.update(&id("x"), BusinessGroupPatch::default(), &context_at(1)).await;
    assert_eq!(nobody, Err(BusinessGroupRefusal::NoSuchGroup));
}

async fn ranges_can_be_cut_anew_as_long_as_mapped_numbers_stay_inside(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 99)]).await;
    world.put(&abc, 10, "a@abc.com").await.unwrap();
    world.put(&abc, 80, "b@abc.com").await.unwrap();
    let update = async |cut| world.stores.business_groups.update(&abc, ranges(cut), &context_at(1)).await;

    assert_eq!(update(vec![range(BASE, BASE + 50)]).await, Err(BusinessGroupRefusal::RangesInUse(1)));
    assert_eq!(update(vec![]).await, Err(BusinessGroupRefusal::RangesInUse(2)));
    assert_eq!(world.read(&abc).await.number_ranges, [range(BASE, BASE + 99)]);

    let cut = vec![range(BASE + 5, BASE + 15), range(BASE + 75, BASE + 120)];
    assert!(update(cut.clone()).await.is_ok());
    assert_eq!(world.read(&abc).await.number_ranges, cut);
    world.assert_mappings(&abc, 2, &[(10, "a@abc.com"), (80, "b@abc.com")]).await;
    world.group_with("xyz", &[range(BASE + 16, BASE + 74)]).await;
}

async fn a_tenant_belongs_to_one_group(world: World) {
    let (abc, xyz) = (world.group("abc").await, world.group_with("xyz", &[]).await);
    let link = async |group, tenant| world.stores.business_groups.link_tenant(group, tenant, &context_at(1)).await;

    assert!(matches!(link(&abc, guid(1)).await, Ok(group) if group.tenant_id == Some(guid(1))));
    assert!(link(&abc, guid(1)).await.is_ok());
    assert_eq!(
        link(&xyz, guid(1)).await,
        Err(BusinessGroupRefusal::TenantTaken { unproven: true, holder: abc.clone() })
    );
    let nobody = id("nobody");
    assert_eq!(link(&nobody, guid(2)).await, Err(BusinessGroupRefusal::NoSuchGroup));
    assert!(link(&abc, guid(2)).await.is_ok());
    assert!(link(&xyz, guid(1)).await.is_ok());

    world.stores.business_groups.unlink_tenant(&abc, &context_at(1)).await.unwrap();
    world.stores.business_groups.unlink_tenant(&abc, &context_at(1)).await.unwrap();
    assert_eq!(
        world.stores.business_groups.unlink_tenant(&id("nobody"), &context_at(1)).await,
        Err(BusinessGroupRefusal::NoSuchGroup)
    );
    assert_eq!(world.read(&abc).await.tenant_id, None);
    assert_eq!(world.stores.mappings.resolve(guid(2), None).await.unwrap(), None);
}

async fn of_two_groups_that_link_a_tenant_at_once_one_gets_it(world: World) {
    let (abc, xyz) = (world.group_with("abc", &[]).await, world.group_with("xyz", &[]).await);
    for round in 0..10 {
        let link = async |group| world.stores.business_groups.link_tenant(group, guid(round), &context_at(1)).await;
        let (a, b) = tokio::join!(link(&abc), link(&xyz));
        let outcomes = [a, b];
        let refused = |outcome: &&Result<BusinessGroup, BusinessGroupRefusal>| {
            matches!(outcome, Err(BusinessGroupRefusal::TenantTaken { unproven: true, .. }))
        };
        let taken = outcomes.iter().filter(refused).count();
        let linked = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!((taken, linked), (1, 1), "{outcomes:?}");
    }
}

// proves T-35
async fn a_group_is_found_by_the_tenant_that_it_is_linked_to_now(world: World) {
    let (abc, xyz) = (world.group_with("abc", &[]).await, world.group_with("xyz", &[]).await);
    let groups = &world.stores.business_groups;
    let found = async |tenant| groups.find_linked(guid(tenant)).await.unwrap().map(|group| group.id);
    assert_eq!(found(1).await, None);
    groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();
    groups.link_tenant(&xyz, guid(2), &context_at(1)).await.unwrap();
    assert_eq!((found(1).await, found(2).await), (Some(abc.clone()), Some(xyz.clone())));
    let patch = BusinessGroupPatch { allow_guests: Some(true), ..BusinessGroupPatch::default() };
    groups.update(&abc, patch, &context_at(2)).await.unwrap();
    let name = "The abc".to_owned();
    let mut linked = LinkedGroup { id: abc.clone(), name, allow_guests: true, is_proven: false };
    assert_eq!(groups.find_linked(guid(1)).await.unwrap(), Some(linked.clone()));
    groups.prove_tenant(&abc, TenantProof { tenant: guid(1), oid: guid(9) }, &context_at(2)).await.unwrap();
    linked.is_proven = true;
    assert_eq!(groups.find_linked(guid(1)).await.unwrap(), Some(linked));
    // Moved, unlinked, deleted: it is never the one of before.
    groups.link_tenant(&abc, guid(3), &context_at(3)).await.unwrap();
    assert_eq!((found(1).await, found(3).await), (None, Some(abc.clone())));
    groups.link_tenant(&xyz, guid(1), &context_at(4)).await.unwrap();
    assert_eq!((found(1).await, found(2).await), (Some(xyz.clone()), None));
    groups.unlink_tenant(&abc, &context_at(5)).await.unwrap();
    groups.delete(&xyz, &context_at(5)).await.unwrap();
    assert_eq!((found(1).await, found(3).await), (None, None));
}

async fn a_group_with_mappings_is_not_deleted(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let delete = async || world.stores.business_groups.delete(&abc, &context_at(1)).await;
    assert_eq!(delete().await, Err(BusinessGroupRefusal::NotEmpty));
    world.stores.mappings.delete(&abc, crate::support::number(BASE + 1), &context_at(1)).await.unwrap();
    assert_eq!(delete().await, Ok(()));
    assert_eq!(delete().await, Err(BusinessGroupRefusal::NoSuchGroup));
    world.group("xyz").await;
}

async fn pages_hold_all_groups_in_order(world: World) {
    for name in ["b", "a", "a-1", "a0", "c"] {
        world.group_with(name, &[]).await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = world.stores.business_groups.list(&PageRequest { limit: 2, after }).await.unwrap();
        seen.extend(page.items.iter().map(|group| group.id.to_string()));
        after = page.items.last().map(|group| group.id.clone());
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, ["a", "a-1", "a0", "b", "c"]);
}

/// A change of a name that must be unlike all others.
fn name(name: &str) -> BusinessGroupPatch {
    BusinessGroupPatch { name: Some(name.to_owned()), ..BusinessGroupPatch::default() }
}

async fn a_name_that_a_group_has_already_stays_its_own_and_one_like_anothers_is_refused(world: World) {
    let groups = &world.stores.business_groups;
    let abc = world.group("abc").await;
    world.group_with("other", &[]).await;
    for (wanted, is_taken) in [("The abc", false), ("THE ABC", false), ("the other", true), ("Free", false)] {
        let outcome = groups.update(&abc, name(wanted), &context_at(1)).await;
        assert_eq!(matches!(outcome, Err(BusinessGroupRefusal::NameTaken)), is_taken, "{wanted}: {outcome:?}");
        assert_eq!(world.read(&abc).await.name == wanted, !is_taken, "{wanted}");
    }
    let outcome = groups.update(&id("none"), name("Free too"), &context_at(1)).await;
    assert!(matches!(outcome, Err(BusinessGroupRefusal::NoSuchGroup)), "{outcome:?}");
}

/// Holds the lock of the names, as another replica does that changes one.
async fn lock_names(world: &World) -> PgConnection {
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    let lock = "SELECT pg_advisory_lock(hashtext('signline'), hashtext('names'))";
    sqlx::query(lock).execute(&mut connection).await.unwrap();
    connection
}

/// Waits until so many wait for the lock of the names.
async fn wait_for_waiting(connection: &mut PgConnection, count: i64) {
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *connection).await.unwrap() < count {
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn new_names_that_wait_for_each_other_leave_others_their_connections() {
    let world = World::new(Engine::Postgres).await;
    for at in 0..40 {
        world.group_with(&format!("group{at}"), &[]).await;
    }
    let mut held = lock_names(&world).await;
    let rename = |at: usize| {
        let (groups, group) = (Arc::clone(&world.stores.business_groups), id(&format!("group{at}")));
        async move { groups.update(&group, name(&format!("Number {at}")), &context_at(1)).await }
    };
    let renames: Vec<_> = (0..40).map(|at| tokio::spawn(rename(at))).collect();
    wait_for_waiting(&mut held, 1).await;
    let others = async {
        for at in 0..40 {
            // A name that is sent as it is waits for nobody, and nor does any other change.
            let group = id(&format!("group{at}"));
            let as_it_is = name(&format!("The group{at}"));
            let outcome = world.stores.business_groups.update(&group, as_it_is, &context_at(1)).await;
            assert!(outcome.is_ok(), "{outcome:?}");
        }
    };
    timeout(Duration::from_secs(4), others).await.expect("others wait for the names");
    held.close().await.unwrap();
    for rename in renames {
        assert!(rename.await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_name_that_another_replica_gives_away_after_the_comparison_is_taken() {
    let world = World::new(Engine::Postgres).await;
    let there = world.database.open().await;
    let (abc, other) = (world.group("abc").await, world.group_with("other", &[]).await);
    let mut held = lock_names(&world).await;
    let release = async {
        // Both have compared their names with those of before.
        wait_for_waiting(&mut held, 2).await;
        held.close().await.unwrap();
    };
    let context = context_at(1);
    let here = world.stores.business_groups.update(&abc, name("New name"), &context);
    let there = there.business_groups.update(&other, name("NEW NAME"), &context);
    let (one, two, ()) = tokio::join!(here, there, release);
    let outcomes = [one, two];
    let taken = outcomes.iter().filter(|outcome| matches!(outcome, Err(BusinessGroupRefusal::NameTaken))).count();
    let renamed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!((taken, renamed), (1, 1), "{outcomes:?}");
}
