//! What can go wrong with every store.

use std::error::Error;
use std::io;

/// The store could not be asked, or did not answer as it must. What a caller can mend by another request has an
/// outcome of its own in each method; this is what only the operator can mend.
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable: {cause}")]
pub struct StoreError {
    #[source]
    cause: Box<dyn Error + Send + Sync>,
    is_full: bool,
}

impl StoreError {
    /// Wraps the cause, which is logged and never shown to a caller.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into(), is_full: false }
    }

    /// Wraps the cause, which is that there is no room left to write to.
    pub fn full(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into(), is_full: true }
    }

    /// Whether there was no room left to write to: what is there can still be read.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full || self.cause.downcast_ref().is_some_and(is_no_room)
    }
}

/// Whether it is for want of room that something could not be written.
#[must_use]
pub fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
