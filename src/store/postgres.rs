//! What only PostgreSQL does.

use std::sync::Arc;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Executor, PgTransaction};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::ports::store_health::UnverifiedConnection;
use crate::store::bulk::{OrderedRows, Target};
use crate::store::copy::CopyIn;
use crate::store::dialect::{Dialect, look_up_statements};
use crate::store::error::OpenError;
use crate::store::migrations;
use crate::store::pools::{Connections, Pools};
use crate::store::record::Record;
use crate::store::sql::Sql;

/// How long a sign-in waits for its lookup.
const LOOKUP_LIMIT: Duration = Duration::from_secs(4);

/// How long another read may take, or the begin of a transaction: longer than the server lets a statement run.
const READ_LIMIT: Duration = Duration::from_secs(12);

/// What a connection is set to before it migrates. A change of a table waits until all transactions are over that have
/// read it, and a sign-in's lookup waits behind it: so the change gives up after less than [`LOOKUP_LIMIT`], and
/// later than the server ends an autovacuum that is in the way (after its `deadlock_timeout`, one second).
/// <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT>
const BEFORE_MIGRATING: &str = "SET statement_timeout = 0; SET lock_timeout = '1500ms'";

/// How long after a lock was in use a migration is tried again: between two tries sign-ins are looked up as ever.
const MIGRATE_AGAIN_AFTER: Duration = Duration::from_secs(3);

/// Rows of an import that are sent to the server at once.
const ROWS_AT_ONCE: usize = 4096;

/// A PostgreSQL database.
#[derive(Clone)]
pub(super) struct Postgres {
    connections: Arc<Connections>,
}

impl Postgres {
    /// What is written as only PostgreSQL takes it.
    pub(super) const DIALECT: Dialect = Dialect {
        lock_group: "SELECT group_key, revision, mapping_count, tenant_id FROM business_groups WHERE id = $1 FOR UPDATE",
        // In the order of their keys: two that take a tenant from each other at once don't wait for each other.
        lock_group_and_holder: "SELECT group_key, revision, mapping_count, tenant_id, id, \
             tenant_proven_at IS NOT NULL AS is_proven FROM business_groups WHERE id = $1 OR tenant_id = $2 \
             ORDER BY group_key FOR UPDATE",
        lock_line: "SELECT group_key, CASE WHEN pinned_tid = $4 THEN pinned_oid END AS pinned_oid FROM mappings \
             WHERE phone_number = $2 AND email = $3 \
             AND group_key = (SELECT group_key FROM business_groups WHERE id = $1 AND tenant_id = $4) FOR UPDATE",
        look_up: look_up_statements!("json_array_elements_text(CAST($1 AS json))"),
        hold_key: "SELECT expires_at FROM api_keys WHERE id = $1 FOR SHARE",
        lock_pin: "SELECT pinned_oid FROM mappings WHERE phone_number = $1 AND group_key = $2 FOR UPDATE",
        // It may wait long for another one of the same group, and for us to sort its file. It sorts and joins more than
        // the server's default has room for in memory.
        before_large_change: &["SELECT set_config('statement_timeout', '0', TRUE), \
             set_config('idle_in_transaction_session_timeout', '60s', TRUE), set_config('work_mem', '64MB', TRUE)"],
        before_joining_all: &["SELECT set_config('enable_nestloop', 'off', TRUE)"],
        after_joining_all: &["SELECT set_config('enable_nestloop', 'on', TRUE)"],
        expired_import: "SELECT change_set_key FROM imports \
             WHERE revision IS NULL AND expires_at <= $1 LIMIT 1 FOR UPDATE SKIP LOCKED",
        create_staging: &["CREATE TEMPORARY TABLE import_rows \
             (line BIGINT NOT NULL, phone_number BIGINT NOT NULL, email TEXT COLLATE \"C\") ON COMMIT DROP"],
        index_staging: &[
            "CREATE UNIQUE INDEX ON import_rows (phone_number)",
            "CREATE UNIQUE INDEX ON import_rows (email)",
            "ANALYZE import_rows",
        ],
        analyze_staging: &["ANALYZE import_rows"],
        drop_staging: &[],
        // No row and no index stands for what names are like.
        lock_names: &["SELECT pg_advisory_xact_lock(hashtext('signline'), hashtext('names'))"],
        check_ranges: &["SET CONSTRAINTS number_ranges_overlap IMMEDIATE"],
        is_range_taken,
    };

    /// Whether the triggers are there that tell of changes, and fire.
    pub(super) const TELLS_OF_LINE_CHANGES: &str = "SELECT count(*) = 6 FROM pg_trigger WHERE tgenabled IN ('O', 'A') \
         AND ((tgrelid = 'business_groups'::regclass AND tgname = 'groups_change') \
         OR (tgrelid = 'api_keys'::regclass AND tgname = 'keys_change') \
         OR (tgrelid = 'mappings'::regclass AND tgname IN ('mappings_come', 'mappings_go', 'mappings_change', 'pins_change')))";

    /// What changes when the tables of lines and keys are made anew.
    pub(super) const TABLES_OF_LINES: &str = "SELECT ARRAY[to_regclass('business_groups')::oid::bigint, \
         to_regclass('number_ranges')::oid::bigint, to_regclass('mappings')::oid::bigint, \
         to_regclass('api_keys')::oid::bigint]";

    pub(super) const NOTIFY: &str = "SELECT pg_notify($1, $2)";

