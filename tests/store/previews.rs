//! Imports that are kept before they are applied.

use signline::domain::business_group::{BusinessGroupId, BusinessGroupPatch};
use signline::domain::history::{ChangeCounts, ChangeKind, MappingChange};
use signline::domain::import::{Confirmation, Import, ImportState, LargeChange};
use signline::domain::page::PageRequest;
use signline::ports::import_store::{
    AppliedImport, ApplyImport, BadRowReason, ImportRefusal, KeptImportRefusal, TakenImport,
};
use uuid::Uuid;

use crate::on_both_engines;
use crate::support::{BASE, ImportFile, World, address, context_at, id, merge, number, range, removals, replace, time};

on_both_engines!(
    a_preview_changes_nothing_and_tells_what_it_would,
    an_applied_import_stays_applied,
    a_preview_is_stale_once_the_mappings_have_changed,
    an_address_that_moves_to_a_new_number_is_one_change,
    a_preview_ends_after_its_time,
    a_dropped_import_is_gone_and_an_applied_one_stays,
    numbers_that_left_the_ranges_since_the_preview_are_told_by_line,
    more_than_half_of_ten_mappings_go_only_if_somebody_agrees,
    an_import_of_another_group_is_not_found,
    a_group_takes_its_imports_with_it,
    changes_are_read_in_pages,
    of_two_previews_one_is_applied,
    a_merge_that_skips_bad_rows_is_kept_with_their_count,
    many_addresses_that_move_are_paired,
);

async fn kept(world: &World, batch: ImportFile) -> Import {
    match world.import(ImportFile { apply: None, ..batch }).await {
        Ok(TakenImport { import, .. }) => {
            assert_eq!(import.state, ImportState::Ready);
            import
        }
        other => panic!("{other:?}"),
    }
}

async fn apply(
    world: &World,
    group: &BusinessGroupId,
    id: Uuid,
    confirmed: Confirmation,
) -> Result<AppliedImport, KeptImportRefusal> {
    let apply = ApplyImport { group: group.clone(), id, confirmed, context: context_at(2000) };
    world.stores.imports.apply(apply).await
}

fn applied(outcome: Result<AppliedImport, KeptImportRefusal>) -> Import {
    match outcome {
        Ok(AppliedImport { import, is_new: true }) => import,
        other => panic!("{other:?}"),
    }
}

async fn changes(world: &World, group: &BusinessGroupId, id: Uuid) -> Vec<(u64, ChangeKind)> {
    let page = PageRequest { limit: 1000, after: None };
    let page = world.stores.imports.list_changes(group, id, time(2000), &page).await.unwrap();
    page.items.into_iter().map(|change| (change.phone_number.digits() - BASE, change.kind)).collect()
}

fn counts(added: u64, changed: u64, removed: u64) -> ChangeCounts {
    ChangeCounts { added, changed, removed }
}

