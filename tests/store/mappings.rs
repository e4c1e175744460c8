use signline::domain::business_group::IdentityPinning;
use signline::domain::mapping::{Line, MappedNumber, MappingSort};
use signline::domain::page::PageRequest;
use signline::ports::mapping_store::{MappingFilter, MappingRefusal, Pin, PutMapping, PutOutcome};

use crate::on_both_engines;
use crate::support::{BASE, World, address, context_at, guid, id, number, range, search, time};

on_both_engines!(
    a_user_resolves_in_their_own_tenant_alone,
    a_mapping_is_set_changed_and_removed,
    what_changes_nothing_makes_no_revision,
    a_change_is_meant_for_the_revisions_that_it_names,
    a_number_outside_the_ranges_is_not_mapped,
    an_address_stands_once_in_a_group_but_may_stand_in_two,
    of_two_numbers_that_take_an_address_at_once_one_gets_it,
    changes_at_once_leave_no_gap_in_the_revisions,
    the_first_account_keeps_the_mapping_until_its_address_changes,
    a_pin_means_nothing_in_another_tenant,
    of_two_accounts_that_sign_in_first_at_once_one_keeps_the_mapping,
    a_list_is_read_in_pages_in_the_order_of_the_numbers,
    a_filter_is_a_literal_part_of_number_or_address,
    a_filtered_list_is_read_in_pages_too,
    a_list_is_sorted_and_read_in_pages_by_each_sort,
    a_list_holds_those_whose_account_has_signed_in_or_those_who_never_did,
);

async fn a_user_resolves_in_their_own_tenant_alone(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 99)]).await;
    let xyz = world.group_with("xyz", &[range(BASE + 100, BASE + 199)]).await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();
    world.stores.business_groups.link_tenant(&xyz, guid(2), &context_at(1)).await.unwrap();
    world.put(&abc, 1, "bob@abc.com").await.unwrap();
    world.put(&xyz, 101, "bob@abc.com").await.unwrap();
    let resolve = async |tenant, email: Option<&str>| {
        let email = email.map(address);
        world.stores.mappings.resolve(tenant, email.as_ref()).await.unwrap()
    };
    let line = |group: &str, mapped: Option<u64>| {
        Some(Line {
            is_vouched_for: false,
            business_group: id(group),
            allow_guests: false,
            identity_pinning: IdentityPinning::Enforce,
            mapped: mapped.map(|at| MappedNumber { phone_number: number(BASE + at), pinned_oid: None }),
        })
    };
    assert_eq!(resolve(guid(1), Some("bob@abc.com")).await, line("abc", Some(1)));
    assert_eq!(resolve(guid(2), Some("Bob@ABC.com")).await, line("xyz", Some(101)));
    assert_eq!(resolve(guid(1), Some("eve@abc.com")).await, line("abc", None));
    assert_eq!(resolve(guid(1), None).await, line("abc", None));
    assert_eq!(resolve(guid(3), Some("bob@abc.com")).await, None);
}

async fn a_mapping_is_set_changed_and_removed(world: World) {
    let abc = world.group("abc").await;
    let store = &world.stores.mappings;
    assert!(matches!(world.put(&abc, 1, "a@abc.com").await, Ok(PutOutcome::Created(_))));
    let Ok(PutOutcome::Updated(mapping)) = world.put(&abc, 1, "b@abc.com").await else {
        panic!("not updated");
    };
    assert_eq!((mapping.phone_number, mapping.email.as_str()), (number(BASE + 1), "b@abc.com"));
    assert_eq!(store.find(&abc, number(BASE + 1)).await, Ok(mapping));
    world.assert_mappings(&abc, 2, &[(1, "b@abc.com")]).await;

    assert_eq!(store.find(&id("xyz"), number(BASE + 1)).await, Err(MappingRefusal::NoSuchMapping));
    assert_eq!(store.delete(&id("xyz"), number(BASE + 1), &context_at(1)).await, Err(MappingRefusal::NoSuchMapping));
    assert_eq!(store.delete(&abc, number(BASE + 2), &context_at(1)).await, Err(MappingRefusal::NoSuchMapping));
    assert_eq!(store.delete(&abc, number(BASE + 1), &context_at(1)).await, Ok(()));
    world.assert_mappings(&abc, 3, &[]).await;
    assert_eq!(world.put(&id("xyz"), 1, "a@abc.com").await, Err(MappingRefusal::NoSuchGroup));
}

