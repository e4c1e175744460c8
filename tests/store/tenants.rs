//! Whose a tenant is: proofs of it, and how it passes from the group that only named it to the one that has it.

use signline::domain::import::Confirmation;
use std::time::Duration;

use signline::domain::audit::AuditEvent;
use signline::domain::business_group::{BusinessGroup, BusinessGroupId};
use signline::domain::guid::Guid;
use signline::domain::history::{ChangeCounts, Revision};
use signline::domain::page::PageRequest;
use signline::domain::tenant::TenantProof;
use signline::ports::audit_log::AuditFilter;
use signline::ports::business_group_store::BusinessGroupRefusal;
use signline::ports::history_store::Restore;
use signline::ports::import_store::{ApplyImport, KeptImportRefusal};
use signline::ports::mapping_store::{MappingRefusal, Pin, PutOutcome};
use signline::store::Stores;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use test_support::app::TIMEOUT;
use test_support::database::Engine;
use tokio::time::{sleep, timeout};

use crate::on_both_engines;
use crate::support::*;

on_both_engines!(
    a_free_tenant_is_proven_from_the_start_or_later,
    a_proof_is_of_the_tenant_that_is_linked,
    a_proof_goes_with_its_link,
    a_proof_takes_a_tenant_over_that_was_only_named,
    both_groups_are_told_of_a_takeover_and_neither_of_the_other,
    a_tenant_that_is_proven_or_claimed_without_proof_is_not_taken,
    previews_from_before_a_takeover_are_stale_on_both_sides,
    a_restore_passes_over_a_takeover,
    pins_of_a_lost_tenant_wait_until_it_comes_back,
    of_two_groups_that_take_a_tenant_at_once_one_gets_it,
    groups_that_take_each_others_tenants_at_once_all_get_what_they_have_proven,
    two_that_take_from_each_other_do_not_wait_for_each_other,
    a_takeover_and_a_proof_at_once_leave_one_owner,
    a_holder_that_leaves_at_once_is_no_harm,
    changes_of_both_groups_come_before_a_takeover_or_after_it,
);

const ANN: &str = "ann@abc.com";

fn proof(tenant: u32) -> TenantProof {
    TenantProof { tenant: guid(tenant), oid: guid(900 + tenant) }
}

async fn take(
    stores: &Stores,
    group: &BusinessGroupId,
    tenant: u32,
    seconds: i64,
) -> Result<BusinessGroup, BusinessGroupRefusal> {
    let mut context = context_at(seconds);
    context.request_id = Some("winners-call".to_owned());
    stores.business_groups.link_proven_tenant(group, proof(tenant), &context).await
}

async fn name(stores: &Stores, group: &BusinessGroupId, tenant: u32) -> Result<BusinessGroup, BusinessGroupRefusal> {
    stores.business_groups.link_tenant(group, guid(tenant), &context_at(10)).await
}

async fn prove(world: &World, group: &BusinessGroupId, tenant: u32, seconds: i64) -> bool {
    world.stores.business_groups.prove_tenant(group, proof(tenant), &context_at(seconds)).await.unwrap()
}

/// The tenant that a group is linked to, and since how many seconds it is proven.
async fn link_of(world: &World, group: &BusinessGroupId) -> (Option<Guid>, Option<i64>) {
    let group = world.read(group).await;
    (group.tenant_id, group.tenant_proven_at.map(|at| at.as_second() - time(0).as_second()))
}

async fn revisions(world: &World, group: &BusinessGroupId) -> Vec<Revision> {
    let page = PageRequest { limit: 1000, after: None };
    world.stores.history.list(group, &page).await.unwrap().items
}

/// The newest first.
async fn events(world: &World, group: &BusinessGroupId) -> Vec<AuditEvent> {
    let filter = AuditFilter { group: Some(group.clone()), ..AuditFilter::default() };
    world.stores.audit.list(&filter, &PageRequest { limit: 1000, after: None }).await.unwrap().items
}

/// A group that has only named tenant 1 and maps Ann to number 1, and the company whose it is, without a tenant.
async fn squatter_and_company(world: &World) -> (BusinessGroupId, BusinessGroupId) {
    let squatter = world.group("squatter").await;
    let company = world.group_with("company", &[range(BASE + 20_000, BASE + 29_999)]).await;
    assert!(name(&world.stores, &squatter, 1).await.is_ok());
    world.put(&squatter, 1, ANN).await.unwrap();
    world.put(&company, 20_001, ANN).await.unwrap();
    (squatter, company)
}

