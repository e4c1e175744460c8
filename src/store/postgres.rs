//! What only PostgreSQL does.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::PgConnection;
use sqlx::PgPool;
use sqlx::PgTransaction;
use sqlx::migrate::MigrateError;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnectOptions;
use sqlx::postgres::PgPoolOptions;
use tokio::time::timeout;

use crate::ports::line_generations::LineGenerations;
use crate::store::bulk::OrderedRows;
use crate::store::bulk::Target;
use crate::store::copy::CopyIn;
use crate::store::error::OpenError;

/// Connections of one replica at most, without those of look-ups and exports.
const MAX_CONNECTIONS: u32 = 24;

/// Connections of one replica for look-ups at most: sign-ins don't wait for what administrators do.
const MAX_LOOK_UPS: u32 = 8;

/// Connections of one replica for exports at most: a slow reader holds one for long.
const MAX_EXPORTS: u32 = 8;

/// How long a call waits for a connection.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);

/// How long a connection may stand idle before it is tried when it is used again.
const TRY_AFTER_IDLE: Duration = Duration::from_secs(1);

/// How long a statement may run, in milliseconds. Imports lift it.
const STATEMENT_LIMIT: &str = "10000";

/// Rows of an import that are sent to the server at once.
const ROWS_AT_ONCE: usize = 4096;

/// Begins a transaction that sees one state of the database to its end.
pub(super) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A PostgreSQL database.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: PgPool,
    look_ups: PgPool,
    exports: PgPool,
    options: PgConnectOptions,
    lines: Arc<LineGenerations>,
}

impl Postgres {
    /// The program's migrations.
    pub(super) const MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

    /// Locks a group until the end of the transaction, so that changes to it come one after the other.
    pub(super) const LOCK_GROUP: &str =
        "SELECT group_key, revision, mapping_count, tenant_id FROM business_groups WHERE id = $1 FOR UPDATE";

    /// A change of many rows may take long, and wait long for another one of the same group. It sorts and joins more than
    /// the server's default has room for in memory.
    pub(super) const BEFORE_LARGE_CHANGE: &[&str] =
        &["SELECT set_config('statement_timeout', '0', TRUE), set_config('work_mem', '64MB', TRUE)"];

    /// An import that has expired, and that no other replica is just dropping.
    pub(super) const EXPIRED_IMPORT: &str = "SELECT change_set_key FROM imports \
         WHERE revision IS NULL AND expires_at <= $1 LIMIT 1 FOR UPDATE SKIP LOCKED";

    /// The staged rows of an import; gone with the transaction.
    pub(super) const CREATE_STAGING: &[&str] = &[
        "CREATE TEMPORARY TABLE import_rows (line BIGINT NOT NULL, phone_number BIGINT NOT NULL, email TEXT COLLATE \"C\") \
         ON COMMIT DROP",
    ];

    /// What is needed before staged rows are looked up by their number or address.
    pub(super) const INDEX_STAGING: &[&str] = &[
        "CREATE UNIQUE INDEX ON import_rows (phone_number)",
        "CREATE UNIQUE INDEX ON import_rows (email)",
        "ANALYZE import_rows",
    ];

    /// What the planner needs before staged rows are held against all mappings.
    pub(super) const ANALYZE_STAGING: &[&str] = &["ANALYZE import_rows"];

    pub(super) const DROP_STAGING: &[&str] = &[];

    /// Whether the triggers are there that tell of changes, and fire.
    pub(super) const TELLS_OF_LINE_CHANGES: &str = "SELECT EXISTS (SELECT FROM pg_trigger \
         WHERE tgrelid = 'business_groups'::regclass AND tgname = 'groups_change' AND tgenabled IN ('O', 'A'))";

    /// What changes when the tables of lines are made anew.
    pub(super) const TABLES_OF_LINES: &str = "SELECT ARRAY[to_regclass('business_groups')::oid::bigint, \
         to_regclass('number_ranges')::oid::bigint, to_regclass('mappings')::oid::bigint]";

    pub(super) const NOTIFY: &str = "SELECT pg_notify($1, $2)";

    /// Brings a constraint's refusal forward, from the commit to here.
    pub(super) const CHECK_RANGES: &[&str] = &["SET CONSTRAINTS number_ranges_overlap IMMEDIATE"];

