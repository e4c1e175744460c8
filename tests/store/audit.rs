//! The audit log: no change without its event, and nothing that ever happens to an event.

use signline::domain::actor::{Actor, ActorKind, AuditContext};
use signline::domain::audit::{AuditEvent, NewAuditEvent};
use signline::domain::business_group::BusinessGroupPatch;
use signline::domain::import::Confirmation;
use signline::domain::page::PageRequest;
use signline::ports::audit_log::AuditFilter;
use signline::ports::business_group_store::BusinessGroupRefusal;
use signline::ports::history_store::Restore;
use signline::ports::import_store::{ApplyImport, TakenImport};
use signline::ports::mapping_store::MappingRefusal;

use crate::on_both_engines;
use crate::support::{BASE, ImportFile, World, context_at, guid, id, number, replace, time};

on_both_engines!(
    every_change_is_written_down,
    what_changes_nothing_is_not_written_down,
    events_are_found_by_group_actor_and_time,
    what_was_done_to_a_group_outlasts_it,
);

async fn events(world: &World, filter: AuditFilter) -> Vec<AuditEvent> {
    let page = PageRequest { limit: 1000, after: None };
    let mut events = world.stores.audit.list(&filter, &page).await.unwrap().items;
    events.reverse();
    events
}

async fn actions(world: &World, filter: AuditFilter) -> Vec<String> {
    events(world, filter).await.into_iter().map(|event| event.action).collect()
}

// proves T-47
async fn every_change_is_written_down(world: World) {
    let abc = world.group("abc").await;
    let groups = &world.stores.business_groups;
    groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();
    let patch = BusinessGroupPatch { allow_guests: Some(true), ..BusinessGroupPatch::default() };
    groups.update(&abc, patch, &context_at(2)).await.unwrap();
    world.put(&abc, 3, "a@abc.com").await.unwrap();
    world.stores.mappings.delete(&abc, number(BASE + 3), &context_at(4)).await.unwrap();
    world.import(replace(&abc, &[(1, "b@abc.com")])).await.unwrap();
    let kept = ImportFile { apply: None, ..replace(&abc, &[(2, "c@abc.com")]) };
    let Ok(TakenImport { import, .. }) = world.import(kept).await else { panic!("not kept") };
    let apply =
        ApplyImport { group: abc.clone(), id: import.id, confirmed: Confirmation::default(), context: context_at(5) };
    world.stores.imports.apply(apply.clone()).await.unwrap();
    world.stores.imports.apply(apply).await.unwrap();
    let dropped = ImportFile { apply: None, ..replace(&abc, &[(2, "c@abc.com")]) };
    let Ok(TakenImport { import, .. }) = world.import(dropped).await else { panic!("not kept") };
    world.stores.imports.discard(&abc, import.id, &context_at(6)).await.unwrap();
    world.stores.history.restore(Restore { group: abc.clone(), revision: 3, context: context_at(7) }).await.unwrap();
    groups.unlink_tenant(&abc, &context_at(8)).await.unwrap();

    let events = events(&world, AuditFilter::default()).await;
    let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
    let expected = [
        "createBusinessGroup",
        "linkTenant",
        "updateBusinessGroup",
        "putMapping",
        "deleteMapping",
        "importMappings",
        "importMappings",
        "applyImport",
        "importMappings",
        "dropImport",
        "restoreRevision",
        "unlinkTenant",
    ];
    assert_eq!(actions, expected);
    let text_of = |at: usize, name: &str| {
        let found = events[at].detail.iter().find(|(member, _)| member == name);
        found.map(|(_, text)| text.clone()).unwrap_or_default()
    };
    assert_eq!(text_of(1, "tenant_id"), guid(1).to_string());
    assert_eq!(text_of(2, "allow_guests"), "true");
    assert_eq!((text_of(3, "phone_number"), text_of(3, "revision")), (number(BASE + 3).to_string(), "1".to_owned()));
    assert_eq!((text_of(7, "added"), text_of(7, "revision")), ("1".to_owned(), "4".to_owned()));
    assert_eq!((text_of(10, "restored_revision"), text_of(10, "revision")), ("3".to_owned(), "5".to_owned()));
    assert!(events.iter().all(|event| event.group.as_ref() == Some(&abc) && event.refused_with.is_none()));
    assert_eq!((events[1].at, &events[1].actor), (time(1), &context_at(1).actor));
}

