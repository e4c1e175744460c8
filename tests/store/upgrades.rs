//! Databases of each earlier schema, with data in all their tables, brought up to date.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use signline::domain::actor::ActorKind;
use signline::domain::api_key::SecretHash;
use signline::domain::import::Confirmation;
use signline::domain::page::PageRequest;
use signline::domain::tenant::TenantProof;
use signline::ports::audit_log::AuditFilter;
use signline::ports::clock::SystemClock;
use signline::ports::history_store::{Restore, Restored};
use signline::ports::import_store::ApplyImport;
use signline::store;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_support::database::{Engine, TestDatabase};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::on_both_engines;
use crate::support::{BASE, World, address, all_migrations, context_at, first_migrations, guid, id};

on_both_engines!(
    every_row_of_every_earlier_schema_outlasts_the_upgrade,
    a_company_of_every_earlier_schema_goes_on_as_before,
    a_schema_of_a_newer_program_is_left_alone,
);

/// What stands in the tables that a migration added, by the migration's number: a company of revision 2 with two
/// mappings, one of them pinned, an administrator's key, a preview, two events, and what is known of consents. `{hash}`
/// is 32 bytes of 0xAB, `{nonce}` 16, `{other_hash}` 32 of 0xCD.
const DATA: [(i64, &str); 6] = [
    (
        1,
        "INSERT INTO business_groups (id, name, tenant_id, allow_guests, identity_pinning, revision, mapping_count, created_at) \
         VALUES ('abc', 'ABC Company', 'a1a1a1a1-0000-4000-8000-000000000001', TRUE, 'enforce', 2, 2, 1790000000000000); \
     INSERT INTO number_ranges (group_key, first_number, last_number) VALUES (1, 17635550000, 17635559999); \
     INSERT INTO mappings (phone_number, group_key, email, updated_at, pinned_tid, pinned_oid, pinned_at) VALUES \
         (17635550001, 1, 'a@abc.com', 1790000000000001, 'a1a1a1a1-0000-4000-8000-000000000001', \
             'a1a1a1a1-0000-4000-8000-000000000009', 1790000000000002), \
         (17635550002, 1, 'b@abc.com', 1790000000000003, NULL, NULL, NULL); \
     INSERT INTO api_keys (id, name, role, group_key, prefix, secret_hash, created_at, expires_at) VALUES \
         ('00000000-0000-4000-8000-000000000007', 'admin', 'business-group-admin', 1, 'slk_abcd', {hash}, \
             1790000000000000, NULL);",
    ),
    (
        2,
        "INSERT INTO change_sets (group_key, added, changed, removed) VALUES (1, 1, 0, 0), (1, 1, 0, 0), (1, 1, 0, 0); \
     INSERT INTO changes (change_set_key, phone_number, old_email, new_email, moved_with, line) VALUES \
         (1, 17635550001, NULL, 'a@abc.com', NULL, 2), (2, 17635550002, NULL, 'b@abc.com', NULL, NULL), \
         (3, 17635550003, NULL, 'c@abc.com', NULL, 2); \
     INSERT INTO revisions (group_key, revision, change_set_key, at, actor_id, actor_name, source) VALUES \
         (1, 1, 1, 1790000000000001, 'k1', 'operator', 'import'), (1, 2, 2, 1790000000000003, 'k1', 'operator', 'api'); \
     INSERT INTO imports (id, group_key, change_set_key, mode, base_revision, row_count, unchanged, problem_count, \
             created_at, expires_at, revision) VALUES \
         ('00000000-0000-4000-8000-000000000008', 1, 3, 'merge', 2, 1, 0, NULL, 1790000000000000, 9000000000000000, NULL);",
    ),
    (
        3,
        "INSERT INTO audit_events (at, actor_id, actor_name, action, refused_with, group_id, detail, request_id) VALUES \
         (1790000000000000, 'k1', 'operator', 'create_business_group', NULL, 'abc', '{}', 'r1'), \
         (1790000000000001, 'k2', 'admin', 'put_mapping', 'forbidden', NULL, '{}', NULL);",
    ),
    (
        9,
        "INSERT INTO consent_keys (key_id, secret) VALUES (1, {hash}); \
     INSERT INTO used_consent_states (nonce, expires_at) VALUES ({nonce}, 9000000000000000); \
     INSERT INTO consent_reports (group_key, client_id, tenant_id, reported_at, error_code, error_aadsts, error_at) VALUES \
         (1, 'a1a1a1a1-0000-4000-8000-000000000011', 'a1a1a1a1-0000-4000-8000-000000000001', 1790000000000000, NULL, NULL, \
             NULL), \
         (1, 'a1a1a1a1-0000-4000-8000-000000000012', 'a1a1a1a1-0000-4000-8000-000000000001', NULL, 'access_denied', \
             'AADSTS65004', 1790000000000000); \
     INSERT INTO first_sign_ins (tenant_id, client_id, at) VALUES \
         ('a1a1a1a1-0000-4000-8000-000000000001', 'a1a1a1a1-0000-4000-8000-000000000011', 1790000000000000);",
    ),
    (
        11,
        "INSERT INTO kept_pins (group_key, email, pinned_tid, pinned_oid, pinned_at, left_in) VALUES \
         (1, 'z@abc.com', 'a1a1a1a1-0000-4000-8000-000000000001', 'a1a1a1a1-0000-4000-8000-000000000019', 1790000000000002, 2);",
    ),
    (
        15,
        "INSERT INTO api_keys (id, name, role, group_key, prefix, secret_hash, created_at, expires_at) VALUES \
         ('00000000-0000-4000-8000-000000000017', 'phones', 'directory', 1, 'slk_dddd', {other_hash}, 1790000000000000, NULL);",
    ),
];

