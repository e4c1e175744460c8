//! What the importer asks of the store, and what it makes of a body that breaks off.

use std::ops::Range;
use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use signline::domain::business_group::BusinessGroupId;
use signline::domain::email::EmailAddress;
use signline::domain::guid::Guid;
use signline::domain::mapping::ImportCounts;
use signline::domain::mapping::ImportMode;
use signline::domain::mapping::ImportRow;
use signline::domain::mapping::Line;
use signline::domain::mapping::Mapping;
use signline::domain::page::Page;
use signline::domain::page::PageRequest;
use signline::domain::phone_number::PhoneNumber;
use signline::import::Handling;
use signline::import::ImportError;
use signline::import::ImportReport;
use signline::import::ImportRequest;
use signline::import::Importer;
use signline::import::Problems;
use signline::ports::clock::Clock;
use signline::ports::mapping_store::AppliedImport;
use signline::ports::mapping_store::BadRow;
use signline::ports::mapping_store::BadRowReason;
use signline::ports::mapping_store::BadRows;
use signline::ports::mapping_store::DeleteOutcome;
use signline::ports::mapping_store::Export;
use signline::ports::mapping_store::ExportedMapping;
use signline::ports::mapping_store::ImportBatch;
use signline::ports::mapping_store::ImportOutcome;
use signline::ports::mapping_store::MappingFilter;
use signline::ports::mapping_store::MappingStore;
use signline::ports::mapping_store::Pin;
use signline::ports::mapping_store::PutMapping;
use signline::ports::mapping_store::PutOutcome;
use signline::ports::store_error::StoreError;

use crate::us;

const HEADER: &str = "PhoneNumber,MEEmailAddress\n";
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Keeps what it was asked, and takes every row but those whose number ends in 9.
#[derive(Default)]
pub(crate) struct RecordingStore {
    batches: Mutex<Vec<ImportBatch>>,
    /// The numbers that it exports, in chunks.
    exports: Vec<Range<u64>>,
}

impl RecordingStore {
    pub(crate) fn with_exports(exports: Vec<Range<u64>>) -> Self {
        Self { exports, ..Self::default() }
    }
}

fn mapping(number: u64) -> ExportedMapping {
    let email = EmailAddress::parse(&format!("user{number}@abccompany.com")).unwrap();
    ExportedMapping { phone_number: PhoneNumber::from_digits(number).unwrap(), email }
}

fn not_for_imports<T>() -> Result<T, StoreError> {
    Err(StoreError::new("an import asks for nothing else"))
}

#[async_trait]
impl MappingStore for RecordingStore {
    async fn import(&self, batch: ImportBatch) -> Result<ImportOutcome, StoreError> {
        let outside = |row: &&ImportRow| row.phone_number.digits() % 10 == 9;
        let bad = |row: &ImportRow| BadRow { row: row.clone(), reason: BadRowReason::NumberNotAssigned };
        let first: Vec<BadRow> = batch.rows.iter().filter(outside).map(bad).collect();
        let bad_rows = BadRows { count: first.len() as u64, first };
        let rejected = batch.check_only || (bad_rows.count > 0 && !batch.skip_bad_rows);
        let counts = ImportCounts { added: batch.rows.len() as u64 - bad_rows.count, ..ImportCounts::default() };
        self.batches.lock().unwrap().push(batch);
        if rejected {
            return Ok(ImportOutcome::Rejected { bad_rows });
        }
        Ok(ImportOutcome::Applied(AppliedImport { counts, base_revision: 4, revision: 5, bad_rows }))
    }

    async fn resolve(&self, _: Guid, _: Option<&EmailAddress>) -> Result<Option<Line>, StoreError> {
        not_for_imports()
    }

    async fn pin(&self, _: &Pin) -> Result<Option<Guid>, StoreError> {
        not_for_imports()
    }

    async fn find(&self, _: &BusinessGroupId, _: PhoneNumber) -> Result<Option<Mapping>, StoreError> {
        not_for_imports()
    }

    async fn list(
        &self,
        _: &BusinessGroupId,
        _: &MappingFilter,
        _: &PageRequest<PhoneNumber>,
    ) -> Result<Option<Page<Mapping>>, StoreError> {
        not_for_imports()
    }

    async fn put(&self, _: &PutMapping) -> Result<PutOutcome, StoreError> {
        not_for_imports()
    }

    async fn delete(&self, _: &BusinessGroupId, _: PhoneNumber) -> Result<DeleteOutcome, StoreError> {
        not_for_imports()
    }

    async fn export(&self, _: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
        let mappings = stream::iter(self.exports.clone()).map(|numbers| Ok(numbers.map(mapping).collect()));
        Ok(Some(Export { revision: 7, mappings: mappings.boxed() }))
    }
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOW
    }
}

type Outcome = Result<ImportReport, ImportError<&'static str>>;

