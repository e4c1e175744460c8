//! To whom a mapping is pinned, and what lets it go.

use signline::domain::business_group::{BusinessGroupId, BusinessGroupPatch};
use signline::domain::guid::Guid;
use signline::domain::history::{ChangeCounts, Revision};
use signline::domain::import::Confirmation;
use signline::domain::mapping::{Mapping, PinnedTo};
use signline::domain::page::PageRequest;
use signline::ports::audit_log::AuditFilter;
use signline::ports::history_store::Restore;
use signline::ports::import_store::ApplyImport;
use signline::ports::mapping_store::{MappingFilter, MappingRefusal, Pin, PinOutcome, PutOutcome, ReleasePinOutcome};
use signline::store::Stores;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_support::database::Engine;

use crate::on_both_engines;
use crate::support::*;

on_both_engines!(
    a_mapping_tells_whom_it_is_pinned_to_and_since_when,
    a_pin_of_another_tenant_is_not_told,
    a_released_pin_is_free_for_the_next_sign_in,
    a_release_is_a_revision_without_changes_and_an_event,
    releasing_what_is_not_pinned_changes_nothing,
    a_stale_pin_can_be_released_too,
    a_pin_comes_back_with_its_address_whatever_took_it_away,
    a_pin_goes_along_when_its_address_moves,
    a_wrong_sheet_over_twenty_pinned_mappings_and_its_restore_lose_no_pin,
    a_released_pin_does_not_come_back,
    a_kept_pin_of_another_tenant_counts_as_none,
    a_kept_pin_goes_with_the_revision_in_which_its_address_left,
    kept_pins_go_with_their_group,
    pins_are_kept_whoever_changes_the_mappings,
    whatever_leaves_the_address_keeps_the_pin,
    many_first_sign_ins_of_one_account_write_once,
    no_first_pin_is_made_where_a_sign_in_name_has_another_number,
    a_release_and_a_sign_in_at_once_leave_one_whole_pin_or_none,
);

const ANN: &str = "ann@abc.com";
const BOB: &str = "bob@abc.com";

/// A group linked to tenant 1, in which Ann has number 1 and Bob number 2, both pinned.
async fn company(world: &World) -> BusinessGroupId {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(0)).await.unwrap();
    world.put(&abc, 1, ANN).await.unwrap();
    world.put(&abc, 2, BOB).await.unwrap();
    assert_eq!(pin(&world.stores, &abc, 1, ANN, guid(7), 50).await, Some(guid(7)));
    assert_eq!(pin(&world.stores, &abc, 2, BOB, guid(8), 51).await, Some(guid(8)));
    abc
}

/// Somebody of tenant 1 signs in.
async fn pin(stores: &Stores, group: &BusinessGroupId, at: u64, email: &str, oid: Guid, seconds: i64) -> Option<Guid> {
    let (email, phone_number, now) = (address(email), number(BASE + at), time(seconds));
    let pin =
        Pin { group: group.clone(), phone_number, email, tid: guid(1), oid, other_sign_in_names: Box::default(), now };
    stores.mappings.pin(&pin).await.unwrap().pinned_to()
}