    pub(super) async fn open(url: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url).map_err(|error| OpenError::Url(error.to_string()))?;
        let options = options.application_name("signline").options([("statement_timeout", STATEMENT_LIMIT)]);
        try_to_connect(&options).await.map_err(OpenError::Unreachable)?;
        // A round trip less for each call.
        let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE_LIMIT).test_before_acquire(false);
        let look_ups = pool.clone().max_connections(MAX_LOOK_UPS).connect_lazy_with(options.clone());
        // Here a connection that has stood idle is tried first, so that a database that was restarted costs no call.
        let pool = pool.before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for >= TRY_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
        let exports = pool.clone().max_connections(MAX_EXPORTS);
        let exports = exports.connect_lazy_with(options.clone().options([("statement_timeout", "0")]));
        let pool = pool.max_connections(MAX_CONNECTIONS).connect_with(options.clone()).await;
        let pool = pool.map_err(|error| OpenError::Unreachable(error.to_string()))?;
        Ok(Self { pool, look_ups, exports, options, lines: Arc::default() })
    }

    pub(super) async fn migrate(&self) -> Result<(), MigrateError> {
        // On a connection of its own, because it may take long, or wait long for another program's migration.
        let mut connection = self.pool.acquire().await?.detach();
        sqlx::query("SET statement_timeout = 0").execute(&mut connection).await?;
        Self::MIGRATIONS.run_direct(None, &mut connection, false).await?;
        Ok(connection.close().await?)
    }

    /// What is known of changes to lines.
    pub(super) fn lines(&self) -> &Arc<LineGenerations> {
        &self.lines
    }

    /// How to connect to the database, beside the pools.
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    pub(super) fn reader(&self) -> &PgPool {
        &self.pool
    }

    /// For look-ups: the connections are not tried first, so who uses one asks again where [`Self::is_lost`].
    pub(super) fn look_ups(&self) -> &PgPool {
        &self.look_ups
    }

    /// Whether it was the connection that failed, as one does that stood idle while the server was restarted.
    pub(super) fn is_lost(error: &sqlx::Error) -> bool {
        match error {
            sqlx::Error::Io(_) => true,
            // Shut down, crashed, not up yet.
            sqlx::Error::Database(error) => matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P03")),
            _ => false,
        }
    }

    pub(super) async fn begin(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.pool.begin().await
    }

    /// Begins a transaction that sees one state of the database to its end.
    pub(super) async fn begin_snapshot(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.pool.begin_with(SNAPSHOT).await
    }

    /// A connection for an export, whose statements may take as long as their reader.
    pub(super) async fn export_connection(&self) -> sqlx::Result<PoolConnection<sqlx::Postgres>> {
        self.exports.acquire().await
    }

    pub(super) async fn close(&self) {
        self.exports.close().await;
        self.look_ups.close().await;
        self.pool.close().await;
    }

    /// Whether the database refused a range because another group has numbers of it. Two that overlap and wait for each
    /// other are a deadlock to the server, and the same to a caller.
    pub(super) fn is_range_taken(error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        matches!(code.as_deref(), Some("23P01" | "40P01"))
    }

    /// Begins to write many rows.
    pub(super) fn write(transaction: PgTransaction<'static>, target: Target) -> CopyIn {
        CopyIn::begin(transaction, target)
    }

    /// Writes the rows of a file as the mappings of a group that has none; says how many they are. They are in the change
    /// set as well, but the server takes rows from outside faster than from another of its tables.
    pub(super) async fn fill(
        transaction: PgTransaction<'static>,
        (group, at): (i64, i64),
        _change_set: i64,
        rows: OrderedRows,
    ) -> sqlx::Result<(PgTransaction<'static>, u64)> {
        let mut copy = CopyIn::begin(transaction, Target::Mappings { group, at });
        for chunk in rows.chunks(ROWS_AT_ONCE) {
            copy.rows(&chunk).await?;
        }
        copy.finish().await
    }
}

/// Copies a group's mappings out, in the order of their numbers. `COPY` takes no parameters.
pub(super) fn copy_mappings(group: i64) -> String {
    format!(
        "COPY (SELECT phone_number, email FROM mappings WHERE group_key = {group} ORDER BY phone_number) \
         TO STDOUT (FORMAT binary)"
    )
}

/// Connects once: a pool would only say that it has waited in vain, and not for what.
async fn try_to_connect(options: &PgConnectOptions) -> Result<(), String> {
    let connected = timeout(ACQUIRE_LIMIT, PgConnection::connect_with(options)).await;
    match connected.map_err(|_| "it does not answer".to_owned())? {
        // It has served its purpose, however it ends.
        Ok(connection) => drop(connection.close().await),
        // The server's own words; beside them sqlx would write a line of the server's source.
        Err(sqlx::Error::Database(refusal)) => return Err(refusal.message().to_owned()),
        Err(error) => return Err(error.to_string()),
    }
    Ok(())
}
