//! What every change leaves behind, and the way back.

use signline::domain::business_group::{BusinessGroupId, BusinessGroupPatch};
use signline::domain::history::{ChangeCounts, ChangeKind, Source};
use signline::domain::page::PageRequest;
use signline::ports::history_store::{HistoryRefusal, Restore, Restored};

use crate::on_both_engines;
use crate::support::{BASE, World, address, context_at, id, number, range, replace, time};

on_both_engines!(
    every_change_is_a_revision_with_its_rows,
    a_restored_revision_is_a_new_one,
    what_is_restored_already_makes_no_revision,
    a_restore_to_the_beginning_leaves_nothing,
    numbers_outside_the_ranges_stop_a_restore,
    history_that_is_cut_short_says_so,
    revisions_are_numbered_without_gaps_however_many_change_at_once,
    revisions_are_read_in_pages_from_the_newest,
);

async fn revisions(world: &World, group: &BusinessGroupId) -> Vec<(i64, Source, ChangeCounts)> {
    let page = PageRequest { limit: 1000, after: None };
    let page = world.stores.history.list(group, &page).await.unwrap();
    page.items.into_iter().map(|revision| (revision.revision, revision.source, revision.counts)).collect()
}

async fn changes(world: &World, group: &BusinessGroupId, revision: i64) -> Option<Vec<(u64, ChangeKind)>> {
    let page = PageRequest { limit: 1000, after: None };
    let page = match world.stores.history.list_changes(group, revision, &page).await {
        Err(HistoryRefusal::NoSuchRevision) => return None,
        page => page.unwrap(),
    };
    Some(page.items.into_iter().map(|change| (change.phone_number.digits() - BASE, change.kind)).collect())
}

async fn restore(world: &World, group: &BusinessGroupId, revision: i64) -> Result<Restored, HistoryRefusal> {
    let restore = Restore { group: group.clone(), revision, context: context_at(3000) };
    world.stores.history.restore(restore).await
}

fn counts(added: u64, changed: u64, removed: u64) -> ChangeCounts {
    ChangeCounts { added, changed, removed }
}

async fn every_change_is_a_revision_with_its_rows(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    world.put(&abc, 1, "x@abc.com").await.unwrap();
    world.import(replace(&abc, &[(1, "x@abc.com"), (2, "b@abc.com")])).await.unwrap();
    world.stores.mappings.delete(&abc, number(BASE + 1), &context_at(1009)).await.unwrap();
    let expected = [
        (4, Source::Api, counts(0, 0, 1)),
        (3, Source::Import, counts(1, 0, 0)),
        (2, Source::Api, counts(0, 1, 0)),
        (1, Source::Api, counts(1, 0, 0)),
    ];
    assert_eq!(revisions(&world, &abc).await, expected);
    let (a, x, b) = (address("a@abc.com"), address("x@abc.com"), address("b@abc.com"));
    assert_eq!(changes(&world, &abc, 1).await, Some(vec![(1, ChangeKind::Added(a.clone()))]));
    assert_eq!(changes(&world, &abc, 2).await, Some(vec![(1, ChangeKind::Changed { old: a, new: x.clone() })]));
    assert_eq!(changes(&world, &abc, 3).await, Some(vec![(2, ChangeKind::Added(b))]));
    assert_eq!(changes(&world, &abc, 4).await, Some(vec![(1, ChangeKind::Removed(x))]));
    for unknown in [0, 5, -1, i64::MAX] {
        assert_eq!(changes(&world, &abc, unknown).await, None);
    }
    let page = PageRequest { limit: 1, after: None };
    let newest = world.stores.history.list(&abc, &page).await.unwrap().items.remove(0);
    assert_eq!((newest.at, newest.actor), (time(1009), context_at(9).actor));
    assert_eq!(world.stores.history.list(&id("nobody"), &page).await, Err(HistoryRefusal::NoSuchGroup));
}