// proves T-12
async fn no_first_pin_is_made_where_a_sign_in_name_has_another_number(world: World) {
    let abc = company(&world).await;
    let eve = "eve@abc.com";
    world.put(&abc, 3, eve).await.unwrap();
    // Another group's numbers do not matter.
    let other = world.group_with("other", &[range(BASE + 20_000, BASE + 29_999)]).await;
    world.put(&other, 20_001, "elsewhere@abc.com").await.unwrap();
    let pin = async |email: &str, oid, names: &[&str]| {
        let at = if email == eve { 3 } else { 1 };
        let pin = Pin {
            group: abc.clone(),
            phone_number: number(BASE + at),
            email: address(email),
            tid: guid(1),
            oid,
            other_sign_in_names: names.iter().map(|name| address(name)).collect(),
            now: time(50),
        };
        world.stores.mappings.pin(&pin).await.unwrap()
    };
    let two_numbers = PinOutcome::TwoNumbers { sign_in_name: address(BOB), number: number(BASE + 2) };
    assert_eq!(pin(eve, guid(9), &[BOB]).await, two_numbers);
    assert_eq!(pin(eve, guid(9), &["nobody@abc.com", BOB]).await, two_numbers);
    assert_eq!(mapping(&world, &abc, 3).await.pinned_to, None);
    // A pin that is there stands, whatever the sign-in name has.
    assert_eq!(pin(ANN, guid(7), &[BOB]).await, PinOutcome::PinnedTo(guid(7)));
    assert_eq!(pin(ANN, guid(9), &[BOB]).await, PinOutcome::PinnedTo(guid(7)));
    assert_eq!(pin(eve, guid(9), &["nobody@abc.com", "elsewhere@abc.com"]).await, PinOutcome::PinnedTo(guid(9)));
    assert_eq!(pin(eve, guid(9), &[BOB]).await, PinOutcome::PinnedTo(guid(9)));
}

async fn release(world: &World, group: &BusinessGroupId, at: u64) -> Result<ReleasePinOutcome, MappingRefusal> {
    world.stores.mappings.release_pin(group, number(BASE + at), &context_at(60)).await
}

async fn mapping(world: &World, group: &BusinessGroupId, at: u64) -> Mapping {
    world.stores.mappings.find(group, number(BASE + at)).await.expect("a mapping")
}

async fn revisions(world: &World, group: &BusinessGroupId) -> Vec<Revision> {
    let page = PageRequest { limit: 1000, after: None };
    world.stores.history.list(group, &page).await.unwrap().items
}

async fn events(world: &World) -> Vec<(String, Vec<(String, String)>)> {
    let page = PageRequest { limit: 1000, after: None };
    let events = world.stores.audit.list(&AuditFilter::default(), &page).await.unwrap().items;
    events.into_iter().map(|event| (event.action, event.detail)).collect()
}

async fn link(world: &World, group: &BusinessGroupId, tenant: u32) {
    world.stores.business_groups.link_tenant(group, guid(tenant), &context_at(70)).await.unwrap();
}

fn by(oid: u32, seconds: i64) -> PinnedTo {
    PinnedTo { oid: guid(oid), at: time(seconds) }
}

async fn a_mapping_tells_whom_it_is_pinned_to_and_since_when(world: World) {
    let abc = company(&world).await;
    let Ok(PutOutcome::Created(new)) = world.put(&abc, 3, "eve@abc.com").await else { panic!("not new") };
    assert_eq!((new.pinned_to, mapping(&world, &abc, 3).await.pinned_to), (None, None));
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, Some(by(7, 50)));
    // Neither a later sign-in of theirs nor one of somebody else's is written down.
    assert_eq!(pin(&world.stores, &abc, 1, ANN, guid(7), 99).await, Some(guid(7)));
    assert_eq!(pin(&world.stores, &abc, 1, ANN, guid(8), 99).await, Some(guid(7)));
    for filter in [MappingFilter::default(), search("@abc")] {
        let page = PageRequest { limit: 10, after: None };
        let page = world.stores.mappings.list(&abc, &filter, &page).await.unwrap();
        let recorded: Vec<_> = page.items.iter().map(|mapping| mapping.pinned_to).collect();
        assert_eq!(recorded, [Some(by(7, 50)), Some(by(8, 51)), None]);
    }
}

async fn a_pin_of_another_tenant_is_not_told(world: World) {
    let abc = company(&world).await;
    link(&world, &abc, 2).await;
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, None);
    // Linked again, it counts again; so it is told as well while none is linked.
    for _ in 0..2 {
        link(&world, &abc, 1).await;
        assert_eq!(mapping(&world, &abc, 1).await.pinned_to, Some(by(7, 50)));
        world.stores.business_groups.unlink_tenant(&abc, &context_at(71)).await.unwrap();
        assert_eq!(mapping(&world, &abc, 1).await.pinned_to, Some(by(7, 50)));
    }
}