/// A connection to a test database, whatever the engine.
enum Raw {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Raw {
    async fn connect(database: &TestDatabase, engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::Postgres(PgConnection::connect(database.url()).await.unwrap()),
            Engine::Sqlite => {
                let options = SqliteConnectOptions::from_str(database.url()).unwrap().create_if_missing(true);
                Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
            }
        }
    }

    /// Applies the first so many migrations.
    async fn migrate(&mut self, count: usize) {
        let engine = match self {
            Self::Postgres(_) => Engine::Postgres,
            Self::Sqlite(_) => Engine::Sqlite,
        };
        let first = first_migrations(engine, count).await;
        match self {
            Self::Postgres(connection) => first.run_direct(None, connection, false).await.unwrap(),
            Self::Sqlite(connection) => first.run_direct(None, connection, false).await.unwrap(),
        }
    }

    async fn run(&mut self, statements: &str) {
        let bytes = |byte: &str, count: usize| match self {
            Self::Postgres(_) => format!("'\\x{}'", byte.repeat(count)),
            Self::Sqlite(_) => format!("x'{}'", byte.repeat(count)),
        };
        let statements = statements.replace("{hash}", &bytes("ab", 32)).replace("{nonce}", &bytes("ab", 16));
        let statements = AssertSqlSafe(statements.replace("{other_hash}", &bytes("cd", 32)));
        match self {
            Self::Postgres(connection) => drop(connection.execute(sqlx::raw_sql(statements)).await.unwrap()),
            Self::Sqlite(connection) => drop(connection.execute(sqlx::raw_sql(statements)).await.unwrap()),
        }
    }

    async fn texts(&mut self, statement: String) -> Vec<String> {
        let rows: Vec<(String,)> = match self {
            Self::Postgres(connection) => sqlx::query_as(AssertSqlSafe(statement)).fetch_all(connection).await.unwrap(),
            Self::Sqlite(connection) => sqlx::query_as(AssertSqlSafe(statement)).fetch_all(connection).await.unwrap(),
        };
        rows.into_iter().map(|(text,)| text).collect()
    }

