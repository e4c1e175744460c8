//! The store as a whole: is it there, is its schema the program's.

use async_trait::async_trait;

use crate::ports::store_error::StoreError;

/// A database as a whole.
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Applies pending migrations. Two programs at once are no harm: one waits for the other.
    async fn migrate(&self) -> Result<(), StoreError>;

    /// Reads something small, which proves that the database answers and has the schema.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Closes all connections.
    async fn close(&self);
}
