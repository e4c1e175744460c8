use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use futures_util::{FutureExt, StreamExt, TryStreamExt, future, stream};
use signline::domain::business_group::BusinessGroupId;
use signline::domain::history::{ChangeCounts, ChangeKind, MappingChange};
use signline::domain::import::{Import, ImportState};
use signline::domain::mapping::MappedNumber;
use signline::domain::page::PageRequest;
use signline::ports::import_store::{BadRowReason, BadRows, ImportRefusal, MAX_LISTED_BAD_ROWS, TakenImport};
use signline::ports::mapping_store::Pin;
use signline::ports::store_error::StoreError;
use tokio::sync::oneshot;

use crate::on_both_engines;
use crate::support::{
    BASE, ImportFile, World, address, context_at, guid, id, merge, number, range, removals, replace, time,
};

on_both_engines!(
    a_replace_makes_the_mappings_equal_to_the_file,
    a_merge_only_adds_and_changes,
    two_numbers_swap_their_addresses,
    an_address_moves_along_a_chain_of_numbers,
    what_changes_nothing_makes_no_revision,
    a_number_outside_the_ranges_rejects_the_whole_file,
    an_address_of_a_number_outside_the_file_rejects_a_merge,
    a_number_that_the_file_names_in_a_bad_row_counts_as_in_the_file,
    skipping_leaves_out_a_row_and_all_that_wait_for_it,
    a_check_changes_nothing,
    a_file_for_another_revision_is_refused,
    an_import_for_no_group_is_refused,
    more_bad_rows_are_counted_than_told,
    of_two_imports_at_once_one_comes_after_the_other,
    an_import_that_is_given_up_leaves_nothing,
    an_import_that_is_given_up_among_its_rows_leaves_nothing_and_spoils_no_connection,
    what_the_database_refuses_of_a_file_leaves_nothing_and_spoils_no_connection,
    a_file_that_can_not_be_read_to_its_end_leaves_nothing,
    the_rows_of_a_first_file_come_in_any_order,
    an_export_is_of_one_revision_while_an_import_goes_on,
    an_export_that_is_not_read_to_its_end_gives_its_connection_back,
    exports_that_nobody_reads_on_keep_nobody_else_out,
    an_import_keeps_the_pins_of_all_addresses,
    imports_at_once_into_two_groups_both_go_in,
);

/// What an import did, and the revision since.
fn applied(outcome: Result<TakenImport, ImportRefusal>) -> (Counts, i64) {
    match outcome {
        Ok(TakenImport { import, bad_rows }) => {
            assert_eq!(bad_rows, BadRows::default());
            done(&import)
        }
        other => panic!("{other:?}"),
    }
}

fn done(import: &Import) -> (Counts, i64) {
    let ImportState::Applied { revision } = import.state else {
        panic!("not applied: {import:?}");
    };
    let ChangeCounts { added, changed, removed } = import.counts;
    ([added, changed, removed, import.unchanged], revision)
}

/// Added, changed, removed, unchanged.
type Counts = [u64; 4];

fn counts(added: u64, changed: u64, removed: u64, unchanged: u64) -> Counts {
    [added, changed, removed, unchanged]
}

/// The lines and reasons of bad rows.
fn reasons(bad_rows: &BadRows) -> Vec<(u32, BadRowReason)> {
    assert_eq!(bad_rows.count, bad_rows.first.len() as u64);
    bad_rows.first.iter().map(|bad| (bad.row.line, bad.reason)).collect()
}

fn taken_by(at: u64) -> BadRowReason {
    BadRowReason::EmailTaken { by: number(BASE + at) }
}

async fn a_replace_makes_the_mappings_equal_to_the_file(world: World) {
    let abc = world.group("abc").await;
    let first = replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")]);
    assert_eq!(applied(world.import(first).await), (counts(3, 0, 0, 0), 1));
    let second = replace(&abc, &[(4, "d@abc.com"), (3, "x@abc.com"), (1, "a@abc.com")]);
    assert_eq!(applied(world.import(second).await), (counts(1, 1, 1, 1), 2));
    world.assert_mappings(&abc, 2, &[(1, "a@abc.com"), (3, "x@abc.com"), (4, "d@abc.com")]).await;
    assert_eq!(applied(world.import(replace(&abc, &[])).await), (counts(0, 0, 3, 0), 3));
    world.assert_mappings(&abc, 3, &[]).await;
}

