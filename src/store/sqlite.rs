//! What only SQLite does.

use std::fs::OpenOptions;
use std::future;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::Connection;
use sqlx::FromRow;
use sqlx::QueryBuilder;
use sqlx::Sqlite as SqliteDb;
use sqlx::SqliteExecutor;
use sqlx::SqlitePool;
use sqlx::SqliteTransaction;
use sqlx::migrate::MigrateError;
use sqlx::migrate::Migrator;
use sqlx::query::QueryAs;
use sqlx::sqlite::SqliteArguments;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::sqlite::SqliteJournalMode;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::sqlite::SqliteRow;
use sqlx::sqlite::SqliteSynchronous;
use tokio::time::Instant;
use tokio::time::sleep;

use crate::domain::import::RowInPack;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::clock::Clock;
use crate::ports::line_generations::LineGenerations;
use crate::ports::mapping_store::EXPORTS_AT_ONCE;
use crate::ports::store_health::UnverifiedConnection;
use crate::store::bulk;
use crate::store::bulk::OrderedRows;
use crate::store::bulk::Target;
use crate::store::bulk::Value;
use crate::store::error::OpenError;
use crate::store::statements;

/// Connections that read at most.
const MAX_READERS: u32 = 8;

/// How long a call waits for a connection, or for another program's lock.
const WAIT_LIMIT: Duration = Duration::from_secs(5);

/// How long a change waits for its turn: an import before it may take a while.
const WRITE_WAIT_LIMIT: Duration = Duration::from_mins(1);

/// Rows of an import in one statement; SQLite takes at most 32766 values (<https://www.sqlite.org/limits.html>).
const ROWS_AT_ONCE: usize = 1024;

/// How often a database is tried again that another program is just creating.
const RETRY_EVERY: Duration = Duration::from_millis(50);

/// A statement and what it is asked with.
type Query<'q, O> = QueryAs<'q, SqliteDb, O, SqliteArguments>;

/// An SQLite database: a file with one connection that writes, and several that read beside it.
#[derive(Clone)]
pub(super) struct Sqlite {
    writer: SqlitePool,
    reader: SqlitePool,
    /// For exports: a slow reader holds one for long.
    exports: SqlitePool,
    /// How many connections for writing there have been.
    writers: Arc<AtomicU64>,
    lines: Arc<LineGenerations>,
    clock: Arc<dyn Clock>,
}

impl Sqlite {
    /// The program's migrations.
    pub(super) const MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

    /// Reads a group. The transaction is the only one that writes already, so there is nothing to lock.
    pub(super) const LOCK_GROUP: &str =
        "SELECT group_key, revision, mapping_count, tenant_id FROM business_groups WHERE id = $1";

    /// Reads a group and the one that a tenant is linked to.
    pub(super) const LOCK_GROUP_AND_HOLDER: &str = "SELECT group_key, revision, mapping_count, tenant_id, id, \
         tenant_proven_at IS NOT NULL FROM business_groups WHERE id = $1 OR tenant_id = $2";

    /// Reads whom the mapping of a first sign-in is pinned to. Only in the tenant that the group is linked to: who comes
    /// from the one before, late, must not take the pin.
    pub(super) const LOCK_LINE: &str = "SELECT group_key, CASE WHEN pinned_tid = $4 THEN pinned_oid END FROM mappings \
         WHERE phone_number = $2 AND email = $3 \
         AND group_key = (SELECT group_key FROM business_groups WHERE id = $1 AND tenant_id = $4)";

    /// Reads when an API key expires. Nobody else writes meanwhile.
    pub(super) const HOLD_KEY: &str = statements::EXPIRY_OF_KEY;

    /// Reads whom a mapping is pinned to.
    pub(super) const LOCK_PIN: &str = "SELECT pinned_oid FROM mappings WHERE phone_number = $1 AND group_key = $2";

    pub(super) const BEFORE_LARGE_CHANGE: &[&str] = &[];

    pub(super) const BEFORE_JOINING_ALL: &[&str] = &[];
    pub(super) const AFTER_JOINING_ALL: &[&str] = &[];

    /// An import that has expired.
    pub(super) const EXPIRED_IMPORT: &str =
        "SELECT change_set_key FROM imports WHERE revision IS NULL AND expires_at <= $1 LIMIT 1";

    pub(super) const CREATE_STAGING: &[&str] = &[
        "CREATE TEMPORARY TABLE import_rows (line INTEGER NOT NULL, phone_number INTEGER PRIMARY KEY, email TEXT) STRICT",
    ];

    pub(super) const INDEX_STAGING: &[&str] = &["CREATE UNIQUE INDEX temp.import_rows_by_email ON import_rows (email)"];

    pub(super) const ANALYZE_STAGING: &[&str] = &[];

    pub(super) const DROP_STAGING: &[&str] = &["DROP TABLE temp.import_rows"];

    pub(super) const LOCK_NAMES: &[&str] = &[];

    pub(super) const CHECK_RANGES: &[&str] = &[];