/// The number that Ann of tenant 1 finds.
async fn anns_number(world: &World) -> Option<u64> {
    let line = world.stores.mappings.resolve(guid(1), Some(&address(ANN))).await.unwrap();
    line.and_then(|line| line.mapped).map(|mapped| mapped.phone_number.digits() - BASE)
}

async fn a_free_tenant_is_proven_from_the_start_or_later(world: World) {
    let (abc, xyz) = (world.group("abc").await, world.group_with("xyz", &[]).await);
    let Ok(linked) = take(&world.stores, &abc, 1, 20).await else { panic!("not linked") };
    assert_eq!((linked.tenant_id, linked.tenant_proven_at), (Some(guid(1)), Some(time(20))));
    name(&world.stores, &xyz, 2).await.unwrap();
    assert_eq!(link_of(&world, &xyz).await, (Some(guid(2)), None));
    take(&world.stores, &xyz, 2, 21).await.unwrap();
    assert_eq!(link_of(&world, &xyz).await, (Some(guid(2)), Some(21)));
    // Once it is proven, neither naming it again nor another proof changes that.
    for group in [&abc, &xyz] {
        let before = link_of(&world, group).await;
        let tenant = if *group == abc { 1 } else { 2 };
        name(&world.stores, group, tenant).await.unwrap();
        take(&world.stores, group, tenant, 99).await.unwrap();
        assert!(prove(&world, group, tenant, 99).await);
        assert_eq!(link_of(&world, group).await, before);
    }
    assert!(revisions(&world, &abc).await.is_empty());
    assert_eq!(take(&world.stores, &id("nobody"), 3, 22).await, Err(BusinessGroupRefusal::NoSuchGroup));
}

async fn a_proof_is_of_the_tenant_that_is_linked(world: World) {
    let abc = world.group("abc").await;
    assert!(!prove(&world, &abc, 1, 20).await);
    name(&world.stores, &abc, 1).await.unwrap();
    let recorded = events(&world, &abc).await.len();
    assert!(!prove(&world, &abc, 2, 20).await);
    assert!(!prove(&world, &id("nobody"), 1, 20).await);
    assert_eq!(link_of(&world, &abc).await, (Some(guid(1)), None));
    for seconds in [21, 22] {
        assert!(prove(&world, &abc, 1, seconds).await);
        assert_eq!(link_of(&world, &abc).await, (Some(guid(1)), Some(21)));
    }
    let events = events(&world, &abc).await;
    assert_eq!((events.len() - recorded, events[0].action.as_str()), (1, "proveTenant"));
    let mut detail = events[0].detail.clone();
    detail.sort();
    let recorded = [("proven_by", guid(901)), ("tenant_id", guid(1))];
    assert_eq!(detail, recorded.map(|(name, guid)| (name.to_owned(), guid.to_string())));
}

async fn a_proof_goes_with_its_link(world: World) {
    let abc = world.group("abc").await;
    take(&world.stores, &abc, 1, 20).await.unwrap();
    world.stores.business_groups.unlink_tenant(&abc, &context_at(21)).await.unwrap();
    assert_eq!(link_of(&world, &abc).await, (None, None));
    name(&world.stores, &abc, 1).await.unwrap();
    assert_eq!(link_of(&world, &abc).await, (Some(guid(1)), None));
    take(&world.stores, &abc, 1, 22).await.unwrap();
    name(&world.stores, &abc, 2).await.unwrap();
    assert_eq!(link_of(&world, &abc).await, (Some(guid(2)), None));
    name(&world.stores, &abc, 1).await.unwrap();
    assert_eq!(link_of(&world, &abc).await, (Some(guid(1)), None));
    take(&world.stores, &abc, 1, 23).await.unwrap();
    take(&world.stores, &abc, 3, 24).await.unwrap();
    assert_eq!(link_of(&world, &abc).await, (Some(guid(3)), Some(24)));
    // A group of the same id that comes after it begins anew.
    assert_eq!(world.stores.business_groups.delete(&abc, &context_at(25)).await, Ok(()));
    let again = world.group("abc").await;
    name(&world.stores, &again, 3).await.unwrap();
    assert_eq!(link_of(&world, &again).await, (Some(guid(3)), None));
}

