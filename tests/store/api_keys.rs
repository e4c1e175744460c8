use signline::domain::api_key::{ApiKey, Grant, SecretHash};
use signline::domain::page::PageRequest;
use signline::ports::api_key_store::ApiKeyRefusal;
use uuid::Uuid;

use crate::on_both_engines;
use crate::support::{World, context_at, id, time};

on_both_engines!(
    a_key_is_found_by_its_secret_until_it_is_deleted,
    a_key_for_a_group_that_is_not_there_is_not_stored,
    the_keys_of_a_group_go_with_it,
    pages_hold_all_keys_in_the_order_of_their_making,
    the_keys_of_one_group_are_listed_and_deleted_without_those_of_others,
);

fn key(last: u8, grant: Grant) -> ApiKey {
    ApiKey {
        id: Uuid::from_u128(u128::from(last)),
        name: format!("key {last}"),
        grant,
        prefix: "slk_abcd".to_owned(),
        created_at: time(i64::from(last)),
        expires_at: last.is_multiple_of(2).then(|| time(5000)),
    }
}

async fn a_key_is_found_by_its_secret_until_it_is_deleted(world: World) {
    let abc = world.group_with("abc", &[]).await;
    let keys = &world.stores.api_keys;
    let grants = [
        Grant::Operator,
        Grant::Resolver(None),
        Grant::Resolver(Some(abc.clone())),
        Grant::Directory(None),
        Grant::Directory(Some(abc.clone())),
        Grant::BusinessGroupAdmin(abc.clone()),
        Grant::Scim(abc),
    ];
    for (grant, last) in grants.into_iter().zip(1..) {
        let key = key(last, grant);
        keys.create(&key, SecretHash([last; 32]), &context_at(1)).await.unwrap();
        assert_eq!(keys.find_by_secret(SecretHash([last; 32])).await.unwrap(), Some(key.clone()));
        keys.delete(key.id, None, &context_at(1)).await.unwrap();
        assert_eq!(keys.delete(key.id, None, &context_at(1)).await, Err(ApiKeyRefusal::NoSuchKey));
        assert_eq!(keys.find_by_secret(SecretHash([last; 32])).await.unwrap(), None);
    }
}

async fn a_key_for_a_group_that_is_not_there_is_not_stored(world: World) {
    let key = key(1, Grant::BusinessGroupAdmin(id("nobody")));
    assert_eq!(
        world.stores.api_keys.create(&key, SecretHash([1; 32]), &context_at(1)).await,
        Err(ApiKeyRefusal::NoSuchGroup)
    );
    assert_eq!(world.stores.api_keys.find_by_secret(SecretHash([1; 32])).await.unwrap(), None);
}

async fn the_keys_of_a_group_go_with_it(world: World) {
    let abc = world.group("abc").await;
    let keys = &world.stores.api_keys;
    keys.create(&key(1, Grant::BusinessGroupAdmin(abc.clone())), SecretHash([1; 32]), &context_at(1)).await.unwrap();
    keys.create(&key(2, Grant::Operator), SecretHash([2; 32]), &context_at(1)).await.unwrap();
    world.stores.business_groups.delete(&abc, &context_at(1)).await.unwrap();
    assert_eq!(keys.find_by_secret(SecretHash([1; 32])).await.unwrap(), None);
    assert!(keys.find_by_secret(SecretHash([2; 32])).await.unwrap().is_some());
}

async fn pages_hold_all_keys_in_the_order_of_their_making(world: World) {
    for last in [3, 1, 5, 2, 4] {
        world
            .stores
            .api_keys
            .create(&key(last, Grant::Operator), SecretHash([last; 32]), &context_at(1))
            .await
            .unwrap();
    }
    let first = world.stores.api_keys.list(None, &PageRequest { limit: 3, after: None }).await.unwrap();
    let names = |keys: &[ApiKey]| keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&first.items), first.has_more), (vec!["key 1".into(), "key 2".into(), "key 3".into()], true));
    let after = first.items.last().map(|key| key.id);
    let rest = world.stores.api_keys.list(None, &PageRequest { limit: 3, after }).await.unwrap();
    assert_eq!((names(&rest.items), rest.has_more), (vec!["key 4".into(), "key 5".into()], false));
}

// proves T-41
async fn the_keys_of_one_group_are_listed_and_deleted_without_those_of_others(world: World) {
    let (abc, xyz, nobody) = (world.group_with("abc", &[]).await, world.group_with("xyz", &[]).await, id("nobody"));
    let keys = &world.stores.api_keys;
    let grants = [
        Grant::Scim(abc.clone()),
        Grant::Operator,
        Grant::BusinessGroupAdmin(xyz.clone()),
        Grant::BusinessGroupAdmin(abc.clone()),
        Grant::Resolver(None),
        Grant::Directory(Some(abc.clone())),
    ];
    for (grant, last) in grants.into_iter().zip(1..) {
        keys.create(&key(last, grant), SecretHash([last; 32]), &context_at(1)).await.unwrap();
    }
    let list = async |of, limit, after: Option<u128>| {
        let page = PageRequest { limit, after: after.map(Uuid::from_u128) };
        let page = keys.list(of, &page).await.unwrap();
        (page.items.iter().map(|key| key.id.as_u128()).collect::<Vec<_>>(), page.has_more)
    };
    assert_eq!(list(None, 10, None).await, (vec![1, 2, 3, 4, 5, 6], false));
    assert_eq!(list(Some(&xyz), 10, None).await, (vec![3], false));
    assert_eq!(list(Some(&abc), 2, None).await, (vec![1, 4], true));
    assert_eq!(list(Some(&abc), 2, Some(4)).await, (vec![6], false));
    assert_eq!(list(Some(&nobody), 10, None).await, (vec![], false));
    for (last, of, is_deleted) in
        [(3, &abc, false), (2, &abc, false), (5, &xyz, false), (4, &abc, true), (3, &xyz, true)]
    {
        let deleted = keys.delete(Uuid::from_u128(last), Some(of), &context_at(2)).await;
        let expected = if is_deleted { Ok(()) } else { Err(ApiKeyRefusal::NoSuchKey) };
        assert_eq!(deleted, expected, "{last} {of}");
    }
    assert_eq!(list(None, 10, None).await, (vec![1, 2, 5, 6], false));
}
