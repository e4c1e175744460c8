//! Exports as Excel workbooks: what is in them, and that an import reads them back.

use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use calamine::{Data, Reader, Xlsx};
use futures_util::{StreamExt, TryStreamExt, stream};
use signline::domain::actor::AuditContext;
use signline::domain::business_group::BusinessGroupId;
use signline::domain::email::EmailAddress;
use signline::domain::guid::Guid;
use signline::domain::mapping::{Line, Mapping, MappingPlace};
use signline::domain::page::{Page, PageRequest};
use signline::domain::phone_number::PhoneNumber;
use signline::export::{ExportFile, Exporter, MAX_SHEET_ROWS, WorkbookError};
use signline::ports::mapping_store::{
    Export, ExportedMapping, FoundMapping, GroupMapping, LookedUp, MappingFilter, MappingRefusal, MappingStore, Pin,
    PinOutcome, PutMapping, PutOutcome, ReleasePinOutcome, SignInFacts, WantedInAll,
};
use signline::ports::store_error::StoreError;

use crate::{problems_of, read, us};

const FIRST: u64 = 17_635_550_000;

/// Exports the mappings of these numbers, in chunks.
struct ExportingStore(Vec<Range<u64>>);

fn mapping(number: u64) -> ExportedMapping {
    let email = EmailAddress::parse(&format!("user{number}@abccompany.com")).unwrap();
    ExportedMapping { phone_number: PhoneNumber::from_digits(number).unwrap(), email }
}

fn not_for_exports<T, R: From<StoreError>>() -> Result<T, R> {
    Err(StoreError::new("an export asks for nothing else").into())
}

#[async_trait]
impl MappingStore for ExportingStore {
    async fn export(&self, _: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
        let mappings = stream::iter(self.0.clone()).map(|numbers| Ok(numbers.map(mapping).collect()));
        Ok(Some(Export { revision: 7, mappings: mappings.boxed() }))
    }

    async fn resolve(&self, _: Guid, _: Option<&EmailAddress>) -> Result<Option<Line>, StoreError> {
        not_for_exports()
    }

    async fn pin(&self, _: &Pin) -> Result<PinOutcome, StoreError> {
        not_for_exports()
    }

    async fn find(&self, _: &BusinessGroupId, _: PhoneNumber) -> Result<Mapping, MappingRefusal> {
        not_for_exports()
    }

    async fn list(
        &self,
        _: &BusinessGroupId,
        _: &MappingFilter,
        _: &PageRequest<MappingPlace>,
    ) -> Result<Page<Mapping>, MappingRefusal> {
        not_for_exports()
    }

    async fn look_up(&self, _: Option<&BusinessGroupId>, _: &LookedUp) -> Result<Vec<FoundMapping>, MappingRefusal> {
        not_for_exports()
    }

    async fn find_in_all(
        &self,
        _: &WantedInAll,
        _: &PageRequest<PhoneNumber>,
    ) -> Result<Page<GroupMapping>, StoreError> {
        not_for_exports()
    }

    async fn put_if(&self, _: &PutMapping, _: Option<&[i64]>) -> Result<PutOutcome, MappingRefusal> {
        not_for_exports()
    }

    async fn delete_if(
        &self,
        _: &BusinessGroupId,
        _: PhoneNumber,
        _: Option<&[i64]>,
        _: &AuditContext,
    ) -> Result<(), MappingRefusal> {
        not_for_exports()
    }

    async fn sign_in_facts(&self, _: &BusinessGroupId, _: &EmailAddress) -> Result<SignInFacts, MappingRefusal> {
        not_for_exports()
    }

    async fn release_pin(
        &self,
        _: &BusinessGroupId,
        _: PhoneNumber,
        _: &AuditContext,
    ) -> Result<ReleasePinOutcome, MappingRefusal> {
        not_for_exports()
    }
}

async fn export(numbers: Vec<Range<u64>>) -> Result<ExportFile, WorkbookError> {
    let group = BusinessGroupId::parse("abccompany").unwrap();
    Ok(Exporter::new(Arc::new(ExportingStore(numbers)), us()).export_workbook(&group).await?.unwrap())
}

async fn bytes_of(numbers: Vec<Range<u64>>) -> Vec<u8> {
    let pieces: Vec<_> = export(numbers).await.unwrap().chunks.try_collect().await.unwrap();
    pieces.concat()
}

#[tokio::test]
async fn both_columns_are_text_and_the_numbers_are_formatted_so() {
    let file = bytes_of(vec![FIRST..FIRST + 2, 442_079_460_000..442_079_460_001]).await;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).unwrap();
    let text = |text: &str| Data::String(text.to_owned());
    let row = |number: &str, email: &str| vec![text(number), text(email)];
    let expected = [
        row("PhoneNumber", "MEEmailAddress"),
        row("7635550000", "user17635550000@abccompany.com"),
        row("7635550001", "user17635550001@abccompany.com"),
        row("+442079460000", "user442079460000@abccompany.com"),
    ];
    assert_eq!(book.worksheet_range("Mappings").unwrap().rows().map(<[Data]>::to_vec).collect::<Vec<_>>(), expected);
    let styles = book.worksheet_style("Mappings").unwrap();
    for row in 1..4 {
        let format = styles.get((row, 0)).unwrap().number_format.clone().unwrap();
        assert_eq!(format.format_code, "@");
    }
}

#[tokio::test]
async fn an_exported_workbook_is_read_back_as_it_was_and_is_the_same_each_time() {
    let numbers = vec![FIRST..FIRST + 1000, FIRST + 1000..FIRST + 1500];
    let file = bytes_of(numbers.clone()).await;
    let read = read(&file);
    assert_eq!(problems_of(&read), []);
    let rows: Vec<_> = read.rows.iter().map(|row| row.phone_number.digits()).collect();
    assert_eq!(rows, (FIRST..FIRST + 1500).collect::<Vec<_>>());
    assert_eq!(file, bytes_of(numbers).await);
    assert_eq!(read_rows(&bytes_of(Vec::new()).await), 0);
}

fn read_rows(file: &[u8]) -> u64 {
    let read = read(file);
    assert!(!read.unreadable);
    read.row_count
}

#[tokio::test]
async fn more_mappings_than_a_sheet_holds_are_refused() {
    let end = FIRST + u64::from(MAX_SHEET_ROWS);
    let chunks = |end: u64| (FIRST..end).step_by(10_000).map(|at| at..end.min(at + 10_000)).collect();
    assert!(matches!(export(chunks(end + 1)).await, Err(WorkbookError::TooManyRows)));
}
