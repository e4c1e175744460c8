//! What is asked before a file gives people each other's numbers, and how much of what nobody applies is kept.

use signline::domain::business_group::BusinessGroupId;
use signline::domain::import::{Confirmation, Import, ImportMode, LargeChange, MAX_WAITING_PREVIEWS};
use signline::ports::history_store::{Restore, Restored};
use signline::ports::import_store::{AppliedImport, ApplyImport, ImportRefusal, KeptImportRefusal, TakenImport};
use uuid::Uuid;

use crate::on_both_engines;
use crate::support::{BASE, ImportFile, World, context_at, merge, number, range, removals, replace, time};

on_both_engines!(
    a_column_that_slipped_or_was_sorted_wants_the_number_of_people_whom_it_gives_anothers_number,
    a_sheet_that_both_removes_and_mixes_up_wants_both_numbers,
    new_people_new_numbers_and_new_addresses_are_nobody_elses,
    a_group_that_is_emptied_or_renamed_first_is_guarded_all_the_same,
    what_was_right_last_is_right_again,
    the_right_sheet_after_a_wrong_one_is_asked_about_and_a_restore_is_not,
    a_preview_of_a_version_before_is_counted_when_it_is_applied,
    of_the_previews_that_wait_the_oldest_make_room,
    large_previews_make_room_sooner_and_the_newest_stays,
);

/// So many people, each with a number: the sheet's rows as they should be.
const PEOPLE: u64 = 20;

fn emails(domain: &str) -> Vec<String> {
    (0..PEOPLE).map(|at| format!("u{at:02}@{domain}")).collect()
}

/// The rows of these addresses from a number on; `by` rows too low, the last ones at the top.
fn rows(emails: &[String], by: usize) -> Vec<(u64, &str)> {
    let slipped = emails.iter().cycle().skip(emails.len() - by);
    (0..).zip(slipped.take(emails.len()).map(String::as_str)).collect()
}

async fn company(world: &World) -> BusinessGroupId {
    let abc = world.group("abc").await;
    taken(world.import(replace(&abc, &rows(&emails("abc.com"), 0))).await);
    abc
}

#[track_caller]
fn taken(outcome: Result<TakenImport, ImportRefusal>) -> Import {
    match outcome {
        Ok(TakenImport { import, .. }) => import,
        other => panic!("{other:?}"),
    }
}