    async fn tables(&mut self) -> Vec<String> {
        let statement = match self {
            Self::Postgres(_) => {
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
            }
            Self::Sqlite(_) => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1"
            }
        };
        let mut tables = self.texts(statement.to_owned()).await;
        tables.retain(|table| !table.starts_with('_'));
        tables
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let statement = match self {
            Self::Postgres(_) => format!(
                "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' \
                 AND table_name = '{table}' ORDER BY 1"
            ),
            Self::Sqlite(_) => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY 1"),
        };
        self.texts(statement).await
    }

    /// The rows of a table, in these columns.
    async fn rows(&mut self, table: &str, columns: &[String]) -> Vec<String> {
        let quoted = |column: &String| match self {
            Self::Postgres(_) => format!("quote_nullable({column}::text)"),
            Self::Sqlite(_) => format!("quote({column})"),
        };
        let cells: Vec<_> = columns.iter().map(quoted).collect();
        self.texts(format!("SELECT {} FROM {table} ORDER BY 1", cells.join(" || '|' || "))).await
    }
}

/// A database of the schema that so many migrations make, with data in each of its tables.
async fn of_schema(engine: Engine, count: usize) -> (TestDatabase, Raw) {
    let database = TestDatabase::of(engine).await;
    let mut raw = Raw::connect(&database, engine).await;
    raw.migrate(count).await;
    let newest = all_migrations(engine).await[count - 1].version;
    for (_, data) in DATA.iter().filter(|(version, _)| *version <= newest) {
        raw.run(data).await;
    }
    (database, raw)
}

/// The schemas, by how many migrations make them: the earlier ones, and the present one, which shows that the data are
/// right before the next one comes.
async fn earlier(engine: Engine) -> std::ops::RangeInclusive<usize> {
    let all = all_migrations(engine).await.len();
    assert!(all >= 4);
    1..=all
}

// proves T-59
async fn every_row_of_every_earlier_schema_outlasts_the_upgrade(world: World) {
    for count in earlier(world.engine).await {
        let (database, mut raw) = of_schema(world.engine, count).await;
        let mut before = Vec::new();
        for table in raw.tables().await {
            let columns = raw.columns(&table).await;
            let rows = raw.rows(&table, &columns).await;
            assert!(!rows.is_empty(), "{table} of schema {count} has no data to be tested with: add it to DATA");
            before.push((table, columns, rows));
        }
        assert!(before.len() >= 4);
        database.open().await.health.close().await;
        for (table, columns, rows) in before {
            assert_eq!(raw.rows(&table, &columns).await, rows, "{table} of schema {count}");
        }
    }
}

// proves T-59
async fn a_company_of_every_earlier_schema_goes_on_as_before(world: World) {
    let engine = world.engine;
    for count in earlier(world.engine).await {
        let (database, raw) = of_schema(engine, count).await;
        drop(raw);
        let world = World { stores: database.open().await, database, engine };
        let abc = id("abc");
        world.assert_mappings(&abc, 2, &[(1, "a@abc.com"), (2, "b@abc.com")]).await;
        let line = world.stores.mappings.resolve(guid(1), Some(&address("a@abc.com"))).await.unwrap().expect("a group");
        let mapped = line.mapped.expect("a mapping");
        assert_eq!((mapped.phone_number.digits(), mapped.pinned_oid), (BASE + 1, Some(guid(9))), "schema {count}");
        assert!(line.allow_guests, "schema {count}");
        prove_the_tenant(&world, count).await;
        let key = world.stores.api_keys.find_by_secret(SecretHash([0xAB; 32])).await.unwrap().expect("the key");
        assert_eq!(key.name, "admin");
        if count >= 2 {
            go_on_from_history(&world).await;
        } else {
            world.put(&abc, 4, "d@abc.com").await.unwrap();
            world.assert_mappings(&abc, 3, &[(1, "a@abc.com"), (2, "b@abc.com"), (4, "d@abc.com")]).await;
        }
        let page = PageRequest { limit: 100, after: None };
        let events = world.stores.audit.list(&AuditFilter::default(), &page).await.unwrap().items;
        let known = events.iter().filter(|event| event.request_id.as_deref() == Some("r1")).count();
        assert_eq!(known, usize::from(count >= 3), "schema {count}");
        assert!(events.iter().all(|event| event.actor.kind == ActorKind::ApiKey), "schema {count}");
        assert!(events.len() > known, "what was done since is written down");
    }
}