    /// With `listen_url`, the address of the server itself, `url` is that of a pooler.
    pub(super) async fn open(url: &str, listen_url: Option<&str>) -> Result<Self, OpenError> {
        Ok(Self { connections: Arc::new(Connections::open(url, listen_url).await?) })
    }

    pub(super) async fn migrate(&self) -> Result<(), MigrateError> {
        loop {
            match self.try_to_migrate().await {
                Err(error) if is_lock_in_use(&error) => {
                    let seconds = MIGRATE_AGAIN_AFTER.as_secs();
                    if let MigrateError::ExecuteMigration(_, version) = &error {
                        let what = "a migration waits for a transaction, such as an export's: it is tried again";
                        warn!(version, seconds, "{what}");
                    } else {
                        info!(seconds, "another program is migrating the database: this one tries again");
                    }
                    sleep(MIGRATE_AGAIN_AFTER).await;
                }
                migrated => return migrated,
            }
        }
    }

    /// Applies the migrations, each in a transaction of its own, unless a lock is in use for too long: those that were
    /// applied stay.
    async fn try_to_migrate(&self) -> Result<(), MigrateError> {
        // On a connection of its own to the server itself, because it may take long, and the lock against other
        // programs that migrate is one of the session: it goes with the connection, however this ends.
        let mut connection = self.connections.connect_directly().await?;
        connection.execute(sqlx::raw_sql(BEFORE_MIGRATING)).await?;
        let migrated = migrations::POSTGRES.run_direct(None, &mut connection, false).await;
        let closed = connection.close().await;
        migrated?;
        Ok(closed?)
    }

    /// Which connections are not verified.
    pub(super) fn unverified(&self) -> Vec<UnverifiedConnection> {
        self.connections.unverified()
    }

    /// The connections to the database.
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Reads rows in one statement.
    pub(super) async fn all<R: Record>(&self, sql: &Sql) -> sqlx::Result<Vec<R>> {
        let connections = &self.connections;
        let read = |pools: Arc<Pools>| async move { connections.read(&pools.calls, sql).await };
        connections.ask(READ_LIMIT, read).await
    }

    /// Reads a row in one statement.
    pub(super) async fn optional<R: Record>(&self, sql: &Sql) -> sqlx::Result<Option<R>> {
        Ok(self.all(sql).await?.into_iter().next())
    }

    /// Reads a row for a sign-in, on connections of their own.
    pub(super) async fn look_up<R: Record>(&self, sql: &Sql) -> sqlx::Result<Option<R>> {
        let connections = &self.connections;
        let read = |pools: Arc<Pools>| async move { connections.read(&pools.lookups, sql).await };
        Ok(connections.ask(LOOKUP_LIMIT, read).await?.into_iter().next())
    }

    pub(super) async fn begin(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.begin_with(self.connections.sessions().begin()).await
    }

    /// Begins a transaction that sees one state of the database to its end.
    pub(super) async fn begin_snapshot(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.begin_with(self.connections.sessions().begin_snapshot()).await
    }

    async fn begin_with(&self, statement: &'static str) -> sqlx::Result<PgTransaction<'static>> {
        let begin = |pools: Arc<Pools>| async move { pools.calls.begin_with(statement).await };
        self.connections.ask(READ_LIMIT, begin).await
    }

    /// A connection for an export, in a transaction that sees one state of the database to its end, and whose
    /// statements may take as long as their reader.
    pub(super) async fn begin_export(&self) -> sqlx::Result<PoolConnection<sqlx::Postgres>> {
        let statement = self.connections.sessions().begin_export();
        let begin = |pools: Arc<Pools>| async move {
            let mut connection = pools.exports.acquire().await?;
            connection.execute(sqlx::raw_sql(statement)).await?;
            Ok(connection)
        };
        self.connections.ask(READ_LIMIT, begin).await
    }

    pub(super) async fn close(&self) {
        self.connections.close().await;
    }

    /// Writes the rows of a file as the mappings of a group that has none; says how many they are. They are in the
    /// change set as well, but the server takes rows from outside faster than from another of its tables.
    pub(super) async fn fill(
        transaction: PgTransaction<'static>,
        (group, at): (i64, i64),
        rows: OrderedRows,
    ) -> sqlx::Result<(PgTransaction<'static>, u64)> {
        let mut copy = CopyIn::begin(transaction, Target::Mappings { group, at });
        for chunk in rows.chunks(ROWS_AT_ONCE) {
            copy.rows(&chunk).await?;
        }
        copy.finish().await
    }
}

/// Whether the database refused a range because another group has numbers of it. Two that overlap and wait for each
/// other are a deadlock to the server, and the same to a caller.
fn is_range_taken(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("23P01" | "40P01"))
}

/// Whether a migration was given up because others have a lock: after the time that it waits for one
/// (`lock_not_available`), or because they wait for each other (`deadlock_detected`).
fn is_lock_in_use(error: &MigrateError) -> bool {
    let (MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) = error else {
        return false;
    };
    let code = cause.as_database_error().and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}

/// Copies a group's mappings out, in the order of their numbers. `COPY` takes no parameters.
pub(super) fn copy_mappings(group: i64) -> String {
    format!(
        "COPY (SELECT phone_number, email FROM mappings WHERE group_key = {group} ORDER BY phone_number) \
         TO STDOUT (FORMAT binary)"
    )
}
