//! Records: rows of an answer as structs.
//!
//! sqlx's own derive does the same, but its crate has the compiler build both drivers, SQLite, TLS and the runtime a second
//! time for its own use.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

/// A row that both engines can be asked for.
pub(super) trait Record: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

impl<T> Record for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

/// A row of which only matters that it is there.
pub(super) struct AnyRow;

impl<R: Row> FromRow<'_, R> for AnyRow {
    fn from_row(_: &R) -> sqlx::Result<Self> {
        Ok(Self)
    }
}

/// What a field of a record is read from: the column of its name, or the whole row if it is a record itself.
pub(super) trait Field<R>: Sized {
    fn read(row: &R, name: &'static str) -> sqlx::Result<Self>;
}

macro_rules! columns {
    ($($column:ty),+) => {
        $(impl<R> Field<R> for $column
        where
            R: Row,
            &'static str: ColumnIndex<R>,
            Self: for<'r> Decode<'r, R::Database> + Type<R::Database>,
        {
            fn read(row: &R, name: &'static str) -> sqlx::Result<Self> {
                row.try_get(name)
            }
        })+
    };
}

columns!(i64, bool, String, Option<i64>, Option<String>);

/// Declares a struct as a [`Record`]: each field is the column of that name, or a record of the same row.
macro_rules! record {
    (
        $(#[$about:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$about_field:meta])* $field_visibility:vis $field:ident: $field_type:ty,)+
        }
    ) => {
        $(#[$about])*
        $visibility struct $name {
            $($(#[$about_field])* $field_visibility $field: $field_type,)+
        }

        impl<R: sqlx::Row> sqlx::FromRow<'_, R> for $name
        where
            $($field_type: $crate::store::record::Field<R>,)+
        {
            fn from_row(row: &R) -> sqlx::Result<Self> {
                Ok(Self { $($field: $crate::store::record::Field::read(row, stringify!($field))?,)+ })
            }
        }

        impl<R: sqlx::Row> $crate::store::record::Field<R> for $name
        where
            $($field_type: $crate::store::record::Field<R>,)+
        {
            fn read(row: &R, _: &'static str) -> sqlx::Result<Self> {
                sqlx::FromRow::from_row(row)
            }
        }
    };
}
pub(super) use record;