/// A link from before there were proofs has none, until somebody shows one.
async fn prove_the_tenant(world: &World, count: usize) {
    let abc = id("abc");
    let linked = world.read(&abc).await;
    assert_eq!((linked.tenant_id, linked.tenant_proven_at), (Some(guid(1)), None), "schema {count}");
    let proof = TenantProof { tenant: guid(1), oid: guid(9) };
    assert!(world.stores.business_groups.prove_tenant(&abc, proof, &context_at(7)).await.unwrap(), "schema {count}");
    assert!(world.read(&abc).await.tenant_proven_at.is_some(), "schema {count}");
}

/// Applies the preview that waited, and goes back to the first revision.
async fn go_on_from_history(world: &World) {
    let abc = id("abc");
    let preview = Uuid::from_u128(0x4000_8000_0000_0000_0008);
    let apply =
        ApplyImport { group: abc.clone(), id: preview, confirmed: Confirmation::default(), context: context_at(1) };
    world.stores.imports.apply(apply).await.unwrap();
    world.assert_mappings(&abc, 3, &[(1, "a@abc.com"), (2, "b@abc.com"), (3, "c@abc.com")]).await;
    let restore = Restore { group: abc.clone(), revision: 1, context: context_at(2) };
    let restored = world.stores.history.restore(restore).await;
    assert!(matches!(restored, Ok(Restored { revision: 4, .. })), "{restored:?}");
    world.assert_mappings(&abc, 4, &[(1, "a@abc.com")]).await;
}

async fn a_schema_of_a_newer_program_is_left_alone(world: World) {
    let mut raw = Raw::connect(&world.database, world.engine).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9000, 'later', TRUE, {hash}, 0)";
    raw.run(newer).await;
    let error = world.stores.health.migrate().await.unwrap_err().to_string();
    assert!(error.contains("9000"), "{error}");
}

/// How many migrations there were before the one of this number.
async fn before_migration(version: i64) -> usize {
    all_migrations(Engine::Postgres).await.iter().filter(|migration| migration.version < version).count()
}

#[tokio::test]
async fn look_ups_go_on_while_programs_that_migrate_wait_for_a_long_transaction() {
    const WAITS: &str =
        "SELECT count(*)::text FROM pg_locks WHERE NOT granted AND relation = 'business_groups'::regclass";
    let (database, mut export) = of_schema(Engine::Postgres, before_migration(13).await).await;
    let mut running = Raw::connect(&database, Engine::Postgres).await;
    export.run("BEGIN; SELECT name FROM business_groups").await;
    let migrate = async || {
        let stores = store::open(database.url(), Arc::new(SystemClock)).await.unwrap();
        stores.health.migrate().await.unwrap();
        stores.health.ping().await.unwrap();
    };
    let look_up = async {
        for _ in 0..2 {
            // A try begins.
            while running.texts(WAITS.to_owned()).await != ["0"] {
                sleep(Duration::from_millis(20)).await;
            }
            while running.texts(WAITS.to_owned()).await == ["0"] {
                sleep(Duration::from_millis(20)).await;
            }
            let names = running.texts("SELECT name FROM business_groups".to_owned());
            let names = timeout(Duration::from_secs(4), names).await.expect("a sign-in waits for the migration");
            assert_eq!(names, ["ABC Company"]);
        }
        export.run("COMMIT").await;
    };
    // The second of the programs waits for the first one's lock, for longer than for any other.
    let all = async { tokio::join!(migrate(), migrate(), look_up) };
    timeout(Duration::from_mins(1), Box::pin(all))
        .await
        .expect("the migrations are applied when the transaction is over");
}
