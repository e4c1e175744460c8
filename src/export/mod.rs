//! CSV export: a group's mappings as the file that an import reads back unchanged.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use futures_util::stream::BoxStream;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::phone_number::NumberingPlan;
use crate::ports::mapping_store::ExportedMapping;
use crate::ports::mapping_store::MappingStore;
use crate::ports::store_error::StoreError;

/// The header row alone: what a person fills in to make a first file. It is also the first line of every export.
pub const TEMPLATE: &str = "PhoneNumber,MEEmailAddress\r\n";

/// About how long a row is, in bytes.
const ROW_BYTES: usize = 40;

/// Writes groups' mappings as CSV files.
#[derive(Clone)]
pub struct Exporter {
    store: Arc<dyn MappingStore>,
    plan: NumberingPlan,
}

/// A file on its way.
pub struct ExportFile {
    /// The revision of the mappings in it.
    pub revision: i64,
    /// Its bytes: UTF-8, CRLF, one piece for the header and one for each chunk that the store reads. Reading is tied
    /// to one snapshot of the database; after an error nothing comes.
    pub chunks: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl Exporter {
    /// An exporter from `store` that writes numbers of `plan` in national digits, others with `+`.
    pub fn new(store: Arc<dyn MappingStore>, plan: NumberingPlan) -> Self {
        Self { store, plan }
    }

    /// Opens the file of a group's mappings, sorted by number; `None` if there is no such group.
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
}

/// The rows of some mappings, each ended by CRLF.
#[must_use]
pub fn rows(plan: NumberingPlan, mappings: &[ExportedMapping]) -> Bytes {
    let buffer = Vec::with_capacity(mappings.len() * ROW_BYTES);
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(buffer);
    for ExportedMapping { phone_number, email } in mappings {
        let email = email.as_str();
        // The import takes one apostrophe away, because spreadsheets put one in front of text.
        let email = if email.starts_with('\'') { Cow::Owned(format!("'{email}")) } else { Cow::Borrowed(email) };
        // A vector takes every byte, and all rows have two cells: there is nothing here that can fail.
        let _ = file.write_record([plan.national(*phone_number).as_str(), &email]);
    }
    file.into_inner().unwrap_or_default().into()
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
