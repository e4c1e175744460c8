//! The export: one snapshot of the database, read in chunks by a task that owns the connection.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::ports::mapping_store::Export;
use crate::ports::mapping_store::ExportedMapping;
use crate::ports::store_error::StoreError;
use crate::store::error::UnreadableRow;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

/// Rows that are read at once.
const CHUNK_ROWS: i64 = 2000;

/// Chunks that wait for a slow reader.
const CHUNKS_AHEAD: usize = 2;

/// How long a reader may take for a chunk: a snapshot that is held keeps the database from tidying up.
const READER_LIMIT: Duration = Duration::from_mins(1);

type Chunk = Result<Vec<ExportedMapping>, StoreError>;

macro_rules! export {
    ($name:ident, $engine:ty) => {
        pub(super) async fn $name(engine: &$engine, group: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
            let mut transaction = engine.begin_export().await?;
            let head: Option<(i64, i64)> =
                sqlx::query_as(statements::EXPORT_HEAD).bind(group.as_str()).fetch_optional(&mut *transaction).await?;
            let Some((group_key, revision)) = head else {
                return Ok(None);
            };
            let (sender, receiver) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
            tokio::spawn(async move {
                let mut after = 0_i64;
                loop {
                    let read: sqlx::Result<Vec<(i64, String)>> = sqlx::query_as(statements::EXPORT_CHUNK)
                        .bind(group_key)
                        .bind(after)
                        .bind(CHUNK_ROWS)
                        .fetch_all(&mut *transaction)
                        .await;
                    let last = read.as_ref().ok().and_then(|rows| rows.last()).map(|(number, _)| *number);
                    let chunk = read.map_err(StoreError::from).and_then(|rows| Ok(exported(rows)?));
                    match (last, timeout(READER_LIMIT, sender.send(chunk)).await) {
                        (Some(last), Ok(Ok(()))) => after = last,
                        _ => return,
                    }
                }
            });
            Ok(Some(Export { revision, mappings: receive(receiver) }))
        }
    };
}

export!(postgres, Postgres);
export!(sqlite, Sqlite);

fn exported(rows: Vec<(i64, String)>) -> Result<Vec<ExportedMapping>, UnreadableRow> {
    let mapping = |(number, email)| {
        let phone_number = rows::phone_number(number)?;
        Ok(ExportedMapping { phone_number, email: EmailAddress::from_stored(email) })
    };
    rows.into_iter().map(mapping).collect()
}

/// The chunks up to the empty one, which is the end. A channel that closes before it has been cut off, and must not pass
/// for a whole export.
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