async fn a_proof_takes_a_tenant_over_that_was_only_named(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    assert_eq!(anns_number(&world).await, Some(1));
    let Ok(linked) = take(&world.stores, &company, 1, 30).await else { panic!("not taken") };
    assert_eq!((linked.tenant_id, linked.tenant_proven_at, linked.revision), (Some(guid(1)), Some(time(30)), 2));
    assert_eq!(world.read(&company).await, linked);
    assert_eq!(link_of(&world, &squatter).await, (None, None));
    assert_eq!(anns_number(&world).await, Some(20_001));
    // What it had mapped stays, and tells nobody's line any more.
    world.assert_mappings(&squatter, 2, &[(1, ANN)]).await;
    world.assert_mappings(&company, 2, &[(20_001, ANN)]).await;
    // There is no way back for who has no proof.
    let taken = Err(BusinessGroupRefusal::TenantTaken { unproven: false, holder: company.clone() });
    assert_eq!((name(&world.stores, &squatter, 1).await, anns_number(&world).await), (taken, Some(20_001)));
    // A tenant of its own that the company had before is free.
    take(&world.stores, &company, 2, 31).await.unwrap();
    assert_eq!(anns_number(&world).await, None);
    assert!(name(&world.stores, &squatter, 1).await.is_ok());
}

async fn both_groups_are_told_of_a_takeover_and_neither_of_the_other(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    take(&world.stores, &company, 1, 30).await.unwrap();
    let lost = revisions(&world, &squatter).await.remove(0);
    assert_eq!((lost.revision, lost.lost_tenant, lost.gained_tenant), (2, Some(guid(1)), None));
    assert_eq!((lost.counts, lost.released_pin, lost.at), (ChangeCounts::default(), None, time(30)));
    assert_eq!(lost.actor.to_string(), "another business group (another-business-group)");
    let gained = revisions(&world, &company).await.remove(0);
    assert_eq!((gained.revision, gained.lost_tenant, gained.gained_tenant), (2, None, Some(guid(1))));
    assert_eq!((gained.counts, &gained.actor), (ChangeCounts::default(), &context_at(30).actor));
    for group in [&squatter, &company] {
        assert!(revisions(&world, group).await[1..].iter().all(|before| before.lost_tenant.is_none()));
        let page = PageRequest { limit: 10, after: None };
        assert!(world.stores.history.list_changes(group, 2, &page).await.unwrap().items.is_empty());
    }
    let recorded = |event: &AuditEvent| {
        let mut detail = event.detail.clone();
        detail.sort();
        detail.into_iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" ")
    };
    let event = events(&world, &squatter).await.remove(0);
    assert_eq!((event.action.as_str(), event.request_id.as_deref()), ("loseTenant", None));
    assert_eq!((event.actor, event.at), (lost.actor, time(30)));
    assert_eq!(recorded(&events(&world, &squatter).await[0]), format!("revision=2 tenant_id={}", guid(1)));
    let event = events(&world, &company).await.remove(0);
    assert_eq!((event.action.as_str(), event.request_id.as_deref()), ("linkTenant", Some("winners-call")));
    let expected = format!("proven_by={} revision=2 taken_over=true tenant_id={}", guid(901), guid(1));
    assert_eq!((recorded(&event), event.actor), (expected, context_at(30).actor));
    for (group, other) in [(&squatter, "company"), (&company, "squatter")] {
        assert!(events(&world, group).await.iter().all(|event| !format!("{event:?}").contains(other)));
    }
    // They go with the rest when the history is cut short.
    assert_eq!(world.stores.history.prune(time(10_000)).await.unwrap(), 4);
}

async fn a_tenant_that_is_proven_or_claimed_without_proof_is_not_taken(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    let state = async || {
        let groups = (world.read(&squatter).await, world.read(&company).await);
        (groups, events(&world, &squatter).await.len(), events(&world, &company).await.len())
    };
    let before = state().await;
    let taken = |unproven| Err(BusinessGroupRefusal::TenantTaken { unproven, holder: squatter.clone() });
    assert_eq!(name(&world.stores, &company, 1).await, taken(true));
    assert_eq!(take(&world.stores, &id("nobody"), 1, 30).await, Err(BusinessGroupRefusal::NoSuchGroup));
    assert_eq!(state().await, before);
    assert!(prove(&world, &squatter, 1, 31).await);
    let before = state().await;
    assert_eq!(name(&world.stores, &company, 1).await, taken(false));
    assert_eq!(take(&world.stores, &company, 1, 32).await, taken(false));
    assert_eq!(state().await, before);
    assert_eq!(anns_number(&world).await, Some(1));
}