async fn what_changes_nothing_makes_no_revision(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let before = world.stores.mappings.find(&abc, number(BASE + 1)).await.unwrap();
    let again = PutMapping {
        group: abc.clone(),
        phone_number: number(BASE + 1),
        email: address("A@abc.com"),
        context: context_at(777),
    };
    assert!(matches!(world.stores.mappings.put(&again).await, Ok(PutOutcome::Updated(_))));
    assert_eq!(world.stores.mappings.find(&abc, number(BASE + 1)).await.unwrap(), before);
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com")]).await;
}

// proves T-98
/// Two who have read the same revision: one of them comes too late, by whatever they do.
async fn a_change_is_meant_for_the_revisions_that_it_names(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let store = &world.stores.mappings;
    let put = |at: u64, email: &str| PutMapping {
        group: abc.clone(),
        phone_number: number(BASE + at),
        email: address(email),
        context: context_at(7),
    };
    let moved = |current| Err(MappingRefusal::RevisionMoved { current });
    assert_eq!(store.put_if(&put(2, "b@abc.com"), Some(&[0, 2])).await, moved(1));
    // Also where nothing would change.
    assert_eq!(store.put_if(&put(1, "a@abc.com"), Some(&[2])).await, moved(1));
    assert_eq!(store.put_if(&put(2, "a@abc.com"), Some(&[2])).await, moved(1));
    let deleted = store.delete_if(&abc, number(BASE + 1), Some(&[0]), &context_at(8)).await;
    assert_eq!(deleted, Err(MappingRefusal::RevisionMoved { current: 1 }));
    let missing = store.delete_if(&abc, number(BASE + 9), Some(&[0]), &context_at(8)).await;
    assert_eq!(missing, Err(MappingRefusal::NoSuchMapping));
    world.assert_mappings(&abc, 1, &[(1, "a@abc.com")]).await;
    assert!(matches!(store.put_if(&put(2, "b@abc.com"), Some(&[0, 1])).await, Ok(PutOutcome::Created(_))));
    store.delete_if(&abc, number(BASE + 1), Some(&[2]), &context_at(8)).await.unwrap();
    world.assert_mappings(&abc, 3, &[(2, "b@abc.com")]).await;

    for round in 0_i64..10 {
        let (revision, later) = ([3 + round], context_at(9));
        let (first, second) = (put(3, &format!("x{round}@abc.com")), put(4, &format!("y{round}@abc.com")));
        let (first, second, third) = tokio::join!(
            store.put_if(&first, Some(&revision)),
            store.put_if(&second, Some(&revision)),
            store.delete_if(&abc, number(BASE + 2), Some(&revision), &later),
        );
        let done = [first.is_ok(), second.is_ok(), third.is_ok()];
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{first:?} {second:?} {third:?}");
        for error in [first.err(), second.err()].into_iter().flatten() {
            assert_eq!(error, MappingRefusal::RevisionMoved { current: 4 + round });
        }
    }
}

async fn a_number_outside_the_ranges_is_not_mapped(world: World) {
    let abc = world.group_with("abc", &[range(BASE + 10, BASE + 19), range(BASE + 30, BASE + 39)]).await;
    for at in [9, 20, 29, 40] {
        assert_eq!(world.put(&abc, at, "a@abc.com").await, Err(MappingRefusal::NumberNotAssigned), "{at}");
    }
    for at in [10, 19, 30, 39] {
        assert!(matches!(world.put(&abc, at, &format!("{at}@abc.com")).await, Ok(PutOutcome::Created(_))), "{at}");
    }
}

