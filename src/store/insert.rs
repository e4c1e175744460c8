//! `INSERT` of many rows, the fastest way into SQLite.

use sqlx::{QueryBuilder, Sqlite, SqliteTransaction};

use crate::domain::import::RowInPack;
use crate::domain::phone_number::PhoneNumber;
use crate::store::bulk;
use crate::store::bulk::{Target, Value};

/// Rows of an import in one statement; SQLite takes at most 32766 values (<https://www.sqlite.org/limits.html>).
const ROWS_AT_ONCE: usize = 1024;

/// Rows on their way into a table, in statements of many: each statement is a trip to the connection's thread.
pub(super) struct InsertMany {
    transaction: SqliteTransaction<'static>,
    target: Target,
    count: u64,
}

impl InsertMany {
    /// Begins to write rows into a table.
    pub(super) fn begin(transaction: SqliteTransaction<'static>, target: Target) -> Self {
        Self { transaction, target, count: 0 }
    }

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
    pub(super) fn finish(self) -> (SqliteTransaction<'static>, u64) {
        (self.transaction, self.count)
    }

    fn statement<'a>(&self, rows: impl Iterator<Item = impl Iterator<Item = Value<'a>>>) -> QueryBuilder<Sqlite> {
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

    async fn write(&mut self, mut statement: QueryBuilder<Sqlite>) -> sqlx::Result<()> {
        self.count += statement.build().execute(&mut *self.transaction).await?.rows_affected();
        Ok(())
    }
}
