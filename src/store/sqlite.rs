//! What only SQLite does.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteExecutor, SqlitePool, SqliteTransaction};
use tokio::time::{Instant, sleep};

use crate::ports::mapping_store::EXPORTS_AT_ONCE;
use crate::store::dialect::{Dialect, look_up_statements};
use crate::store::error::OpenError;
use crate::store::migrations;
use crate::store::record::Record;
use crate::store::sql::Sql;

/// Connections that read at most.
const MAX_READERS: u32 = 8;

/// How long a call waits for a connection, or for another program's lock.
const WAIT_LIMIT: Duration = Duration::from_secs(5);

/// How long a change waits for its turn: an import before it may take a while.
const WRITE_WAIT_LIMIT: Duration = Duration::from_mins(1);

/// How often a database is tried again that another program is just creating.
const RETRY_EVERY: Duration = Duration::from_millis(50);

/// An SQLite database: a file with one connection that writes, and several that read beside it.
#[derive(Clone)]
pub(super) struct Sqlite {
    writer: SqlitePool,
    reader: SqlitePool,
    /// For exports: a slow reader holds one for long.
    exports: SqlitePool,
    /// How many connections for writing there have been.
    writers: Arc<AtomicU64>,
}

impl Sqlite {
    /// What is written as only SQLite takes it. A transaction that changes something is the only one, so nothing is
    /// locked.
    pub(super) const DIALECT: Dialect = Dialect {
        lock_group: "SELECT group_key, revision, mapping_count, tenant_id FROM business_groups WHERE id = $1",
        lock_group_and_holder: "SELECT group_key, revision, mapping_count, tenant_id, id, \
             tenant_proven_at IS NOT NULL AS is_proven FROM business_groups WHERE id = $1 OR tenant_id = $2",
        lock_line: "SELECT group_key, CASE WHEN pinned_tid = $4 THEN pinned_oid END AS pinned_oid FROM mappings \
             WHERE phone_number = $2 AND email = $3 \
             AND group_key = (SELECT group_key FROM business_groups WHERE id = $1 AND tenant_id = $4)",
        look_up: look_up_statements!("json_each($1)"),
        hold_key: "SELECT expires_at FROM api_keys WHERE id = $1",
        lock_pin: "SELECT pinned_oid FROM mappings WHERE phone_number = $1 AND group_key = $2",
        before_large_change: &[],
        before_joining_all: &[],
        after_joining_all: &[],
        expired_import: "SELECT change_set_key FROM imports WHERE revision IS NULL AND expires_at <= $1 LIMIT 1",
        create_staging: &["CREATE TEMPORARY TABLE import_rows \
             (line INTEGER NOT NULL, phone_number INTEGER PRIMARY KEY, email TEXT) STRICT"],
        index_staging: &["CREATE UNIQUE INDEX temp.import_rows_by_email ON import_rows (email)"],
        analyze_staging: &[],
        drop_staging: &["DROP TABLE temp.import_rows"],
        lock_names: &[],
        check_ranges: &[],
        is_range_taken,
    };

