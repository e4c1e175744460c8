//! Many people at once, and people of any group.

use signline::domain::page::PageRequest;
use signline::ports::mapping_store::{FoundMapping, LookedUp, MappingRefusal, WantedInAll};

use crate::on_both_engines;
use crate::support::{BASE, World, address, id, number, range, replace, search};

on_both_engines!(
    addresses_and_numbers_are_looked_up_in_one_group_or_in_all,
    ten_thousand_addresses_are_looked_up_at_once,
    mappings_of_all_groups_are_found_and_read_in_pages,
);

fn emails(texts: &[&str]) -> LookedUp {
    LookedUp::Emails(texts.iter().map(|text| address(text)).collect())
}

fn numbers(places: &[u64]) -> LookedUp {
    LookedUp::PhoneNumbers(places.iter().map(|at| number(BASE + at)).collect())
}

fn seen(found: &[FoundMapping]) -> Vec<(&str, u64, &str)> {
    let row = |found: &FoundMapping| found.phone_number.digits() - BASE;
    found.iter().map(|found| (found.business_group.as_str(), row(found), found.email.as_str())).collect()
}

// proves T-33
async fn addresses_and_numbers_are_looked_up_in_one_group_or_in_all(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 99)]).await;
    let xyz = world.group_with("xyz", &[range(BASE + 100, BASE + 199)]).await;
    let empty = world.group_with("empty", &[]).await;
    world.put(&abc, 2, "ann@abc.com").await.unwrap();
    world.put(&abc, 1, "o'brien{}@abc.com").await.unwrap();
    world.put(&xyz, 101, "ann@abc.com").await.unwrap();
    let store = &world.stores.mappings;
    let (ann, brien, anns) = (("abc", 2, "ann@abc.com"), ("abc", 1, "o'brien{}@abc.com"), ("xyz", 101, "ann@abc.com"));
    for (group, asked, expected) in [
        (Some(&abc), emails(&["ann@abc.com", "nobody@abc.com", "o'brien{}@abc.com"]), vec![brien, ann]),
        (Some(&xyz), emails(&["ann@abc.com", "o'brien{}@abc.com"]), vec![anns]),
        (Some(&empty), emails(&["ann@abc.com"]), vec![]),
        (None, emails(&["ann@abc.com"]), vec![ann, anns]),
        (None, emails(&["nobody@abc.com"]), vec![]),
        (Some(&abc), numbers(&[1, 2, 3, 101]), vec![brien, ann]),
        (Some(&xyz), numbers(&[1, 2]), vec![]),
        (None, numbers(&[101, 2, 5000]), vec![ann, anns]),
    ] {
        let found = store.look_up(group, &asked).await.unwrap();
        assert_eq!(seen(&found), expected, "{group:?} {asked:?}");
    }
    for asked in [emails(&["ann@abc.com"]), numbers(&[1])] {
        assert_eq!(store.look_up(Some(&id("nobody")), &asked).await, Err(MappingRefusal::NoSuchGroup));
    }
}

async fn ten_thousand_addresses_are_looked_up_at_once(world: World) {
    let abc = world.group("abc").await;
    let people: Vec<_> = (0..9000_u64).map(|at| format!("u{at}@abc.com")).collect();
    let rows: Vec<_> = people.iter().zip(0..).map(|(email, at)| (at, email.as_str())).collect();
    world.import(replace(&abc, &rows)).await.unwrap();
    let asked = LookedUp::Emails((0..20_000_u64).step_by(2).map(|at| address(&format!("u{at}@abc.com"))).collect());
    for group in [Some(&abc), None] {
        let found = world.stores.mappings.look_up(group, &asked).await.unwrap();
        let places: Vec<_> = found.iter().map(|found| found.phone_number.digits() - BASE).collect();
        assert_eq!(places, (0..9000).step_by(2).collect::<Vec<_>>());
    }
    let asked = LookedUp::PhoneNumbers((1..10_000).map(|at| number(BASE + at)).collect());
    let found = world.stores.mappings.look_up(Some(&abc), &asked).await.unwrap();
    assert_eq!((found.len(), found[0].email.as_str()), (8999, "u1@abc.com"));
}

async fn mappings_of_all_groups_are_found_and_read_in_pages(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 99)]).await;
    let xyz = world.group_with("xyz", &[range(BASE + 100, BASE + 199)]).await;
    for (group, at, email) in [
        (&xyz, 101, "ann@abc.com"),
        (&xyz, 102, "x_y@xyz.com"),
        (&abc, 1, "ann@abc.com"),
        (&abc, 2, "xzy@xyz.com"),
        (&abc, 3, "eve@abc.com"),
    ] {
        world.put(group, at, email).await.unwrap();
    }
    let (of, by, found) =
        (|at: u64| Some(number(BASE + at)), |email: &str| Some(address(email)), |text: &str| search(text).search);
    let wanted = |phone_number, email, search| WantedInAll { phone_number, email, search };
    for (wanted, expected) in [
        (wanted(of(101), None, None), vec![("xyz", 101)]),
        (wanted(of(9), None, None), vec![]),
        (wanted(None, by("ann@abc.com"), None), vec![("abc", 1), ("xyz", 101)]),
        (wanted(None, by("nobody@abc.com"), None), vec![]),
        (wanted(None, None, found("@abc")), vec![("abc", 1), ("abc", 3), ("xyz", 101)]),
        (wanted(None, None, found("x_y")), vec![("xyz", 102)]),
        (wanted(None, None, found("763-555-0")), vec![("abc", 1), ("abc", 2), ("abc", 3), ("xyz", 101), ("xyz", 102)]),
        (wanted(None, None, found("\0")), vec![]),
        (wanted(of(1), by("ann@abc.com"), None), vec![("abc", 1)]),
        (wanted(of(2), by("ann@abc.com"), None), vec![]),
        (wanted(None, by("ann@abc.com"), found("50101")), vec![("xyz", 101)]),
        (wanted(of(1), by("ann@abc.com"), found("eve")), vec![]),
    ] {
        for limit in [10, 1, 2] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = PageRequest { limit, after };
                let page = world.stores.mappings.find_in_all(&wanted, &page).await.unwrap();
                assert!(page.items.len() <= limit as usize);
                after = page.items.last().map(|found| found.mapping.phone_number);
                seen.extend(page.items);
                if !page.has_more {
                    break;
                }
            }
            let place = |at: u64| at - BASE;
            let seen: Vec<_> = seen
                .iter()
                .map(|found| (found.business_group.as_str(), place(found.mapping.phone_number.digits())))
                .collect();
            assert_eq!(seen, expected, "{wanted:?}");
        }
    }
}
