//! What can go wrong with every store.

use std::error::Error;
use std::io;

/// The store could not be asked, or did not answer as it must. What a caller can fix by another request is a
/// refusal of its own in each port; this is what only the operator can fix. One refusal is here as well, because it is
/// the same whatever was asked for: [`StoreFault::LostRight`].
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable: {cause}")]
pub struct StoreError {
    #[source]
    cause: Box<dyn Error + Send + Sync>,
    fault: StoreFault,
}

/// Two are equal that are of the same kind: the cause is for the log alone.
impl PartialEq for StoreError {
    fn eq(&self, other: &Self) -> bool {
        self.fault == other.fault
    }
}

impl Eq for StoreError {}

/// What kind of fault it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// The database did not answer, or not as it must: another try may go well.
    Unanswered,
    /// There is no room left to write to: what is there can still be read.
    Full,
    /// The database has answered that it does not take a value: another try comes to the same.
    RefusedValue,
    /// No file can be written in the folder for temporary files.
    TemporaryFolder,
    /// The caller's right was gone when the change had its turn.
    LostRight(LostRight),
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
        Self::of(StoreFault::LostRight(lost), lost)
    }
}

impl StoreError {
    /// Wraps the cause, which is logged and never shown to a caller.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(StoreFault::Unanswered, cause)
    }

    /// Wraps the cause of a fault of a kind.
    pub fn of(fault: StoreFault, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into(), fault }
    }

    /// Wraps the fault of a temporary file, which a store's rows come from, or go to.
    #[must_use]
    pub fn of_temporary_file(cause: io::Error) -> Self {
        let fault = if is_no_room(&cause) { StoreFault::Full } else { StoreFault::TemporaryFolder };
        Self::of(fault, cause)
    }

    /// What kind of fault it was.
    #[must_use]
    pub fn fault(&self) -> StoreFault {
        self.fault
    }
}

/// Whether it is for want of room that something could not be written.
#[must_use]
pub fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
