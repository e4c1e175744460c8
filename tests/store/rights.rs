//! The right to a change is looked up again where the change is made, and so is the time.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use signline::domain::actor::{AuditContext, RightSource};
use signline::domain::api_key::{ApiKey, Grant, SecretHash};
use signline::domain::audit::NewAuditEvent;
use signline::domain::business_group::{BusinessGroupId, BusinessGroupPatch, NewBusinessGroup};
use signline::domain::import::{Confirmation, MAX_WAITING_PREVIEWS};
use signline::domain::page::PageRequest;
use signline::domain::tenant::TenantProof;
use signline::ports::audit_log::AuditFilter;
use signline::ports::history_store::Restore;
use signline::ports::import_store::{AppliedImport, ApplyImport, FileRows, KeptImportRefusal, TakenImport};
use signline::ports::mapping_store::{Pin, PutMapping};
use signline::ports::store_error::{LostRight, StoreError};
use test_support::database::Engine;
use tokio::spawn;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::on_both_engines;
use crate::support::*;

on_both_engines!(
    no_change_is_made_with_a_right_that_is_gone,
    a_change_is_made_with_a_right_that_is_there,
    times_never_go_backwards_though_calls_overtake_each_other,
    a_change_has_the_time_of_its_turn_and_not_of_its_call,
    times_never_go_backwards_though_the_clock_does,
    a_clock_that_was_ahead_once_shuts_nobody_out,
    a_refused_attempt_never_has_a_time_before_the_event_before_it,
);

/// A key that expires at second 300.
fn key(last: u8, grant: Grant) -> ApiKey {
    ApiKey {
        id: Uuid::from_bytes([last; 16]),
        name: format!("key {last}"),
        grant,
        prefix: "slk_abcd".to_owned(),
        created_at: time(0),
        expires_at: Some(time(300)),
    }
}

fn by_key(last: u8, seconds: i64) -> AuditContext {
    AuditContext { right: RightSource::ApiKey(Uuid::from_bytes([last; 16])), ..context_at(seconds) }
}

fn by_tenant(tenant: u32, group: &BusinessGroupId) -> AuditContext {
    AuditContext { right: RightSource::LinkedTenant { tenant: guid(tenant), group: group.clone() }, ..context_at(200) }
}

/// A group linked to tenant 1 with two mappings, the first of them pinned, and a preview; key 1 is its administrator's.
async fn company(world: &World) -> (BusinessGroupId, Uuid) {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(0)).await.unwrap();
    let admin = key(1, Grant::BusinessGroupAdmin(abc.clone()));
    world.stores.api_keys.create(&admin, SecretHash([1; 32]), &context_at(0)).await.unwrap();
    world.put(&abc, 1, "ann@abc.com").await.unwrap();
    world.put(&abc, 2, "bob@abc.com").await.unwrap();
    let (phone_number, email) = (number(BASE + 1), address("ann@abc.com"));
    let pin = Pin {
        group: abc.clone(),
        phone_number,
        email,
        tid: guid(1),
        oid: guid(7),
        other_sign_in_names: Box::default(),
        now: time(50),
    };
    world.stores.mappings.pin(&pin).await.unwrap();
    let preview = ImportFile { apply: None, ..merge(&abc, &[(3, "eve@abc.com")]) };
    let id = preview.id;
    world.import(preview).await.unwrap();
    (abc, id)
}