async fn a_preview_changes_nothing_and_tells_what_it_would(world: World) {
    let abc = world.group("abc").await;
    let before = [(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")];
    world.import(replace(&abc, &before)).await.unwrap();
    let import = kept(&world, replace(&abc, &[(1, "a@abc.com"), (2, "x@abc.com"), (4, "d@abc.com")])).await;
    assert_eq!((import.counts, import.unchanged), (counts(1, 1, 1), 1));
    assert_eq!((import.base_revision, import.row_count, import.problem_count), (1, 3, None));
    let found = world.stores.imports.find(&abc, import.id, time(2000)).await.unwrap();
    assert_eq!(found, import);
    let expected = vec![
        (2, ChangeKind::Changed { old: address("b@abc.com"), new: address("x@abc.com") }),
        (3, ChangeKind::Removed(address("c@abc.com"))),
        (4, ChangeKind::Added(address("d@abc.com"))),
    ];
    assert_eq!(changes(&world, &abc, import.id).await, expected);
    world.assert_mappings(&abc, 1, &before).await;

    let done = applied(apply(&world, &abc, import.id, Confirmation::default()).await);
    assert_eq!(done, Import { state: ImportState::Applied { revision: 2 }, ..import.clone() });
    world.assert_mappings(&abc, 2, &[(1, "a@abc.com"), (2, "x@abc.com"), (4, "d@abc.com")]).await;
    assert_eq!(changes(&world, &abc, import.id).await, expected);
}

async fn an_applied_import_stays_applied(world: World) {
    let abc = world.group("abc").await;
    let import = kept(&world, replace(&abc, &[(1, "a@abc.com")])).await;
    let first = applied(apply(&world, &abc, import.id, Confirmation::default()).await);
    world.put(&abc, 2, "b@abc.com").await.unwrap();
    // Neither later changes nor the preview's time are of any account to it.
    assert_eq!(
        apply(&world, &abc, import.id, removals(7)).await,
        Ok(AppliedImport { import: first.clone(), is_new: false })
    );
    assert_eq!(world.stores.imports.find(&abc, import.id, time(10_000_000)).await, Ok(first));
    world.assert_mappings(&abc, 2, &[(1, "a@abc.com"), (2, "b@abc.com")]).await;
    let nothing = kept(&world, replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com")])).await;
    let done = applied(apply(&world, &abc, nothing.id, Confirmation::default()).await);
    assert_eq!(done.state, ImportState::Applied { revision: 2 });
}

async fn a_preview_is_stale_once_the_mappings_have_changed(world: World) {
    let abc = world.group("abc").await;
    let import = kept(&world, replace(&abc, &[(1, "a@abc.com")])).await;
    world.put(&abc, 2, "b@abc.com").await.unwrap();
    world.put(&abc, 3, "c@abc.com").await.unwrap();
    let Err(KeptImportRefusal::Stale { base_revision, current, since }) =
        apply(&world, &abc, import.id, Confirmation::default()).await
    else {
        panic!("not stale");
    };
    assert_eq!((base_revision, current), (0, 2));
    let listed: Vec<_> = since.iter().map(|revision| (revision.revision, revision.actor.name.as_str())).collect();
    assert_eq!(listed, [(1, "operator"), (2, "operator")]);
    assert_eq!(since[0].at, time(2));
    world.assert_mappings(&abc, 2, &[(2, "b@abc.com"), (3, "c@abc.com")]).await;
}

async fn an_address_that_moves_to_a_new_number_is_one_change(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")])).await.unwrap();
    // a moves from 1 to 5; b moves from 2 to 3, which c leaves for good.
    let import = kept(&world, replace(&abc, &[(3, "b@abc.com"), (5, "a@abc.com")])).await;
    assert_eq!((import.counts, import.unchanged), (counts(0, 2, 1), 0));
    let expected = [
        (2, ChangeKind::Removed(address("b@abc.com"))),
        (3, ChangeKind::Changed { old: address("c@abc.com"), new: address("b@abc.com") }),
        (5, ChangeKind::Moved { email: address("a@abc.com"), from: number(BASE + 1) }),
    ];
    assert_eq!(changes(&world, &abc, import.id).await, expected);
    applied(apply(&world, &abc, import.id, Confirmation::default()).await);
    world.assert_mappings(&abc, 2, &[(3, "b@abc.com"), (5, "a@abc.com")]).await;
}

async fn a_preview_ends_after_its_time(world: World) {
    let abc = world.group("abc").await;
    let import = kept(&world, replace(&abc, &[(1, "a@abc.com")])).await;
    let end = import.expires_at;
    let store = &world.stores.imports;
    assert!(store.find(&abc, import.id, time(1000 + 86_399)).await.is_ok());
    assert_eq!(store.find(&abc, import.id, end).await, Err(KeptImportRefusal::NoSuchImport));
    let mut late =
        ApplyImport { group: abc.clone(), id: import.id, confirmed: Confirmation::default(), context: context_at(0) };
    late.context.at = end;
    assert_eq!(store.apply(late).await, Err(KeptImportRefusal::NoSuchImport));
    assert_eq!(store.discard_expired(time(1000 + 86_399)).await.unwrap(), 0);
    let (one, other) = tokio::join!(store.discard_expired(end), store.discard_expired(end));
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    assert_eq!(apply(&world, &abc, import.id, Confirmation::default()).await, Err(KeptImportRefusal::NoSuchImport));
    world.assert_mappings(&abc, 0, &[]).await;
}

async fn a_dropped_import_is_gone_and_an_applied_one_stays(world: World) {
    let abc = world.group("abc").await;
    let (dropped, done) = (
        kept(&world, replace(&abc, &[(1, "a@abc.com")])).await,
        kept(&world, replace(&abc, &[(2, "b@abc.com")])).await,
    );
    applied(apply(&world, &abc, done.id, Confirmation::default()).await);
    let discard = async |id| world.stores.imports.discard(&abc, id, &context_at(2000)).await;
    assert_eq!(discard(dropped.id).await, Ok(()));
    assert_eq!(discard(dropped.id).await, Err(KeptImportRefusal::NoSuchImport));
    assert_eq!(discard(done.id).await, Err(KeptImportRefusal::Applied));
    assert_eq!(world.stores.imports.find(&abc, dropped.id, time(2000)).await, Err(KeptImportRefusal::NoSuchImport));
    world.assert_mappings(&abc, 1, &[(2, "b@abc.com")]).await;
}

async fn numbers_that_left_the_ranges_since_the_preview_are_told_by_line(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let rows = [(1, "a@abc.com"), (20, "b@abc.com"), (2, "c@abc.com"), (30, "d@abc.com")];
    let import = kept(&world, replace(&abc, &rows)).await;
    let ranges = Some(vec![range(BASE, BASE + 9)]);
    let patch = BusinessGroupPatch { number_ranges: ranges, ..BusinessGroupPatch::default() };
    world.stores.business_groups.update(&abc, patch, &context_at(1)).await.unwrap();
    let Err(KeptImportRefusal::OutsideRanges(bad_rows)) = apply(&world, &abc, import.id, Confirmation::default()).await
    else {
        panic!("not refused");
    };
    let listed: Vec<_> = bad_rows.first.iter().map(|bad| (bad.row.line, bad.reason)).collect();
    assert_eq!(listed, [(3, BadRowReason::NumberNotAssigned), (5, BadRowReason::NumberNotAssigned)]);
    assert_eq!(bad_rows.count, 2);
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com")]).await;
}

async fn more_than_half_of_ten_mappings_go_only_if_somebody_agrees(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> = (0..10).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(replace(&abc, &rows)).await.unwrap();
    let large = LargeChange { removed: Some(6), reassigned: None, mapping_count: 10 };
    let confirmed = |removed| Confirmation { removed, reassigned: Some(6) };
    let at_once = |removed| ImportFile { apply: Some(confirmed(removed)), ..replace(&abc, &rows[..4]) };
    for removed in [None, Some(5), Some(7)] {
        assert_eq!(world.import(at_once(removed)).await, Err(ImportRefusal::Unconfirmed(large)));
    }
    let import = kept(&world, replace(&abc, &rows[..4])).await;
    for removed in [None, Some(10)] {
        assert_eq!(
            apply(&world, &abc, import.id, confirmed(removed)).await,
            Err(KeptImportRefusal::Unconfirmed(large))
        );
    }
    world.assert_mappings(&abc, 1, &rows).await;
    // Half of them go unasked, and of fewer than ten all.
    applied(apply(&world, &abc, kept(&world, replace(&abc, &rows[..5])).await.id, Confirmation::default()).await);
    world.import(replace(&abc, &rows)).await.unwrap();
    assert!(matches!(world.import(at_once(Some(6))).await, Ok(TakenImport { .. })));
    world.import(replace(&abc, &[(99, "z@abc.com")])).await.unwrap();
    world.assert_mappings(&abc, 5, &[(99, "z@abc.com")]).await;
}

async fn an_import_of_another_group_is_not_found(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 9)]).await;
    let xyz = world.group_with("xyz", &[range(BASE + 10, BASE + 19)]).await;
    let import = kept(&world, replace(&abc, &[(1, "a@abc.com")])).await;
    let store = &world.stores.imports;
    let page = PageRequest { limit: 10, after: None };
    for group in [&xyz, &id("nobody")] {
        assert_eq!(store.find(group, import.id, time(2000)).await, Err(KeptImportRefusal::NoSuchImport));
        assert_eq!(store.list_changes(group, import.id, time(2000), &page).await, Err(KeptImportRefusal::NoSuchImport));
        assert_eq!(
            apply(&world, group, import.id, Confirmation::default()).await,
            Err(KeptImportRefusal::NoSuchImport)
        );
        assert_eq!(store.discard(group, import.id, &context_at(2000)).await, Err(KeptImportRefusal::NoSuchImport));
    }
    assert_eq!(
        apply(&world, &abc, Uuid::new_v4(), Confirmation::default()).await,
        Err(KeptImportRefusal::NoSuchImport)
    );
    applied(apply(&world, &abc, import.id, Confirmation::default()).await);
}

