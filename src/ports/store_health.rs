//! The store as a whole: is it there, is its schema the program's.

use async_trait::async_trait;

use crate::ports::store_error::StoreError;

/// A URL of the database that leads to another machine, whose certificate is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{variable} leads to another machine, and the connection is not verified (sslmode {ssl_mode}): whoever stands between can \
     read and change everything. Set sslmode=verify-full in the URL, and sslrootcert where the authority is your own"
)]
pub struct UnverifiedConnection {
    /// The variable of the URL.
    pub variable: &'static str,
    /// The mode, as PostgreSQL's own library names it.
    pub ssl_mode: &'static str,
}

/// A database as a whole.
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Applies pending migrations. Two programs at once are no harm: one waits for the other.
    async fn migrate(&self) -> Result<(), StoreError>;

    /// Reads something small, which proves that the database answers and has the schema.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Which connections are not verified.
    fn unverified(&self) -> Vec<UnverifiedConnection>;

    /// Closes all connections.
    async fn close(&self);
}
