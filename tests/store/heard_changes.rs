//! How a replica hears of changes that others make to lines: other replicas, and whoever uses the database by hand.

use std::sync::Arc;
use std::time::Duration;

use signline::domain::business_group::IdentityPinning;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use test_support::database::Engine;
use tokio::task::spawn;
use tokio::time::{Instant, sleep};

use crate::replica::*;
use crate::support::*;

crate::on_both_engines!(a_change_made_past_the_program_is_seen, nothing_is_cached_while_changes_are_not_heard,);

/// Runs SQL as somebody would who does not use the program.
async fn by_hand(world: &World, statement: &'static str) {
    let done = match world.engine {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.map(|done| done.rows_affected())
        }
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(world.database.url()).await.unwrap();
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.map(|done| done.rows_affected())
        }
    };
    assert_eq!(done.unwrap(), 1, "{statement}");
}

async fn a_change_made_past_the_program_is_seen(world: World) {
    company(&world).await;
    let replica = Replica::of(&world).await;
    let bob = sign_in(1, BOB);
    replica.wait_for(&bob, Ok(1)).await;
    let eve = somebody_else();
    replica.wait_for(&eve, Err("identity changed")).await;
    by_hand(&world, "UPDATE mappings SET pinned_tid = NULL, pinned_oid = NULL, pinned_at = NULL").await;
    replica.wait_for(&eve, Ok(1)).await;
    by_hand(&world, "UPDATE mappings SET email = 'eve@abc.com'").await;
    replica.wait_for(&bob, NO_MAPPING).await;
    by_hand(
        &world,
        "UPDATE mappings SET email = 'bob@abc.com', pinned_tid = NULL, pinned_oid = NULL, pinned_at = NULL",
    )
    .await;
    // The other account had signed in, and the address is pinned to it again.
    replica.wait_for(&eve, Ok(1)).await;
    replica.wait_for(&bob, Err("identity changed")).await;
    by_hand(&world, "DELETE FROM mappings").await;
    replica.wait_for(&eve, NO_MAPPING).await;
    by_hand(
        &world,
        "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
         SELECT 17635550005, group_key, 'bob@abc.com', 0 FROM business_groups",
    )
    .await;
    replica.wait_for(&eve, Ok(5)).await;
}

// proves T-27
/// Whatever a session calls itself, and whatever was set in it: a pooler gives it to whoever comes next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_told_of_whatever_its_session_says() {
    let world = World::new(Engine::Postgres).await;
    let group = company(&world).await;
    let replica = Replica::hearing(world.database.open().await).await;
    let bob = sign_in(1, BOB);
    for setting in ["application_name = signline", "session_replication_role = replica", "search_path = public"] {
        for isolation in ["READ COMMITTED", "REPEATABLE READ"] {
            replica.wait_for(&bob, Ok(1)).await;
            let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
            let run = async |connection: &mut PgConnection, statement: String| {
                sqlx::query(AssertSqlSafe(statement)).execute(connection).await.unwrap();
            };
            run(&mut connection, format!("SET {setting}")).await;
            run(&mut connection, format!("BEGIN ISOLATION LEVEL {isolation}")).await;
            run(&mut connection, "DELETE FROM mappings".to_owned()).await;
            run(&mut connection, "COMMIT".to_owned()).await;
            replica.wait_for(&bob, NO_MAPPING).await;
            let insert = "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
                 SELECT 17635550001, group_key, 'bob@abc.com', 0 FROM business_groups";
            run(&mut connection, insert.to_owned()).await;
        }
    }
    replica.wait_for(&bob, Ok(1)).await;
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    replica.wait_for(&bob, NO_MAPPING).await;
}

// proves T-27
/// Who changes a mapping with a client of the database does not hold the group, so its tenant can be linked meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_told_of_though_its_group_is_linked_meanwhile() {
    let world = World::new(Engine::Postgres).await;
    let group = world.group("abc").await;
    world.put(&group, 1, BOB).await.unwrap();
    let replica = Replica::hearing(world.database.open().await).await;
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    let mut by_hand = connection.begin().await.unwrap();
    sqlx::query("DELETE FROM mappings").execute(&mut *by_hand).await.unwrap();
    world.stores.business_groups.link_tenant(&group, guid(1), &context_at(0)).await.unwrap();
    let bob = sign_in(1, BOB);
    // He asks the database to be pinned, which waits for the row: that he does not do by himself.
    switch_pinning(&world, &group, IdentityPinning::Off).await;
    replica.wait_for(&bob, Ok(1)).await;
    by_hand.commit().await.unwrap();
    replica.wait_for(&bob, NO_MAPPING).await;
}