async fn a_group_takes_its_imports_with_it(world: World) {
    let abc = world.group("abc").await;
    let import = kept(&world, replace(&abc, &[(1, "a@abc.com")])).await;
    applied(apply(&world, &abc, import.id, Confirmation::default()).await);
    kept(&world, replace(&abc, &[(2, "b@abc.com")])).await;
    world.import(replace(&abc, &[])).await.unwrap();
    world.stores.business_groups.delete(&abc, &context_at(1)).await.unwrap();
    let again = world.group("abc").await;
    assert_eq!(world.stores.imports.find(&again, import.id, time(2000)).await, Err(KeptImportRefusal::NoSuchImport));
    for table in ["changes", "change_sets", "revisions", "imports"] {
        assert_eq!(world.count_rows(table).await, 0, "{table}");
    }
}

async fn changes_are_read_in_pages(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> = (0..7).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    let import = kept(&world, replace(&abc, &rows)).await;
    let mut seen = Vec::new();
    let mut page = PageRequest { limit: 3, after: None };
    loop {
        let found = world.stores.imports.list_changes(&abc, import.id, time(2000), &page).await.unwrap();
        assert!(found.items.len() <= 3);
        page.after = found.items.last().map(|change| change.phone_number);
        seen.extend(found.items);
        if !found.has_more {
            break;
        }
    }
    let expected = emails
        .iter()
        .zip(0..)
        .map(|(email, at)| MappingChange { phone_number: number(BASE + at), kind: ChangeKind::Added(address(email)) });
    assert_eq!(seen, expected.collect::<Vec<_>>());
}

