//! The import of one upload, from the body's first byte to the store's answer.

use std::io;
use std::io::Read;
use std::sync::Arc;

use bytes::Buf;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::domain::actor::Deed;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::import::Import;
use crate::domain::import::ImportMode;
use crate::domain::import::PREVIEW_LIFETIME;
use crate::domain::phone_number::NumberingPlan;
use crate::import::cell;
use crate::import::problem::Problem;
use crate::import::problem::ProblemCode;
use crate::import::problem::Problems;
use crate::import::reader;
use crate::import::reader::ReadFile;
use crate::ports::import_store::BadRow;
use crate::ports::import_store::BadRowHandling;
use crate::ports::import_store::BadRowReason;
use crate::ports::import_store::BadRows;
use crate::ports::import_store::Confirmation;
use crate::ports::import_store::ImportBatch;
use crate::ports::import_store::ImportOutcome;
use crate::ports::import_store::ImportStore;
use crate::ports::import_store::LargeRemoval;
use crate::ports::store_error::StoreError;

/// How many pieces of the body wait for the reading thread at most: the upload goes no faster than it is read.
const PIECES_WAITING: usize = 16;

/// What becomes of mappings that are not in the file, and of rows that are bad. A replace that leaves bad rows out
/// would remove their mappings, so it can't be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Make the group's mappings equal to the file; a problem in any row stops it.
    Replace,
    /// Add and change only; a problem in any row stops it.
    Merge,
    /// Add and change only, and leave bad rows out. Of rows that repeat a number or an address the first is good. A
    /// file that can't be read as a whole (its header is wrong, or a quote is never closed) is refused nevertheless.
    MergeGoodRows,
}

impl Handling {
    fn mode(self) -> ImportMode {
        match self {
            Self::Replace => ImportMode::Replace,
            Self::Merge | Self::MergeGoodRows => ImportMode::Merge,
        }
    }
}

/// What to import into which group.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The business group.
    pub group: BusinessGroupId,
    /// What becomes of other mappings and of bad rows.
    pub handling: Handling,
    /// Go through only if the group's mappings are still of this revision.
    pub expected_revision: Option<i64>,
    /// Whether the file is applied at once, and how many mappings somebody agreed to lose; `None`: it is kept until it is
    /// applied.
    pub apply: Option<Confirmation>,
    /// Who uploads it, and when.
    pub deed: Deed,
}

/// A file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The import.
    pub import: Import,
    /// What was left out; empty unless [`Handling::MergeGoodRows`].
    pub problems: Problems,
}

/// Why nothing was imported. `E` is the body's own error.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E> {
    /// The file has problems.
    #[error("the file has {} problems", .0.count)]
    Rejected(Problems),
    /// The mappings are of another revision than expected.
    #[error("the mappings have changed: they are of revision {current} now")]
    RevisionMoved {
        /// The revision they are of.
        current: i64,
    },
    /// So many mappings would go that somebody must agree.
    #[error("the file would remove {} of {} mappings", .0.removed, .0.mapping_count)]
    ConfirmRemovals(LargeRemoval),
    /// There is no such group.
    #[error("there is no such business group")]
    NoSuchGroup,
    /// The body broke off.
    #[error("the upload broke off")]
    Body(E),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

/// Imports uploads.
#[derive(Clone)]
pub struct Importer {
    store: Arc<dyn ImportStore>,
    plan: NumberingPlan,
}

impl Importer {
    /// An importer into `store` that reads numbers without `+` in `plan`.
    pub fn new(store: Arc<dyn ImportStore>, plan: NumberingPlan) -> Self {
        Self { store, plan }
    }

