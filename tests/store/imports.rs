use std::time::Duration;

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use signline::domain::history::ChangeCounts;
use signline::domain::import::Import;
use signline::domain::import::ImportState;
use signline::domain::mapping::MappedNumber;
use signline::ports::import_store::BadRowHandling;
use signline::ports::import_store::BadRowReason;
use signline::ports::import_store::BadRows;
use signline::ports::import_store::ImportBatch;
use signline::ports::import_store::ImportOutcome;
use signline::ports::import_store::MAX_LISTED_BAD_ROWS;
use signline::ports::mapping_store::Pin;

use crate::on_both_engines;
use crate::support::BASE;
use crate::support::World;
use crate::support::address;
use crate::support::deed;
use crate::support::guid;
use crate::support::id;
use crate::support::merge;
use crate::support::number;
use crate::support::range;
use crate::support::replace;
use crate::support::time;

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
    an_export_is_of_one_revision_while_an_import_goes_on,
    an_export_that_is_not_read_to_its_end_gives_its_connection_back,
    exports_that_nobody_reads_on_keep_nobody_else_out,
    an_import_keeps_the_pins_of_what_it_does_not_change,
    imports_at_once_into_two_groups_both_go_in,
);

/// What an import did, and the revision since.
fn applied(outcome: ImportOutcome) -> (Counts, i64) {
    match outcome {
        ImportOutcome::Taken { import, bad_rows } => {
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
fn told(bad_rows: &BadRows) -> Vec<(u32, BadRowReason)> {
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
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com")])).await;
    let file = merge(&abc, &[(2, "x@abc.com"), (3, "c@abc.com")]);
    assert_eq!(applied(world.import(file).await), (counts(1, 1, 0, 0), 2));
    world.assert_mappings(&abc, 2, &[(1, "a@abc.com"), (2, "x@abc.com"), (3, "c@abc.com")]).await;
}

async fn two_numbers_swap_their_addresses(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com")])).await;
    let swapped = [(1, "b@abc.com"), (2, "a@abc.com")];
    assert_eq!(applied(world.import(merge(&abc, &swapped)).await), (counts(0, 2, 0, 0), 2));
    world.assert_mappings(&abc, 2, &swapped).await;
    let back = [(1, "a@abc.com"), (2, "b@abc.com")];
    assert_eq!(applied(world.import(replace(&abc, &back)).await), (counts(0, 2, 0, 0), 3));
    world.assert_mappings(&abc, 3, &back).await;
}

async fn an_address_moves_along_a_chain_of_numbers(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")])).await;
    let moved = [(1, "n@abc.com"), (2, "a@abc.com"), (3, "b@abc.com"), (4, "c@abc.com")];
    assert_eq!(applied(world.import(merge(&abc, &moved)).await), (counts(1, 3, 0, 0), 2));
    world.assert_mappings(&abc, 2, &moved).await;
}

async fn what_changes_nothing_makes_no_revision(world: World) {
    let abc = world.group("abc").await;
    let rows = [(1, "a@abc.com"), (2, "b@abc.com")];
    world.import(replace(&abc, &rows)).await;
    assert_eq!(applied(world.import(replace(&abc, &rows)).await), (counts(0, 0, 0, 2), 1));
    assert_eq!(applied(world.import(merge(&abc, &rows[..1])).await), (counts(0, 0, 0, 1), 1));
    assert_eq!(applied(world.import(merge(&abc, &[])).await), (counts(0, 0, 0, 0), 1));
    let mapping = world.stores.mappings.find(&abc, number(BASE + 1)).await.unwrap().unwrap();
    assert_eq!(mapping.updated_at, time(1000));
}

async fn a_number_outside_the_ranges_rejects_the_whole_file(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 9)]).await;
    world.group_with("xyz", &[range(BASE + 10, BASE + 19)]).await;
    world.put(&abc, 1, "a@abc.com").await;
    for mode in [replace, merge] {
        let file = mode(&abc, &[(2, "b@abc.com"), (10, "c@abc.com"), (20, "d@abc.com")]);
        let ImportOutcome::Rejected { bad_rows } = world.import(file).await else {
            panic!("not rejected");
        };
        let reason = BadRowReason::NumberNotAssigned;
        assert_eq!(told(&bad_rows), [(3, reason), (4, reason)]);
    }
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com")]).await;
}

async fn an_address_of_a_number_outside_the_file_rejects_a_merge(world: World) {
    let abc = world.group("abc").await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com")])).await;
    let ImportOutcome::Rejected { bad_rows } =
        world.import(merge(&abc, &[(3, "c@abc.com"), (4, "a@abc.com"), (1, "b@abc.com")])).await
    else {
        panic!("not rejected");
    };
    // Number 1 gives its address away, number 2 keeps its own.
    assert_eq!(told(&bad_rows), [(4, taken_by(2))]);
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com"), (2, "b@abc.com")]).await;
}

async fn a_number_that_the_file_names_in_a_bad_row_counts_as_in_the_file(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await;
    let mut file = merge(&abc, &[(2, "a@abc.com")]);
    file.other_numbers = vec![number(BASE + 1), number(BASE + 1)];
    file.bad_rows = BadRowHandling::CheckOnly;
    let ImportOutcome::Rejected { bad_rows } = world.import(file).await else {
        panic!("not rejected");
    };
    assert_eq!(told(&bad_rows), []);
}