async fn of_two_previews_one_is_applied(world: World) {
    let abc = world.group("abc").await;
    let (a, b) = (
        kept(&world, replace(&abc, &[(1, "a@abc.com")])).await,
        kept(&world, replace(&abc, &[(2, "b@abc.com")])).await,
    );
    let (first, second) = tokio::join!(
        apply(&world, &abc, a.id, Confirmation::default()),
        apply(&world, &abc, b.id, Confirmation::default())
    );
    let went_in = [&first, &second]
        .iter()
        .filter(|outcome| matches!(outcome, Ok(AppliedImport { import: _, is_new: true })))
        .count();
    let stale =
        [&first, &second].iter().filter(|outcome| matches!(outcome, Err(KeptImportRefusal::Stale { .. }))).count();
    assert_eq!((went_in, stale), (1, 1));
    let left = if matches!(first, Ok(AppliedImport { import: _, is_new: true })) {
        (1, "a@abc.com")
    } else {
        (2, "b@abc.com")
    };
    world.assert_mappings(&abc, 1, &[left]).await;
}

async fn a_merge_that_skips_bad_rows_is_kept_with_their_count(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 9)]).await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let mut batch = merge(&abc, &[(2, "b@abc.com"), (50, "c@abc.com")]);
    (batch.skips_bad_rows, batch.end.problem_count) = (true, 2);
    let import = kept(&world, batch).await;
    assert_eq!((import.problem_count, import.counts), (Some(3), counts(1, 0, 0)));
    applied(apply(&world, &abc, import.id, Confirmation::default()).await);
    world.assert_mappings(&abc, 2, &[(1, "a@abc.com"), (2, "b@abc.com")]).await;
}

async fn many_addresses_that_move_are_paired(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 99_999)]).await;
    let emails: Vec<_> = (0..30_000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows = |from: u64| emails.iter().zip(from..).map(|(email, at)| (at, email.as_str())).collect::<Vec<_>>();
    world.import(replace(&abc, &rows(0))).await.unwrap();
    let import = kept(&world, replace(&abc, &rows(50_000))).await;
    assert_eq!(import.counts, counts(0, 30_000, 0));
    applied(apply(&world, &abc, import.id, Confirmation::default()).await);
    assert_eq!(world.all(&abc).await.first().unwrap().0, 50_000);
}
