//! The store of each group's history.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::actor::Deed;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::ChangeCounts;
use crate::domain::history::MappingChange;
use crate::domain::history::Revision;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;

/// The histories of groups in a database. Each method is one transaction.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// Reads a page of a group's revisions, the newest first; `None` if there is no such group.
    async fn list(
        &self,
        group: &BusinessGroupId,
        page: &PageRequest<i64>,
    ) -> Result<Option<Page<Revision>>, StoreError>;

    /// Reads a page of what a revision changed, in the order of the numbers; `None` if there is no such group or
    /// revision.
    async fn list_changes(
        &self,
        group: &BusinessGroupId,
        revision: i64,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Option<Page<MappingChange>>, StoreError>;

    /// Makes the mappings equal to those of an earlier revision.
    async fn restore(&self, restore: Restore) -> Result<RestoreOutcome, StoreError>;

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
    pub deed: Deed,
}

/// What became of a [`Restore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreOutcome {
    /// The mappings are those of the revision.
    Restored {
        /// The revision that they are of now; the same as before if nothing had to be changed.
        revision: i64,
        /// What was changed.
        counts: ChangeCounts,
    },
    /// Numbers have left the group's ranges since. Nothing was changed.
    OutsideRanges {
        /// How many.
        count: u64,
        /// The first [`MAX_LISTED_NUMBERS`] of them.
        first: Vec<PhoneNumber>,
    },
    /// There is no such group, or its history does not reach to the revision.
    NoSuchRevision,
}

/// How many numbers outside the ranges are told at most.
pub const MAX_LISTED_NUMBERS: usize = 100;
