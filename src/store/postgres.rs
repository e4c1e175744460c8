//! What only PostgreSQL does.

use std::str::FromStr;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::PgTransaction;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnectOptions;
use sqlx::postgres::PgPoolOptions;

use crate::domain::mapping::ImportRow;
use crate::domain::phone_number::PhoneNumber;
use crate::store::error::OpenError;

/// Connections of one replica at most.
const MAX_CONNECTIONS: u32 = 32;

/// How long a call waits for a connection.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);

/// How long a statement may run, in milliseconds. Imports lift it.
const STATEMENT_LIMIT: &str = "10000";

/// How much of an import is sent to the server at once, in bytes.
const COPY_CHUNK_BYTES: usize = 64 * 1024;

/// A PostgreSQL database.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    /// Locks a group until the end of the transaction, so that changes to it come one after the other.
    pub(super) const LOCK_GROUP: &str =
        "SELECT group_key, revision, mapping_count FROM business_groups WHERE id = $1 FOR UPDATE";

    /// The staged rows of an import; gone with the transaction.
    pub(super) const CREATE_STAGING: &[&str] = &[
        "SET LOCAL statement_timeout = 0",
        "CREATE TEMPORARY TABLE import_rows (line BIGINT NOT NULL, phone_number BIGINT NOT NULL, email TEXT COLLATE \"C\") \
         ON COMMIT DROP",
    ];

    /// What the planner needs before staged rows are joined.
    pub(super) const INDEX_STAGING: &[&str] = &[
        "CREATE UNIQUE INDEX ON import_rows (phone_number)",
        "CREATE UNIQUE INDEX ON import_rows (email)",
        "ANALYZE import_rows",
    ];

    pub(super) const DROP_STAGING: &[&str] = &[];

    /// Brings a constraint's refusal forward, from the commit to here.
    pub(super) const CHECK_RANGES: &[&str] = &["SET CONSTRAINTS number_ranges_overlap IMMEDIATE"];

    pub(super) async fn open(url: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url).map_err(|error| OpenError::Url(error.to_string()))?;
        let options = options.application_name("signline").options([("statement_timeout", STATEMENT_LIMIT)]);
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_LIMIT)
            // A round trip less for each call; a broken connection shows when it is used.
            .test_before_acquire(false)
            .connect_with(options)
            .await
            .map_err(|error| OpenError::Unreachable(error.to_string()))?;
        Ok(Self { pool })
    }

    pub(super) async fn migrate(&self) -> Result<(), MigrateError> {
        sqlx::migrate!("migrations/postgres").run(&self.pool).await
    }

    pub(super) fn reader(&self) -> &PgPool {
        &self.pool
    }

    pub(super) async fn begin(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.pool.begin().await
    }

    /// Begins a transaction that sees one state of the database to its end.
    pub(super) async fn begin_snapshot(&self) -> sqlx::Result<PgTransaction<'static>> {
        self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether the database refused a range because another group has numbers of it. Two that overlap and wait for each
    /// other are a deadlock to the server, and the same to a caller.
    pub(super) fn is_range_taken(error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        matches!(code.as_deref(), Some("23P01" | "40P01"))
    }

    /// Stages rows by `COPY`, which takes a million in seconds; the rows are freed as they go.
    pub(super) async fn stage(
        transaction: &mut PgTransaction<'static>,
        rows: impl Iterator<Item = ImportRow> + Send,
        numbers: &[PhoneNumber],
    ) -> sqlx::Result<()> {
        let mut copy = transaction.copy_in_raw("COPY import_rows (line, phone_number, email) FROM STDIN").await?;
        let mut text = String::with_capacity(COPY_CHUNK_BYTES + 512);
        for row in rows {
            push_row(&mut text, u64::from(row.line), row.phone_number, row.email.as_str());
            if text.len() >= COPY_CHUNK_BYTES {
                copy.send(text.as_bytes()).await?;
                text.clear();
            }
        }
        for number in numbers {
            push_row(&mut text, 0, *number, "\\N");
        }
        copy.send(text.as_bytes()).await?;
        copy.finish().await.map(drop)
    }
}

/// One row in the text format of `COPY`. An address has no backslash, tab or line break.
fn push_row(text: &mut String, line: u64, number: PhoneNumber, email: &str) {
    use std::fmt::Write;
    // Writing to a string can't fail.
    let _ = writeln!(text, "{line}\t{}\t{email}", number.digits());
}
