//! `COPY`, the fastest way of rows into PostgreSQL and out of it, in its binary format
//! (<https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format").

use std::io;

use bytes::{Buf, BufMut};
use sqlx::PgTransaction;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::domain::import::RowInPack;
use crate::domain::phone_number::PhoneNumber;
use crate::store::bulk;
use crate::store::bulk::{Target, Value};
use crate::store::error::UnreadableRow;

/// How the format starts: its signature, no flags, and a header without extension.
const START: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What stands in the place of a row's width after the last row.
const END: i16 = -1;

/// What stands in the place of a value's length if there is none.
const NULL: i32 = -1;

/// About how long a row is, in bytes.
const ROW_BYTES: usize = 80;

/// How many numbers without address make a piece.
const NUMBERS_AT_ONCE: usize = 4096;

/// How many pieces wait for the server at most.
const PIECES_AHEAD: usize = 2;

/// Rows on their way into a table.
///
/// A connection in the middle of a `COPY` can do nothing else, and sqlx does not recover one that is let go there. So
/// it belongs to a task of its own, which ends the `COPY` or breaks it off, whatever happens to the caller.
pub(super) struct CopyIn {
    target: Target,
    pieces: mpsc::Sender<Piece>,
    copying: JoinHandle<sqlx::Result<(PgTransaction<'static>, u64)>>,
}

enum Piece {
    Rows(Vec<u8>),
    /// Without it the rows were given up.
    End,
}

impl CopyIn {
    /// Begins to copy rows into a table.
    pub(super) fn begin(transaction: PgTransaction<'static>, target: Target) -> Self {
        let (pieces, receiver) = mpsc::channel(PIECES_AHEAD);
        let statement = format!("COPY {} FROM STDIN (FORMAT binary)", target.columns());
        Self { target, pieces, copying: tokio::spawn(copy(transaction, statement, receiver)) }
    }

    /// Sends rows.
    pub(super) async fn rows(&mut self, rows: &[RowInPack<'_>]) -> sqlx::Result<()> {
        let mut piece = Vec::with_capacity(rows.len() * ROW_BYTES);
        for row in rows {
            put_row(&mut piece, self.target.width(), self.target.values(*row));
        }
        self.send(Piece::Rows(piece)).await
    }

    /// Sends numbers without address, for [`Target::Staging`].
    pub(super) async fn numbers(&mut self, numbers: &[PhoneNumber]) -> sqlx::Result<()> {
        for numbers in numbers.chunks(NUMBERS_AT_ONCE) {
            let mut piece = Vec::new();
            for number in numbers {
                put_row(&mut piece, self.target.width(), bulk::number_alone(*number));
            }
            self.send(Piece::Rows(piece)).await?;
        }
        Ok(())
    }

    /// Ends the rows; gives the transaction back, and how many rows the table took.
    pub(super) async fn finish(mut self) -> sqlx::Result<(PgTransaction<'static>, u64)> {
        self.send(Piece::End).await?;
        self.copying.await.map_err(io::Error::other)?
    }

    async fn send(&mut self, piece: Piece) -> sqlx::Result<()> {
        if self.pieces.send(piece).await.is_ok() {
            return Ok(());
        }
        // The task has ended before its time, and says why.
        (&mut self.copying).await.map_err(io::Error::other)?.and(Err(sqlx::Error::WorkerCrashed))
    }
}

async fn copy(
    mut transaction: PgTransaction<'static>,
    statement: String,
    mut pieces: mpsc::Receiver<Piece>,
) -> sqlx::Result<(PgTransaction<'static>, u64)> {
    let mut copy = transaction.copy_in_raw(&statement).await?;
    copy.send(START).await?;
    loop {
        match pieces.recv().await {
            Some(Piece::Rows(rows)) => copy.send(rows).await?,
            Some(Piece::End) => break,
            None => {
                copy.abort("the import was given up").await?;
                return Err(io::Error::from(io::ErrorKind::Interrupted).into());
            }
        };
    }
    copy.send(&END.to_be_bytes()[..]).await?;
    let count = copy.finish().await?;
    Ok((transaction, count))
}

fn put_row<'a>(piece: &mut Vec<u8>, width: usize, values: impl Iterator<Item = Value<'a>>) {
    piece.put_i16(i16::try_from(width).unwrap_or(END));
    for value in values {
        match value {
            Value::Integer(integer) => {
                piece.put_i32(8);
                piece.put_i64(integer);
            }
            Value::Text(text) => {
                piece.put_i32(i32::try_from(text.len()).unwrap_or(NULL));
                piece.put_slice(text.as_bytes());
            }
            Value::Null => piece.put_i32(NULL),
        }
    }
}

/// Rows of an integer and a text that come out of a table. The server's messages may end anywhere in a row.
#[derive(Default)]
pub(super) struct CopyOut {
    started: bool,
    unread: Vec<u8>,
}

impl CopyOut {
    /// Takes what the server has sent.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// How much is here that was not read, in bytes.
    pub(super) fn size(&self) -> usize {
        self.unread.len()
    }

