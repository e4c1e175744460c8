//! What the importer asks of the store, and what it makes of a body that breaks off.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use signline::domain::actor::{Actor, ActorKind, AuditContext, RightSource};
use signline::domain::business_group::BusinessGroupId;
use signline::domain::history::{ChangeCounts, MappingChange};
use signline::domain::import::{Confirmation, Import, ImportMode, ImportRow, ImportState, PREVIEW_LIFETIME, RowInPack};
use signline::domain::page::{Page, PageRequest};
use signline::domain::phone_number::PhoneNumber;
use signline::import::{ImportError, ImportPolicy, ImportReport, ImportRequest, Importer, Problems};
use signline::ports::import_store::{
    AppliedImport, ApplyImport, BadRow, BadRowReason, BadRows, FileEnd, FileRows, ImportBatch, ImportRefusal,
    ImportStore, KeptImportRefusal, TakenImport,
};
use signline::ports::store_error::StoreError;
use uuid::Uuid;

use crate::us;

const HEADER: &str = "PhoneNumber,MEEmailAddress\n";
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// What a store was asked, and the file that it read.
#[derive(Clone)]
struct Asked {
    batch: ImportBatch,
    rows: Vec<ImportRow>,
    end: FileEnd,
}

/// Keeps what it was asked, and takes every row but those whose number ends in 9.
#[derive(Default)]
struct RecordingStore {
    asked: Mutex<Vec<Asked>>,
}

fn not_for_uploads<T, R: From<StoreError>>() -> Result<T, R> {
    Err(StoreError::new("an upload asks for nothing else").into())
}

#[async_trait]
impl ImportStore for RecordingStore {
    async fn import(&self, batch: ImportBatch, mut file: FileRows) -> Result<TakenImport, ImportRefusal> {
        let mut rows = Vec::new();
        let mut was_rejected = false;
        while let Some(piece) = file.pieces.next().await {
            rows.extend(piece.rows.iter().map(RowInPack::unpacked));
            assert!(!was_rejected || piece.is_rejected);
            was_rejected = piece.is_rejected;
        }
        let end = file.end.await?;
        assert!(!was_rejected || end.is_rejected);
        let outside = |row: &&ImportRow| row.phone_number.digits() % 10 == 9;
        let bad = |row: &ImportRow| BadRow { row: row.clone(), reason: BadRowReason::NumberNotAssigned };
        let first: Vec<BadRow> = rows.iter().filter(outside).map(bad).collect();
        let bad_rows = BadRows { count: first.len() as u64, first };
        let asked = Asked { batch: batch.clone(), rows: rows.clone(), end: end.clone() };
        self.asked.lock().unwrap().push(asked);
        if end.is_rejected || (bad_rows.count > 0 && !batch.skips_bad_rows) {
            return Err(ImportRefusal::BadRows(bad_rows));
        }
        let problem_count = batch.skips_bad_rows.then_some(end.problem_count + bad_rows.count);
        let import = Import {
            id: batch.id,
            mode: batch.mode,
            state: batch.apply.map_or(ImportState::Ready, |_| ImportState::Applied { revision: 5 }),
            base_revision: 4,
            row_count: end.row_count,
            counts: ChangeCounts { added: rows.len() as u64 - bad_rows.count, ..ChangeCounts::default() },
            reassigned: Some(0),
            unchanged: 0,
            problem_count,
            created_at: batch.context.at,
            expires_at: batch.expires_at,
        };
        Ok(TakenImport { import, bad_rows })
    }

    async fn find(&self, _: &BusinessGroupId, _: Uuid, _: Timestamp) -> Result<Import, KeptImportRefusal> {
        not_for_uploads()
    }

    async fn list_changes(
        &self,
        _: &BusinessGroupId,
        _: Uuid,
        _: Timestamp,
        _: &PageRequest<PhoneNumber>,
    ) -> Result<Page<MappingChange>, KeptImportRefusal> {
        not_for_uploads()
    }

    async fn apply(&self, _: ApplyImport) -> Result<AppliedImport, KeptImportRefusal> {
        not_for_uploads()
    }

    async fn discard(&self, _: &BusinessGroupId, _: Uuid, _: &AuditContext) -> Result<(), KeptImportRefusal> {
        not_for_uploads()
    }

    async fn discard_expired(&self, _: Timestamp) -> Result<u64, StoreError> {
        not_for_uploads()
    }
}

type Outcome = Result<ImportReport, ImportError<&'static str>>;

/// Imports a body of these pieces; gives the answer and what the store was asked.
async fn import_pieces(policy: ImportPolicy, pieces: Vec<Result<Bytes, &'static str>>) -> (Outcome, Vec<Asked>) {
    let store = Arc::new(RecordingStore::default());
    let importer = Importer::new(store.clone(), us());
    let group = BusinessGroupId::parse("abccompany").unwrap();
    let actor = Actor { kind: ActorKind::ApiKey, id: "k1".to_owned(), name: "key".to_owned() };
    let context = AuditContext { actor, right: RightSource::Lasting, at: NOW, request_id: None };
    let request = ImportRequest {
        group,
        policy,
        expected_revisions: Some(vec![4]),
        apply: Some(Confirmation::default()),
        context,
    };
    let outcome = importer.import(request, stream::iter(pieces)).await;
    let asked = store.asked.lock().unwrap().clone();
    (outcome, asked)
}

