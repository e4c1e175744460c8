use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use signline::ports::clock::SystemClock;
use signline::ports::history_store::{HistoryRefusal, Restore, Restored};
use signline::store;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use test_support::database::{Engine, TestDatabase};

use crate::on_both_engines;
use crate::support::{World, context_at, first_migrations, id};

on_both_engines!(
    migrating_again_changes_nothing,
    two_programs_that_migrate_at_once_are_no_harm,
    a_database_without_its_schema_is_not_ready,
    a_closed_store_answers_with_an_error,
    a_database_of_the_first_schema_is_brought_up_to_date_with_its_mappings,
);

async fn migrating_again_changes_nothing(world: World) {
    world.group("abc").await;
    world.stores.health.migrate().await.unwrap();
    world.stores.health.ping().await.unwrap();
    assert_eq!(world.read(&crate::support::id("abc")).await.mapping_count, 0);
}

async fn two_programs_that_migrate_at_once_are_no_harm(world: World) {
    let fresh = TestDatabase::of(world.engine).await;
    let open = async || {
        let stores = store::open(fresh.url(), Arc::new(SystemClock)).await.unwrap();
        stores.health.migrate().await.unwrap();
        stores.health.ping().await.unwrap();
    };
    tokio::join!(open(), open(), open());
}

async fn a_database_without_its_schema_is_not_ready(world: World) {
    let fresh = TestDatabase::of(world.engine).await;
    let stores = store::open(fresh.url(), Arc::new(SystemClock)).await.unwrap();
    assert!(stores.health.ping().await.is_err());
}

async fn a_closed_store_answers_with_an_error(world: World) {
    let abc = world.group("abc").await;
    world.stores.health.close().await;
    assert!(world.stores.health.ping().await.is_err());
    assert!(world.stores.health.migrate().await.is_err());
    assert!(world.stores.business_groups.find(&abc).await.is_err());
    assert!(world.stores.mappings.export(&abc).await.is_err());
    world.database.open().await.health.ping().await.unwrap();
}

/// Brings a fresh database to the first schema alone, with a group of revision 3 and a mapping in it.
async fn at_the_first_schema(engine: Engine) -> TestDatabase {
    const DATA: &str = "INSERT INTO business_groups (id, name, revision, mapping_count, created_at) \
         VALUES ('abc', 'ABC', 3, 1, 0); \
         INSERT INTO number_ranges (group_key, first_number, last_number) VALUES (1, 17635550000, 17635559999); \
         INSERT INTO mappings (phone_number, group_key, email, updated_at) VALUES (17635550001, 1, 'a@abc.com', 0)";
    let fresh = TestDatabase::of(engine).await;
    let first = first_migrations(engine, 1).await;
    match engine {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(fresh.url()).await.unwrap();
            first.run_direct(None, &mut connection, false).await.unwrap();
            connection.execute(sqlx::raw_sql(DATA)).await.unwrap();
        }
        Engine::Sqlite => {
            let options = SqliteConnectOptions::from_str(fresh.url()).unwrap().create_if_missing(true);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            first.run_direct(None, &mut connection, false).await.unwrap();
            connection.execute(sqlx::raw_sql(DATA)).await.unwrap();
        }
    }
    fresh
}

async fn a_database_of_the_first_schema_is_brought_up_to_date_with_its_mappings(world: World) {
    let fresh = at_the_first_schema(world.engine).await;
    let world = World { stores: fresh.open().await, database: fresh, ..world };
    let abc = id("abc");
    world.assert_mappings(&abc, 3, &[(1, "a@abc.com")]).await;
    world.put(&abc, 2, "b@abc.com").await.unwrap();
    let restore = async |revision| {
        let restore = Restore { group: abc.clone(), revision, context: context_at(1) };
        world.stores.history.restore(restore).await
    };
    // What was before the history began can't be told; where it began can.
    assert_eq!(restore(2).await, Err(HistoryRefusal::NoSuchRevision));
    assert!(matches!(restore(3).await, Ok(Restored { revision: 5, .. })));
    world.assert_mappings(&abc, 5, &[(1, "a@abc.com")]).await;
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let (postgres, sqlite) = (TestDatabase::of(Engine::Postgres).await, TestDatabase::of(Engine::Sqlite).await);
    postgres.open().await;
    sqlite.open().await;
    let options = PgConnectOptions::from_str(postgres.url()).unwrap();
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    let in_postgres: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let options = SqliteConnectOptions::from_str(sqlite.url()).unwrap();
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let in_sqlite: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(by_table(in_postgres), by_table(in_sqlite));
}

fn by_table(columns: Vec<(String, String)>) -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, column) in columns {
        if !table.starts_with("sqlite_") && !table.starts_with("_sqlx") {
            tables.entry(table).or_default().insert(column);
        }
    }
    assert!(tables.len() >= 4);
    tables
}

#[test]
fn both_engines_have_migrations_of_the_same_names() {
    let names = |engine: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        files.collect::<BTreeSet<_>>()
    };
    assert_eq!(names("postgres"), names("sqlite"));
    assert!(!names("postgres").is_empty());
}

#[tokio::test]
async fn a_database_that_cant_be_opened_is_told_without_its_password() {
    for url in
        ["postgres://user:hunter2@127.0.0.1:1/db", "postgres://user:hunter2@[::1", "sqlite://no/such/folder/x.db"]
    {
        let error = store::open(url, Arc::new(SystemClock)).await.err().unwrap().to_string();
        assert!(error.contains("SIGNLINE_DATABASE_URL") && !error.contains("hunter2"), "{error}");
        assert!(!error.contains('\n'));
    }
}

#[tokio::test]
async fn a_server_that_refuses_says_why() {
    let database = TestDatabase::of(Engine::Postgres).await;
    let missing = format!("{}_missing", database.url());
    for (url, why) in [("postgres://user:hunter2@127.0.0.1:1/db", "refused"), (&missing, "does not exist")] {
        let error = store::open(url, Arc::new(SystemClock)).await.err().unwrap().to_string();
        assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
    }
}
