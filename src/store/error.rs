use crate::ports::store_error::StoreError;

/// A database that could not be opened. It never shows the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL can't be read.
    #[error("SIGNLINE_DATABASE_URL can't be read: {0}")]
    Url(String),
    /// The database can't be reached.
    #[error("the database of SIGNLINE_DATABASE_URL can't be opened: {0}")]
    Unreachable(String),
    /// The URL of the server itself can't be read.
    #[error("SIGNLINE_LISTEN_DATABASE_URL can't be read: {0}")]
    ListenUrl(String),
    /// The server itself can't be reached.
    #[error("the database of SIGNLINE_LISTEN_DATABASE_URL can't be opened: {0}")]
    ListenUnreachable(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_full(&error) { Self::full(error) } else { Self::new(error) }
    }
}

/// Whether the database has no room left: `disk_full` of PostgreSQL, `SQLITE_FULL` and `SQLITE_IOERR_SHMSIZE`.
fn is_full(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("53100" | "13" | "4874"))
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