async fn a_released_pin_is_free_for_the_next_sign_in(world: World) {
    let abc = company(&world).await;
    let before = mapping(&world, &abc, 1).await;
    assert_eq!(release(&world, &abc, 1).await, Ok(ReleasePinOutcome::Released));
    assert_eq!(mapping(&world, &abc, 1).await, Mapping { pinned_to: None, ..before });
    let line = world.stores.mappings.resolve(guid(1), Some(&address(ANN))).await.unwrap().unwrap();
    assert_eq!(line.mapped.unwrap().pinned_oid, None);
    assert_eq!(pin(&world.stores, &abc, 1, ANN, guid(9), 61).await, Some(guid(9)));
    assert_eq!(pin(&world.stores, &abc, 1, ANN, guid(7), 62).await, Some(guid(9)));
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, Some(by(9, 61)));
    assert_eq!(mapping(&world, &abc, 2).await.pinned_to, Some(by(8, 51)));
}

async fn a_release_is_a_revision_without_changes_and_an_event(world: World) {
    let abc = company(&world).await;
    release(&world, &abc, 1).await.unwrap();
    let made = &revisions(&world, &abc).await[0];
    assert_eq!((made.revision, made.released_pin, made.at), (3, Some(number(BASE + 1)), time(60)));
    assert_eq!((made.counts, made.actor.name.as_str()), (ChangeCounts::default(), "operator"));
    assert!(revisions(&world, &abc).await[1..].iter().all(|revision| revision.released_pin.is_none()));
    let page = PageRequest { limit: 10, after: None };
    let changes = world.stores.history.list_changes(&abc, 3, &page).await.unwrap();
    assert!(changes.items.is_empty());
    let (action, mut detail) = events(&world).await.remove(0);
    detail.sort();
    let recorded =
        [("oid", guid(7).to_string()), ("phone_number", "+17635550001".to_owned()), ("revision", "3".to_owned())];
    assert_eq!(
        (action.as_str(), detail),
        ("releasePin", recorded.map(|(name, text)| (name.to_owned(), text)).to_vec())
    );
    world.assert_mappings(&abc, 3, &[(1, ANN), (2, BOB)]).await;
    // It is passed over on the way back to a revision, and never undone.
    let restore = Restore { group: abc.clone(), revision: 1, context: context_at(80) };
    world.stores.history.restore(restore).await.unwrap();
    world.assert_mappings(&abc, 4, &[(1, ANN)]).await;
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, None);
    // And it goes with the others when the history is cut short.
    assert_eq!(world.stores.history.prune(time(10_000)).await.unwrap(), 4);
}

async fn releasing_what_is_not_pinned_changes_nothing(world: World) {
    let abc = company(&world).await;
    let xyz = world.group_with("xyz", &[range(BASE + 20_000, BASE + 29_999)]).await;
    world.put(&abc, 3, "eve@abc.com").await.unwrap();
    let recorded = events(&world).await.len();
    assert_eq!(release(&world, &abc, 3).await, Ok(ReleasePinOutcome::NotPinned));
    assert_eq!(release(&world, &abc, 4).await, Err(MappingRefusal::NoSuchMapping));
    assert_eq!(release(&world, &id("nobody"), 1).await, Err(MappingRefusal::NoSuchMapping));
    // A number of another group is none of this one.
    assert_eq!(release(&world, &xyz, 1).await, Err(MappingRefusal::NoSuchMapping));
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, Some(by(7, 50)));
    assert_eq!((world.read(&abc).await.revision, world.read(&xyz).await.revision), (3, 0));
    assert_eq!(events(&world).await.len(), recorded);
}

async fn a_stale_pin_can_be_released_too(world: World) {
    let abc = company(&world).await;
    link(&world, &abc, 2).await;
    assert_eq!(release(&world, &abc, 1).await, Ok(ReleasePinOutcome::Released));
    link(&world, &abc, 1).await;
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, None);
}

async fn apply(world: &World, file: ImportFile) {
    let file = ImportFile { apply: None, ..file };
    let apply = ApplyImport {
        group: file.group.clone(),
        id: file.id,
        confirmed: Confirmation::default(),
        context: context_at(1000),
    };
    world.import(file).await.unwrap();
    world.stores.imports.apply(apply).await.unwrap();
}

