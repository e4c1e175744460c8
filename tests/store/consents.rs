//! Consents: what comes back counts once, for the tenant that it is of, and proves nothing; a first sign-in does.

use signline::domain::actor::{Actor, AuditContext};
use signline::domain::application::{ApplicationName, Applications};
use signline::domain::business_group::BusinessGroupId;
use signline::domain::consent::{Consent, ConsentFault, Nonce, PastFault};
use signline::domain::guid::Guid;
use signline::domain::page::PageRequest;
use signline::ports::audit_log::AuditFilter;
use signline::ports::consent_store::{ConsentReport, GroupConsents, ReportOutcome};
use zeroize::Zeroizing;

use crate::on_both_engines;
use crate::support::{World, context_at, guid, id, range, time};

on_both_engines!(
    whoever_asks_first_makes_the_secret_and_all_get_the_same,
    a_state_counts_once_also_when_ten_come_at_once,
    a_report_counts_only_in_the_tenant_that_the_group_is_linked_to,
    an_error_leaves_an_earlier_report_and_goes_with_the_next,
    a_first_sign_in_stands_and_only_linked_tenants_have_one,
    a_first_sign_in_is_told_whether_or_not_consent_was_reported,
    used_states_are_forgotten_once_they_have_expired,
    a_report_is_told_in_the_audit_log_of_its_group,
    reports_go_with_their_group,
);

const PORTAL: u32 = 101;
const MOBILE: u32 = 102;

fn portal() -> ApplicationName {
    let applications = Applications::parse(&format!("portal={}", guid(PORTAL))).unwrap();
    applications.iter().next().unwrap().1.clone()
}

fn report(group: &BusinessGroupId, tenant: Guid, nonce: u8) -> ConsentReport {
    ConsentReport {
        group: group.clone(),
        tenant,
        client_id: guid(PORTAL),
        application: portal(),
        nonce: Nonce([nonce; 16]),
        expires_at: time(1000),
        result: Ok(()),
    }
}

fn fault() -> ConsentFault {
    ConsentFault { code: "access_denied".to_owned(), aadsts: Some("AADSTS65004".to_owned()) }
}

impl World {
    async fn linked(&self, name: &str, tenant: Guid) -> BusinessGroupId {
        let group = self.group(name).await;
        self.link(&group, tenant).await;
        group
    }

    async fn link(&self, group: &BusinessGroupId, tenant: Guid) {
        let linked = self.stores.business_groups.link_tenant(group, tenant, &context_at(0)).await;
        assert!(linked.is_ok(), "{linked:?}");
    }

    async fn report(&self, report: &ConsentReport, seconds: i64) -> ReportOutcome {
        let context = AuditContext { actor: Actor::microsoft(), ..context_at(seconds) };
        self.stores.consents.report(report, &context).await.unwrap()
    }

    async fn consents(&self, group: &BusinessGroupId) -> Vec<Consent> {
        self.stores.consents.of_group(group).await.unwrap().unwrap().consents
    }
}

async fn whoever_asks_first_makes_the_secret_and_all_get_the_same(world: World) {
    let consents = &world.stores.consents;
    assert!(consents.secret().await.unwrap().is_none());
    let asked: Vec<_> = (1..=8).map(|byte| consents.secret_or(Zeroizing::new([byte; 32]))).collect();
    let secrets = futures_util::future::try_join_all(asked).await.unwrap();
    let secret = consents.secret().await.unwrap().unwrap();
    assert!((1..=8).contains(&secret[0]));
    assert!(secrets.iter().all(|other| *other == secret));
    assert_eq!(consents.secret_or(Zeroizing::new([9; 32])).await.unwrap(), secret);
    assert_eq!(world.count_rows("consent_keys").await, 1);
}

async fn a_state_counts_once_also_when_ten_come_at_once(world: World) {
    let abc = world.linked("abc", guid(1)).await;
    let first = report(&abc, guid(1), 1);
    let at_once: Vec<_> = (0..10).map(|seconds| world.report(&first, seconds)).collect();
    let outcomes = futures_util::future::join_all(at_once).await;
    let recorded = outcomes.iter().filter(|outcome| **outcome == ReportOutcome::Recorded).count();
    let used = outcomes.iter().filter(|outcome| **outcome == ReportOutcome::Used).count();
    assert_eq!((recorded, used), (1, 9));
    let before = world.consents(&abc).await;
    let refused = ConsentReport { result: Err(fault()), ..first };
    assert_eq!(world.report(&refused, 50).await, ReportOutcome::Used);
    assert_eq!(world.consents(&abc).await, before);
    assert_eq!(world.report(&report(&abc, guid(1), 2), 60).await, ReportOutcome::Recorded);
    assert_eq!(world.consents(&abc).await[0].reported_at, Some(time(60)));
}