async fn a_restored_revision_is_a_new_one(world: World) {
    let abc = world.group("abc").await;
    let first = [(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")];
    world.import(replace(&abc, &first)).await.unwrap();
    world
        .import(replace(&abc, &[(1, "b@abc.com"), (2, "a@abc.com"), (4, "c@abc.com"), (5, "e@abc.com")]))
        .await
        .unwrap();
    world.put(&abc, 6, "f@abc.com").await.unwrap();
    // The address c moves back to its number.
    let outcome = restore(&world, &abc, 1).await;
    assert_eq!(outcome, Ok(Restored { revision: 4, counts: counts(0, 3, 2) }));
    world.assert_mappings(&abc, 4, &first).await;
    let outcome = restore(&world, &abc, 3).await;
    assert_eq!(outcome, Ok(Restored { revision: 5, counts: counts(2, 3, 0) }));
    let third = [(1, "b@abc.com"), (2, "a@abc.com"), (4, "c@abc.com"), (5, "e@abc.com"), (6, "f@abc.com")];
    world.assert_mappings(&abc, 5, &third).await;
    assert_eq!(revisions(&world, &abc).await[0], (5, Source::Restore, counts(2, 3, 0)));
}

async fn what_is_restored_already_makes_no_revision(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    world.put(&abc, 1, "b@abc.com").await.unwrap();
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    for revision in [3, 1] {
        let outcome = restore(&world, &abc, revision).await;
        assert_eq!(outcome, Ok(Restored { revision: 3, counts: counts(0, 0, 0) }));
    }
    world.assert_mappings(&abc, 3, &[(1, "a@abc.com")]).await;
    for unknown in [4, -1] {
        assert_eq!(restore(&world, &abc, unknown).await, Err(HistoryRefusal::NoSuchRevision));
    }
    assert_eq!(restore(&world, &id("nobody"), 0).await, Err(HistoryRefusal::NoSuchRevision));
    assert_eq!(world.count_rows("change_sets").await, 3);
}

async fn a_restore_to_the_beginning_leaves_nothing(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let outcome = restore(&world, &abc, 0).await;
    assert_eq!(outcome, Ok(Restored { revision: 2, counts: counts(0, 0, 1) }));
    world.assert_mappings(&abc, 2, &[]).await;
    let outcome = restore(&world, &abc, 1).await;
    assert_eq!(outcome, Ok(Restored { revision: 3, counts: counts(1, 0, 0) }));
}

async fn numbers_outside_the_ranges_stop_a_restore(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (50, "b@abc.com"), (60, "c@abc.com")])).await.unwrap();
    world.import(replace(&abc, &[(1, "x@abc.com")])).await.unwrap();
    let ranges = Some(vec![range(BASE, BASE + 9)]);
    let patch = BusinessGroupPatch { number_ranges: ranges, ..BusinessGroupPatch::default() };
    world.stores.business_groups.update(&abc, patch, &context_at(1)).await.unwrap();
    let expected = Err(HistoryRefusal::OutsideRanges { count: 2, first: vec![number(BASE + 50), number(BASE + 60)] });
    assert_eq!(restore(&world, &abc, 1).await, expected);
    world.assert_mappings(&abc, 2, &[(1, "x@abc.com")]).await;
}

async fn history_that_is_cut_short_says_so(world: World) {
    let abc = world.group("abc").await;
    for at in 1..=4 {
        world.put(&abc, at, &format!("u{at}@abc.com")).await.unwrap();
    }
    // The revisions were made at seconds 1 to 4.
    let store = &world.stores.history;
    assert_eq!(store.prune(time(1)).await.unwrap(), 0);
    let (one, other) = tokio::join!(store.prune(time(3)), store.prune(time(3)));
    assert_eq!(one.unwrap() + other.unwrap(), 2);
    let left: Vec<_> = revisions(&world, &abc).await.into_iter().map(|(revision, ..)| revision).collect();
    assert_eq!(left, [4, 3]);
    assert_eq!(restore(&world, &abc, 1).await, Err(HistoryRefusal::NoSuchRevision));
    assert_eq!(world.count_rows("changes").await, 2);
    // The mappings of the last revision that went can still be told.
    restore(&world, &abc, 2).await.unwrap();
    world.assert_mappings(&abc, 5, &[(1, "u1@abc.com"), (2, "u2@abc.com")]).await;
    assert_eq!(store.prune(time(9999)).await.unwrap(), 3);
    assert_eq!(revisions(&world, &abc).await, []);
    world.assert_mappings(&abc, 5, &[(1, "u1@abc.com"), (2, "u2@abc.com")]).await;
}

async fn revisions_are_numbered_without_gaps_however_many_change_at_once(world: World) {
    let abc = world.group("abc").await;
    let putting = (0..20_u64).map(|at| {
        let (world, abc) = (&world, &abc);
        async move { world.put(abc, at, &format!("u{at}@abc.com")).await }
    });
    futures_util::future::join_all(putting).await;
    let numbers: Vec<_> = revisions(&world, &abc).await.into_iter().map(|(revision, ..)| revision).collect();
    assert_eq!(numbers, (1..=20).rev().collect::<Vec<_>>());
}

async fn revisions_are_read_in_pages_from_the_newest(world: World) {
    let abc = world.group("abc").await;
    for at in 1..=5 {
        world.put(&abc, at, &format!("u{at}@abc.com")).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut page = PageRequest { limit: 2, after: None };
    loop {
        let found = world.stores.history.list(&abc, &page).await.unwrap();
        seen.extend(found.items.iter().map(|revision| revision.revision));
        page.after = seen.last().copied();
        if !found.has_more {
            break;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}