async fn restore(world: &World, group: &BusinessGroupId, revision: i64) {
    let restore = Restore { group: group.clone(), revision, context: context_at(90) };
    world.stores.history.restore(restore).await.unwrap();
}

/// Which of the two numbers are pinned to whom.
async fn pins(world: &World, group: &BusinessGroupId) -> [Option<Guid>; 2] {
    let of = async |at| {
        let found = world.stores.mappings.find(group, number(BASE + at)).await.unwrap();
        found.pinned_to.map(|pinned| pinned.oid)
    };
    [of(1).await, of(2).await]
}

/// Who is pinned to an address, wherever it is now.
async fn pinned_to(world: &World, group: &BusinessGroupId, email: &str) -> Option<Guid> {
    let at = world.all(group).await.into_iter().find(|(_, of)| of == email).expect("a mapping").0;
    mapping(world, group, at).await.pinned_to.map(|pinned| pinned.oid)
}

// proves T-15
async fn a_pin_comes_back_with_its_address_whatever_took_it_away(world: World) {
    let abc = company(&world).await;
    let (ann, bob) = (Some(guid(7)), Some(guid(8)));
    let revision = async || world.read(&abc).await.revision;
    let pins = async || pins(&world, &abc).await;

    world.put(&abc, 1, "ann.lee@abc.com").await.unwrap();
    assert_eq!(pins().await, [None, bob], "another address");
    let Ok(PutOutcome::Updated(put)) = world.put(&abc, 1, ANN).await else { panic!("new") };
    assert_eq!((put.pinned_to, pins().await), (Some(by(7, 50)), [ann, bob]), "a PUT of the address from before");

    world.stores.mappings.delete(&abc, number(BASE + 1), &context_at(91)).await.unwrap();
    let Ok(PutOutcome::Created(put)) = world.put(&abc, 1, ANN).await else { panic!("not new") };
    assert_eq!((put.pinned_to, pins().await), (Some(by(7, 50)), [ann, bob]), "removed and set again");

    world.import(replace(&abc, &[(1, "a.lee@abc.com"), (2, BOB)])).await.unwrap();
    assert_eq!(pins().await, [None, bob], "a file that replaces");
    restore(&world, &abc, revision().await - 1).await;
    assert_eq!(pins().await, [ann, bob], "a restore");

    world.import(merge(&abc, &[(1, "a.lee@abc.com")])).await.unwrap();
    assert_eq!(pins().await, [None, bob], "a file that is merged");
    apply(&world, merge(&abc, &[(1, ANN)])).await;
    assert_eq!(pins().await, [ann, bob], "a preview that is applied");
    apply(&world, replace(&abc, &[(2, BOB)])).await;
    world.import(replace(&abc, &[(1, ANN), (2, BOB)])).await.unwrap();
    assert_eq!(pins().await, [ann, bob], "a file without the address, and one with it");

    restore(&world, &abc, 0).await;
    assert_eq!(world.all(&abc).await, []);
    // The first file of an empty group takes a way of its own.
    world.import(replace(&abc, &[(1, ANN), (2, BOB)])).await.unwrap();
    assert_eq!(pins().await, [ann, bob], "everything removed and imported again");
    assert_eq!(world.count_rows("kept_pins").await, 0);
}