async fn a_report_counts_only_in_the_tenant_that_the_group_is_linked_to(world: World) {
    let abc = world.linked("abc", guid(1)).await;
    for (group, tenant) in [(id("nobody"), guid(1)), (abc.clone(), guid(2))] {
        assert_eq!(world.report(&report(&group, tenant, 1), 1).await, ReportOutcome::TenantChanged);
    }
    assert_eq!(world.count_rows("used_consent_states").await, 0, "what was not taken is not used up");
    assert_eq!(world.report(&report(&abc, guid(1), 1), 2).await, ReportOutcome::Recorded);

    world.link(&abc, guid(2)).await;
    let empty = GroupConsents { tenant: Some(guid(2)), consents: Vec::new() };
    assert_eq!(world.stores.consents.of_group(&abc).await.unwrap(), Some(empty));
    assert_eq!(world.report(&report(&abc, guid(1), 2), 3).await, ReportOutcome::TenantChanged);
    // Nor does an error in the new tenant bring the old report back.
    let refused = ConsentReport { result: Err(fault()), ..report(&abc, guid(2), 3) };
    assert_eq!(world.report(&refused, 4).await, ReportOutcome::Recorded);
    let [consent] = &world.consents(&abc).await[..] else { panic!("one application") };
    assert_eq!((consent.reported_at, consent.error.is_some()), (None, true));

    world.stores.business_groups.unlink_tenant(&abc, &context_at(5)).await.unwrap();
    let unlinked = GroupConsents { tenant: None, consents: Vec::new() };
    assert_eq!(world.stores.consents.of_group(&abc).await.unwrap(), Some(unlinked));
    assert_eq!(world.report(&report(&abc, guid(2), 4), 6).await, ReportOutcome::TenantChanged);
    assert_eq!(world.stores.consents.of_group(&id("nobody")).await.unwrap(), None);
}

async fn an_error_leaves_an_earlier_report_and_goes_with_the_next(world: World) {
    let abc = world.linked("abc", guid(1)).await;
    let written = |reported_at: Option<i64>, error_at: Option<i64>| Consent {
        client_id: guid(PORTAL),
        reported_at: reported_at.map(time),
        error: error_at.map(|at| PastFault { fault: fault(), at: time(at) }),
        confirmed_at: None,
    };
    let steps = [
        (Err(fault()), written(None, Some(1))),
        (Ok(()), written(Some(2), None)),
        (Err(fault()), written(Some(2), Some(3))),
        (Ok(()), written(Some(4), None)),
    ];
    for ((result, expected), step) in steps.into_iter().zip(1_u8..) {
        let report = ConsentReport { result, ..report(&abc, guid(1), step) };
        assert_eq!(world.report(&report, i64::from(step)).await, ReportOutcome::Recorded);
        assert_eq!(world.consents(&abc).await, [expected]);
    }
}

// proves T-79
async fn a_first_sign_in_stands_and_only_linked_tenants_have_one(world: World) {
    let consents = &world.stores.consents;
    let abc = world.linked("abc", guid(1)).await;
    assert!(consents.note_first_sign_in(guid(1), guid(PORTAL), time(1)).await.unwrap());
    assert!(consents.note_first_sign_in(guid(1), guid(PORTAL), time(2)).await.unwrap());
    assert!(!consents.note_first_sign_in(guid(2), guid(PORTAL), time(1)).await.unwrap());
    let at_once = (0..8).map(|at| consents.note_first_sign_in(guid(1), guid(MOBILE), time(at)));
    assert_eq!(futures_util::future::try_join_all(at_once).await.unwrap(), [true; 8]);
    assert_eq!(world.count_rows("first_sign_ins").await, 2);
    assert_eq!(world.consents(&abc).await[0].confirmed_at, Some(time(1)));
}

