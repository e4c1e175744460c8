//! The import of one upload, from the body's first byte to the store's answer.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::domain::actor::AuditContext;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::import::{Confirmation, Import, ImportMode, PREVIEW_LIFETIME};
use crate::domain::phone_number::NumberingPlan;
use crate::import::problem::{Problem, ProblemCode, Problems};
use crate::import::reader::ReadFile;
use crate::import::{backlog, cell, reader, reading_thread};
use crate::ports::import_store::{
    BadRow, BadRowReason, BadRows, FileEnd, FilePiece, FileRows, ImportBatch, ImportRefusal, ImportStore, TakenImport,
};
use crate::ports::store_error::StoreError;

/// What happens to mappings that are not in the file, and to rows that are bad. A replace that leaves bad rows out
/// would remove their mappings, so it can't be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportPolicy {
    /// Make the group's mappings equal to the file; a problem in any row stops it.
    Replace,
    /// Add and change only; a problem in any row stops it.
    Merge,
    /// Add and change only, and leave bad rows out. Of rows that repeat a number or an address the first is good. A
    /// file that can't be read as a whole (its header is wrong, or a quote is never closed) is refused nevertheless.
    MergeGoodRows,
}

impl ImportPolicy {
    fn mode(self) -> ImportMode {
        match self {
            Self::Replace => ImportMode::Replace,
            Self::Merge | Self::MergeGoodRows => ImportMode::Merge,
        }
    }

    fn skips_bad_rows(self) -> bool {
        self == Self::MergeGoodRows
    }
}

/// What to import into which group.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The business group.
    pub group: BusinessGroupId,
    /// What happens to other mappings and to bad rows.
    pub policy: ImportPolicy,
    /// Go through only if the group's mappings are of one of these revisions; `None`: whatever they are of.
    pub expected_revisions: Option<Vec<i64>>,
    /// Whether the file is applied at once, and what somebody has agreed to; `None`: it is kept until it is applied.
    pub apply: Option<Confirmation>,
    /// Who uploads it, and when.
    pub context: AuditContext,
}

/// A file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The import.
    pub import: Import,
    /// What was left out; empty unless [`ImportPolicy::MergeGoodRows`].
    pub problems: Problems,
}

/// Why nothing was imported. `E` is the body's own error.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E> {
    /// The file has problems, or rows that can't go in.
    #[error("the file has {} problems", .0.count)]
    Rejected(Problems),
    /// The body broke off.
    #[error("the upload broke off")]
    Body(E),
    /// Whatever else the store says; no [`ImportRefusal::BadRows`], which are problems of the file.
    #[error(transparent)]
    Refused(#[from] ImportRefusal),
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
    /// The body is always read to its end or its error, so that the answer finds a caller who listens. The store is
    /// asked only then, so that nobody's slow upload holds anything in it. Once the body has failed, or the caller has
    /// dropped this future before the store was asked, nothing is applied.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub async fn import<S, E>(&self, request: ImportRequest, body: S) -> Result<ImportReport, ImportError<E>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let (pieces, reading) = self.read(request.policy, body).await?;
        let (tell, problems) = oneshot::channel();
        let policy = request.policy;
        let end = async move {
            let file = reading.await.map_err(StoreError::new)?.map_err(StoreError::of_temporary_file)?;
            let (end, problems) = end(policy, file);
            // Nobody listens where the store has failed, or asks for nothing of the file.
            let _ = tell.send(problems);
            Ok(end)
        };
        let file = FileRows { pieces, end: end.boxed() };
        let taken = self.store.import(batch(request), file).await;
        // None were told where the store did not ask for the end of the file.
        report(taken, problems.await.unwrap_or_default())
    }

    /// Takes in the body, which is read on a thread of its own: parsing is work that the other requests should not wait
    /// for. That thread may still be at work in the end.
    async fn read<S, E>(&self, policy: ImportPolicy, mut body: S) -> Result<(Pieces, Reading), ImportError<E>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let (mut backlog, reader) = backlog::new();
        let (take, pieces) = mpsc::unbounded_channel();
        let plan = self.plan;
        // What fails between here and the file's last row is the temporary file that it waits in, and nothing else.
        let fault = |cause| ImportError::Refused(StoreError::of_temporary_file(cause).into());
        let reading = reading_thread::start(move || {
            let take = &mut |rows, has_problems| {
                let piece = FilePiece { rows, is_rejected: has_problems && !policy.skips_bad_rows() };
                take.send(piece).map_or(ControlFlow::Break(()), ControlFlow::Continue)
            };
            reader::read_in_pieces(reader, plan, take)
        })
        .map_err(|cause| ImportError::Refused(StoreError::new(cause).into()))?;
        while let Some(bytes) = body.next().await {
            backlog.push(bytes.map_err(ImportError::Body)?).await.map_err(fault)?;
        }
        backlog.finish().await.map_err(fault)?;
        let pieces = stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
        let mut pieces = Box::pin(pieces.peekable());
        // Not before there is something to give: a workbook is read to its end first, and the store would hold a lock.
        pieces.as_mut().peek().await;
        Ok((pieces, reading))
    }
}

type Pieces = stream::BoxStream<'static, FilePiece>;

type Reading = oneshot::Receiver<io::Result<ReadFile>>;

/// What the store is told of a file that was read to its end, and the file's problems.
fn end(policy: ImportPolicy, mut file: ReadFile) -> (FileEnd, Problems) {
    if policy == ImportPolicy::Replace && file.row_count == 0 && file.problems.is_empty() {
        file.problems.add(no_rows(file.header_line));
    }
    let skips = policy.skips_bad_rows();
    let end = FileEnd {
        row_count: file.row_count,
        other_numbers: if skips { Vec::new() } else { file.other_numbers },
        problem_count: file.problems.count,
        is_rejected: file.unreadable || (!skips && !file.problems.is_empty()),
    };
    (end, file.problems)
}

/// What the store is asked.
fn batch(request: ImportRequest) -> ImportBatch {
    ImportBatch {
        id: Uuid::now_v7(),
        group: request.group,
        mode: request.policy.mode(),
        skips_bad_rows: request.policy.skips_bad_rows(),
        expected_revisions: request.expected_revisions,
        apply: request.apply,
        // A clock that is out by thousands of years gives previews that end at once.
        expires_at: request.context.at.checked_add(PREVIEW_LIFETIME).unwrap_or(request.context.at),
        context: request.context,
    }
}

/// What the store's answer means to the caller.
fn report<E>(
    taken: Result<TakenImport, ImportRefusal>,
    mut problems: Problems,
) -> Result<ImportReport, ImportError<E>> {
    match taken {
        Ok(TakenImport { import, bad_rows }) => {
            add_bad_rows(&mut problems, bad_rows);
            Ok(ImportReport { import, problems })
        }
        Err(ImportRefusal::BadRows(bad_rows)) => {
            add_bad_rows(&mut problems, bad_rows);
            Err(ImportError::Rejected(problems))
        }
        Err(refusal) => Err(refusal.into()),
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

/// The problems that rows are which the store can't take.
#[must_use]
pub fn problems_of(bad_rows: BadRows) -> Problems {
    let mut problems = Problems::default();
    add_bad_rows(&mut problems, bad_rows);
    problems
}

fn add_bad_rows(problems: &mut Problems, bad_rows: BadRows) {
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
            "This number is not in the business group's number ranges. Correct it, or ask the operator to assign it. A number \
             of another country needs a + in front.",
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