async fn a_pin_goes_along_when_its_address_moves(world: World) {
    let abc = company(&world).await;
    let (ann, bob) = (Some(guid(7)), Some(guid(8)));
    world.import(replace(&abc, &[(3, ANN), (2, BOB)])).await.unwrap();
    assert_eq!(mapping(&world, &abc, 3).await.pinned_to, Some(by(7, 50)), "to a new number");
    restore(&world, &abc, world.read(&abc).await.revision - 1).await;
    assert_eq!(pins(&world, &abc).await, [ann, bob], "and back");
    world.import(replace(&abc, &[(1, BOB), (2, ANN)])).await.unwrap();
    assert_eq!(pins(&world, &abc).await, [bob, ann], "two that swap");
    world.import(replace(&abc, &[(1, ANN), (2, "eve@abc.com"), (3, BOB)])).await.unwrap();
    assert_eq!((pinned_to(&world, &abc, ANN).await, pinned_to(&world, &abc, BOB).await), (ann, bob), "a chain");
    assert_eq!(pinned_to(&world, &abc, "eve@abc.com").await, None);
    // Whoever signs in with it now is refused where they were refused before.
    assert_eq!(pin(&world.stores, &abc, 3, BOB, guid(9), 99).await, bob);
    // An address is pinned in its group alone.
    let xyz = world.group_with("xyz", &[range(BASE + 20_000, BASE + 29_999)]).await;
    world.stores.mappings.delete(&abc, number(BASE + 1), &context_at(91)).await.unwrap();
    world.put(&xyz, 20_001, ANN).await.unwrap();
    assert_eq!(mapping(&world, &xyz, 20_001).await.pinned_to, None);
}

async fn a_wrong_sheet_over_twenty_pinned_mappings_and_its_restore_lose_no_pin(world: World) {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(0)).await.unwrap();
    let names: Vec<_> = (0..20).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = names.iter().zip(0..).map(|(name, at)| (at, name.as_str())).collect();
    world.import(replace(&abc, &rows)).await.unwrap();
    for (at, name) in &rows {
        pin(&world.stores, &abc, *at, name, guid(100 + u32::try_from(*at).unwrap()), 50).await;
    }
    let slipped: Vec<_> = (0..20).map(|at| (if at < 9 { (at + 1) % 9 } else { at }, names[at].as_str())).collect();
    let slipped: Vec<_> = slipped.into_iter().map(|(at, name)| (at as u64, name)).collect();
    let others: Vec<_> = (0..20).map(|at| (at, format!("other{at}@abc.com"))).collect();
    let others: Vec<_> = others.iter().map(|(at, name)| (*at, name.as_str())).collect();
    for wrong in [slipped, others] {
        world.import(replace(&abc, &wrong)).await.unwrap();
        restore(&world, &abc, 1).await;
        let page = PageRequest { limit: 100, after: None };
        let mappings = world.stores.mappings.list(&abc, &MappingFilter::default(), &page).await.unwrap();
        let pins: Vec<_> = mappings.items.iter().filter_map(|mapping| mapping.pinned_to).collect();
        assert_eq!(pins, (0..20).map(|at| by(100 + at, 50)).collect::<Vec<_>>());
    }
}

// proves T-15
async fn a_released_pin_does_not_come_back(world: World) {
    let abc = company(&world).await;
    world.import(replace(&abc, &[(3, ANN), (2, BOB)])).await.unwrap();
    assert_eq!(release(&world, &abc, 3).await, Ok(ReleasePinOutcome::Released));
    restore(&world, &abc, 2).await;
    assert_eq!(pins(&world, &abc).await, [None, Some(guid(8))], "a restore of what was before the release");
    world.stores.mappings.delete(&abc, number(BASE + 1), &context_at(91)).await.unwrap();
    world.put(&abc, 1, ANN).await.unwrap();
    assert_eq!(pins(&world, &abc).await, [None, Some(guid(8))], "removed and set again");
    assert_eq!(pin(&world.stores, &abc, 1, ANN, guid(9), 99).await, Some(guid(9)));
    restore(&world, &abc, 2).await;
    assert_eq!(pins(&world, &abc).await, [Some(guid(9)), Some(guid(8))]);
}

async fn a_kept_pin_of_another_tenant_counts_as_none(world: World) {
    let abc = company(&world).await;
    world.stores.mappings.delete(&abc, number(BASE + 1), &context_at(91)).await.unwrap();
    link(&world, &abc, 2).await;
    world.put(&abc, 1, ANN).await.unwrap();
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, None);
    link(&world, &abc, 1).await;
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, Some(by(7, 50)));
}