async fn import(policy: ImportPolicy, rows: &str) -> (Outcome, Asked) {
    let pieces = format!("{HEADER}{rows}").into_bytes().chunks(7).map(|piece| Ok(piece.to_vec().into())).collect();
    let (outcome, mut asked) = import_pieces(policy, pieces).await;
    assert_eq!(asked.len(), 1);
    (outcome, asked.remove(0))
}

fn codes(problems: &Problems) -> Vec<(u64, &'static str)> {
    problems.first.iter().map(|problem| (problem.line, problem.code.as_str())).collect()
}

#[track_caller]
fn rejected(outcome: Outcome) -> Vec<(u64, &'static str)> {
    match outcome {
        Err(ImportError::Rejected(problems)) => codes(&problems),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_good_file_is_applied_whole() {
    let (outcome, asked) = import(ImportPolicy::Replace, "7635551111,bob@abc.com\n\n7635552222,ann@abc.com\n").await;
    let batch = asked.batch;
    let report = outcome.unwrap();
    assert_eq!((report.import.row_count, report.import.counts.added), (2, 2));
    assert_eq!((report.import.base_revision, report.import.state), (4, ImportState::Applied { revision: 5 }));
    assert!(report.problems.is_empty());
    assert_eq!(
        (batch.mode, batch.skips_bad_rows, batch.apply),
        (ImportMode::Replace, false, Some(Confirmation::default()))
    );
    assert!(!asked.end.is_rejected);
    assert_eq!(
        (batch.expected_revisions, batch.context.at, batch.context.actor.id.as_str()),
        (Some(vec![4]), NOW, "k1")
    );
    assert_eq!(batch.expires_at, NOW + PREVIEW_LIFETIME);
    assert_eq!((asked.rows.len(), asked.end.row_count), (2, 2));
}

#[tokio::test]
async fn problems_of_the_file_and_of_the_store_make_one_list_by_line() {
    let rows = "7635551119,bob@abc.com\n7635552222,ann\n7635553339,eve@abc.com\n763,kim@abc.com\n";
    for policy in [ImportPolicy::Replace, ImportPolicy::Merge] {
        let (outcome, asked) = import(policy, rows).await;
        let expected =
            [(2, "number_not_assigned"), (3, "invalid_email"), (4, "number_not_assigned"), (5, "invalid_phone_number")];
        assert_eq!(rejected(outcome), expected);
        assert!(asked.end.is_rejected);
        assert_eq!(asked.end.other_numbers.len(), 1);
    }
}

#[tokio::test]
async fn a_merge_of_good_rows_leaves_the_bad_ones_out_and_tells_them() {
    let rows = "7635551111,bob@abc.com\n7635552222,ann\n7635553339,eve@abc.com\n7635551111,kim@abc.com\n";
    let (outcome, asked) = import(ImportPolicy::MergeGoodRows, rows).await;
    let report = outcome.unwrap();
    let expected = [(3, "invalid_email"), (4, "number_not_assigned"), (5, "duplicate_phone_number")];
    assert_eq!(codes(&report.problems), expected);
    assert_eq!((report.import.row_count, report.import.counts.added, report.problems.count), (4, 1, 3));
    assert_eq!(report.import.problem_count, Some(3));
    assert!(asked.batch.skips_bad_rows && !asked.end.is_rejected);
    assert_eq!(asked.end.problem_count, 2);
    assert!(asked.end.other_numbers.is_empty());
}

#[tokio::test]
async fn a_file_that_can_not_be_trusted_is_refused_even_where_bad_rows_are_left_out() {
    let (outcome, asked) =
        import(ImportPolicy::MergeGoodRows, "7635551111,bob@abc.com\n7635552222,\"ann@abc.com\n").await;
    assert_eq!(rejected(outcome), [(3, "malformed_csv")]);
    assert!(asked.end.is_rejected);
}

#[tokio::test]
async fn an_empty_replace_is_refused_and_an_empty_merge_changes_nothing() {
    let (outcome, asked) = import(ImportPolicy::Replace, "\n,\n").await;
    assert_eq!(rejected(outcome), [(1, "no_rows")]);
    assert!(asked.end.is_rejected);
    let (outcome, _) = import(ImportPolicy::Merge, "").await;
    assert!(outcome.unwrap().import.counts.is_empty());
}

#[tokio::test]
async fn a_body_that_breaks_off_never_reaches_the_store() {
    let pieces = vec![Ok(Bytes::from(format!("{HEADER}7635551111,bob@abc.com\n"))), Err("connection reset")];
    let (outcome, batches) = import_pieces(ImportPolicy::Merge, pieces).await;
    assert!(matches!(outcome, Err(ImportError::Body("connection reset"))), "{outcome:?}");
    assert!(batches.is_empty());
}

#[tokio::test]
async fn a_body_is_taken_in_to_its_end_though_its_start_shows_that_it_is_no_csv() {
    let mut pieces = vec![Ok(Bytes::from_static(b"%PDF-1.7"))];
    pieces.extend((0..200).map(|_| Ok(Bytes::from(vec![b'x'; 4096]))));
    let (outcome, _) = import_pieces(ImportPolicy::Merge, pieces.clone()).await;
    assert_eq!(rejected(outcome), [(1, "malformed_csv")]);
    pieces.push(Err("too large"));
    let (outcome, batches) = import_pieces(ImportPolicy::Merge, pieces).await;
    assert!(matches!(outcome, Err(ImportError::Body("too large"))), "{outcome:?}");
    assert!(batches.is_empty());
}