async fn an_address_stands_once_in_a_group_but_may_stand_in_two(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 99)]).await;
    let xyz = world.group_with("xyz", &[range(BASE + 100, BASE + 199)]).await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    world.put(&abc, 2, "b@abc.com").await.unwrap();
    let taken = Err(MappingRefusal::EmailTaken { by: number(BASE + 1) });
    assert_eq!(world.put(&abc, 3, "A@abc.com").await, taken);
    assert_eq!(world.put(&abc, 2, "a@abc.com").await, taken);
    assert!(matches!(world.put(&xyz, 100, "a@abc.com").await, Ok(PutOutcome::Created(_))));
    world.assert_mappings(&abc, 2, &[(1, "a@abc.com"), (2, "b@abc.com")]).await;
}

async fn of_two_numbers_that_take_an_address_at_once_one_gets_it(world: World) {
    let abc = world.group("abc").await;
    for round in 0..10_u64 {
        let email = format!("u{round}@abc.com");
        let (a, b) = tokio::join!(world.put(&abc, round * 2, &email), world.put(&abc, round * 2 + 1, &email));
        let taken = [&a, &b].iter().filter(|outcome| matches!(outcome, Err(MappingRefusal::EmailTaken { .. }))).count();
        let created = [&a, &b].iter().filter(|outcome| matches!(outcome, Ok(PutOutcome::Created(_)))).count();
        assert_eq!((taken, created), (1, 1), "{a:?} {b:?}");
    }
    assert_eq!(world.read(&abc).await.revision, 10);
}

async fn changes_at_once_leave_no_gap_in_the_revisions(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> = (0..40).map(|at| format!("u{at}@abc.com")).collect();
    let changes = emails.iter().zip(0..).map(|(email, at)| world.put(&abc, at, email));
    futures_util::future::join_all(changes).await;
    let group = world.read(&abc).await;
    assert_eq!((group.revision, group.mapping_count), (40, 40));
}

async fn the_first_account_keeps_the_mapping_until_its_address_changes(world: World) {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let pin = async |email: &str, oid| {
        let pin = Pin {
            group: abc.clone(),
            phone_number: number(BASE + 1),
            email: address(email),
            tid: guid(1),
            oid,
            other_sign_in_names: Box::default(),
            now: time(9),
        };
        world.stores.mappings.pin(&pin).await.unwrap().pinned_to()
    };
    assert_eq!(pin("other@abc.com", guid(7)).await, None);
    assert_eq!(pin("a@abc.com", guid(7)).await, Some(guid(7)));
    assert_eq!(pin("a@abc.com", guid(8)).await, Some(guid(7)));
    let line = world.stores.mappings.resolve(guid(1), Some(&address("a@abc.com"))).await.unwrap().unwrap();
    assert_eq!(line.mapped.unwrap().pinned_oid, Some(guid(7)));
    // A pin is nothing that an administrator changed.
    assert_eq!(world.read(&abc).await.revision, 1);

    world.put(&abc, 1, "b@abc.com").await.unwrap();
    assert_eq!(pin("b@abc.com", guid(8)).await, Some(guid(8)));
}

async fn a_pin_means_nothing_in_another_tenant(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let pin = async |tid, oid| {
        let (email, phone_number) = (address("a@abc.com"), number(BASE + 1));
        let pin = Pin {
            group: abc.clone(),
            phone_number,
            email,
            tid,
            oid,
            other_sign_in_names: Box::default(),
            now: time(9),
        };
        world.stores.mappings.pin(&pin).await.unwrap().pinned_to()
    };
    let pinned_to = async |tenant| {
        world.stores.business_groups.link_tenant(&abc, tenant, &context_at(1)).await.unwrap();
        let line = world.stores.mappings.resolve(tenant, Some(&address("a@abc.com"))).await.unwrap().unwrap();
        line.mapped.unwrap().pinned_oid
    };
    assert_eq!(pinned_to(guid(1)).await, None);
    assert_eq!(pin(guid(1), guid(7)).await, Some(guid(7)));
    // The company moves to another tenant: its people have other object ids there.
    assert_eq!(pinned_to(guid(2)).await, None);
    assert_eq!(pinned_to(guid(1)).await, Some(guid(7)));
    // Who comes from the tenant that is not linked any more, late, takes no pin.
    assert_eq!(pin(guid(2), guid(8)).await, None);
    assert_eq!(pinned_to(guid(2)).await, None);
    assert_eq!(pin(guid(2), guid(8)).await, Some(guid(8)));
    assert_eq!(pin(guid(1), guid(7)).await, None);
    assert_eq!(pinned_to(guid(2)).await, Some(guid(8)));
}