async fn a_kept_pin_goes_with_the_revision_in_which_its_address_left(world: World) {
    let abc = company(&world).await;
    let history = &world.stores.history;
    world.stores.mappings.delete(&abc, number(BASE + 1), &context_at(91)).await.unwrap();
    world.stores.mappings.delete(&abc, number(BASE + 2), &context_at(92)).await.unwrap();
    assert_eq!(history.prune(time(91)).await.unwrap(), 2);
    assert_eq!(world.count_rows("kept_pins").await, 2, "both revisions are there");
    assert_eq!(history.prune(time(92)).await.unwrap(), 1);
    restore(&world, &abc, 3).await;
    world.put(&abc, 1, ANN).await.unwrap();
    assert_eq!(pins(&world, &abc).await, [None, Some(guid(8))], "Ann left in a revision that is forgotten");
    assert_eq!(world.count_rows("kept_pins").await, 0);
}

async fn kept_pins_go_with_their_group(world: World) {
    let abc = company(&world).await;
    for at in [1, 2] {
        world.stores.mappings.delete(&abc, number(BASE + at), &context_at(91)).await.unwrap();
    }
    assert_eq!(world.count_rows("kept_pins").await, 2);
    world.stores.business_groups.delete(&abc, &context_at(92)).await.unwrap();
    assert_eq!(world.count_rows("kept_pins").await, 0);
    let again = world.group("abc").await;
    world.stores.business_groups.link_tenant(&again, guid(1), &context_at(93)).await.unwrap();
    world.put(&again, 1, ANN).await.unwrap();
    assert_eq!(mapping(&world, &again, 1).await.pinned_to, None);
}

// proves T-15
/// As a replica of the version before does, and whoever has a database client.
async fn pins_are_kept_whoever_changes_the_mappings(world: World) {
    let abc = company(&world).await;
    let (ann, bob) = (Some(guid(7)), Some(guid(8)));
    let none = "pinned_tid = NULL, pinned_oid = NULL, pinned_at = NULL";
    by_hand(&world, &format!("UPDATE mappings SET email = 'a.lee@abc.com', {none} WHERE email = '{ANN}'")).await;
    assert_eq!(pins(&world, &abc).await, [None, bob]);
    by_hand(&world, &format!("UPDATE mappings SET email = '{ANN}', {none} WHERE email = 'a.lee@abc.com'")).await;
    assert_eq!(pins(&world, &abc).await, [ann, bob]);
    // A pin never stays behind with the number.
    by_hand(&world, &format!("UPDATE mappings SET email = 'eve@abc.com' WHERE email = '{ANN}'")).await;
    assert_eq!(pins(&world, &abc).await, [None, bob]);
    by_hand(&world, &format!("UPDATE mappings SET email = '{ANN}' WHERE email = 'eve@abc.com'")).await;
    assert_eq!(pins(&world, &abc).await, [ann, bob]);
    by_hand(&world, "DELETE FROM mappings").await;
    by_hand(
        &world,
        "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
         SELECT 17635550001, group_key, 'bob@abc.com', 0 FROM business_groups UNION ALL \
         SELECT 17635550002, group_key, 'ann@abc.com', 0 FROM business_groups",
    )
    .await;
    assert_eq!(pins(&world, &abc).await, [bob, ann]);
    by_hand(&world, &format!("UPDATE mappings SET {none} WHERE email = '{ANN}'")).await;
    assert_eq!(pins(&world, &abc).await, [bob, None], "a release");
    if world.engine == Engine::Postgres {
        by_hand(&world, "TRUNCATE mappings").await;
        by_hand(&world, "UPDATE business_groups SET mapping_count = 0").await;
        world.import(replace(&abc, &[(1, ANN), (2, BOB)])).await.unwrap();
        assert_eq!(pins(&world, &abc).await, [None, bob]);
    }
}

async fn by_hand(world: &World, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    match world.engine {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
            connection.execute(sqlx::raw_sql(statements)).await.unwrap();
        }
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(world.database.url()).await.unwrap();
            connection.execute(sqlx::raw_sql(statements)).await.unwrap();
        }
    }
}