async fn a_merge_only_adds_and_changes(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com")])).await.unwrap();
    let file = merge(&abc, &[(2, "x@abc.com"), (3, "c@abc.com")]);
    assert_eq!(applied(world.import(file).await), (counts(1, 1, 0, 0), 2));
    world.assert_mappings(&abc, 2, &[(1, "a@abc.com"), (2, "x@abc.com"), (3, "c@abc.com")]).await;
}

async fn two_numbers_swap_their_addresses(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com")])).await.unwrap();
    let swapped = [(1, "b@abc.com"), (2, "a@abc.com")];
    assert_eq!(applied(world.import(merge(&abc, &swapped)).await), (counts(0, 2, 0, 0), 2));
    world.assert_mappings(&abc, 2, &swapped).await;
    let back = [(1, "a@abc.com"), (2, "b@abc.com")];
    assert_eq!(applied(world.import(replace(&abc, &back)).await), (counts(0, 2, 0, 0), 3));
    world.assert_mappings(&abc, 3, &back).await;
}

async fn an_address_moves_along_a_chain_of_numbers(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")])).await.unwrap();
    let moved = [(1, "n@abc.com"), (2, "a@abc.com"), (3, "b@abc.com"), (4, "c@abc.com")];
    assert_eq!(applied(world.import(merge(&abc, &moved)).await), (counts(1, 3, 0, 0), 2));
    world.assert_mappings(&abc, 2, &moved).await;
}

async fn what_changes_nothing_makes_no_revision(world: World) {
    let abc = world.group("abc").await;
    let rows = [(1, "a@abc.com"), (2, "b@abc.com")];
    world.import(replace(&abc, &rows)).await.unwrap();
    assert_eq!(applied(world.import(replace(&abc, &rows)).await), (counts(0, 0, 0, 2), 1));
    assert_eq!(applied(world.import(merge(&abc, &rows[..1])).await), (counts(0, 0, 0, 1), 1));
    assert_eq!(applied(world.import(merge(&abc, &[])).await), (counts(0, 0, 0, 0), 1));
    let mapping = world.stores.mappings.find(&abc, number(BASE + 1)).await.unwrap();
    assert_eq!(mapping.updated_at, time(1000));
}

async fn a_number_outside_the_ranges_rejects_the_whole_file(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 9)]).await;
    world.group_with("xyz", &[range(BASE + 10, BASE + 19)]).await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    for mode in [replace, merge] {
        let file = mode(&abc, &[(2, "b@abc.com"), (10, "c@abc.com"), (20, "d@abc.com")]);
        let Err(ImportRefusal::BadRows(bad_rows)) = world.import(file).await else {
            panic!("not rejected");
        };
        let reason = BadRowReason::NumberNotAssigned;
        assert_eq!(reasons(&bad_rows), [(3, reason), (4, reason)]);
    }
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com")]).await;
}

async fn an_address_of_a_number_outside_the_file_rejects_a_merge(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com")])).await.unwrap();
    let Err(ImportRefusal::BadRows(bad_rows)) =
        world.import(merge(&abc, &[(3, "c@abc.com"), (4, "a@abc.com"), (1, "b@abc.com")])).await
    else {
        panic!("not rejected");
    };
    // Number 1 gives its address away, number 2 keeps its own.
    assert_eq!(reasons(&bad_rows), [(4, taken_by(2))]);
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com"), (2, "b@abc.com")]).await;
}

async fn a_number_that_the_file_names_in_a_bad_row_counts_as_in_the_file(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let mut file = merge(&abc, &[(2, "a@abc.com")]);
    file.end.other_numbers = vec![number(BASE + 1), number(BASE + 1)];
    file.end.is_rejected = true;
    let Err(ImportRefusal::BadRows(bad_rows)) = world.import(file).await else {
        panic!("not rejected");
    };
    assert_eq!(reasons(&bad_rows), []);
}