async fn kept(world: &World, file: ImportFile) -> Import {
    taken(world.import(ImportFile { apply: None, ..file }).await)
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

fn changes(count: u64) -> Confirmation {
    Confirmation { reassigned: Some(count), ..Confirmation::default() }
}

fn large(reassigned: u64) -> LargeChange {
    LargeChange { removed: None, reassigned: Some(reassigned), mapping_count: PEOPLE }
}

// proves T-55
async fn a_column_that_slipped_or_was_sorted_wants_the_number_of_people_whom_it_gives_anothers_number(world: World) {
    let abc = company(&world).await;
    let all = emails("abc.com");
    let mut sorted = rows(&all, 0);
    for (row, email) in sorted.iter_mut().zip(all.iter().rev()) {
        row.1 = email;
    }
    // One that slipped, one that was sorted, one whose first person has gone and whose last has a new number.
    let mut cut = rows(&all, 1);
    cut.remove(0);
    cut.push((PEOPLE, &all[19]));
    for (wrong, count) in [(rows(&all, 1), 20), (sorted, 20), (cut, 19)] {
        for file in [replace, merge] {
            // In a merge the first number, which the sheet does not name, would keep its address.
            if count == 19 && file(&abc, &[]).mode == ImportMode::Merge {
                continue;
            }
            let preview = kept(&world, file(&abc, &wrong)).await;
            assert_eq!(preview.reassigned, Some(count));
            let found = world.stores.imports.find(&abc, preview.id, time(2000)).await.unwrap();
            assert_eq!(found, preview);
            for confirmed in [Confirmation::default(), changes(count - 1), removals(count)] {
                let at_once = ImportFile { apply: Some(confirmed), ..file(&abc, &wrong) };
                assert_eq!(world.import(at_once).await, Err(ImportRefusal::Unconfirmed(large(count))));
                let applied = apply(&world, &abc, preview.id, confirmed).await;
                assert_eq!(applied, Err(KeptImportRefusal::Unconfirmed(large(count))));
            }
        }
    }
    world.assert_mappings(&abc, 1, &rows(&all, 0)).await;
    let preview = kept(&world, replace(&abc, &rows(&all, 1))).await;
    let Ok(AppliedImport { import: applied, is_new: true }) = apply(&world, &abc, preview.id, changes(20)).await else {
        panic!("refused")
    };
    assert_eq!(applied.reassigned, Some(20));
    let again = ImportFile { apply: Some(changes(20)), ..replace(&abc, &rows(&all, 2)) };
    assert_eq!(taken(world.import(again).await).reassigned, Some(20));
    world.assert_mappings(&abc, 3, &rows(&all, 2)).await;
}

async fn a_sheet_that_both_removes_and_mixes_up_wants_both_numbers(world: World) {
    let abc = company(&world).await;
    let all = emails("abc.com");
    let right = rows(&all, 0);
    // Half of them leave, and come back mixed up while most of the others go.
    taken(world.import(replace(&abc, &right[..10])).await);
    let mut wrong = right[..4].to_vec();
    wrong.extend((10..16).zip(all[11..17].iter().map(String::as_str)));
    let preview = kept(&world, replace(&abc, &wrong)).await;
    let both = LargeChange { removed: Some(6), reassigned: Some(6), mapping_count: 10 };
    let (removal, change) = (LargeChange { reassigned: None, ..both }, LargeChange { removed: None, ..both });
    for (confirmed, missing) in [(Confirmation::default(), both), (changes(6), removal), (removals(6), change)] {
        let at_once = ImportFile { apply: Some(confirmed), ..replace(&abc, &wrong) };
        assert_eq!(world.import(at_once).await, Err(ImportRefusal::Unconfirmed(missing)));
        assert_eq!(apply(&world, &abc, preview.id, confirmed).await, Err(KeptImportRefusal::Unconfirmed(missing)));
    }
    let confirmed = Confirmation { removed: Some(6), reassigned: Some(6) };
    assert!(matches!(apply(&world, &abc, preview.id, confirmed).await, Ok(AppliedImport { import: _, is_new: true })));
    world.assert_mappings(&abc, 3, &wrong).await;
}

async fn new_people_new_numbers_and_new_addresses_are_nobody_elses(world: World) {
    let abc = company(&world).await;
    let all = emails("abc.com");
    // Another domain; new people on everybody's numbers; everybody on a new number.
    let moved: Vec<_> = rows(&all, 0).into_iter().map(|(at, email)| (at + 100, email)).collect();
    for sheet in [rows(&emails("abc.example"), 0), rows(&emails("new.example"), 3), moved] {
        let import = taken(world.import(replace(&abc, &sheet)).await);
        assert_eq!((import.reassigned, import.counts.changed + import.counts.added), (Some(0), PEOPLE));
        let back = Restore { group: abc.clone(), revision: 1, context: context_at(1) };
        assert!(matches!(world.stores.history.restore(back).await, Ok(Restored { .. })));
    }
}

// proves T-55
async fn a_group_that_is_emptied_or_renamed_first_is_guarded_all_the_same(world: World) {
    let abc = company(&world).await;
    let all = emails("abc.com");
    let slipped = rows(&all, 1);
    let emptied = ImportFile { apply: Some(removals(PEOPLE)), ..replace(&abc, &[]) };
    taken(world.import(emptied).await);
    for file in [replace, merge] {
        assert_eq!(world.import(file(&abc, &slipped)).await, Err(ImportRefusal::Unconfirmed(large(PEOPLE))));
    }
    // One by one, too, and where new people had the numbers in between.
    taken(world.import(replace(&abc, &rows(&all, 0))).await);
    for at in 0..PEOPLE {
        world.stores.mappings.delete(&abc, number(BASE + at), &context_at(1)).await.unwrap();
    }
    assert_eq!(world.import(merge(&abc, &slipped)).await, Err(ImportRefusal::Unconfirmed(large(PEOPLE))));
    taken(world.import(replace(&abc, &rows(&all, 0))).await);
    taken(world.import(replace(&abc, &rows(&emails("interim.example"), 0))).await);
    assert_eq!(world.import(replace(&abc, &slipped)).await, Err(ImportRefusal::Unconfirmed(large(PEOPLE))));
    // A history that is cut off tells nothing.
    world.stores.history.prune(time(100_000)).await.unwrap();
    let slipped = ImportFile { apply: None, ..replace(&abc, &slipped) };
    assert_eq!(taken(world.import(slipped).await).reassigned, Some(0));
}

async fn what_was_right_last_is_right_again(world: World) {
    let abc = company(&world).await;
    let all = emails("abc.com");
    let slipped = ImportFile { apply: Some(changes(PEOPLE)), ..replace(&abc, &rows(&all, 1)) };
    taken(world.import(slipped).await);
    let back = Restore { group: abc.clone(), revision: 1, context: context_at(1) };
    world.stores.history.restore(back).await.unwrap();
    taken(world.import(ImportFile { apply: Some(removals(PEOPLE)), ..replace(&abc, &[]) }).await);
    // It is the numbers that they had last, whatever was before.
    assert_eq!(taken(world.import(replace(&abc, &rows(&all, 0))).await).reassigned, Some(0));
}

async fn the_right_sheet_after_a_wrong_one_is_asked_about_and_a_restore_is_not(world: World) {
    let abc = company(&world).await;
    let all = emails("abc.com");
    let wrong = ImportFile { apply: Some(changes(PEOPLE)), ..replace(&abc, &rows(&all, 1)) };
    taken(world.import(wrong).await);
    let right = rows(&all, 0);
    assert_eq!(world.import(replace(&abc, &right)).await, Err(ImportRefusal::Unconfirmed(large(PEOPLE))));
    let back = Restore { group: abc.clone(), revision: 1, context: context_at(1) };
    assert!(matches!(world.stores.history.restore(back).await, Ok(Restored { revision: 3, .. })));
    world.assert_mappings(&abc, 3, &right).await;
    let empty = Restore { group: abc.clone(), revision: 0, context: context_at(1) };
    assert!(matches!(world.stores.history.restore(empty).await, Ok(Restored { revision: 4, .. })));
}

async fn a_preview_of_a_version_before_is_counted_when_it_is_applied(world: World) {
    let abc = company(&world).await;
    let all = emails("abc.com");
    let preview = kept(&world, replace(&abc, &rows(&all, 1))).await;
    world.run("UPDATE imports SET reassigned = NULL").await;
    let found = world.stores.imports.find(&abc, preview.id, time(2000)).await.unwrap();
    assert_eq!(found.reassigned, None);
    let unconfirmed = apply(&world, &abc, preview.id, Confirmation::default()).await;
    assert_eq!(unconfirmed, Err(KeptImportRefusal::Unconfirmed(large(PEOPLE))));
    let Ok(AppliedImport { import: applied, is_new: true }) = apply(&world, &abc, preview.id, changes(20)).await else {
        panic!("refused")
    };
    assert_eq!(world.stores.imports.find(&abc, preview.id, time(2000)).await, Ok(applied.clone()));
    assert_eq!(applied.reassigned, Some(PEOPLE));
}

/// Which of these imports are still there.
async fn there(world: &World, group: &BusinessGroupId, imports: &[Import]) -> Vec<bool> {
    let mut there = Vec::new();
    for import in imports {
        let found = world.stores.imports.find(group, import.id, time(2000)).await;
        assert!(matches!(found, Ok(_) | Err(KeptImportRefusal::NoSuchImport)), "{found:?}");
        there.push(found.is_ok());
    }
    there
}

// proves T-76
async fn of_the_previews_that_wait_the_oldest_make_room(world: World) {
    let abc = world.group("abc").await;
    let other = world.group_with("xyz", &[range(BASE + 10_000, BASE + 10_999)]).await;
    let others = kept(&world, replace(&other, &[(10_000, "z@xyz.com")])).await;
    let done = taken(world.import(replace(&abc, &[(1, "a@abc.com")])).await);
    let most = MAX_WAITING_PREVIEWS as usize;
    let mut previews = Vec::new();
    for at in 0..most as u64 + 3 {
        previews.push(kept(&world, merge(&abc, &[(at + 2, "b@abc.com")])).await);
    }
    let expected: Vec<_> = (0..previews.len()).map(|at| at >= 3).collect();
    assert_eq!(there(&world, &abc, &previews).await, expected);
    assert_eq!(world.count_rows("changes").await, i64::try_from(most + 2).unwrap());
    assert_eq!(
        apply(&world, &abc, previews[0].id, Confirmation::default()).await,
        Err(KeptImportRefusal::NoSuchImport)
    );
    assert!(matches!(
        apply(&world, &abc, previews[3].id, Confirmation::default()).await,
        Ok(AppliedImport { import: _, is_new: true })
    ));
    // What is applied is not a preview any more, and what others wait for is theirs.
    for at in 0..most as u64 {
        kept(&world, merge(&abc, &[(at + 100, "c@abc.com")])).await;
    }
    assert_eq!(there(&world, &abc, &[done, previews.remove(3)]).await, [true, true]);
    assert_eq!(there(&world, &other, &[others]).await, [true]);
}

// proves T-76
async fn large_previews_make_room_sooner_and_the_newest_stays(world: World) {
    let abc = world.group("abc").await;
    let mut previews = Vec::new();
    for at in 0..3 {
        previews.push(kept(&world, merge(&abc, &[(at, "a@abc.com")])).await);
    }
    // As if each had a million changes.
    world.run("UPDATE change_sets SET added = 1000000").await;
    previews.push(kept(&world, merge(&abc, &[(3, "a@abc.com")])).await);
    assert_eq!(there(&world, &abc, &previews).await, [false, false, true, true]);
    world.run("UPDATE change_sets SET added = 5000000").await;
    previews.push(kept(&world, merge(&abc, &[(4, "a@abc.com")])).await);
    assert_eq!(there(&world, &abc, &previews).await, [false, false, false, false, true]);
}
