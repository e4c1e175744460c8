//! How a replica hears of changes that are made elsewhere.

use std::convert::Infallible;

use async_trait::async_trait;

/// Hears of changes to lines that other replicas, or other programs, make in the same database.
#[async_trait]
pub trait LineWatch: Send + Sync {
    /// Listens for good: invalidates the lines of changed tenants, and tells how long what was read before may be
    /// trusted. While nothing can be heard, nothing is trusted. Ends only by being dropped.
    async fn listen(&self) -> Infallible;
}