async fn previews_from_before_a_takeover_are_stale_on_both_sides(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    let preview = async |group, at| {
        let file = ImportFile { apply: None, ..replace(group, &[(at, "eve@abc.com")]) };
        let apply = ApplyImport {
            group: group.clone(),
            id: file.id,
            confirmed: Confirmation::default(),
            context: context_at(1000),
        };
        world.import(file).await.unwrap();
        apply
    };
    let previews = [preview(&squatter, 5).await, preview(&company, 20_005).await];
    take(&world.stores, &company, 1, 30).await.unwrap();
    for preview in previews {
        let outcome = world.stores.imports.apply(preview).await;
        let Err(KeptImportRefusal::Stale { base_revision: 1, current: 2, since }) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(since[0].lost_tenant.or(since[0].gained_tenant), Some(guid(1)));
    }
    world.assert_mappings(&squatter, 2, &[(1, ANN)]).await;
    world.import(replace(&squatter, &[(5, "eve@abc.com")])).await.unwrap();
    world.assert_mappings(&squatter, 3, &[(5, "eve@abc.com")]).await;
}

async fn a_restore_passes_over_a_takeover(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    take(&world.stores, &company, 1, 30).await.unwrap();
    world.put(&squatter, 2, "bob@abc.com").await.unwrap();
    world.put(&company, 20_002, "bob@abc.com").await.unwrap();
    for (group, at) in [(&squatter, 1), (&company, 20_001)] {
        for (revision, made) in [(2, 4), (1, 4), (0, 5)] {
            let restore = Restore { group: group.clone(), revision, context: context_at(40) };
            world.stores.history.restore(restore).await.unwrap();
            let mappings = [(at, ANN)];
            world.assert_mappings(group, made, if revision == 0 { &[] } else { &mappings }).await;
        }
    }
    assert_eq!(link_of(&world, &company).await, (Some(guid(1)), Some(30)));
    assert_eq!(link_of(&world, &squatter).await, (None, None));
}

async fn pins_of_a_lost_tenant_wait_until_it_comes_back(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    let pin = async |group: &BusinessGroupId, at, oid| {
        let (phone_number, email) = (number(BASE + at), address(ANN));
        let pin = Pin {
            group: group.clone(),
            phone_number,
            email,
            tid: guid(1),
            oid: guid(oid),
            other_sign_in_names: Box::default(),
            now: time(50),
        };
        world.stores.mappings.pin(&pin).await.unwrap().pinned_to()
    };
    let pinned_to = async |tenant| {
        let line = world.stores.mappings.resolve(guid(tenant), Some(&address(ANN))).await.unwrap();
        line.and_then(|line| line.mapped).and_then(|mapped| mapped.pinned_oid)
    };
    assert_eq!(pin(&squatter, 1, 7).await, Some(guid(7)));
    take(&world.stores, &company, 1, 60).await.unwrap();
    // Who signed in before begins anew with the company, and a sign-in that was under way pins nothing any more.
    assert_eq!(pinned_to(1).await, None);
    assert_eq!(pin(&squatter, 1, 8).await, None);
    assert_eq!(pin(&company, 20_001, 8).await, Some(guid(8)));
    name(&world.stores, &squatter, 2).await.unwrap();
    assert_eq!(pinned_to(2).await, None);
    world.stores.business_groups.unlink_tenant(&company, &context_at(61)).await.unwrap();
    take(&world.stores, &squatter, 1, 62).await.unwrap();
    assert_eq!(pinned_to(1).await, Some(guid(7)));
}

/// The stores of two replicas.
async fn replicas(world: &World) -> [Stores; 2] {
    [world.stores.clone(), world.database.open().await]
}

// proves T-25
async fn of_two_groups_that_take_a_tenant_at_once_one_gets_it(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    let third = world.group_with("third", &[]).await;
    let [here, there] = replicas(&world).await;
    for round in 100..110 {
        name(&world.stores, &squatter, round).await.unwrap();
        let (a, b) = tokio::join!(take(&here, &company, round, 30), take(&there, &third, round, 30));
        let taken = |outcome: &&Result<BusinessGroup, BusinessGroupRefusal>| {
            matches!(outcome, Err(BusinessGroupRefusal::TenantTaken { unproven: false, .. }))
        };
        let linked = [&a, &b].iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!((linked, [&a, &b].iter().any(taken)), (1, true), "{a:?} {b:?}");
        assert_eq!(link_of(&world, &squatter).await, (None, None));
    }
    let gained = async |group| revisions(&world, group).await.iter().filter(|one| one.gained_tenant.is_some()).count();
    assert_eq!(gained(&company).await + gained(&third).await, 10);
}