/// Every change that a caller can make, and the right that was gone where one was refused for that; the last takes the
/// right itself.
async fn every_change(
    world: &World,
    abc: &BusinessGroupId,
    preview: Uuid,
    context: &AuditContext,
) -> Vec<Option<LostRight>> {
    let (stores, group) = (&world.stores, || abc.clone());
    let put = PutMapping {
        group: group(),
        phone_number: number(BASE + 2),
        email: address("new@abc.com"),
        context: context.clone(),
    };
    let import = async |file: ImportFile| {
        let (mut batch, rows) = file.asked();
        batch.context = context.clone();
        stores.imports.import(batch, rows).await
    };
    let dropped = ImportFile { apply: None, ..merge(abc, &[(4, "dan@abc.com")]) };
    let dropped_id = dropped.id;
    let apply =
        ApplyImport { group: group(), id: preview, confirmed: Confirmation::default(), context: context.clone() };
    let restore = Restore { group: group(), revision: 0, context: context.clone() };
    let new = NewBusinessGroup { id: id("xyz"), name: "XYZ".to_owned(), number_ranges: Vec::new() };
    let patch = BusinessGroupPatch { name: Some("New".to_owned()), ..BusinessGroupPatch::default() };
    let proof = TenantProof { tenant: guid(1), oid: guid(7) };
    let other = key(2, Grant::Operator);
    vec![
        lost_right(stores.imports.apply(apply).await),
        lost_right(import(merge(abc, &[(5, "eve5@abc.com")])).await),
        lost_right(import(dropped).await),
        lost_right(stores.imports.discard(abc, dropped_id, context).await),
        lost_right(stores.mappings.release_pin(abc, number(BASE + 1), context).await),
        lost_right(stores.mappings.put(&put).await),
        lost_right(stores.mappings.delete(abc, number(BASE + 2), context).await),
        lost_right(stores.history.restore(restore).await),
        lost_right(stores.business_groups.create(new, context).await),
        lost_right(stores.business_groups.update(abc, patch, context).await),
        lost_right(stores.business_groups.prove_tenant(abc, proof, context).await),
        lost_right(stores.api_keys.create(&other, SecretHash([2; 32]), context).await),
        lost_right(stores.api_keys.delete(other.id, None, context).await),
        lost_right(stores.business_groups.link_tenant(abc, guid(1), context).await),
        lost_right(stores.business_groups.link_proven_tenant(abc, proof, context).await),
        lost_right(stores.business_groups.unlink_tenant(abc, context).await),
        lost_right(stores.business_groups.delete(abc, context).await),
    ]
}

/// What a change leaves behind.
async fn traces(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["business_groups", "mappings", "revisions", "change_sets", "imports", "api_keys", "audit_events"] {
        counts.push(world.count_rows(table).await);
    }
    counts
}

/// The right that was gone, if a change was refused for that.
fn lost_right<T, R: PartialEq + From<StoreError>>(result: Result<T, R>) -> Option<LostRight> {
    let refusal = result.err()?;
    let rights = [LostRight::KeyRevoked, LostRight::KeyExpired, LostRight::TenantNotLinked];
    rights.into_iter().find(|lost| refusal == StoreError::from(*lost).into())
}

// proves T-36
async fn no_change_is_made_with_a_right_that_is_gone(world: World) {
    let (abc, preview) = company(&world).await;
    let before = (traces(&world).await, world.read(&abc).await);
    for (context, why) in [
        (by_key(9, 200), LostRight::KeyRevoked),
        (by_key(1, 300), LostRight::KeyExpired),
        (by_tenant(2, &abc), LostRight::TenantNotLinked),
        (by_tenant(1, &id("nobody")), LostRight::TenantNotLinked),
    ] {
        for (at, result) in every_change(&world, &abc, preview, &context).await.into_iter().enumerate() {
            assert_eq!(result, Some(why), "change {at}");
        }
        assert_eq!((traces(&world).await, world.read(&abc).await), before);
    }
}

async fn a_change_is_made_with_a_right_that_is_there(world: World) {
    let (abc, preview) = company(&world).await;
    for context in [by_tenant(1, &abc), by_key(1, 299)] {
        for (at, result) in every_change(&world, &abc, preview, &context).await.into_iter().enumerate() {
            // The tenant is unlinked, and with it goes their right.
            let is_last = at == 16 && matches!(context.right, RightSource::LinkedTenant { .. });
            assert_eq!(result.is_some(), is_last, "change {at}");
        }
        // The last change has deleted the group, where it was made.
        drop(world.stores.business_groups.link_tenant(&abc, guid(1), &crate::support::context_at(0)).await);
    }
}

