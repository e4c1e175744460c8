//! The export: one snapshot of the database, read in chunks by a task that owns the connection.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use sqlx::SqliteTransaction;
use sqlx::pool::PoolConnection;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::ports::mapping_store::{Export, ExportedMapping};
use crate::ports::store_error::StoreError;
use crate::store::copy::CopyOut;
use crate::store::db::{Db, Engine};
use crate::store::error::UnreadableRow;
use crate::store::postgres::Postgres;
use crate::store::record::record;
use crate::store::sql::sql;
use crate::store::sqlite::Sqlite;
use crate::store::{postgres, rows};

/// Rows that SQLite reads at once.
const CHUNK_ROWS: i64 = 2000;

/// About how much is taken from PostgreSQL at once, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks that wait for a slow reader.
const CHUNKS_AHEAD: usize = 2;

/// How long a reader may take for a chunk: a snapshot that is held keeps the database from tidying up.
const READER_LIMIT: Duration = Duration::from_mins(1);

/// How long PostgreSQL may take for a chunk, the first above all: it may sort.
const SERVER_LIMIT: Duration = Duration::from_mins(1);

type Chunk = Result<Vec<ExportedMapping>, StoreError>;

const EXPORT_HEAD: &str = "SELECT group_key, revision FROM business_groups WHERE id = $1";

/// SQLite's; PostgreSQL copies.
const EXPORT_CHUNK: &str = "SELECT phone_number, email FROM mappings \
     WHERE group_key = $1 AND phone_number > $2 ORDER BY phone_number LIMIT $3";

record! {
    struct HeadRow {
        group_key: i64,
        revision: i64,
    }
}

record! {
    /// A mapping, as the file shows it.
    pub(super) struct ExportedRow {
        phone_number: i64,
        email: String,
    }
}

impl TryFrom<ExportedRow> for ExportedMapping {
    type Error = UnreadableRow;

    fn try_from(row: ExportedRow) -> Result<Self, UnreadableRow> {
        let phone_number = rows::phone_number(row.phone_number)?;
        Ok(Self { phone_number, email: EmailAddress::from_stored(row.email) })
    }
}

/// A connection of its own for an export through `COPY`.
///
/// In the middle of one it is of no use to anybody else, and sqlx does not recover it: unless the export came to its
/// end, the connection is closed, and the server with it stops.
struct ExportConnection {
    connection: PoolConnection<sqlx::Postgres>,
    is_idle: bool,
}

impl ExportConnection {
    /// Begins a transaction that sees one state of the database.
    async fn begin(engine: &Postgres) -> sqlx::Result<Self> {
        Ok(Self { connection: engine.begin_export().await?, is_idle: false })
    }

    /// Ends the transaction; the connection is good for others.
    async fn end(mut self) -> sqlx::Result<()> {
        sqlx::raw_sql("COMMIT").execute(&mut **self).await?;
        self.is_idle = true;
        Ok(())
    }
}