async fn skipping_leaves_out_a_row_and_all_that_wait_for_it(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 9)]).await;
    world
        .import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com"), (9, "z@abc.com")]))
        .await
        .unwrap();
    // 3 wants what 2 has, 2 wants what 1 has, 1 wants what 9 keeps.
    let mut file =
        merge(&abc, &[(3, "b@abc.com"), (2, "a@abc.com"), (1, "z@abc.com"), (4, "n@abc.com"), (50, "o@abc.com")]);
    file.skips_bad_rows = true;
    let Ok(TakenImport { import, bad_rows }) = world.import(file).await else {
        panic!("not applied");
    };
    let expected = [(2, taken_by(2)), (3, taken_by(1)), (4, taken_by(9)), (6, BadRowReason::NumberNotAssigned)];
    assert_eq!(reasons(&bad_rows), expected);
    assert_eq!(done(&import), (counts(1, 0, 0, 0), 2));
    assert_eq!((import.base_revision, import.problem_count), (1, Some(4)));
    let expected = [(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com"), (4, "n@abc.com"), (9, "z@abc.com")];
    world.assert_mappings(&abc, 2, &expected).await;
}

async fn a_check_changes_nothing(world: World) {
    let abc = world.group("abc").await;
    let mut file = replace(&abc, &[(1, "a@abc.com")]);
    file.end.is_rejected = true;
    assert_eq!(world.import(file).await, Err(ImportRefusal::BadRows(BadRows::default())));
    world.assert_mappings(&abc, 0, &[]).await;
}

async fn a_file_for_another_revision_is_refused(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let mut file = replace(&abc, &[(2, "b@abc.com")]);
    file.expected_revisions = Some(vec![0, 2]);
    assert_eq!(world.import(file.clone()).await, Err(ImportRefusal::RevisionMoved { current: 1 }));
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com")]).await;
    file.expected_revisions = Some(vec![7, 1]);
    assert_eq!(applied(world.import(file).await), (counts(1, 0, 1, 0), 2));
}

async fn an_import_for_no_group_is_refused(world: World) {
    assert_eq!(world.import(replace(&id("x"), &[(1, "a@abc.com")])).await, Err(ImportRefusal::NoSuchGroup));
    assert!(world.stores.mappings.export(&id("x")).await.unwrap().is_none());
}

async fn more_bad_rows_are_counted_than_told(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 9)]).await;
    let emails: Vec<_> = (100..3100_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(100..).map(|(email, at)| (at, email.as_str())).collect();
    let Err(ImportRefusal::BadRows(bad_rows)) = world.import(replace(&abc, &rows)).await else {
        panic!("not rejected");
    };
    assert_eq!((bad_rows.count, bad_rows.first.len()), (3000, MAX_LISTED_BAD_ROWS));
    let lines: Vec<_> = bad_rows.first.iter().map(|bad| bad.row.line).collect();
    assert_eq!(lines, (2..1002).collect::<Vec<_>>());
}

async fn of_two_imports_at_once_one_comes_after_the_other(world: World) {
    let abc = world.group("abc").await;
    for round in 0..5 {
        let (even, odd) = ([(1, "a@abc.com"), (2, "b@abc.com")], [(1, "b@abc.com"), (3, "c@abc.com")]);
        let (here, there) = tokio::join!(world.import(replace(&abc, &even)), world.import(replace(&abc, &odd)));
        here.unwrap();
        there.unwrap();
        let all = world.all(&abc).await;
        let last = |rows: [(u64, &str); 2]| all == rows.map(|(at, email)| (at, email.to_owned()));
        assert!(last(even) || last(odd), "round {round}: {all:?}");
        assert_eq!(world.read(&abc).await.mapping_count, 2);
    }
}

async fn an_import_that_is_given_up_leaves_nothing(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 99_999)]).await;
    let emails: Vec<_> = (0..50_000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    for millis in [0, 1, 5, 20, 60] {
        let import = world.import(replace(&abc, &rows));
        if tokio::time::timeout(Duration::from_millis(millis), import).await.is_ok() {
            let empty = ImportFile { apply: Some(removals(50_000)), ..replace(&abc, &[]) };
            applied(world.import(empty).await);
        }
        assert_eq!(world.read(&abc).await.mapping_count, 0);
        assert_eq!(world.all(&abc).await, []);
    }
    let revision = world.read(&abc).await.revision;
    assert_eq!(applied(world.import(merge(&abc, &[(1, "a@abc.com")])).await), (counts(1, 0, 0, 0), revision + 1));
}

/// More than there are connections.
const MANY: usize = 40;