    pub(super) async fn open(url: &str) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::from_str(url).map_err(|error| OpenError::Url(error.to_string()))?;
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A change that was answered must survive a power failure too; NORMAL would keep only whole checkpoints.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT_LIMIT);
        make_private(options.get_filename());
        let fault = |error: sqlx::Error| OpenError::Unreachable(error.to_string());
        // A lock taken for reading can't always become one for writing, so all writes have one connection.
        let writers = Arc::new(AtomicU64::new(0));
        let writer = sound(SqlitePoolOptions::new()).max_connections(1).acquire_timeout(WRITE_WAIT_LIMIT);
        let writer = first_connection(counted(writer, &writers), &options).await.map_err(fault)?;
        check_encoding(&writer).await?;
        let reader = sound(SqlitePoolOptions::new()).acquire_timeout(WAIT_LIMIT);
        let exports = reader.clone().max_connections(EXPORTS_AT_ONCE).connect_lazy_with(options.clone());
        let reader = reader.max_connections(MAX_READERS).connect_with(options).await.map_err(fault)?;
        Ok(Self { writer, reader, exports, writers })
    }

    pub(super) async fn migrate(&self) -> Result<(), MigrateError> {
        // In one transaction, because the migrator has no lock of its own here: of two programs one waits.
        let mut transaction = self.begin().await?;
        migrations::SQLITE.run_direct(None, &mut *transaction, false).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What changes when another program has changed the database, and never by what is written here: the number of the
    /// connection that writes, and what it says of the file (<https://www.sqlite.org/pragma.html#pragma_data_version>).
    pub(super) async fn version_elsewhere(&self) -> sqlx::Result<(u64, i64)> {
        let mut writer = self.writer.acquire().await?;
        let (version,): (i64,) = sqlx::query_as("PRAGMA data_version").fetch_one(&mut *writer).await?;
        Ok((self.writers.load(Ordering::Acquire), version))
    }

    /// Reads rows in one statement.
    pub(super) async fn all<R: Record>(&self, sql: &Sql) -> sqlx::Result<Vec<R>> {
        sql.as_sqlite()?.fetch_all(&self.reader).await
    }

    /// Reads a row in one statement.
    pub(super) async fn optional<R: Record>(&self, sql: &Sql) -> sqlx::Result<Option<R>> {
        sql.as_sqlite()?.fetch_optional(&self.reader).await
    }

    pub(super) async fn begin(&self) -> sqlx::Result<SqliteTransaction<'static>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Begins a transaction that sees one state of the database, from its first read to its end.
    pub(super) async fn begin_snapshot(&self) -> sqlx::Result<SqliteTransaction<'static>> {
        self.reader.begin().await
    }

    /// Begins such a transaction for an export.
    pub(super) async fn begin_export(&self) -> sqlx::Result<SqliteTransaction<'static>> {
        self.exports.begin().await
    }

    pub(super) async fn close(&self) {
        self.exports.close().await;
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Whether the database refused a range because another group has numbers of it.
fn is_range_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("number_ranges_overlap"))
}

/// Makes the file of a new database, so that nobody else on this machine may read it: addresses and numbers stand in
/// it, and SQLite would ask the umask alone. The files beside it (`-wal`, `-shm`) get the mode that it has. One that is
/// there already is left as it is; what fails here is told by SQLite in a moment.
fn make_private(file: &Path) {
    let _ = OpenOptions::new().append(true).create(true).mode(0o600).open(file);
}

/// What `PRAGMA encoding` says of a database that was made as UTF-16: its texts have another order, and we sort files,
/// too.
pub(super) async fn check_encoding(database: impl SqliteExecutor<'_>) -> Result<(), OpenError> {
    let asked = sqlx::query_as("PRAGMA encoding").fetch_one(database).await;
    let (encoding,): (String,) = asked.map_err(|error| OpenError::Unreachable(error.to_string()))?;
    let move_it = "Leave the file out, and a new one is made; or move its data with `sqlite3 FILE .dump`";
    if encoding == "UTF-8" { Ok(()) } else { Err(OpenError::Encoding { encoding, move_it }) }
}

/// A pool that closes a connection whose transaction can't be ended. On a full disk SQLite ends one by itself; sqlx
/// takes it for open from then on, and lets no other begin.
fn sound(pool: SqlitePoolOptions) -> SqlitePoolOptions {
    pool.after_release(|connection, _| {
        Box::pin(async move {
            if connection.is_in_transaction() {
                // The rollback of one that was given up may only be on its way.
                connection.ping().await?;
            }
            Ok(!connection.is_in_transaction())
        })
    })
}

/// Counts the connections that a pool opens.
fn counted(pool: SqlitePoolOptions, opened: &Arc<AtomicU64>) -> SqlitePoolOptions {
    let opened = Arc::clone(opened);
    pool.after_connect(move |_, _| {
        opened.fetch_add(1, Ordering::Release);
        Box::pin(async { Ok(()) })
    })
}

/// Opens the first connection, which makes the file. Two programs that do so at once can lock each other out for a
/// moment in which SQLite does not wait by itself.
async fn first_connection(pool: SqlitePoolOptions, options: &SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let deadline = Instant::now() + WAIT_LIMIT;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_locked(&error) && Instant::now() < deadline => sleep(RETRY_EVERY).await,
            opened => return opened,
        }
    }
}

fn is_locked(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("database is locked"))
}