/// What a large change costs other companies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_through_the_program_is_told_of_its_own_tenant_alone() {
    let world = World::new(Engine::Postgres).await;
    let group = company(&world).await;
    let mut listener = sqlx::postgres::PgListener::connect(world.database.url()).await.unwrap();
    listener.listen("signline_line_changes").await.unwrap();
    world.import(replace(&group, &[(1, "new@abc.com"), (2, BOB)])).await.unwrap();
    world.put(&group, 1, EVE).await.unwrap();
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    sqlx::query("NOTIFY signline_line_changes, 'end'")
        .execute(&mut PgConnection::connect(world.database.url()).await.unwrap())
        .await
        .unwrap();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|word| word != "end") {
        heard.push(listener.recv().await.unwrap().payload().to_owned());
    }
    let tenant = guid(1).to_string();
    assert_eq!(heard, [tenant.as_str(), &tenant, &tenant, "end"]);
}

/// What a database forgets: a standby that missed the last commits is promoted, or a backup is put back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_while_nothing_was_heard_is_not_missed() {
    let world = World::new(Engine::Postgres).await;
    let group = company(&world).await;
    let replica = Replica::hearing(world.database.open().await).await;
    let bob = sign_in(1, BOB);
    replica.wait_for(&bob, Ok(1)).await;
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    for (change, expected) in [
        // The link is younger than the connection that is lost, and gone before the next.
        ("UPDATE business_groups SET tenant_id = NULL", Err("tenant not linked")),
        ("UPDATE business_groups SET tenant_id = $1", Ok(1)),
        ("UPDATE mappings SET email = 'eve@abc.com'", NO_MAPPING),
        ("UPDATE mappings SET email = 'bob@abc.com'", Ok(1)),
    ] {
        // So that what was before is cached.
        let _ = replica.resolve(BOB).await;
        // Without triggers nothing is told, as when the state of the database is another one.
        let mut transaction = connection.begin().await.unwrap();
        let table = change.split(' ').nth(1).expect("a table");
        let switch = async |transaction: &mut PgConnection, switch: &str| {
            let statement = format!("ALTER TABLE {table} {switch} TRIGGER USER");
            sqlx::query(AssertSqlSafe(statement)).execute(transaction).await.unwrap();
        };
        switch(&mut transaction, "DISABLE").await;
        let query = sqlx::query(AssertSqlSafe(change));
        let query = if change.contains("$1") { query.bind(guid(1).to_string()) } else { query };
        query.execute(&mut *transaction).await.unwrap();
        switch(&mut transaction, "ENABLE").await;
        transaction.commit().await.unwrap();
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'signline-listen'",
        )
        .execute(&mut connection)
        .await
        .unwrap();
        replica.wait_for(&bob, expected).await;
        replica.wait_until_trusted().await;
    }
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    replica.wait_for(&bob, NO_MAPPING).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_triggers_are_gone_is_never_trusted() {
    let world = World::new(Engine::Postgres).await;
    company(&world).await;
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    sqlx::query("ALTER TABLE business_groups DISABLE TRIGGER groups_change").execute(&mut connection).await.unwrap();
    let replica = Replica::deaf(world.database.open().await);
    let watch = Arc::clone(&replica.stores.line_watch);
    let listening = spawn(async move { watch.listen().await });
    sleep(Duration::from_millis(300)).await;
    assert!(!replica.stores.lines.is_trusted(Instant::now()));
    sqlx::query("ALTER TABLE business_groups ENABLE TRIGGER groups_change").execute(&mut connection).await.unwrap();
    replica.wait_until_trusted().await;
    listening.abort();
}

// proves T-26
async fn nothing_is_cached_while_changes_are_not_heard(world: World) {
    let group = company(&world).await;
    let replica = Replica::deaf(world.database.open().await);
    for _ in 0..3 {
        assert_eq!(replica.resolve(BOB).await, Ok(1));
    }
    world.stores.mappings.delete(&group, number(BASE + 1), &context_at(0)).await.unwrap();
    assert_eq!(replica.resolve(BOB).await, NO_MAPPING);
    assert_eq!(replica.lookups(), 4);
}
