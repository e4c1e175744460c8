//! Imports that were uploaded and are kept: to be looked at, applied, or dropped.

use std::sync::Arc;

use uuid::Uuid;

use crate::domain::actor::Deed;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::MappingChange;
use crate::domain::history::Revision;
use crate::domain::import::Confirmation;
use crate::domain::import::Import;
use crate::domain::import::LargeChange;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::import::problem::Problems;
use crate::import::service::add_bad_rows;
use crate::ports::clock::Clock;
use crate::ports::import_store::ApplyImport;
use crate::ports::import_store::ApplyOutcome;
use crate::ports::import_store::DiscardOutcome;
use crate::ports::import_store::ImportStore;
use crate::ports::store_error::StoreError;

/// What can be done with uploaded imports.
#[derive(Clone)]
pub struct KeptImports {
    store: Arc<dyn ImportStore>,
    clock: Arc<dyn Clock>,
}

/// An import that is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedImport {
    /// The import.
    pub import: Import,
    /// Whether this call applied it, and not one before.
    pub is_new: bool,
}

/// Why an import was not found, applied or dropped.
#[derive(Debug, thiserror::Error)]
pub enum KeptImportError {
    /// There is no such group or import, or it has expired.
    #[error("there is no such import: it may have been dropped, or more than 24 hours old")]
    NoSuchImport,
    /// The mappings have changed since the preview.
    #[error("the mappings have changed since revision {base_revision}: they are of revision {current} now")]
    Stale {
        /// The revision that the file was held against.
        base_revision: i64,
        /// The revision that the mappings are of.
        current: i64,
        /// The first revisions since the preview.
        since: Vec<Revision>,
    },
    /// Numbers of the file have left the group's ranges since the preview.
    #[error("{} numbers of the file have left the business group's number ranges since the preview", .0.count)]
    OutsideRanges(Problems),
    /// So much would go or change that somebody must agree.
    #[error("the import changes so many mappings that somebody must agree")]
    Unconfirmed(LargeChange),
    /// It was applied, so it can't be dropped.
    #[error("the import was applied already: to undo it, restore the revision before it")]
    Applied,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeptImports {
    /// Imports kept in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn ImportStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Finds an import.
    ///
    /// # Errors
    /// [`KeptImportError::NoSuchImport`]
    pub async fn find(&self, group: &BusinessGroupId, id: Uuid) -> Result<Import, KeptImportError> {
        self.store.find(group, id, self.clock.now()).await?.ok_or(KeptImportError::NoSuchImport)
    }

    /// Reads a page of what an import changes, in the order of the numbers.
    ///
    /// # Errors
    /// [`KeptImportError::NoSuchImport`]
    pub async fn list_changes(
        &self,
        group: &BusinessGroupId,
        id: Uuid,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<MappingChange>, KeptImportError> {
        let found = self.store.list_changes(group, id, self.clock.now(), page).await?;
        found.ok_or(KeptImportError::NoSuchImport)
    }

    /// Applies an import, whole or not at all. Once applied it stays so: a second call gives the same answer, and says that
    /// it is not new.
    ///
    /// # Errors
    /// [`KeptImportError`]; then nothing is changed.
    pub async fn apply(
        &self,
        group: BusinessGroupId,
        id: Uuid,
        confirmed: Confirmation,
        deed: Deed,
    ) -> Result<AppliedImport, KeptImportError> {
        match self.store.apply(ApplyImport { group, id, confirmed, deed }).await? {
            ApplyOutcome::Applied(import) => Ok(AppliedImport { import, is_new: true }),
            ApplyOutcome::AppliedBefore(import) => Ok(AppliedImport { import, is_new: false }),
            ApplyOutcome::Stale { base_revision, current, since } => {
                Err(KeptImportError::Stale { base_revision, current, since })
            }
            ApplyOutcome::OutsideRanges(bad_rows) => {
                let mut problems = Problems::default();
                add_bad_rows(&mut problems, bad_rows);
                Err(KeptImportError::OutsideRanges(problems))
            }
            ApplyOutcome::Unconfirmed(large) => Err(KeptImportError::Unconfirmed(large)),
            ApplyOutcome::NoSuchImport => Err(KeptImportError::NoSuchImport),
        }
    }

    /// Drops an import that was not applied.
    ///
    /// # Errors
    /// [`KeptImportError::NoSuchImport`], [`KeptImportError::Applied`]
    pub async fn discard(&self, group: &BusinessGroupId, id: Uuid, deed: &Deed) -> Result<(), KeptImportError> {
        match self.store.discard(group, id, deed).await? {
            DiscardOutcome::Discarded => Ok(()),
            DiscardOutcome::Applied => Err(KeptImportError::Applied),
            DiscardOutcome::NoSuchImport => Err(KeptImportError::NoSuchImport),
        }
    }

    /// Drops the imports that have expired; says how many.
    ///
    /// # Errors
    /// The store's.
    pub async fn discard_expired(&self) -> Result<u64, StoreError> {
        self.store.discard_expired(self.clock.now()).await
    }
}
