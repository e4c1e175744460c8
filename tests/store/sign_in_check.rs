//! What a sign-in with an address would meet, and what helps to tell why.

use signline::domain::business_group::{BusinessGroupId, BusinessGroupPatch, IdentityPinning};
use signline::domain::history::{ChangeKind, PastChange};
use signline::domain::mapping::PinnedTo;
use signline::ports::mapping_store::{MAX_CHANGES_SEARCHED, MAX_NEIGHBOURS, MappingRefusal, Pin, SignInFacts};

use crate::on_both_engines;
use crate::support::{BASE, World, address, context_at, guid, id, merge, number, range, replace, time};

on_both_engines!(
    the_mapping_the_policies_and_the_pin_are_told,
    the_newest_change_of_an_address_is_found,
    a_change_behind_a_mountain_of_others_is_not_looked_for,
    neighbours_are_those_of_the_group_alone,
);

impl World {
    async fn facts(&self, group: &BusinessGroupId, email: &str) -> SignInFacts {
        self.stores.mappings.sign_in_facts(group, &address(email)).await.expect("the group is there")
    }

    async fn last_change(&self, group: &BusinessGroupId, email: &str) -> Option<(i64, u64, ChangeKind)> {
        let change: Option<PastChange> = self.facts(group, email).await.last_change;
        change.map(|past| (past.revision, past.change.phone_number.digits() - BASE, past.change.kind))
    }

    async fn neighbours(&self, group: &BusinessGroupId, email: &str) -> Vec<String> {
        let neighbours = self.facts(group, email).await.neighbours;
        neighbours.into_iter().map(|mapping| mapping.email.to_string()).collect()
    }
}

async fn the_mapping_the_policies_and_the_pin_are_told(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "bob@abc.com").await.unwrap();
    let unlinked = world.facts(&abc, "bob@abc.com").await;
    assert!(!unlinked.is_linked && !unlinked.allow_guests);
    assert_eq!(unlinked.identity_pinning, IdentityPinning::Enforce);
    assert_eq!(unlinked.mapping.unwrap().pinned_to, None);
    assert_eq!(unlinked.neighbours, [], "who has a mapping needs none");

    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();
    let (phone_number, email) = (number(BASE + 1), address("bob@abc.com"));
    let pin = Pin {
        group: abc.clone(),
        phone_number,
        email,
        tid: guid(1),
        oid: guid(7),
        other_sign_in_names: Box::default(),
        now: time(2),
    };
    world.stores.mappings.pin(&pin).await.unwrap();
    let patch = BusinessGroupPatch {
        allow_guests: Some(true),
        identity_pinning: Some(IdentityPinning::Off),
        ..BusinessGroupPatch::default()
    };
    world.stores.business_groups.update(&abc, patch, &context_at(3)).await.unwrap();
    let linked = world.facts(&abc, "bob@abc.com").await;
    assert!(linked.is_linked && linked.allow_guests);
    assert_eq!(linked.identity_pinning, IdentityPinning::Off);
    let mapping = linked.mapping.unwrap();
    assert_eq!(mapping.phone_number, phone_number);
    assert_eq!(mapping.pinned_to, Some(PinnedTo { oid: guid(7), at: time(2) }));

    // In another tenant nobody has signed in yet.
    world.stores.business_groups.link_tenant(&abc, guid(2), &context_at(4)).await.unwrap();
    assert_eq!(world.facts(&abc, "bob@abc.com").await.mapping.unwrap().pinned_to, None);
    assert_eq!(world.facts(&abc, "eve@abc.com").await.mapping, None);
    let nobodys = world.stores.mappings.sign_in_facts(&id("nobody"), &address("bob@abc.com")).await;
    assert_eq!(nobodys, Err(MappingRefusal::NoSuchGroup));
}

