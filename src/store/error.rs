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
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::new(error)
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