async fn of_two_accounts_that_sign_in_first_at_once_one_keeps_the_mapping(world: World) {
    let abc = world.group("abc").await;
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(0)).await.unwrap();
    for at in 0..10 {
        let email = format!("u{at}@abc.com");
        world.put(&abc, at, &email).await.unwrap();
        let pin = |oid| {
            let pin = Pin {
                group: abc.clone(),
                phone_number: number(BASE + at),
                email: address(&email),
                tid: guid(1),
                oid,
                other_sign_in_names: Box::default(),
                now: time(9),
            };
            let store = world.stores.mappings.clone();
            async move { store.pin(&pin).await.unwrap().pinned_to() }
        };
        let (a, b) = tokio::join!(pin(guid(1)), pin(guid(2)));
        assert_eq!(a, b);
        assert!(a == Some(guid(1)) || a == Some(guid(2)));
    }
}

async fn a_list_is_read_in_pages_in_the_order_of_the_numbers(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> = (0..2500_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(crate::support::replace(&abc, &rows)).await.unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest { limit: 700, after };
        let page = world.stores.mappings.list(&abc, &MappingFilter::default(), &page).await.unwrap();
        seen.extend(page.items.iter().map(|mapping| mapping.phone_number.digits() - BASE));
        after = page.items.last().map(|mapping| mapping.place(MappingSort::PhoneNumber));
        // What comes in before the page has no effect on what is to come.
        world.stores.mappings.delete(&abc, number(BASE + seen[seen.len() - 2]), &context_at(1)).await.unwrap();
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, (0..2500).collect::<Vec<_>>());
    let page = PageRequest { limit: 1, after: None };
    assert_eq!(
        world.stores.mappings.list(&id("x"), &MappingFilter::default(), &page).await,
        Err(MappingRefusal::NoSuchGroup)
    );
}

async fn a_filter_is_a_literal_part_of_number_or_address(world: World) {
    let abc = world.group("abc").await;
    for (at, email) in [(1, "bob_smith@abc.com"), (2, "bobxsmith@abc.com"), (3, "50%@abc.com"), (4, "50x@abc.com")] {
        world.put(&abc, at, email).await.unwrap();
    }
    for (text, expected) in [
        ("smith", vec![1, 2]),
        ("bob_", vec![1]),
        ("50%", vec![3]),
        ("%", vec![3]),
        ("\\", vec![]),
        ("+1763555", vec![1, 2, 3, 4]),
        ("50003", vec![3]),
        ("abc.com", vec![1, 2, 3, 4]),
        ("abc_com", vec![]),
        ("\0", vec![]),
        (&"%".repeat(100_000), vec![]),
    ] {
        let filter = search(text);
        let page = PageRequest { limit: 10, after: None };
        let page = world.stores.mappings.list(&abc, &filter, &page).await.unwrap();
        let found: Vec<_> = page.items.iter().map(|mapping| mapping.phone_number.digits() - BASE).collect();
        assert_eq!(found, expected, "{text:.50}");
    }
}

async fn a_filtered_list_is_read_in_pages_too(world: World) {
    let abc = world.group("abc").await;
    let emails: Vec<_> =
        (0..3000_u64).map(|at| format!("{}{at}@abc.com", if at % 2 == 0 { "even" } else { "odd" })).collect();
    let rows: Vec<_> = emails.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(crate::support::replace(&abc, &rows)).await.unwrap();
    let filter = search("odd");
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest { limit: 500, after };
        let page = world.stores.mappings.list(&abc, &filter, &page).await.unwrap();
        assert_eq!(page.items.len(), 500);
        seen.extend(page.items.iter().map(|mapping| mapping.phone_number.digits() - BASE));
        after = page.items.last().map(|mapping| mapping.place(MappingSort::PhoneNumber));
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, (1..3000).step_by(2).collect::<Vec<_>>());
}

