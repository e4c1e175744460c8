//! Rows of a file on their way into a table, as fast as each engine takes them.

use sqlx::{PgTransaction, SqliteTransaction};

use crate::domain::import::RowInPack;
use crate::domain::phone_number::PhoneNumber;
use crate::store::bulk;
use crate::store::bulk::{OrderedRows, Target};
use crate::store::copy::CopyIn;
use crate::store::db::{Db, Limit, Session, Tx};
use crate::store::insert::InsertMany;
use crate::store::postgres::Postgres;
use crate::store::sql::sql;

/// Writes rows into a table. It has the transaction meanwhile.
pub(in crate::store) struct RowWriter {
    rows: Rows,
    db: Db,
    limit: Limit,
}

enum Rows {
    Postgres(CopyIn),
    Sqlite(InsertMany),
}

impl Tx {
    /// Begins to write many rows, in a transaction that may take long.
    pub(in crate::store) fn write(self, target: Target) -> RowWriter {
        let rows = match self.session {
            Session::Postgres(transaction) => Rows::Postgres(CopyIn::begin(transaction, target)),
            Session::Sqlite(transaction) => Rows::Sqlite(InsertMany::begin(transaction, target)),
        };
        RowWriter { rows, db: self.db, limit: self.limit }
    }

    /// Writes the rows of a file, which are in a change set, as the mappings of a group that has none; says how many
    /// they are.
    pub(in crate::store) async fn fill(
        mut self,
        (group, at): (i64, i64),
        change_set: i64,
        rows: OrderedRows,
    ) -> sqlx::Result<(Self, u64)> {
        let Session::Postgres(transaction) = self.session else {
            let added = self.run(sql(bulk::ADD_MAPPINGS_OF_CHANGES).bind(group).bind(change_set).bind(at)).await?;
            return Ok((self, added));
        };
        let (session, added) = from_copy(Postgres::fill(transaction, (group, at), rows).await?);
        Ok((Self { session, ..self }, added))
    }
}

impl RowWriter {
    /// Writes rows.
    pub(in crate::store) async fn rows(&mut self, rows: &[RowInPack<'_>]) -> sqlx::Result<()> {
        match &mut self.rows {
            Rows::Postgres(copy) => copy.rows(rows).await,
            Rows::Sqlite(insert) => insert.rows(rows).await,
        }
    }

    /// Writes numbers without address, for [`Target::Staging`].
    pub(in crate::store) async fn numbers(&mut self, numbers: &[PhoneNumber]) -> sqlx::Result<()> {
        match &mut self.rows {
            Rows::Postgres(copy) => copy.numbers(numbers).await,
            Rows::Sqlite(insert) => insert.numbers(numbers).await,
        }
    }

    /// Ends the rows; gives the transaction back, and how many rows the table took.
    pub(in crate::store) async fn finish(self) -> sqlx::Result<(Tx, u64)> {
        let (session, count) = match self.rows {
            Rows::Postgres(copy) => from_copy(copy.finish().await?),
            Rows::Sqlite(insert) => from_insert(insert.finish()),
        };
        Ok((Tx { session, db: self.db, limit: self.limit }, count))
    }
}

fn from_copy((transaction, count): (PgTransaction<'static>, u64)) -> (Session, u64) {
    (Session::Postgres(transaction), count)
}

fn from_insert((transaction, count): (SqliteTransaction<'static>, u64)) -> (Session, u64) {
    (Session::Sqlite(transaction), count)
}
