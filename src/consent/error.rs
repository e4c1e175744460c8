//! Why consents could not be listed.

use crate::ports::store_error::StoreError;

/// Why consents could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// There is no such group.
    #[error("there is no such business group")]
    NoSuchGroup,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}
