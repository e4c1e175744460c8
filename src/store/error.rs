//! What a database can refuse, and which fault it is.

use sqlx::error::DatabaseError;

use crate::ports::store_error::{StoreError, StoreFault};

/// A database that could not be opened. It never shows the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL can't be read.
    #[error("SIGNLINE_DATABASE_URL can't be read: {0}")]
    Url(String),
    /// The database can't be reached.
    #[error("the database of SIGNLINE_DATABASE_URL can't be opened: {0}")]
    Unreachable(String),
    /// The database keeps texts in an encoding that has not all letters, or not in the order of their bytes.
    #[error("the database is kept in {encoding}, and Signline needs UTF-8. {move_it}")]
    Encoding {
        /// The encoding, as the database names it.
        encoding: String,
        /// How to get another.
        move_it: &'static str,
    },
    /// The URL of the server itself can't be read.
    #[error("SIGNLINE_LISTEN_DATABASE_URL can't be read: {0}")]
    ListenUrl(String),
    /// The server itself can't be reached.
    #[error("the database of SIGNLINE_LISTEN_DATABASE_URL can't be opened: {0}")]
    ListenUnreachable(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let Some(refusal) = error.as_database_error() else { return Self::new(error) };
        let code = refusal.code().unwrap_or_default();
        match fault_of(&code) {
            // The database's words may hold the value.
            StoreFault::RefusedValue => {
                let rule = refusal.constraint().map(|rule| format!(", {rule}")).unwrap_or_default();
                Self::of(StoreFault::RefusedValue, RefusedValue(format!("{code}{rule}")))
            }
            fault => Self::of(fault, error),
        }
    }
}

/// Whether the database refused a value that another row has.
pub(super) fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(DatabaseError::is_unique_violation)
}

/// A value that the database does not take.
#[derive(Debug, thiserror::Error)]
#[error("the database refused a value ({0})")]
struct RefusedValue(String);

/// Which fault a code of the database's is: five signs of PostgreSQL
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>), or the number of SQLite
/// (<https://www.sqlite.org/rescode.html>).
fn fault_of(code: &str) -> StoreFault {
    let number: Option<u32> = code.parse().ok().filter(|_| code.len() != 5);
    match number {
        // An extended code has the primary one in its low byte: `SQLITE_FULL`, and `SQLITE_IOERR_SHMSIZE`.
        Some(13 | 4874) => StoreFault::Full,
        // `SQLITE_TOOBIG`, `SQLITE_CONSTRAINT` and `SQLITE_MISMATCH`.
        Some(number) if matches!(number & 0xFF, 18..=20) => StoreFault::RefusedValue,
        None if code == "53100" => StoreFault::Full,
        // Values of a wrong form, or in letters that the database's encoding has not; and rules that no refusal stands
        // for. A function or a trigger that raises something of its own has P0001.
        None if ["22", "23", "44"].iter().any(|class| code.starts_with(class)) || code == "P0001" => {
            StoreFault::RefusedValue
        }
        Some(_) | None => StoreFault::Unanswered,
    }
}

/// A row that no program of this version has written.
#[derive(Debug, thiserror::Error)]
#[error("the database holds {0}, which can't be read")]
pub(super) struct UnreadableRow(pub(super) &'static str);

impl From<UnreadableRow> for StoreError {
    fn from(error: UnreadableRow) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_says_of_a_value_is_told_from_an_outage() {
        for (codes, expected) in [
            (["53100", "13", "4874", "53100"], StoreFault::Full),
            // An encoding without the letter, a byte that no text has, a rule; SQLITE_CONSTRAINT_TRIGGER.
            (["22P05", "22021", "23514", "1811"], StoreFault::RefusedValue),
            (["P0001", "18", "20", "22003"], StoreFault::RefusedValue),
            // Shut down, too many connections, a deadlock; SQLITE_BUSY.
            (["57P01", "53300", "40P01", "5"], StoreFault::Unanswered),
            (["42P01", "", "10", "261"], StoreFault::Unanswered),
        ] {
            for code in codes {
                assert_eq!(fault_of(code), expected, "{code}");
            }
        }
    }
}
