//! What can go wrong with every store.

use std::error::Error;

/// The store could not be asked, or did not answer as it must. What a caller can mend by another request has an
/// outcome of its own in each method; this is what only the operator can mend.
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable: {0}")]
pub struct StoreError(#[source] pub Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps the cause, which is logged and never shown to a caller.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}
