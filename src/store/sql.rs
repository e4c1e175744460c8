//! Statements as data: a text and what it is asked with. So one can be asked again on another connection, and of both
//! engines.

use jiff::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::query::{Query, QueryAs};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Encode, Postgres, Sqlite, Type};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::phone_number::PhoneNumber;
use crate::store::record::Record;
use crate::store::rows;

/// A statement and what it is asked with.
pub(super) struct Sql {
    text: &'static str,
    parameters: Vec<Parameter>,
}

/// A statement that is asked with nothing yet. Its parameters are `$1`, `$2` and so on, bound in this order.
pub(super) fn sql(text: &'static str) -> Sql {
    Sql { text, parameters: Vec::new() }
}

impl Sql {
    /// Binds the next parameter.
    #[must_use]
    pub(super) fn bind(mut self, value: impl Bind) -> Self {
        self.parameters.push(value.parameter());
        self
    }

    pub(super) fn as_postgres<R: Record>(&self) -> sqlx::Result<QueryAs<'_, Postgres, R, PgArguments>> {
        Ok(sqlx::query_as_with(self.text, self.arguments::<PgArguments>()?))
    }

    pub(super) fn as_sqlite<R: Record>(&self) -> sqlx::Result<QueryAs<'_, Sqlite, R, SqliteArguments>> {
        Ok(sqlx::query_as_with(self.text, self.arguments::<SqliteArguments>()?))
    }

    pub(super) fn as_postgres_change(&self) -> sqlx::Result<Query<'_, Postgres, PgArguments>> {
        Ok(sqlx::query_with(self.text, self.arguments::<PgArguments>()?))
    }

    pub(super) fn as_sqlite_change(&self) -> sqlx::Result<Query<'_, Sqlite, SqliteArguments>> {
        Ok(sqlx::query_with(self.text, self.arguments::<SqliteArguments>()?))
    }

    fn arguments<A: Arguments>(&self) -> sqlx::Result<A>
    where
        Option<i64>: for<'q> Encode<'q, A::Database> + Type<A::Database>,
        Option<bool>: for<'q> Encode<'q, A::Database> + Type<A::Database>,
        for<'q> Option<&'q str>: Encode<'q, A::Database> + Type<A::Database>,
        for<'q> Option<&'q [u8]>: Encode<'q, A::Database> + Type<A::Database>,
    {
        let mut arguments = A::default();
        for parameter in &self.parameters {
            let added = match parameter {
                Parameter::Integer(integer) => arguments.add(*integer),
                Parameter::Boolean(boolean) => arguments.add(*boolean),
                Parameter::Text(text) => arguments.add(text.as_deref()),
                Parameter::Bytes(bytes) => arguments.add(bytes.as_ref().map(|bytes| bytes.as_slice())),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }
}

/// What a statement is asked with. Of one that is null the type is known as well: PostgreSQL has to be told it.
pub(super) enum Parameter {
    Integer(Option<i64>),
    Boolean(Option<bool>),
    Text(Option<String>),
    /// Wiped from memory afterwards: secrets are among them.
    Bytes(Option<Zeroizing<Vec<u8>>>),
}

/// A value that can be bound.
pub(super) trait Bind {
    /// What is bound in its place where there is none.
    const NULL: Parameter;

    /// As a database has it.
    fn parameter(self) -> Parameter;
}

impl<T: Bind> Bind for Option<T> {
    const NULL: Parameter = T::NULL;

    fn parameter(self) -> Parameter {
        self.map_or(T::NULL, T::parameter)
    }
}

impl Bind for i64 {
    const NULL: Parameter = Parameter::Integer(None);

    fn parameter(self) -> Parameter {
        Parameter::Integer(Some(self))
    }
}

impl Bind for u32 {
    const NULL: Parameter = Parameter::Integer(None);

    fn parameter(self) -> Parameter {
        Parameter::Integer(Some(self.into()))
    }
}

impl Bind for bool {
    const NULL: Parameter = Parameter::Boolean(None);

    fn parameter(self) -> Parameter {
        Parameter::Boolean(Some(self))
    }
}

impl Bind for String {
    const NULL: Parameter = Parameter::Text(None);

    fn parameter(self) -> Parameter {
        Parameter::Text(Some(self))
    }
}

impl Bind for &str {
    const NULL: Parameter = Parameter::Text(None);

    fn parameter(self) -> Parameter {
        Parameter::Text(Some(self.to_owned()))
    }
}

impl Bind for &String {
    const NULL: Parameter = Parameter::Text(None);

    fn parameter(self) -> Parameter {
        Parameter::Text(Some(self.clone()))
    }
}

impl Bind for &[u8] {
    const NULL: Parameter = Parameter::Bytes(None);

    fn parameter(self) -> Parameter {
        Parameter::Bytes(Some(Zeroizing::new(self.to_vec())))
    }
}

impl Bind for Guid {
    const NULL: Parameter = Parameter::Text(None);

    fn parameter(self) -> Parameter {
        Parameter::Text(Some(self.to_string()))
    }
}

impl Bind for Uuid {
    const NULL: Parameter = Parameter::Text(None);

    fn parameter(self) -> Parameter {
        Parameter::Text(Some(self.to_string()))
    }
}

impl Bind for &BusinessGroupId {
    const NULL: Parameter = Parameter::Text(None);

    fn parameter(self) -> Parameter {
        Parameter::Text(Some(self.as_str().to_owned()))
    }
}

impl Bind for &EmailAddress {
    const NULL: Parameter = Parameter::Text(None);

    fn parameter(self) -> Parameter {
        Parameter::Text(Some(self.as_str().to_owned()))
    }
}

impl Bind for PhoneNumber {
    const NULL: Parameter = Parameter::Integer(None);

    fn parameter(self) -> Parameter {
        Parameter::Integer(Some(rows::to_i64(self)))
    }
}

impl Bind for Timestamp {
    const NULL: Parameter = Parameter::Integer(None);

    fn parameter(self) -> Parameter {
        Parameter::Integer(Some(self.as_microsecond()))
    }
}

impl Bind for u64 {
    const NULL: Parameter = Parameter::Integer(None);

    fn parameter(self) -> Parameter {
        Parameter::Integer(Some(rows::stored_count(self)))
    }
}

impl Bind for usize {
    const NULL: Parameter = Parameter::Integer(None);

    fn parameter(self) -> Parameter {
        Parameter::Integer(Some(i64::try_from(self).unwrap_or(i64::MAX)))
    }
}