async fn a_first_sign_in_is_told_whether_or_not_consent_was_reported(world: World) {
    let abc = world.linked("abc", guid(1)).await;
    world.report(&report(&abc, guid(1), 1), 1).await;
    let mobile = ConsentReport { client_id: guid(MOBILE), result: Err(fault()), ..report(&abc, guid(1), 2) };
    world.report(&mobile, 2).await;
    for (client_id, at) in [(PORTAL, 3), (103, 4)] {
        assert!(world.stores.consents.note_first_sign_in(guid(1), guid(client_id), time(at)).await.unwrap());
    }
    // Another group's tenant is another's.
    let other = world.group_with("other", &[range(442_079_460_000, 442_079_460_099)]).await;
    world.link(&other, guid(2)).await;
    assert!(world.stores.consents.note_first_sign_in(guid(2), guid(MOBILE), time(9)).await.unwrap());
    let written: Vec<_> = world
        .consents(&abc)
        .await
        .into_iter()
        .map(|consent| {
            (consent.client_id, consent.reported_at, consent.error.map(|error| error.at), consent.confirmed_at)
        })
        .collect();
    let expected = [
        (guid(PORTAL), Some(time(1)), None, Some(time(3))),
        (guid(MOBILE), None, Some(time(2)), None),
        (guid(103), None, None, Some(time(4))),
    ];
    assert_eq!(written, expected);
    assert_eq!(world.consents(&other).await.len(), 1);
}

async fn used_states_are_forgotten_once_they_have_expired(world: World) {
    let abc = world.linked("abc", guid(1)).await;
    for (nonce, expires_at) in [(1, 100), (2, 200), (3, 300)] {
        let report = ConsentReport { expires_at: time(expires_at), ..report(&abc, guid(1), nonce) };
        assert_eq!(world.report(&report, 1).await, ReportOutcome::Recorded);
    }
    assert_eq!(world.stores.consents.forget_used_states(time(200)).await.unwrap(), 1);
    assert_eq!(world.count_rows("used_consent_states").await, 2);
    assert_eq!(world.report(&report(&abc, guid(1), 2), 2).await, ReportOutcome::Used);
    assert_eq!(world.stores.consents.forget_used_states(time(200)).await.unwrap(), 0);
}

async fn a_report_is_told_in_the_audit_log_of_its_group(world: World) {
    let abc = world.linked("abc", guid(1)).await;
    world.report(&report(&abc, guid(1), 1), 1).await;
    world.report(&report(&abc, guid(1), 1), 2).await;
    world.report(&report(&abc, guid(2), 2), 3).await;
    let refused = ConsentReport { result: Err(fault()), ..report(&abc, guid(1), 3) };
    world.report(&refused, 4).await;
    let filter = AuditFilter { actor_id: Some("microsoft".to_owned()), ..AuditFilter::default() };
    let page = PageRequest { limit: 100, after: None };
    let events = world.stores.audit.list(&filter, &page).await.unwrap().items;
    let written: Vec<_> = events.iter().map(|event| (event.at, event.action.as_str(), event.group.clone())).collect();
    assert_eq!(written, [(time(4), "reportConsent", Some(abc.clone())), (time(1), "reportConsent", Some(abc))]);
    assert_eq!(events[0].actor, Actor::microsoft());
    let detail = |texts: &[(&str, &str)]| -> Vec<(String, String)> {
        texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    };
    let tenant = guid(1).to_string();
    let declined = detail(&[
        ("application", "portal"),
        ("tenant_id", &tenant),
        ("error", "access_denied"),
        ("aadsts", "AADSTS65004"),
    ]);
    assert_eq!(events[0].detail, declined);
    let reported = detail(&[("application", "portal"), ("tenant_id", &tenant), ("consent", "reported")]);
    assert_eq!(events[1].detail, reported);
}

async fn reports_go_with_their_group(world: World) {
    let abc = world.linked("abc", guid(1)).await;
    world.report(&report(&abc, guid(1), 1), 1).await;
    let deleted = world.stores.business_groups.delete(&abc, &context_at(2)).await;
    assert_eq!(deleted, Ok(()));
    assert_eq!(world.count_rows("consent_reports").await, 0);
    // One of the same name is another.
    let abc = world.linked("abc", guid(1)).await;
    assert_eq!(world.consents(&abc).await, []);
}