    /// Reads the rows that are whole.
    pub(super) fn rows(&mut self) -> Result<Vec<(i64, String)>, UnreadableRow> {
        let mut rows = Vec::with_capacity(self.unread.len() / ROW_BYTES);
        let mut rest = &self.unread[..];
        if !self.started {
            if rest.len() < START.len() {
                return Ok(rows);
            }
            rest = rest.strip_prefix(START).ok_or(UNREADABLE)?;
            self.started = true;
        }
        loop {
            let mut next = rest;
            let Some(row) = read_row(&mut next)? else { break };
            rows.push(row);
            rest = next;
        }
        let read = self.unread.len() - rest.len();
        self.unread.drain(..read);
        Ok(rows)
    }
}

const UNREADABLE: UnreadableRow = UnreadableRow("a row");

/// Reads a row; `None` if it is not whole, or the end.
fn read_row(bytes: &mut &[u8]) -> Result<Option<(i64, String)>, UnreadableRow> {
    match bytes.try_get_i16() {
        Ok(2) => {}
        Ok(END) | Err(_) => return Ok(None),
        Ok(_) => return Err(UNREADABLE),
    }
    let Some(mut number) = read_value(bytes)? else { return Ok(None) };
    let Some(text) = read_value(bytes)? else { return Ok(None) };
    let number = number.try_get_i64().map_err(|_| UNREADABLE)?;
    let text = String::from_utf8(text.to_vec()).map_err(|_| UNREADABLE)?;
    Ok(Some((number, text)))
}

/// Reads a value; `None` if it is not whole.
fn read_value<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, UnreadableRow> {
    let Ok(length) = bytes.try_get_i32() else { return Ok(None) };
    let length = usize::try_from(length).map_err(|_| UNREADABLE)?;
    Ok(bytes.split_off(..length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<u8> {
        let mut bytes = START.to_vec();
        for (number, text) in [(17_635_551_111, "bob@abc.com"), (17_635_552_222, "")] {
            put_row(&mut bytes, 2, [Value::Integer(number), Value::Text(text)].into_iter());
        }
        bytes.put_i16(END);
        bytes
    }

    #[test]
    fn rows_are_read_wherever_a_message_ends() {
        let table = table();
        let expected = [(17_635_551_111, "bob@abc.com".to_owned()), (17_635_552_222, String::new())];
        for size in 1..=table.len() {
            let mut copy = CopyOut::default();
            let mut rows = Vec::new();
            for message in table.chunks(size) {
                copy.take(message);
                rows.extend(copy.rows().unwrap());
            }
            assert_eq!(rows, expected, "{size}");
        }
    }

    #[test]
    fn what_is_no_such_table_is_refused() {
        let mut null = START.to_vec();
        put_row(&mut null, 2, [Value::Null, Value::Null].into_iter());
        let mut wide = START.to_vec();
        put_row(&mut wide, 1, [Value::Integer(1)].into_iter());
        for bytes in [null, wide, vec![0; 30]] {
            let mut copy = CopyOut::default();
            copy.take(&bytes);
            assert!(copy.rows().is_err());
        }
    }
}