async fn the_newest_change_of_an_address_is_found(world: World) {
    let abc = world.group("abc").await;
    let email = address("bob@abc.com");
    assert_eq!(world.last_change(&abc, "bob@abc.com").await, None);
    world.put(&abc, 1, "bob@abc.com").await.unwrap();
    world.put(&abc, 2, "ann@abc.com").await.unwrap();
    assert_eq!(world.last_change(&abc, "bob@abc.com").await, Some((1, 1, ChangeKind::Added(email.clone()))));
    let facts = world.facts(&abc, "bob@abc.com").await.last_change.unwrap();
    assert_eq!((facts.at, facts.actor.name.as_str()), (time(1), "operator"));

    world.import(replace(&abc, &[(2, "ann@abc.com"), (3, "bob@abc.com")])).await.unwrap();
    let moved = ChangeKind::Moved { email: email.clone(), from: number(BASE + 1) };
    assert_eq!(world.last_change(&abc, "bob@abc.com").await, Some((3, 3, moved)));

    world.put(&abc, 3, "eve@abc.com").await.unwrap();
    let changed = ChangeKind::Changed { old: email.clone(), new: address("eve@abc.com") };
    assert_eq!(world.last_change(&abc, "bob@abc.com").await, Some((4, 3, changed.clone())));
    assert_eq!(world.last_change(&abc, "eve@abc.com").await, Some((4, 3, changed)));

    world.put(&abc, 4, "bob@abc.com").await.unwrap();
    world.stores.mappings.delete(&abc, number(BASE + 4), &context_at(9)).await.unwrap();
    assert_eq!(world.last_change(&abc, "bob@abc.com").await, Some((6, 4, ChangeKind::Removed(email))));
    let other = world.group_with("other", &[range(442_079_460_000, 442_079_460_099)]).await;
    assert_eq!(world.last_change(&other, "bob@abc.com").await, None, "what is another group's is not told");
}

async fn a_change_behind_a_mountain_of_others_is_not_looked_for(world: World) {
    let last = BASE + 9999;
    let abc = world.group_with("abc", &[range(BASE, last), range(last + 1, last + 200_000)]).await;
    world.put(&abc, 1, "gone@abc.com").await.unwrap();
    world.stores.mappings.delete(&abc, number(BASE + 1), &context_at(2)).await.unwrap();
    assert!(world.last_change(&abc, "gone@abc.com").await.is_some());
    let count = u64::from(MAX_CHANGES_SEARCHED);
    let rows: Vec<_> = (10..10 + count).map(|at| (at, format!("u{at}@abc.com"))).collect();
    let rows: Vec<_> = rows.iter().map(|(at, email)| (*at, email.as_str())).collect();
    world.import(merge(&abc, &rows)).await.unwrap();
    assert_eq!(world.last_change(&abc, "gone@abc.com").await, None);
    // By its number a mapping's is found all the same.
    assert_eq!(world.last_change(&abc, "u50@abc.com").await.unwrap().0, 3);
}

async fn neighbours_are_those_of_the_group_alone(world: World) {
    let abc = world.group("abc").await;
    let other = world.group_with("other", &[range(442_079_460_000, 442_079_460_099)]).await;
    let emails = ["bob@abc.com", "bob@zzz.com", "boba@abc.com", "bo_b@abc.com", "ann@abc.com", "zoe@abc.com"];
    for (email, at) in emails.iter().zip(0..) {
        world.put(&abc, at, email).await.unwrap();
    }
    world.import(merge(&other, &[(442_079_460_001 - BASE, "bob@mmm.com")])).await.unwrap();
    let mut neighbours = world.neighbours(&abc, "bob@mmm.com").await;
    assert_eq!(neighbours[..2], ["bob@abc.com", "bob@zzz.com"], "the same name first");
    neighbours.sort();
    neighbours.dedup();
    let mut expected = emails.to_vec();
    expected.sort_unstable();
    assert_eq!(neighbours, expected);
    // What means something in a pattern is a letter like any other.
    assert_eq!(
        world.neighbours(&abc, "bo%b@abc.org").await.iter().filter(|email| email.starts_with("bo%b@")).count(),
        0
    );

    let rows: Vec<_> = (100..900).map(|at| (at, format!("m{at}@abc.com"))).collect();
    let rows: Vec<_> = rows.iter().map(|(at, email)| (*at, email.as_str())).collect();
    world.import(merge(&abc, &rows)).await.unwrap();
    let all = usize::try_from(MAX_NEIGHBOURS).unwrap();
    assert_eq!(world.neighbours(&abc, "m500x@abc.com").await.len(), 2 * all);
}
