//! Export: a group's mappings as the file that an import reads back unchanged, a CSV or an Excel workbook.

mod workbook;

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::phone_number::NumberingPlan;
use crate::ports::mapping_store::{ExportedMapping, MappingStore};
use crate::ports::store_error::StoreError;

pub use crate::export::workbook::{MAX_SHEET_ROWS, WorkbookError};

/// The header row alone: what a person fills in to make a first file. It is also the first line of every export.
pub const TEMPLATE: &str = "PhoneNumber,MEEmailAddress\r\n";

const COLUMNS: [&str; 2] = ["PhoneNumber", "MEEmailAddress"];

/// How many chunks of mappings wait for the thread that writes a workbook at most.
const CHUNKS_WAITING: usize = 2;

/// The size of a piece of a workbook, in bytes.
const PIECE_BYTES: u64 = 128 * 1024;

/// About how long a row is, in bytes.
const ROW_BYTES: usize = 40;

/// Writes groups' mappings as files.
#[derive(Clone)]
pub struct Exporter {
    store: Arc<dyn MappingStore>,
    plan: NumberingPlan,
}

/// A file on its way.
pub struct ExportFile {
    /// The revision of the mappings in it.
    pub revision: i64,
    /// Its bytes; after an error nothing comes.
    pub chunks: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl Exporter {
    /// An exporter from `store` that writes numbers of `plan` in national digits, others with `+`.
    pub fn new(store: Arc<dyn MappingStore>, plan: NumberingPlan) -> Self {
        Self { store, plan }
    }

    /// Opens the CSV of a group's mappings, sorted by number; `None` if there is no such group. It is UTF-8 with CRLF,
    /// and comes as the store reads it: one piece for the header and one for each chunk, all from one snapshot of the
    /// database.
    ///
    /// # Errors
    /// [`StoreError`] if the store can't be asked; later failures come in [`ExportFile::chunks`].
    pub async fn export(&self, group: &BusinessGroupId) -> Result<Option<ExportFile>, StoreError> {
        let Some(export) = self.store.export(group).await? else { return Ok(None) };
        let plan = self.plan;
        let rows = export.mappings.map(move |chunk| chunk.map(|mappings| rows(plan, &mappings)));
        let header = stream::once(async { Ok(Bytes::from_static(TEMPLATE.as_bytes())) });
        Ok(Some(ExportFile { revision: export.revision, chunks: header.chain(rows).boxed() }))
    }

    /// Writes the Excel workbook of a group's mappings, sorted by number, and opens it; `None` if there is no such
    /// group. Both columns are text, the numbers as the CSV has them.
    ///
    /// # Errors
    /// See [`WorkbookError`].
    pub async fn export_workbook(&self, group: &BusinessGroupId) -> Result<Option<ExportFile>, WorkbookError> {
        let Some(mut export) = self.store.export(group).await? else { return Ok(None) };
        let (sender, chunks) = mpsc::channel(CHUNKS_WAITING);
        let plan = self.plan;
        let writing = spawn_blocking(move || workbook::write(plan, chunks));
        while let Some(chunk) = export.mappings.next().await {
            // An error says that the writer has given up; it tells why below.
            if sender.send(chunk?).await.is_err() {
                break;
            }
        }
        drop(sender);
        let file = writing.await.map_err(WorkbookError::of_panic)??;
        Ok(Some(ExportFile { revision: export.revision, chunks: pieces(file) }))
    }
}

/// The bytes of a file, read on threads of their own.
fn pieces(file: File) -> BoxStream<'static, Result<Bytes, StoreError>> {
    let read = |file: File| {
        let mut piece = Vec::new();
        (&file).take(PIECE_BYTES).read_to_end(&mut piece).map(|_| (Bytes::from(piece), file))
    };
    stream::try_unfold(file, move |file| async move {
        let (piece, file) = spawn_blocking(move || read(file))
            .await
            .map_err(StoreError::new)?
            .map_err(StoreError::of_temporary_file)?;
        Ok((!piece.is_empty()).then_some((piece, file)))
    })
    .boxed()
}

/// The rows of some mappings, each ended by CRLF.
#[must_use]
pub fn rows(plan: NumberingPlan, mappings: &[ExportedMapping]) -> Bytes {
    let buffer = Vec::with_capacity(mappings.len() * ROW_BYTES);
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(buffer);
    for mapping in mappings {
        let (number, email) = cells(plan, mapping);
        // A vector takes every byte, and all rows have two cells: there is nothing here that can fail.
        let _ = file.write_record([number.as_str(), &email]);
    }
    file.into_inner().unwrap_or_default().into()
}

/// A mapping's two cells.
fn cells(plan: NumberingPlan, mapping: &ExportedMapping) -> (String, Cow<'_, str>) {
    let email = mapping.email.as_str();
    // The import takes one apostrophe away, because spreadsheets put one in front of text.
    let email = if email.starts_with('\'') { Cow::Owned(format!("'{email}")) } else { Cow::Borrowed(email) };
    (plan.national(mapping.phone_number), email)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email::EmailAddress;

    fn mapping(plan: NumberingPlan, number: &str, email: &str) -> ExportedMapping {
        let email = EmailAddress::parse(email).unwrap();
        ExportedMapping { phone_number: plan.parse(number).unwrap(), email }
    }

    #[test]
    fn numbers_of_the_default_region_are_written_in_national_digits_and_others_with_plus() {
        let us = NumberingPlan::of_region("US").unwrap();
        let mappings =
            [mapping(us, "7635551111", "bobsmith@abccompany.com"), mapping(us, "+442079460000", "o'neil@abc.com")];
        let expected = "7635551111,bobsmith@abccompany.com\r\n+442079460000,o'neil@abc.com\r\n";
        assert_eq!(rows(us, &mappings), expected);
    }

    #[test]
    fn an_address_with_a_leading_apostrophe_is_written_with_another() {
        let us = NumberingPlan::of_region("US").unwrap();
        assert_eq!(rows(us, &[mapping(us, "7635551111", "'bob@abc.com")]), "7635551111,''bob@abc.com\r\n");
    }
}
