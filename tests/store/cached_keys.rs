//! API keys that are cached: each way in which one ends is seen, here and on other replicas.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use signline::api_keys::{ApiKeys, CreatedApiKey, NewApiKey};
use signline::domain::api_key::Grant;
use signline::ports::api_key_store::ApiKeyRefusal;
use signline::ports::clock::{Clock, SystemClock};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use test_support::app::TIMEOUT;
use test_support::database::Engine;
use tokio::time::{Instant, sleep};

use crate::replica::Replica;
use crate::support::{SetClock, World, context_at};

crate::on_both_engines!(
    a_key_that_is_cached_asks_no_database_until_a_change_is_heard,
    a_key_that_another_replica_revokes_is_refused_within_a_second,
    a_key_that_is_deleted_past_the_program_is_refused_within_a_second,
    the_keys_of_a_group_end_with_it,
    a_cached_key_expires,
    no_cached_key_is_used_while_changes_are_not_heard,
);

/// The most that the contract allows.
const WORST: Duration = Duration::from_secs(1);

/// The keys as a replica has them.
fn cached(replica: &Replica, clock: Arc<dyn Clock>) -> ApiKeys {
    ApiKeys::new(Arc::clone(&replica.stores.api_keys), clock).with_cache(Arc::clone(&replica.stores.lines))
}

async fn make(keys: &ApiKeys, grant: Grant) -> CreatedApiKey {
    let new = NewApiKey { name: "gateway".to_owned(), grant, expires_at: None };
    keys.create(new, &context_at(1)).await.unwrap()
}

async fn is_refused(keys: &ApiKeys, made: &CreatedApiKey) -> bool {
    match keys.authenticate(&made.secret).await {
        Ok(key) => {
            assert_eq!(key.id, made.key.id);
            false
        }
        Err(refusal) => {
            assert_eq!(refusal, ApiKeyRefusal::UnknownSecret);
            true
        }
    }
}

/// Deletes all keys as somebody would who does not use the program.
async fn delete_by_hand(world: &World) {
    let statement = AssertSqlSafe("DELETE FROM api_keys");
    match world.engine {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(world.database.url()).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
    }
}

/// Asks until the key is refused; how long that took.
async fn wait_until_refused(keys: &ApiKeys, made: &CreatedApiKey) -> Duration {
    let begun = Instant::now();
    while !is_refused(keys, made).await {
        assert!(begun.elapsed() < TIMEOUT, "it is never refused");
        sleep(Duration::from_millis(1)).await;
    }
    begun.elapsed()
}

async fn a_key_that_is_cached_asks_no_database_until_a_change_is_heard(world: World) {
    let replica = Replica::trusting(&world);
    let keys = cached(&replica, Arc::new(SystemClock));
    let made = make(&keys, Grant::Operator).await;
    assert!(!is_refused(&keys, &made).await);
    delete_by_hand(&world).await;
    assert!(!is_refused(&keys, &made).await, "nobody has heard of it");
    replica.stores.lines.invalidate_keys();
    assert!(is_refused(&keys, &made).await);
}

// proves T-46
async fn a_key_that_another_replica_revokes_is_refused_within_a_second(world: World) {
    let replica = Replica::of(&world).await;
    let keys = cached(&replica, Arc::new(SystemClock));
    let elsewhere = world.database.open().await;
    for _ in 0..5 {
        let made = make(&keys, Grant::Resolver(None)).await;
        for _ in 0..3 {
            assert!(!is_refused(&keys, &made).await);
        }
        elsewhere.api_keys.delete(made.key.id, None, &context_at(2)).await.unwrap();
        let took = wait_until_refused(&keys, &made).await;
        assert!(took < WORST, "{took:?}");
        assert!(is_refused(&keys, &made).await, "it came back");
    }
}

// proves T-46
async fn a_key_that_is_deleted_past_the_program_is_refused_within_a_second(world: World) {
    let replica = Replica::of(&world).await;
    let keys = cached(&replica, Arc::new(SystemClock));
    let made = make(&keys, Grant::Operator).await;
    assert!(!is_refused(&keys, &made).await);
    delete_by_hand(&world).await;
    let took = wait_until_refused(&keys, &made).await;
    assert!(took < WORST, "{took:?}");
}

async fn the_keys_of_a_group_end_with_it(world: World) {
    let replica = Replica::trusting(&world);
    let keys = cached(&replica, Arc::new(SystemClock));
    let abc = world.group("abc").await;
    let made = make(&keys, Grant::BusinessGroupAdmin(abc.clone())).await;
    assert!(!is_refused(&keys, &made).await);
    world.stores.business_groups.delete(&abc, &context_at(3)).await.unwrap();
    assert!(is_refused(&keys, &made).await);
}

async fn a_cached_key_expires(world: World) {
    let replica = Replica::trusting(&world);
    let clock = Arc::new(SetClock::default());
    clock.set(1);
    let keys = cached(&replica, Arc::<SetClock>::clone(&clock));
    let expires_at = Some(clock.now() + SignedDuration::from_secs(10));
    let new = NewApiKey { name: "gateway".to_owned(), grant: Grant::Operator, expires_at };
    let made = keys.create(new, &context_at(1)).await.unwrap();
    assert!(!is_refused(&keys, &made).await);
    clock.set(11);
    assert_eq!(keys.authenticate(&made.secret).await, Err(ApiKeyRefusal::Expired));
}

async fn no_cached_key_is_used_while_changes_are_not_heard(world: World) {
    let replica = Replica::deaf(world.database.open().await);
    let keys = cached(&replica, Arc::new(SystemClock));
    let made = make(&keys, Grant::Operator).await;
    assert!(!is_refused(&keys, &made).await);
    delete_by_hand(&world).await;
    assert!(is_refused(&keys, &made).await);
}