async fn whatever_leaves_the_address_keeps_the_pin(world: World) {
    let abc = company(&world).await;
    let both = [Some(guid(7)), Some(guid(8))];
    world.put(&abc, 1, "ANN@abc.com").await.unwrap();
    assert_eq!(pins(&world, &abc).await, both, "the same address");
    world.import(replace(&abc, &[(1, ANN), (2, BOB)])).await.unwrap();
    assert_eq!(pins(&world, &abc).await, both, "the same file");
    world.import(replace(&abc, &[(1, ANN), (2, BOB), (3, "eve@abc.com")])).await.unwrap();
    assert_eq!(pins(&world, &abc).await, both, "another row");
    apply(&world, merge(&abc, &[(3, "mallory@abc.com"), (2, BOB)])).await;
    assert_eq!(pins(&world, &abc).await, both, "another row that changes");
    restore(&world, &abc, 2).await;
    assert_eq!(pins(&world, &abc).await, both, "a restore of other rows");
    let patch = BusinessGroupPatch { name: Some("New".to_owned()), ..BusinessGroupPatch::default() };
    world.stores.business_groups.update(&abc, patch, &context_at(92)).await.unwrap();
    assert_eq!(pins(&world, &abc).await, both, "another name of the group");
    assert_eq!(mapping(&world, &abc, 1).await.pinned_to, Some(by(7, 50)));
}

/// Has the database itself count what is written to mappings, in the table `writes`.
async fn count_writes(world: &World) {
    let statements = match world.engine {
        Engine::Postgres => {
            "CREATE TABLE writes (at BIGINT); \
                 CREATE FUNCTION count_write() RETURNS TRIGGER LANGUAGE plpgsql AS $$ \
                 BEGIN INSERT INTO writes VALUES (NEW.pinned_at); RETURN NULL; END $$; \
                 CREATE TRIGGER count_writes AFTER UPDATE ON mappings FOR EACH ROW EXECUTE FUNCTION count_write()"
        }
        Engine::Sqlite => {
            "CREATE TABLE writes (at INTEGER); CREATE TRIGGER count_writes AFTER UPDATE ON mappings \
                 BEGIN INSERT INTO writes VALUES (NEW.pinned_at); END"
        }
    };
    by_hand(world, statements).await;
}

async fn many_first_sign_ins_of_one_account_write_once(world: World) {
    let abc = company(&world).await;
    world.put(&abc, 3, "eve@abc.com").await.unwrap();
    count_writes(&world).await;
    // Two replicas, each with connections of its own.
    let stores = [world.stores.clone(), world.database.open().await];
    let sign_ins = (0..16).map(|at| {
        let (stores, abc) = (&stores[at % 2], &abc);
        async move { pin(stores, abc, 3, "eve@abc.com", guid(9), 100).await }
    });
    let pinned_to = futures_util::future::join_all(sign_ins).await;
    assert_eq!(pinned_to, [Some(guid(9)); 16]);
    assert_eq!(world.count_rows("writes").await, 1);
    assert_eq!(mapping(&world, &abc, 3).await.pinned_to, Some(by(9, 100)));
}

async fn a_release_and_a_sign_in_at_once_leave_one_whole_pin_or_none(world: World) {
    let abc = company(&world).await;
    let other = world.database.open().await;
    for round in 0..20 {
        let (released, signed_in) = tokio::join!(release(&world, &abc, 1), pin(&other, &abc, 1, ANN, guid(9), 200));
        assert_eq!(released, Ok(ReleasePinOutcome::Released), "{round}");
        let left = mapping(&world, &abc, 1).await.pinned_to;
        match signed_in {
            // They came too early, and found the pin that was then released.
            Some(oid) if oid == guid(7) => assert_eq!(left, None, "{round}"),
            Some(oid) => assert_eq!((oid, left), (guid(9), Some(by(9, 200))), "{round}"),
            None => panic!("the mapping is there"),
        }
        release(&world, &abc, 1).await.unwrap();
        assert_eq!(pin(&world.stores, &abc, 1, ANN, guid(7), 50).await, Some(guid(7)));
    }
}
