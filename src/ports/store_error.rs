//! What can go wrong with every store.

use std::error::Error;
use std::io;

/// The store could not be asked, or did not answer as it must. What a caller can mend by another request has an
/// outcome of its own in each method; this is what only the operator can mend. One refusal is here as well, because it is
/// the same whatever was asked for: [`StoreError::lost_right`].
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable: {cause}")]
pub struct StoreError {
    #[source]
    cause: Box<dyn Error + Send + Sync>,
    is_full: bool,
}

/// The right to a change was gone when the change had its turn. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LostRight {
    /// The API key was revoked.
    #[error("the API key was revoked meanwhile")]
    KeyRevoked,
    /// The API key's time is over.
    #[error("the API key has expired meanwhile")]
    KeyExpired,
    /// The caller's tenant is not linked to the business group any more.
    #[error("the tenant was unlinked meanwhile")]
    TenantNotLinked,
}

impl From<LostRight> for StoreError {
    fn from(lost: LostRight) -> Self {
        Self::new(lost)
    }
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

    /// The right that was gone, if that is why nothing was changed.
    #[must_use]
    pub fn lost_right(&self) -> Option<LostRight> {
        self.cause.downcast_ref().copied()
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