// proves T-36
/// An upload that is being read when its key is revoked. (SQLite writes one thing after the other.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_revoked_at_once_though_an_import_is_under_way_which_then_fails() {
    let world = World::new(Engine::Postgres).await;
    let (abc, _) = company(&world).await;
    let (mut batch, file) = merge(&abc, &[(3, "eve@abc.com")]).asked();
    batch.context = by_key(1, 200);
    let (is_read, reading) = oneshot::channel();
    let (finish, finished) = oneshot::channel();
    let pieces: Vec<_> = file.pieces.collect().await;
    let waiting = stream::once(async move {
        is_read.send(()).unwrap();
        finished.await.unwrap();
        stream::iter(pieces)
    });
    let file = FileRows { pieces: waiting.flatten().boxed(), end: file.end };
    let before = traces(&world).await;
    let imports = Arc::clone(&world.stores.imports);
    let importing = spawn(async move { imports.import(batch, file).await });
    reading.await.unwrap();
    world.stores.api_keys.delete(Uuid::from_bytes([1; 16]), None, &context_at(201)).await.unwrap();
    finish.send(()).unwrap();
    assert_eq!(lost_right(importing.await.unwrap()), Some(LostRight::KeyRevoked));
    let mut after = traces(&world).await;
    // The key is gone, and that is told.
    (after[5], after[6]) = (after[5] + 1, after[6] - 1);
    assert_eq!(after, before);
}

/// The times of the revisions and of the events of a group, the newest first.
async fn times(world: &World, group: &BusinessGroupId) -> (Vec<i64>, Vec<i64>) {
    let after = |at: Timestamp| at.as_second() - time(0).as_second();
    let revisions = world.stores.history.list(group, &page()).await.unwrap().items;
    let filter = AuditFilter { group: Some(group.clone()), ..AuditFilter::default() };
    let events = world.stores.audit.list(&filter, &page()).await.unwrap().items;
    (
        revisions.iter().map(|revision| after(revision.at)).collect(),
        events.iter().map(|event| after(event.at)).collect(),
    )
}

fn page<T>() -> PageRequest<T> {
    PageRequest { limit: 1000, after: None }
}

async fn times_never_go_backwards_though_calls_overtake_each_other(world: World) {
    let abc = world.group("abc").await;
    // The later the call, the earlier its turn.
    for at in (1..=5).rev() {
        world.put(&abc, at, &format!("u{at}@abc.com")).await.unwrap();
    }
    let mapping = world.stores.mappings.find(&abc, number(BASE + 1)).await.unwrap();
    assert_eq!(mapping.updated_at, time(1));
    assert_eq!(times(&world, &abc).await, (vec![5; 5], vec![5, 5, 5, 5, 5, 0]));
    // A takeover is a revision of both groups.
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(0)).await.unwrap();
    let xyz = world.group_with("xyz", &[]).await;
    let proof = TenantProof { tenant: guid(1), oid: guid(7) };
    world.stores.business_groups.link_proven_tenant(&xyz, proof, &context_at(3)).await.unwrap();
    assert_eq!((times(&world, &abc).await.0[0], times(&world, &xyz).await.0[0]), (5, 3));
}