/// The place of a number in the group's range, and the address that it is mapped to.
type NumberAndEmail = (u64, String);

async fn a_list_is_sorted_and_read_in_pages_by_each_sort(world: World) {
    let abc = world.group("abc").await;
    let xyz = world.group_with("xyz", &[range(BASE + 20_000, BASE + 20_999)]).await;
    world.put(&xyz, 20_001, "aaa@abc.com").await.unwrap();
    // Set at the same time, three at once, and each with an address that comes before those of lower numbers.
    let rows: Vec<_> = (0..30_u64).map(|at| (at, format!("{:02}@abc.com", (at * 7) % 30))).collect();
    for (at, email) in &rows {
        let change = PutMapping {
            group: abc.clone(),
            phone_number: number(BASE + at),
            email: address(email),
            context: context_at(100 - i64::try_from(at / 3).unwrap()),
        };
        world.stores.mappings.put(&change).await.unwrap();
    }
    let sorted = |key: fn(&NumberAndEmail) -> NumberAndEmail| {
        let mut rows = rows.clone();
        rows.sort_by_key(key);
        rows.into_iter().map(|(at, _)| at).collect::<Vec<_>>()
    };
    for (sort, expected) in [
        (MappingSort::PhoneNumber, (0..30).collect()),
        (MappingSort::Email, sorted(|(_, email)| (0, email.clone()))),
        (MappingSort::UpdatedAt, sorted(|(at, _)| ((1000 - at / 3) * 100 + at, String::new()))),
    ] {
        for (limit, text) in [(100, None), (7, None), (1, None), (4, Some("0@abc"))] {
            let found = text.map(search).unwrap_or_default();
            let filter = MappingFilter { sort, ..found };
            let expected: Vec<_> = expected
                .iter()
                .filter(|at| text.is_none_or(|text| rows[usize::try_from(**at).unwrap()].1.contains(text)))
                .copied()
                .collect();
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = PageRequest { limit, after };
                let page = world.stores.mappings.list(&abc, &filter, &page).await.unwrap();
                seen.extend(page.items.iter().map(|mapping| mapping.phone_number.digits() - BASE));
                after = page.items.last().map(|mapping| mapping.place(sort));
                if !page.has_more {
                    break;
                }
            }
            assert_eq!(seen, expected, "{sort:?} {limit} {text:?}");
        }
    }
}

async fn a_list_holds_those_whose_account_has_signed_in_or_those_who_never_did(world: World) {
    let abc = world.group("abc").await;
    for (at, email) in [(1, "ann@abc.com"), (2, "bob@abc.com"), (3, "eve@abc.com")] {
        world.put(&abc, at, email).await.unwrap();
    }
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();
    let pin = Pin {
        group: abc.clone(),
        phone_number: number(BASE + 2),
        email: address("bob@abc.com"),
        tid: guid(1),
        oid: guid(7),
        other_sign_in_names: Box::default(),
        now: time(50),
    };
    world.stores.mappings.pin(&pin).await.unwrap();
    let list = async |is_pinned, text: Option<&str>| {
        let filter = MappingFilter { is_pinned, ..text.map(search).unwrap_or_default() };
        let page = PageRequest { limit: 10, after: None };
        let page = world.stores.mappings.list(&abc, &filter, &page).await.unwrap();
        page.items.iter().map(|mapping| mapping.phone_number.digits() - BASE).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None).await, [1, 2, 3]);
    assert_eq!(list(Some(true), None).await, [2]);
    assert_eq!(list(Some(false), None).await, [1, 3]);
    assert_eq!(list(Some(false), Some("eve")).await, [3]);
    assert_eq!(list(Some(true), Some("eve")).await, [0; 0]);
    // A pin of a tenant that the group was linked to before counts as none.
    world.stores.business_groups.link_tenant(&abc, guid(2), &context_at(2)).await.unwrap();
    assert_eq!((list(Some(true), None).await, list(Some(false), None).await), (vec![], vec![1, 2, 3]));
}