    /// Reads a file as it comes, and keeps what it would change or applies it, whole or not at all.
    ///
    /// The body is always read to its end or its error, so that the answer finds a caller who listens. Once the body
    /// has failed, or the caller has dropped this future before the store was asked, nothing is applied.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub async fn import<S, E>(&self, request: ImportRequest, body: S) -> Result<ImportReport, ImportError<E>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let mut file = self.read(body).await?;
        if request.handling == Handling::Replace && file.row_count == 0 && file.problems.is_empty() {
            file.problems.add(no_rows(file.header_line));
        }
        let mut problems = std::mem::take(&mut file.problems);
        let batch = batch(request, file, &problems);
        match self.store.import(batch).await.map_err(ImportError::Store)? {
            ImportOutcome::Taken { import, bad_rows } => {
                add_bad_rows(&mut problems, bad_rows);
                Ok(ImportReport { import, problems })
            }
            ImportOutcome::Rejected { bad_rows } => {
                add_bad_rows(&mut problems, bad_rows);
                Err(ImportError::Rejected(problems))
            }
            ImportOutcome::RevisionMoved { current } => Err(ImportError::RevisionMoved { current }),
            ImportOutcome::ConfirmRemovals(large) => Err(ImportError::ConfirmRemovals(large)),
            ImportOutcome::NoSuchGroup => Err(ImportError::NoSuchGroup),
        }
    }

    /// Reads the body on a thread of its own: parsing is work that the other requests should not wait for.
    async fn read<S, E>(&self, mut body: S) -> Result<ReadFile, ImportError<E>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let (sender, pieces) = mpsc::channel(PIECES_WAITING);
        let plan = self.plan;
        let reading =
            tokio::task::spawn_blocking(move || reader::read(BodyReader { pieces, rest: Bytes::new() }, plan));
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(ImportError::Body)?;
            // An error says that the reader has seen enough of this file; the rest is taken in and let go.
            let _ = sender.send(piece).await;
        }
        drop(sender);
        let read = reading.await.map_err(|cause| ImportError::Store(StoreError::new(cause)))?;
        read.map_err(|cause| ImportError::Store(StoreError::new(cause)))
    }
}

/// What the store is asked.
fn batch(request: ImportRequest, file: ReadFile, problems: &Problems) -> ImportBatch {
    let bad_rows = match request.handling {
        Handling::MergeGoodRows if !file.unreadable => BadRowHandling::Skip { problem_count: problems.count },
        _ if problems.is_empty() => BadRowHandling::Reject,
        _ => BadRowHandling::CheckOnly,
    };
    ImportBatch {
        id: Uuid::now_v7(),
        group: request.group,
        mode: request.handling.mode(),
        row_count: file.row_count,
        rows: file.rows,
        other_numbers: if request.handling == Handling::MergeGoodRows { Vec::new() } else { file.other_numbers },
        bad_rows,
        expected_revision: request.expected_revision,
        apply: request.apply,
        // A clock that is out by thousands of years gives previews that end at once.
        expires_at: request.deed.at.checked_add(PREVIEW_LIFETIME).unwrap_or(request.deed.at),
        deed: request.deed,
    }
}

fn no_rows(header_line: u64) -> Problem {
    Problem::of_line(
        header_line,
        ProblemCode::NoRows,
        "The file has a header and no rows: it would remove every mapping of the business group. Add the rows that \
         are to stay.",
    )
}

pub(super) fn add_bad_rows(problems: &mut Problems, bad_rows: BadRows) {
    problems.merge(bad_rows.count, bad_rows.first.into_iter().map(problem_of_row));
}

fn problem_of_row(BadRow { row, reason }: BadRow) -> Problem {
    let line = u64::from(row.line);
    match reason {
        BadRowReason::NumberNotAssigned => Problem::of_cell(
            line,
            cell::PHONE_NUMBER,
            row.phone_number.to_string().as_bytes(),
            ProblemCode::NumberNotAssigned,
            "This number is not in the business group's number ranges. Correct it, or ask the operator to assign it.",
        ),
        BadRowReason::EmailTaken { by } => Problem::of_cell(
            line,
            cell::EMAIL,
            row.email.as_str().as_bytes(),
            ProblemCode::EmailTaken,
            format!(
                "This address already belongs to {by}, and an address has one number only. Give {by} another address \
                 in the same file, or remove its mapping first."
            ),
        ),
    }
}

/// The pieces of a body as a blocking reader, for the thread that parses.
struct BodyReader {
    pieces: mpsc::Receiver<Bytes>,
    rest: Bytes,
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.rest = piece,
                None => return Ok(0),
            }
        }
        let count = self.rest.len().min(buffer.len());
        self.rest.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}