async fn groups_that_take_each_others_tenants_at_once_all_get_what_they_have_proven(world: World) {
    let groups = ["a", "b", "c", "d"];
    for group in groups {
        world.group_with(group, &[]).await;
    }
    let [here, there] = replicas(&world).await;
    let [a, b, c, d] = groups.map(id);
    for round in 0..10_u32 {
        // Two pairs, of which each has named what the other has.
        let tenants = [1, 2, 3, 4].map(|tenant| 1000 + round * 10 + tenant);
        for (group, tenant) in [&a, &b, &c, &d].into_iter().zip(tenants) {
            assert!(name(&here, group, tenant).await.is_ok());
        }
        let (first, second, third, fourth) = tokio::join!(
            take(&here, &a, tenants[1], 30),
            take(&there, &b, tenants[0], 30),
            take(&there, &c, tenants[3], 30),
            take(&here, &d, tenants[2], 30),
        );
        let outcomes = [first, second, third, fourth];
        let linked = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(linked, 4, "{outcomes:?}");
        // Three in a circle.
        for (group, tenant) in [&a, &b, &c].into_iter().zip([5, 6, 7]) {
            assert!(name(&here, group, 1000 + round * 10 + tenant).await.is_ok());
        }
        let circle = [6, 7, 5].map(|tenant| 1000 + round * 10 + tenant);
        let (first, second, third) = tokio::join!(
            take(&here, &a, circle[0], 31),
            take(&there, &b, circle[1], 31),
            take(&here, &c, circle[2], 31),
        );
        for (group, (outcome, tenant)) in [&a, &b, &c].into_iter().zip([first, second, third].into_iter().zip(circle)) {
            assert!(outcome.is_ok(), "{outcome:?}");
            assert_eq!(link_of(&world, group).await, (Some(guid(tenant)), Some(31)));
        }
    }
}

/// A transaction that has locked the last of the groups.
struct Held {
    holder: Raw,
    /// In a transaction one goes on seeing who was there at first.
    watching: Raw,
}

enum Raw {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Raw {
    async fn connect(world: &World) -> Self {
        match world.engine {
            Engine::Postgres => Self::Postgres(PgConnection::connect(world.database.url()).await.unwrap()),
            Engine::Sqlite => Self::Sqlite(SqliteConnection::connect(world.database.url()).await.unwrap()),
        }
    }

    async fn run(&mut self, on_postgres: &'static str, on_sqlite: &'static str) {
        match self {
            Self::Postgres(connection) => drop(connection.execute(sqlx::raw_sql(on_postgres)).await.unwrap()),
            Self::Sqlite(connection) => drop(connection.execute(sqlx::raw_sql(on_sqlite)).await.unwrap()),
        }
    }
}

impl Held {
    async fn of(world: &World) -> Self {
        const LAST: &str = "BEGIN; SELECT FROM business_groups WHERE group_key = (SELECT max(group_key) FROM business_groups) FOR UPDATE";
        let mut holder = Raw::connect(world).await;
        holder.run(LAST, "BEGIN IMMEDIATE").await;
        Self { holder, watching: Raw::connect(world).await }
    }