async fn skipping_leaves_out_a_row_and_all_that_wait_for_it(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 9)]).await;
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com"), (9, "z@abc.com")])).await;
    // 3 wants what 2 has, 2 wants what 1 has, 1 wants what 9 keeps.
    let mut file =
        merge(&abc, &[(3, "b@abc.com"), (2, "a@abc.com"), (1, "z@abc.com"), (4, "n@abc.com"), (50, "o@abc.com")]);
    file.bad_rows = BadRowHandling::Skip { problem_count: 0 };
    let ImportOutcome::Taken { import, bad_rows } = world.import(file).await else {
        panic!("not applied");
    };
    let expected = [(2, taken_by(2)), (3, taken_by(1)), (4, taken_by(9)), (6, BadRowReason::NumberNotAssigned)];
    assert_eq!(told(&bad_rows), expected);
    assert_eq!(done(&import), (counts(1, 0, 0, 0), 2));
    assert_eq!((import.base_revision, import.problem_count), (1, Some(4)));
    let expected = [(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com"), (4, "n@abc.com"), (9, "z@abc.com")];
    world.assert_mappings(&abc, 2, &expected).await;
}

async fn a_check_changes_nothing(world: World) {
    let abc = world.group("abc").await;
    let mut file = replace(&abc, &[(1, "a@abc.com")]);
    file.bad_rows = BadRowHandling::CheckOnly;
    assert_eq!(world.import(file).await, ImportOutcome::Rejected { bad_rows: BadRows::default() });
    world.assert_mappings(&abc, 0, &[]).await;
}

async fn a_file_for_another_revision_is_refused(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await;
    let mut file = replace(&abc, &[(2, "b@abc.com")]);
    file.expected_revision = Some(0);
    assert_eq!(world.import(file.clone()).await, ImportOutcome::RevisionMoved { current: 1 });
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com")]).await;
    file.expected_revision = Some(1);
    assert_eq!(applied(world.import(file).await), (counts(1, 0, 1, 0), 2));
}

async fn an_import_for_no_group_is_refused(world: World) {
    assert_eq!(world.import(replace(&id("x"), &[(1, "a@abc.com")])).await, ImportOutcome::NoSuchGroup);
    assert!(world.stores.mappings.export(&id("x")).await.unwrap().is_none());
}

async fn more_bad_rows_are_counted_than_told(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 9)]).await;
    let emails: Vec<_> = (100..3100_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(100..).map(|(email, at)| (at, email.as_str())).collect();
    let ImportOutcome::Rejected { bad_rows } = world.import(replace(&abc, &rows)).await else {
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
        tokio::join!(world.import(replace(&abc, &even)), world.import(replace(&abc, &odd)));
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
        let import = world.stores.imports.import(replace(&abc, &rows));
        if tokio::time::timeout(Duration::from_millis(millis), import).await.is_ok() {
            let empty = ImportBatch { apply: Some(Some(50_000)), ..replace(&abc, &[]) };
            applied(world.import(empty).await);
        }
        assert_eq!(world.read(&abc).await.mapping_count, 0);
        assert_eq!(world.all(&abc).await, []);
    }
    let revision = world.read(&abc).await.revision;
    assert_eq!(applied(world.import(merge(&abc, &[(1, "a@abc.com")])).await), (counts(1, 0, 0, 0), revision + 1));
}

async fn an_export_is_of_one_revision_while_an_import_goes_on(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> = (0..9000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(replace(&abc, &rows)).await;
    let mut export = world.stores.mappings.export(&abc).await.unwrap().unwrap();
    let first = export.mappings.next().await.unwrap().unwrap();
    let other = ImportBatch { apply: Some(Some(8999)), ..replace(&abc, &[(1, "new@abc.com")]) };
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
    world.import(replace(&abc, &rows)).await;
    // More of them than there are connections.
    for _ in 0..50 {
        let mut export = world.stores.mappings.export(&abc).await.unwrap().unwrap();
        assert_eq!(export.mappings.next().await.unwrap().unwrap().first().unwrap().phone_number, number(BASE));
    }
    assert_eq!(world.all(&abc).await.len(), 9000);
}

async fn exports_that_nobody_reads_on_keep_nobody_else_out(world: World) {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &deed(1)).await.unwrap();
    let emails: Vec<_> = (0..9000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(replace(&abc, &rows)).await;
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
    world.put(&abc, 9001, "new@abc.com").await;
    assert_eq!(world.read(&abc).await.mapping_count, 9001);
}

async fn an_import_keeps_the_pins_of_what_it_does_not_change(world: World) {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &deed(1)).await.unwrap();
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")])).await;
    for (at, email) in [(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")] {
        let (phone_number, email) = (number(BASE + at), address(email));
        let pin = Pin { group: abc.clone(), phone_number, email, tid: guid(1), oid: guid(7), now: time(9) };
        assert_eq!(world.stores.mappings.pin(&pin).await.unwrap(), Some(guid(7)));
    }
    world.import(replace(&abc, &[(1, "a@abc.com"), (2, "c@abc.com"), (3, "b@abc.com")])).await;
    for (email, at, pinned_oid) in [("a@abc.com", 1, Some(guid(7))), ("c@abc.com", 2, None), ("b@abc.com", 3, None)] {
        let line = world.stores.mappings.resolve(guid(1), Some(&address(email))).await.unwrap().unwrap();
        assert_eq!(line.mapped, Some(MappedNumber { phone_number: number(BASE + at), pinned_oid }), "{email}");
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
    tokio::join!(world.import(file(&abc, &one)), world.import(file(&xyz, &other)));
    assert_eq!(world.all(&abc).await, one);
    assert_eq!(world.all(&xyz).await, other);
}