/// Imports a body of these pieces; gives the answer and what the store was asked.
async fn import_pieces(handling: Handling, pieces: Vec<Result<Bytes, &'static str>>) -> (Outcome, Vec<ImportBatch>) {
    let store = Arc::new(RecordingStore::default());
    let importer = Importer::new(store.clone(), us(), Arc::new(FixedClock));
    let group = BusinessGroupId::parse("abccompany").unwrap();
    let request = ImportRequest { group, handling, expected_revision: Some(4) };
    let outcome = importer.import(request, stream::iter(pieces)).await;
    let batches = store.batches.lock().unwrap().clone();
    (outcome, batches)
}

async fn import(handling: Handling, rows: &str) -> (Outcome, ImportBatch) {
    let pieces = format!("{HEADER}{rows}").into_bytes().chunks(7).map(|piece| Ok(piece.to_vec().into())).collect();
    let (outcome, mut batches) = import_pieces(handling, pieces).await;
    assert_eq!(batches.len(), 1);
    (outcome, batches.remove(0))
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
    let (outcome, batch) = import(Handling::Replace, "7635551111,bob@abc.com\n\n7635552222,ann@abc.com\n").await;
    let report = outcome.unwrap();
    assert_eq!((report.row_count, report.counts.added), (2, 2));
    assert_eq!((report.base_revision, report.revision), (4, 5));
    assert!(report.problems.is_empty());
    assert_eq!(batch.mode, ImportMode::Replace);
    assert_eq!((batch.check_only, batch.skip_bad_rows), (false, false));
    assert_eq!((batch.expected_revision, batch.now), (Some(4), NOW));
    assert_eq!(batch.rows.len(), 2);
}

#[tokio::test]
async fn problems_of_the_file_and_of_the_store_make_one_list_by_line() {
    let rows = "7635551119,bob@abc.com\n7635552222,ann\n7635553339,eve@abc.com\n763,kim@abc.com\n";
    for handling in [Handling::Replace, Handling::Merge] {
        let (outcome, batch) = import(handling, rows).await;
        let expected =
            [(2, "number_not_assigned"), (3, "invalid_email"), (4, "number_not_assigned"), (5, "invalid_phone_number")];
        assert_eq!(rejected(outcome), expected);
        assert!(batch.check_only);
        assert_eq!(batch.other_numbers.len(), 1);
    }
}

#[tokio::test]
async fn a_merge_of_good_rows_leaves_the_bad_ones_out_and_tells_them() {
    let rows = "7635551111,bob@abc.com\n7635552222,ann\n7635553339,eve@abc.com\n7635551111,kim@abc.com\n";
    let (outcome, batch) = import(Handling::MergeGoodRows, rows).await;
    let report = outcome.unwrap();
    let expected = [(3, "invalid_email"), (4, "number_not_assigned"), (5, "duplicate_phone_number")];
    assert_eq!(codes(&report.problems), expected);
    assert_eq!((report.row_count, report.counts.added, report.problems.count), (4, 1, 3));
    assert!(batch.skip_bad_rows && !batch.check_only);
    assert!(batch.other_numbers.is_empty());
}

#[tokio::test]
async fn a_file_that_can_not_be_trusted_is_refused_even_where_bad_rows_are_left_out() {
    let (outcome, batch) = import(Handling::MergeGoodRows, "7635551111,bob@abc.com\n7635552222,\"ann@abc.com\n").await;
    assert_eq!(rejected(outcome), [(3, "malformed_csv")]);
    assert!(batch.check_only);
}

#[tokio::test]
async fn an_empty_replace_is_refused_and_an_empty_merge_changes_nothing() {
    let (outcome, batch) = import(Handling::Replace, "\n,\n").await;
    assert_eq!(rejected(outcome), [(1, "no_rows")]);
    assert!(batch.check_only);
    let (outcome, _) = import(Handling::Merge, "").await;
    assert_eq!(outcome.unwrap().counts, ImportCounts::default());
}

#[tokio::test]
async fn a_body_that_breaks_off_never_reaches_the_store() {
    let pieces = vec![Ok(Bytes::from(format!("{HEADER}7635551111,bob@abc.com\n"))), Err("connection reset")];
    let (outcome, batches) = import_pieces(Handling::Merge, pieces).await;
    assert!(matches!(outcome, Err(ImportError::Body("connection reset"))), "{outcome:?}");
    assert!(batches.is_empty());
}

#[tokio::test]
async fn a_body_is_taken_in_to_its_end_though_its_start_shows_that_it_is_no_csv() {
    let mut pieces = vec![Ok(Bytes::from_static(b"%PDF-1.7"))];
    pieces.extend((0..200).map(|_| Ok(Bytes::from(vec![b'x'; 4096]))));
    let (outcome, _) = import_pieces(Handling::Merge, pieces.clone()).await;
    assert_eq!(rejected(outcome), [(1, "malformed_csv")]);
    pieces.push(Err("too large"));
    let (outcome, batches) = import_pieces(Handling::Merge, pieces).await;
    assert!(matches!(outcome, Err(ImportError::Body("too large"))), "{outcome:?}");
    assert!(batches.is_empty());
}
