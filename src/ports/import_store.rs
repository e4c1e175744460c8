//! The store of imports: files compared with a group's mappings, applied at once or later.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::actor::AuditContext;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::{MappingChange, Revision};
use crate::domain::import::{Confirmation, Import, ImportMode, ImportRow, LargeChange, PackedRows};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;

/// Imports in a database. Each method is one transaction: it happened whole or not at all, and once it has answered
/// every reader sees it.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Compares a file with the group's mappings, and keeps what it would change or applies it, whole or not at all.
    /// Where previews of the group wait beyond [`MAX_WAITING_PREVIEWS`](crate::domain::import::MAX_WAITING_PREVIEWS) or
    /// [`MAX_WAITING_CHANGES`](crate::domain::import::MAX_WAITING_CHANGES), the oldest go.
    ///
    /// # Errors
    /// [`ImportRefusal`]
    async fn import(&self, batch: ImportBatch, file: FileRows) -> Result<TakenImport, ImportRefusal>;

    /// Finds an import of a group that has not expired by `now`.
    ///
    /// # Errors
    /// [`KeptImportRefusal::NoSuchImport`]
    async fn find(&self, group: &BusinessGroupId, id: Uuid, now: Timestamp) -> Result<Import, KeptImportRefusal>;

    /// Reads a page of what an import changes, in the order of the numbers.
    ///
    /// # Errors
    /// [`KeptImportRefusal::NoSuchImport`]
    async fn list_changes(
        &self,
        group: &BusinessGroupId,
        id: Uuid,
        now: Timestamp,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<MappingChange>, KeptImportRefusal>;

    /// Applies an import that waits, whole or not at all. One that was applied stays as it is, and is told again.
    ///
    /// # Errors
    /// [`KeptImportRefusal`]
    async fn apply(&self, apply: ApplyImport) -> Result<AppliedImport, KeptImportRefusal>;

    /// Drops an import that waits.
    ///
    /// # Errors
    /// [`KeptImportRefusal::NoSuchImport`], [`KeptImportRefusal::Applied`]
    async fn discard(&self, group: &BusinessGroupId, id: Uuid, context: &AuditContext)
    -> Result<(), KeptImportRefusal>;

    /// Drops the imports that have expired by `now`, a few at a time; says how many. Two programs at once are no harm.
    async fn discard_expired(&self, now: Timestamp) -> Result<u64, StoreError>;
}

/// What is to become of a file.
#[derive(Clone, Debug)]
pub struct ImportBatch {
    /// Names the import.
    pub id: Uuid,
    /// The business group.
    pub group: BusinessGroupId,
    /// What happens to mappings that are not in the file.
    pub mode: ImportMode,
    /// Whether rows that are bad or can't go in are left out. If not, the first of them stops the import: from then on
    /// the file is only checked to its end.
    pub skips_bad_rows: bool,
    /// Go through only if the group's mappings are of one of these revisions; `None`: whatever they are of.
    pub expected_revisions: Option<Vec<i64>>,
    /// Whether the file is applied in the same transaction, and what somebody has agreed to then.
    pub apply: Option<Confirmation>,
    /// When a preview expires.
    pub expires_at: Timestamp,
    /// Who uploads it, and when.
    pub context: AuditContext,
}

/// A file that may still be being read. It has arrived by then: who waits for them waits for no client.
pub struct FileRows {
    /// The good rows in the file's order: no number and no address stands twice.
    pub pieces: BoxStream<'static, FilePiece>,
    /// What is known of the file after its last row.
    pub end: BoxFuture<'static, Result<FileEnd, StoreError>>,
}

/// Some good rows of a file.
#[derive(Clone, Debug)]
pub struct FilePiece {
    /// The rows. Who checks the file keeps them as well, so they are shared.
    pub rows: Arc<PackedRows>,
    /// Whether a problem has been found that stops the import.
    pub is_rejected: bool,
}

/// What is known of a file once it has been read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileEnd {
    /// How many rows the file has, bad ones included.
    pub row_count: u64,
    /// Numbers that the file names in rows that are bad otherwise. They count as "in the file" where a merge asks
    /// whether an address belongs to a number outside it. Empty where bad rows are left out.
    pub other_numbers: Vec<PhoneNumber>,
    /// How many problems the file has.
    pub problem_count: u64,
    /// Whether the file has problems that stop the import: only the store's own are still to be told.
    pub is_rejected: bool,
}

/// A file that is kept, and applied if that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenImport {
    /// The import.
    pub import: Import,
    /// The rows that were left out; none unless [`ImportBatch::skips_bad_rows`].
    pub bad_rows: BadRows,
}

/// Why a file was not taken. Nothing was changed, unless the store says that it could not be asked:
/// then a commit may have gone through whose answer was lost.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// Rows can't go in (or the file had problems of its own, [`FileEnd::is_rejected`], and then there may be none).
    #[error("rows of the file can't go in")]
    BadRows(BadRows),
    /// The mappings are of another revision than expected.
    #[error("the mappings have changed: they are of revision {current} now")]
    RevisionMoved {
        /// The revision they are of.
        current: i64,
    },
    /// So much would go or change that somebody must agree.
    #[error("the file changes so many mappings that somebody must agree")]
    Unconfirmed(LargeChange),
    /// There is no such group.
    #[error("there is no such business group")]
    NoSuchGroup,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An import to be applied.
#[derive(Clone, Debug)]
pub struct ApplyImport {
    /// The business group.
    pub group: BusinessGroupId,
    /// The import.
    pub id: Uuid,
    /// What somebody has agreed to.
    pub confirmed: Confirmation,
    /// Who applies it, and when.
    pub context: AuditContext,
}

/// An import that is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedImport {
    /// The import.
    pub import: Import,
    /// Whether this call applied it, and not one before.
    pub is_new: bool,
}

/// Why an import that was uploaded was not found, applied or dropped. Nothing was changed, unless the store says that
/// it could not be asked: then a commit may have gone through whose answer was lost.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptImportRefusal {
    /// There is no such group or import, or it has expired.
    #[error("there is no such import: it may have been dropped, or more than 24 hours old")]
    NoSuchImport,
    /// The mappings have changed since the preview.
    #[error("the mappings have changed since revision {base_revision}: they are of revision {current} now")]
    Stale {
        /// The revision that the file was compared with.
        base_revision: i64,
        /// The revision that the mappings are of.
        current: i64,
        /// The first [`MAX_LISTED_REVISIONS`] since the preview.
        since: Vec<Revision>,
    },
    /// Numbers of the file have left the group's ranges since the preview.
    #[error("{} numbers of the file have left the business group's number ranges since the preview", .0.count)]
    OutsideRanges(BadRows),
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

/// Rows that the store can't take: all are counted, the first are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadRows {
    /// How many there are.
    pub count: u64,
    /// The first [`MAX_LISTED_BAD_ROWS`] of them, by line.
    pub first: Vec<BadRow>,
}

/// How many bad rows an import tells at most: a file of a million bad rows must not fill the memory.
pub const MAX_LISTED_BAD_ROWS: usize = 1000;

/// How many revisions are told at most where an import is stale.
pub const MAX_LISTED_REVISIONS: usize = 20;

/// A row that the store can't take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The row.
    pub row: ImportRow,
    /// Why.
    pub reason: BadRowReason,
}

/// Why the store can't take a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRowReason {
    /// None of the group's ranges holds the number.
    NumberNotAssigned,
    /// In a merge: the address belongs to a number that keeps it, because the file does not give that number another
    /// (or does so in a row that can't go in either).
    EmailTaken {
        /// The number that has the address.
        by: PhoneNumber,
    },
}