/// Asserts that a change can be made, and that nothing is left but what it leaves.
async fn assert_unspoilt(world: &World, group: &BusinessGroupId, before: &[(u64, &str)]) {
    let all = world.all(group).await;
    assert_eq!(all, before.iter().map(|(at, email)| (*at, (*email).to_owned())).collect::<Vec<_>>());
    assert_eq!(world.count_rows("changes").await, i64::try_from(before.len()).unwrap());
    // At once, on as many connections as there are.
    let reads = (0..MANY).map(|_| world.read(group));
    let counts: HashSet<_> = join_all(reads).await.iter().map(|group| group.mapping_count).collect();
    assert_eq!(counts, HashSet::from([before.len() as u64]));
}

async fn an_import_that_is_given_up_among_its_rows_leaves_nothing_and_spoils_no_connection(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> = (0..4000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    for before in [&[][..], &[(9999, "z@abc.com")]] {
        applied(world.import(merge(&abc, before)).await);
        for _ in 0..MANY {
            let (batch, mut file) = replace(&abc, &rows).asked();
            let (tell, reasons) = oneshot::channel();
            let stuck = stream::once(async move {
                let _ = tell.send(());
                future::pending().await
            });
            file.pieces = file.pieces.chain(stuck).boxed();
            let import = world.stores.imports.import(batch, file);
            assert!(matches!(select(import, reasons).await, Either::Right(_)));
        }
        assert_unspoilt(&world, &abc, before).await;
    }
    assert_eq!(applied(world.import(merge(&abc, &[(1, "a@abc.com")])).await), (counts(1, 0, 0, 0), 2));
}

async fn what_the_database_refuses_of_a_file_leaves_nothing_and_spoils_no_connection(world: World) {
    let abc = world.group("abc").await;
    // No file that was checked has a number twice, or an address.
    let twice = [[(1, "a@abc.com"), (1, "b@abc.com")], [(1, "a@abc.com"), (2, "a@abc.com")]];
    for before in [&[][..], &[(9999, "z@abc.com")]] {
        applied(world.import(merge(&abc, before)).await);
        for _ in 0..MANY {
            for rows in twice {
                let (batch, file) = merge(&abc, &rows).asked();
                assert!(world.stores.imports.import(batch, file).await.is_err());
            }
        }
        assert_unspoilt(&world, &abc, before).await;
    }
    assert_eq!(applied(world.import(merge(&abc, &[(1, "a@abc.com")])).await), (counts(1, 0, 0, 0), 2));
}

async fn a_file_that_can_not_be_read_to_its_end_leaves_nothing(world: World) {
    let abc = world.group("abc").await;
    for before in [&[][..], &[(9999, "z@abc.com")]] {
        applied(world.import(merge(&abc, before)).await);
        let (batch, mut file) = replace(&abc, &[(1, "a@abc.com")]).asked();
        file.end = future::ready(Err(StoreError::new("no room on the disk"))).boxed();
        assert!(world.stores.imports.import(batch, file).await.is_err());
        assert_unspoilt(&world, &abc, before).await;
    }
}

async fn the_rows_of_a_first_file_come_in_any_order(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 5999)]).await;
    let places: Vec<u64> = (0..8000).map(|at| (at * 4001) % 8000).collect();
    let emails: Vec<_> = places.iter().map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = places.iter().zip(&emails).map(|(at, email)| (*at, email.as_str())).collect();
    let mut file = merge(&abc, &rows);
    file.skips_bad_rows = true;
    let Ok(TakenImport { import, bad_rows }) = world.import(file).await else {
        panic!("not applied");
    };
    assert_eq!((bad_rows.count, import.problem_count), (2000, Some(2000)));
    assert_eq!(done(&import), (counts(6000, 0, 0, 0), 1));
    let expected: Vec<_> = (0..6000_u64).map(|at| (at, format!("u{at}@abc.com"))).collect();
    assert_eq!(world.all(&abc).await, expected);
    assert_eq!(world.read(&abc).await.mapping_count, 6000);
    let page = PageRequest { after: Some(number(BASE + 5998)), limit: 10 };
    let changes = world.stores.history.list_changes(&abc, 1, &page).await.unwrap();
    let added = ChangeKind::Added(address("u5999@abc.com"));
    assert_eq!(changes.items, [MappingChange { phone_number: number(BASE + 5999), kind: added }]);
}