async fn what_changes_nothing_is_not_written_down(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let taken = MappingRefusal::EmailTaken { by: number(BASE + 1) };
    assert_eq!(world.put(&abc, 2, "a@abc.com").await, Err(taken));
    let unknown = world.stores.mappings.delete(&abc, number(BASE + 9), &context_at(1)).await;
    assert_eq!(unknown, Err(MappingRefusal::NoSuchMapping));
    let (groups, nobody) = (&world.stores.business_groups, id("nobody"));
    assert_eq!(groups.delete(&abc, &context_at(1)).await, Err(BusinessGroupRefusal::NotEmpty));
    assert_eq!(groups.link_tenant(&nobody, guid(1), &context_at(1)).await, Err(BusinessGroupRefusal::NoSuchGroup));
    assert_eq!(groups.unlink_tenant(&nobody, &context_at(1)).await, Err(BusinessGroupRefusal::NoSuchGroup));
    world.stores.history.restore(Restore { group: abc, revision: 1, context: context_at(1) }).await.unwrap();
    assert_eq!(actions(&world, AuditFilter::default()).await, ["createBusinessGroup", "putMapping"]);
}

async fn events_are_found_by_group_actor_and_time(world: World) {
    let abc = world.group_with("abc", &[]).await;
    world.group_with("xyz", &[]).await;
    let actor = Actor { kind: ActorKind::ApiKey, id: "k2".to_owned(), name: "other".to_owned() };
    let refused = NewAuditEvent {
        context: AuditContext { actor, request_id: Some("r1".to_owned()), ..context_at(500) },
        action: "putMapping".to_owned(),
        refused_with: Some("email-taken".to_owned()),
        group: Some(abc.clone()),
        detail: Vec::new(),
    };
    world.stores.audit.record(refused).await.unwrap();
    let of = |filter| actions(&world, filter);
    let none = AuditFilter::default;
    assert_eq!(of(none()).await.len(), 3);
    assert_eq!(of(AuditFilter { group: Some(abc), ..none() }).await, ["createBusinessGroup", "putMapping"]);
    assert_eq!(of(AuditFilter { actor_id: Some("k2".to_owned()), ..none() }).await, ["putMapping"]);
    assert_eq!(of(AuditFilter { from: Some(time(500)), ..none() }).await, ["putMapping"]);
    assert_eq!(of(AuditFilter { until: Some(time(500)), ..none() }).await.len(), 2);
    let found = events(&world, AuditFilter { from: Some(time(500)), ..none() }).await.remove(0);
    assert_eq!((found.refused_with.as_deref(), found.request_id.as_deref()), (Some("email-taken"), Some("r1")));

    let mut seen = Vec::new();
    let mut page = PageRequest { limit: 2, after: None };
    loop {
        let found = world.stores.audit.list(&none(), &page).await.unwrap();
        seen.extend(found.items.iter().map(|event| event.id));
        page.after = seen.last().copied();
        if !found.has_more {
            break;
        }
    }
    assert!(seen.len() == 3 && seen.is_sorted_by(|one, next| one > next), "{seen:?}");
}

async fn what_was_done_to_a_group_outlasts_it(world: World) {
    let abc = world.group("abc").await;
    world.stores.business_groups.delete(&abc, &context_at(1)).await.unwrap();
    let filter = AuditFilter { group: Some(abc), ..AuditFilter::default() };
    assert_eq!(actions(&world, filter).await, ["createBusinessGroup", "deleteBusinessGroup"]);
}