    pub(super) async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
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
        Ok(Self { writer, reader, exports, writers, lines: Arc::default(), clock })
    }

    pub(super) async fn migrate(&self) -> Result<(), MigrateError> {
        // In one transaction, because the migrator has no lock of its own here: of two programs one waits.
        let mut transaction = self.begin().await?;
        Self::MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A file is on this machine.
    #[expect(clippy::unused_self, reason = "the other engine has connections to ask")]
    pub(super) fn unverified(&self) -> Vec<UnverifiedConnection> {
        Vec::new()
    }

    /// What is known of changes to lines.
    pub(super) fn lines(&self) -> &Arc<LineGenerations> {
        &self.lines
    }

    /// What changes when another program has changed the database, and never by what is written here: the number of the
    /// connection that writes, and what it says of the file (<https://www.sqlite.org/pragma.html#pragma_data_version>).
    pub(super) async fn version_elsewhere(&self) -> sqlx::Result<(u64, i64)> {
        let mut writer = self.writer.acquire().await?;
        let (version,): (i64,) = sqlx::query_as("PRAGMA data_version").fetch_one(&mut *writer).await?;
        Ok((self.writers.load(Ordering::Acquire), version))
    }

    /// Reads rows in one statement.
    pub(super) async fn fetch_all<'q, O>(&self, query: impl Fn() -> Query<'q, O>) -> sqlx::Result<Vec<O>>
    where
        O: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        query().fetch_all(&self.reader).await
    }

    /// Reads a row in one statement.
    pub(super) async fn fetch_optional<'q, O>(&self, query: impl Fn() -> Query<'q, O>) -> sqlx::Result<Option<O>>
    where
        O: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        query().fetch_optional(&self.reader).await
    }

    /// Reads a row for a sign-in, on the same connections.
    pub(super) async fn look_up<'q, O>(&self, query: impl Fn() -> Query<'q, O>) -> sqlx::Result<Option<O>>
    where
        O: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        self.fetch_optional(query).await
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

    /// Whether the database refused a range because another group has numbers of it.
    pub(super) fn is_range_taken(error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(|error| error.message().contains("number_ranges_overlap"))
    }

    /// Begins to write many rows.
    pub(super) fn write(transaction: SqliteTransaction<'static>, target: Target) -> Writer {
        Writer { transaction, target, count: 0 }
    }

    /// Writes the rows of a file as the mappings of a group that has none, from the change set that they are in; says how
    /// many they are.
    pub(super) async fn fill(
        mut transaction: SqliteTransaction<'static>,
        (group, at): (i64, i64),
        change_set: i64,
        _rows: OrderedRows,
    ) -> sqlx::Result<(SqliteTransaction<'static>, u64)> {
        let query = sqlx::query(statements::APPLY_ADDITIONS).bind(group).bind(change_set).bind(at);
        let added = query.execute(&mut *transaction).await?;
        Ok((transaction, added.rows_affected()))
    }
}

/// Rows on their way into a table, in statements of many: each statement is a trip to the connection's thread.
pub(super) struct Writer {
    transaction: SqliteTransaction<'static>,
    target: Target,
    count: u64,
}

impl Writer {
    /// Writes rows.
    pub(super) async fn rows(&mut self, rows: &[RowInPack<'_>]) -> sqlx::Result<()> {
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let statement = self.statement(rows.iter().map(|row| self.target.values(*row)));
            self.write(statement).await?;
        }
        Ok(())
    }

    /// Writes numbers without address, for [`Target::Staging`].
    pub(super) async fn numbers(&mut self, numbers: &[PhoneNumber]) -> sqlx::Result<()> {
        for numbers in numbers.chunks(ROWS_AT_ONCE) {
            let statement = self.statement(numbers.iter().map(|number| bulk::number_alone(*number)));
            self.write(statement).await?;
        }
        Ok(())
    }

    /// Ends the rows; gives the transaction back, and how many rows the table took.
    pub(super) fn finish(self) -> impl Future<Output = sqlx::Result<(SqliteTransaction<'static>, u64)>> {
        future::ready(Ok((self.transaction, self.count)))
    }

    fn statement<'a>(&self, rows: impl Iterator<Item = impl Iterator<Item = Value<'a>>>) -> QueryBuilder<SqliteDb> {
        let mut statement = QueryBuilder::new(format!("INSERT INTO {} ", self.target.columns()));
        statement.push_values(rows, |mut row, values| {
            for value in values {
                match value {
                    Value::Integer(integer) => row.push_bind(integer),
                    Value::Text(text) => row.push_bind(text.to_owned()),
                    Value::Null => row.push_bind(None::<String>),
                };
            }
        });
        statement
    }

    async fn write(&mut self, mut statement: QueryBuilder<SqliteDb>) -> sqlx::Result<()> {
        self.count += statement.build().execute(&mut *self.transaction).await?.rows_affected();
        Ok(())
    }
}

/// Makes the file of a new database, so that nobody else on this machine may read it: addresses and numbers stand in it, and
/// SQLite would ask the umask alone. The files beside it (`-wal`, `-shm`) get the mode that it has. One that is there already is
/// left as it is; what fails here is told by SQLite in a moment.
fn make_private(file: &Path) {
    let _ = OpenOptions::new().append(true).create(true).mode(0o600).open(file);
}

/// What `PRAGMA encoding` says of a database that was made as UTF-16: its texts have another order, and we sort files, too.
pub(super) async fn check_encoding(database: impl SqliteExecutor<'_>) -> Result<(), OpenError> {
    let asked = sqlx::query_as("PRAGMA encoding").fetch_one(database).await;
    let (encoding,): (String,) = asked.map_err(|error| OpenError::Unreachable(error.to_string()))?;
    let move_it = "Leave the file out, and a new one is made; or move its data with `sqlite3 FILE .dump`";
    if encoding == "UTF-8" { Ok(()) } else { Err(OpenError::Encoding { encoding, move_it }) }
}

/// A pool that closes a connection whose transaction can't be ended. On a full disk SQLite ends one by itself; sqlx takes it
/// for open from then on, and lets no other begin.
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

/// Opens the first connection, which makes the file. Two programs that do so at once can lock each other out for a moment
/// in which SQLite does not wait by itself.
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
