use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;

/// Why a revision was not found or restored.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is no such group.
    #[error("there is no such business group")]
    NoSuchGroup,
    /// The group has no such revision, or its history does not reach back to it any more.
    #[error("the business group has no such revision, or its history does not reach back to it")]
    NoSuchRevision,
    /// Numbers have left the group's ranges since.
    #[error("{count} numbers of that revision have left the business group's number ranges since")]
    OutsideRanges {
        /// How many.
        count: u64,
        /// The first of them.
        first: Vec<PhoneNumber>,
    },
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}
