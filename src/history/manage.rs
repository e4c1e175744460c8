use std::sync::Arc;

use jiff::SignedDuration;

use crate::domain::actor::Deed;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::ChangeCounts;
use crate::domain::history::MappingChange;
use crate::domain::history::Revision;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::history::HistoryError;
use crate::ports::clock::Clock;
use crate::ports::history_store::HistoryStore;
use crate::ports::history_store::Restore;
use crate::ports::history_store::RestoreOutcome;
use crate::ports::store_error::StoreError;

/// What can be done with histories.
#[derive(Clone)]
pub struct History {
    store: Arc<dyn HistoryStore>,
    clock: Arc<dyn Clock>,
}

/// A revision that was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The revision that the mappings are of now; the same as before if nothing had to be changed.
    pub revision: i64,
    /// What was changed.
    pub counts: ChangeCounts,
}

impl History {
    /// Histories kept in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn HistoryStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Reads a page of a group's revisions, the newest first.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchGroup`]
    pub async fn list(&self, group: &BusinessGroupId, page: &PageRequest<i64>) -> Result<Page<Revision>, HistoryError> {
        self.store.list(group, page).await?.ok_or(HistoryError::NoSuchGroup)
    }

    /// Reads a page of what a revision changed, in the order of the numbers.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRevision`]
    pub async fn list_changes(
        &self,
        group: &BusinessGroupId,
        revision: i64,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<MappingChange>, HistoryError> {
        self.store.list_changes(group, revision, page).await?.ok_or(HistoryError::NoSuchRevision)
    }

    /// Makes a group's mappings equal to those of an earlier revision, as a new revision.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRevision`], [`HistoryError::OutsideRanges`]; then nothing is changed.
    pub async fn restore(&self, group: BusinessGroupId, revision: i64, deed: Deed) -> Result<Restored, HistoryError> {
        match self.store.restore(Restore { group, revision, deed }).await? {
            RestoreOutcome::Restored { revision, counts } => Ok(Restored { revision, counts }),
            RestoreOutcome::OutsideRanges { count, first } => Err(HistoryError::OutsideRanges { count, first }),
            RestoreOutcome::NoSuchRevision => Err(HistoryError::NoSuchRevision),
        }
    }

    /// Forgets the revisions that are older than `age`; says how many. The mappings stay as they are.
    ///
    /// # Errors
    /// The store's.
    pub async fn prune(&self, age: SignedDuration) -> Result<u64, StoreError> {
        match self.clock.now().checked_sub(age) {
            Ok(time) => self.store.prune(time).await,
            // Nothing is as old as that.
            Err(_) => Ok(0),
        }
    }
}
