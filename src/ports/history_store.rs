//! The store of each group's history.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::actor::AuditContext;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::{ChangeCounts, MappingChange, Revision};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;

/// The histories of groups in a database. Each method is one transaction.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// Reads a page of a group's revisions, the newest first.
    ///
    /// # Errors
    /// [`HistoryRefusal::NoSuchGroup`]
    async fn list(&self, group: &BusinessGroupId, page: &PageRequest<i64>) -> Result<Page<Revision>, HistoryRefusal>;

    /// Reads a page of what a revision changed, in the order of the numbers.
    ///
    /// # Errors
    /// [`HistoryRefusal::NoSuchRevision`], also where the group does not exist.
    async fn list_changes(
        &self,
        group: &BusinessGroupId,
        revision: i64,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<MappingChange>, HistoryRefusal>;

    /// Makes the mappings equal to those of an earlier revision, as a new revision.
    ///
    /// # Errors
    /// [`HistoryRefusal::NoSuchRevision`], [`HistoryRefusal::OutsideRanges`]
    async fn restore(&self, restore: Restore) -> Result<Restored, HistoryRefusal>;

    /// Forgets the revisions that were made before `time`; says how many. The mappings stay as they are.
    async fn prune(&self, time: Timestamp) -> Result<u64, StoreError>;
}

/// A revision to go back to.
#[derive(Clone, Debug)]
pub struct Restore {
    /// The business group.
    pub group: BusinessGroupId,
    /// The revision; 0 is the empty group that it began as.
    pub revision: i64,
    /// Who restores it, and when.
    pub context: AuditContext,
}

/// A revision that was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The revision that the mappings are of now; the same as before if nothing had to be changed.
    pub revision: i64,
    /// What was changed.
    pub counts: ChangeCounts,
}

/// Why a revision was not found or restored. Nothing was changed, unless the store says that it could not be asked:
/// then a commit may have gone through whose answer was lost.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryRefusal {
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
        /// The first [`MAX_LISTED_NUMBERS`] of them.
        first: Vec<PhoneNumber>,
    },
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many numbers outside the ranges are told at most.
pub const MAX_LISTED_NUMBERS: usize = 100;