async fn a_change_has_the_time_of_its_turn_and_not_of_its_call(world: World) {
    let (world, clock) = world.with_clock().await;
    let abc = world.group("abc").await;
    clock.set(500);
    world.put(&abc, 1, "ann@abc.com").await.unwrap();
    let mapping = world.stores.mappings.find(&abc, number(BASE + 1)).await.unwrap();
    assert_eq!(mapping.updated_at, time(500));
    clock.set(2000);
    let Ok(TakenImport { import, .. }) = world.import(merge(&abc, &[(2, "bob@abc.com")])).await else {
        panic!("not taken");
    };
    assert_eq!(import.created_at, time(2000));
    let mapping = world.stores.mappings.find(&abc, number(BASE + 2)).await.unwrap();
    assert_eq!(mapping.updated_at, time(2000));
    assert_eq!(times(&world, &abc).await, (vec![2000, 500], vec![2000, 500, 0]));
    // A key that expired while its call waited has no right any more.
    world.stores.api_keys.create(&key(1, Grant::Operator), SecretHash([1; 32]), &context_at(0)).await.unwrap();
    let late = world.stores.mappings.delete(&abc, number(BASE + 1), &by_key(1, 200)).await;
    assert_eq!(lost_right(late), Some(LostRight::KeyExpired));
}

async fn times_never_go_backwards_though_the_clock_does(world: World) {
    let (world, clock) = world.with_clock().await;
    let abc = world.group("abc").await;
    for (seconds, at) in [(500, 1), (400, 2), (450, 3), (600, 4)] {
        clock.set(seconds);
        world.put(&abc, at, &format!("u{at}@abc.com")).await.unwrap();
    }
    assert_eq!(times(&world, &abc).await, (vec![600, 500, 500, 500], vec![600, 500, 500, 500, 0]));
}

async fn a_clock_that_was_ahead_once_shuts_nobody_out(world: World) {
    let (world, clock) = world.with_clock().await;
    let abc = world.group("abc").await;
    world.stores.api_keys.create(&key(1, Grant::Operator), SecretHash([1; 32]), &context_at(0)).await.unwrap();
    clock.set(10_000_000);
    world.put(&abc, 1, "ann@abc.com").await.unwrap();
    clock.set(100);
    // The key expires at 300, and a preview after a day.
    world.stores.mappings.delete(&abc, number(BASE + 1), &by_key(1, 100)).await.unwrap();
    let mut previews = Vec::new();
    for at in 0..=MAX_WAITING_PREVIEWS {
        let file = ImportFile { apply: None, ..merge(&abc, &[(u64::from(at) + 2, &format!("u{at}@abc.com"))]) };
        previews.push(file.id);
        world.import(file).await.unwrap();
    }
    // The oldest of one more than may wait has made room.
    let found = world.stores.imports.find(&abc, previews[0], time(100)).await;
    assert_eq!(found, Err(KeptImportRefusal::NoSuchImport));
    let discarded = world.stores.imports.discard(&abc, previews[1], &context_at(100)).await;
    assert_eq!(discarded, Ok(()));
    let apply = ApplyImport {
        group: abc.clone(),
        id: previews[2],
        confirmed: Confirmation::default(),
        context: context_at(100),
    };
    let applied = world.stores.imports.apply(apply).await;
    assert!(matches!(applied, Ok(AppliedImport { import: _, is_new: true })), "{applied:?}");
    assert_eq!(times(&world, &abc).await.0, vec![10_000_000; 3]);
}

async fn a_refused_attempt_never_has_a_time_before_the_event_before_it(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 500, "ann@abc.com").await.unwrap();
    let refused = |group: Option<BusinessGroupId>, seconds| NewAuditEvent {
        context: context_at(seconds),
        action: "putMapping".to_owned(),
        refused_with: Some("forbidden".to_owned()),
        group,
        detail: Vec::new(),
    };
    for (group, seconds) in [(Some(abc.clone()), 400), (None, 300), (None, 200), (Some(abc.clone()), 600)] {
        world.stores.audit.record(refused(group, seconds)).await.unwrap();
    }
    world.put(&abc, 1, "bob@abc.com").await.unwrap();
    assert_eq!(times(&world, &abc).await, (vec![500, 500], vec![600, 600, 500, 500, 0]));
    let all = world.stores.audit.list(&AuditFilter::default(), &page()).await.unwrap().items;
    let none: Vec<_> = all.iter().filter(|event| event.group.is_none()).map(|event| event.at).collect();
    assert_eq!(none, [time(300), time(300)]);
}