    /// Until so many wait for a lock. SQLite has one for all, so there is no order to get wrong.
    async fn until_so_many_wait(&mut self, count: i64) {
        const WAITING: &str = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted \
             AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
        let Raw::Postgres(watching) = &mut self.watching else { return };
        let waiting = async {
            while sqlx::query_as::<_, (i64,)>(WAITING).fetch_one(&mut *watching).await.unwrap().0 < count {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(TIMEOUT, waiting).await.expect("they wait");
    }

    async fn let_go(mut self) {
        self.holder.run("COMMIT", "COMMIT").await;
    }
}

// proves T-25
async fn two_that_take_from_each_other_do_not_wait_for_each_other(world: World) {
    let (abc, xyz) = (world.group("abc").await, world.group_with("xyz", &[]).await);
    let [here, there] = replicas(&world).await;
    // Whoever locks in another order than that of the keys has, in one of the two turns, what the other waits for.
    for [(first, gets), (second, gets_too)] in [[(&abc, 2), (&xyz, 1)], [(&xyz, 1), (&abc, 2)]] {
        for (group, tenant) in [(&abc, 1), (&xyz, 2)] {
            assert!(name(&world.stores, group, tenant).await.is_ok());
        }
        let mut held = Held::of(&world).await;
        let then = async {
            held.until_so_many_wait(1).await;
            let go = async {
                held.until_so_many_wait(2).await;
                held.let_go().await;
            };
            tokio::join!(take(&there, second, gets_too, 30), go).0
        };
        let (one, other) = tokio::join!(take(&here, first, gets, 30), then);
        for outcome in [one, other] {
            assert!(outcome.is_ok(), "{outcome:?}");
        }
        assert_eq!(link_of(&world, &abc).await, (Some(guid(2)), Some(30)));
        assert_eq!(link_of(&world, &xyz).await, (Some(guid(1)), Some(30)));
        for group in [&abc, &xyz] {
            world.stores.business_groups.unlink_tenant(group, &context_at(31)).await.unwrap();
        }
    }
}

// proves T-25
async fn a_takeover_and_a_proof_at_once_leave_one_owner(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    let [here, there] = replicas(&world).await;
    for round in 100..120 {
        name(&world.stores, &squatter, round).await.unwrap();
        let by = context_at(31);
        let proving = here.business_groups.prove_tenant(&squatter, proof(round), &by);
        let (proven, taken) = tokio::join!(proving, take(&there, &company, round, 30));
        match (proven.unwrap(), taken) {
            (true, Err(BusinessGroupRefusal::TenantTaken { unproven: false, .. })) => {
                assert_eq!(link_of(&world, &squatter).await, (Some(guid(round)), Some(31)));
            }
            (false, Ok(_)) => {
                assert_eq!(link_of(&world, &squatter).await, (None, None));
                assert_eq!(link_of(&world, &company).await, (Some(guid(round)), Some(30)));
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn a_holder_that_leaves_at_once_is_no_harm(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    let [here, there] = replicas(&world).await;
    let by = context_at(31);
    for round in 100..130 {
        let holder = world.group_with(&format!("holder{round}"), &[]).await;
        name(&world.stores, &holder, round).await.unwrap();
        let leave = async {
            match round % 3 {
                0 => there.business_groups.unlink_tenant(&holder, &by).await.unwrap(),
                1 => there.business_groups.delete(&holder, &by).await.unwrap(),
                _ => drop(name(&there, &holder, 1000 + round).await.unwrap()),
            }
        };
        let (taken, ()) = tokio::join!(take(&here, &company, round, 30), leave);
        assert!(taken.is_ok(), "{taken:?}");
        assert_eq!(link_of(&world, &company).await, (Some(guid(round)), Some(30)));
    }
    assert_eq!(link_of(&world, &squatter).await, (Some(guid(1)), None));
}

async fn changes_of_both_groups_come_before_a_takeover_or_after_it(world: World) {
    let (squatter, company) = squatter_and_company(&world).await;
    let [here, there] = replicas(&world).await;
    for round in 100..105 {
        name(&world.stores, &squatter, round).await.unwrap();
        let file: Vec<_> = (0..500).map(|at| (at, format!("u{at}.{round}@abc.com"))).collect();
        let file: Vec<_> = file.iter().map(|(at, email)| (*at, email.as_str())).collect();
        let by = context_at(31);
        let (taken, imported, put, deleted) = tokio::join!(
            take(&there, &company, round, 30),
            world.import(replace(&squatter, &file)),
            world.put(&company, 20_000 + u64::from(round), "eve@abc.com"),
            here.mappings.delete(&company, number(BASE + 20_001), &by),
        );
        assert!(taken.is_ok(), "{taken:?}");
        imported.unwrap();
        let is_first = round == 100;
        assert_eq!(deleted, if is_first { Ok(()) } else { Err(MappingRefusal::NoSuchMapping) });
        world.stores.mappings.delete(&company, number(BASE + 20_000 + u64::from(round)), &by).await.unwrap();
        assert!(matches!(put, Ok(PutOutcome::Created(_))), "{put:?}");
        for (group, mappings) in [(&squatter, 500), (&company, 0)] {
            let numbers: Vec<_> = revisions(&world, group).await.iter().map(|one| one.revision).collect();
            let read = world.read(group).await;
            assert_eq!(numbers, (1..=read.revision).rev().collect::<Vec<_>>());
            assert_eq!(
                (read.mapping_count, world.all(group).await.len()),
                (mappings, usize::try_from(mappings).unwrap())
            );
        }
    }
}