async fn an_export_is_of_one_revision_while_an_import_goes_on(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> = (0..9000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(replace(&abc, &rows)).await.unwrap();
    let mut export = world.stores.mappings.export(&abc).await.unwrap().unwrap();
    let first = export.mappings.next().await.unwrap().unwrap();
    let other = ImportFile { apply: Some(removals(8999)), ..replace(&abc, &[(1, "new@abc.com")]) };
    applied(world.import(other).await);
    let rest: Vec<_> = export.mappings.try_collect().await.unwrap();
    let read: Vec<_> = first.into_iter().chain(rest.into_iter().flatten()).collect();
    assert_eq!(export.revision, 1);
    assert_eq!(read.len(), 9000);
    assert!(read.iter().all(|mapping| mapping.email.as_str().starts_with('u')));
    world.assert_mappings(&abc, 2, &[(1, "new@abc.com")]).await;
}

async fn an_export_that_is_not_read_to_its_end_gives_its_connection_back(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> = (0..9000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(replace(&abc, &rows)).await.unwrap();
    // More of them than there are connections.
    for _ in 0..50 {
        let mut export = world.stores.mappings.export(&abc).await.unwrap().unwrap();
        assert_eq!(export.mappings.next().await.unwrap().unwrap().first().unwrap().phone_number, number(BASE));
    }
    assert_eq!(world.all(&abc).await.len(), 9000);
}

async fn exports_that_nobody_reads_on_keep_nobody_else_out(world: World) {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();
    let emails: Vec<_> = (0..9000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(replace(&abc, &rows)).await.unwrap();
    let mut held = Vec::new();
    while held.len() < 50 {
        match tokio::time::timeout(Duration::from_millis(300), world.stores.mappings.export(&abc)).await {
            Ok(export) => held.push(export.unwrap().unwrap()),
            // One more has to wait.
            Err(_) => break,
        }
    }
    assert!(held.len() > 1);
    let line = world.stores.mappings.resolve(guid(1), Some(&address("u7@abc.com"))).await.unwrap().unwrap();
    assert_eq!(line.mapped.unwrap().phone_number, number(BASE + 7));
    world.put(&abc, 9001, "new@abc.com").await.unwrap();
    assert_eq!(world.read(&abc).await.mapping_count, 9001);
}

async fn an_import_keeps_the_pins_of_all_addresses(world: World) {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")])).await.unwrap();
    for (at, email, oid) in [(1, "a@abc.com", guid(7)), (2, "b@abc.com", guid(8)), (3, "c@abc.com", guid(9))] {
        let (phone_number, email) = (number(BASE + at), address(email));
        let pin = Pin {
            group: abc.clone(),
            phone_number,
            email,
            tid: guid(1),
            oid,
            other_sign_in_names: Box::default(),
            now: time(9),
        };
        assert_eq!(world.stores.mappings.pin(&pin).await.unwrap().pinned_to(), Some(oid));
    }
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "c@abc.com"), (3, "b@abc.com")])).await.unwrap();
    for (email, at, oid) in [("a@abc.com", 1, 7), ("c@abc.com", 2, 9), ("b@abc.com", 3, 8)] {
        let line = world.stores.mappings.resolve(guid(1), Some(&address(email))).await.unwrap().unwrap();
        let mapped = MappedNumber { phone_number: number(BASE + at), pinned_oid: Some(guid(oid)) };
        assert_eq!(line.mapped, Some(mapped), "{email}");
    }
}

async fn imports_at_once_into_two_groups_both_go_in(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 999)]).await;
    let xyz = world.group_with("xyz", &[range(BASE + 1000, BASE + 1999)]).await;
    let rows = |from: u64| (from..from + 500).map(|at| (at, format!("u{}@abc.com", at % 1000))).collect::<Vec<_>>();
    let (one, other) = (rows(0), rows(1000));
    let file = |group, rows: &[(u64, String)]| {
        let rows: Vec<_> = rows.iter().map(|(at, email)| (*at, email.as_str())).collect();
        replace(group, &rows)
    };
    let (here, there) = tokio::join!(world.import(file(&abc, &one)), world.import(file(&xyz, &other)));
    here.unwrap();
    there.unwrap();
    assert_eq!(world.all(&abc).await, one);
    assert_eq!(world.all(&xyz).await, other);
}