impl Deref for ExportConnection {
    type Target = PoolConnection<sqlx::Postgres>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl DerefMut for ExportConnection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl Drop for ExportConnection {
    fn drop(&mut self) {
        if !self.is_idle {
            self.connection.close_on_drop();
        }
    }
}

/// Opens an export; `None` if there is no such group.
pub(super) async fn open(db: &Db, group: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
    match db.engine() {
        Engine::Postgres(postgres) => open_postgres(postgres, group).await,
        Engine::Sqlite(sqlite) => open_sqlite(sqlite, group).await,
    }
}

async fn open_postgres(engine: &Postgres, group: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
    let mut connection = ExportConnection::begin(engine).await?;
    let head = sql(EXPORT_HEAD).bind(group);
    let head: Option<HeadRow> = head.as_postgres()?.fetch_optional(&mut **connection).await?;
    let Some(HeadRow { group_key, revision }) = head else {
        connection.end().await?;
        return Ok(None);
    };
    let (sender, receiver) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    tokio::spawn(async move {
        // An error of the sending says that the reader has gone, or is too slow.
        if let Err(Some(error)) = copy_out(connection, group_key, &sender).await {
            let _ = timeout(READER_LIMIT, sender.send(Err(error))).await;
        }
    });
    Ok(Some(Export { revision, mappings: receive(receiver) }))
}

/// Sends a group's mappings, and an empty chunk in the end. Fails without an error where nobody reads them.
async fn copy_out(
    mut connection: ExportConnection,
    group: i64,
    chunks: &mpsc::Sender<Chunk>,
) -> Result<(), Option<StoreError>> {
    let fault = |error: sqlx::Error| Some(error.into());
    let statement = postgres::copy_mappings(group);
    let mut copied = connection.copy_out_raw(&statement).await.map_err(fault)?;
    let mut unread = CopyOut::default();
    loop {
        let more = async {
            while unread.size() < CHUNK_BYTES {
                match copied.try_next().await? {
                    Some(bytes) => unread.take(&bytes),
                    None => return Ok(false),
                }
            }
            Ok(true)
        };
        // Where the reader has gone, the connection is not kept until the server has sent what nobody will take.
        let more = tokio::select! {
            more = timeout(SERVER_LIMIT, more) => more,
            () = chunks.closed() => return Err(None),
        };
        let more = more.map_err(|late| Some(StoreError::new(late)))?.map_err(fault)?;
        let chunk = exported(&mut unread).map_err(Some)?;
        if !chunk.is_empty() {
            send(chunks, chunk).await.ok_or(None)?;
        }
        if !more {
            break;
        }
    }
    drop(copied);
    connection.end().await.map_err(fault)?;
    send(chunks, Vec::new()).await.ok_or(None)
}

/// The mappings that have come whole.
fn exported(copied: &mut CopyOut) -> Result<Vec<ExportedMapping>, StoreError> {
    let copied = copied.rows()?.into_iter().map(|(phone_number, email)| ExportedRow { phone_number, email });
    rows::all(copied.collect())
}

/// Sends a chunk; `None` if the reader has gone, or is too slow.
async fn send(chunks: &mpsc::Sender<Chunk>, chunk: Vec<ExportedMapping>) -> Option<()> {
    timeout(READER_LIMIT, chunks.send(Ok(chunk))).await.ok()?.ok()
}

async fn open_sqlite(engine: &Sqlite, group: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
    let mut transaction = engine.begin_export().await?;
    let head = sql(EXPORT_HEAD).bind(group);
    let head: Option<HeadRow> = head.as_sqlite()?.fetch_optional(&mut *transaction).await?;
    let Some(HeadRow { group_key, revision }) = head else {
        return Ok(None);
    };
    let (sender, receiver) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
    tokio::spawn(async move {
        let mut after = 0_i64;
        loop {
            let read = read_chunk(&mut transaction, group_key, after).await;
            let last = read.as_ref().ok().and_then(|rows| rows.last()).map(|row| row.phone_number);
            let chunk = read.map_err(StoreError::from).and_then(rows::all);
            match (last, timeout(READER_LIMIT, sender.send(chunk)).await) {
                (Some(last), Ok(Ok(()))) => after = last,
                _ => return,
            }
        }
    });
    Ok(Some(Export { revision, mappings: receive(receiver) }))
}

async fn read_chunk(
    transaction: &mut SqliteTransaction<'static>,
    group_key: i64,
    after: i64,
) -> sqlx::Result<Vec<ExportedRow>> {
    let chunk = sql(EXPORT_CHUNK).bind(group_key).bind(after).bind(CHUNK_ROWS);
    chunk.as_sqlite()?.fetch_all(&mut **transaction).await
}

/// The chunks up to the empty one, which is the end. A channel that closes before it has been cut off, and must not
/// pass for a whole export.
fn receive(receiver: mpsc::Receiver<Chunk>) -> stream::BoxStream<'static, Chunk> {
    let chunks = stream::unfold(Some(receiver), |receiver| async {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Ok(chunk)) if chunk.is_empty() => None,
            Some(Ok(chunk)) => Some((Ok(chunk), Some(receiver))),
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Err(StoreError::new("the export was read too slowly and was cut off")), None)),
        }
    });
    chunks.boxed()
}
