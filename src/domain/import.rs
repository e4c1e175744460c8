//! Imports: a file held against the mappings there are, kept until somebody applies it.

use jiff::SignedDuration;
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::email::EmailAddress;
use crate::domain::history::ChangeCounts;
use crate::domain::phone_number::PhoneNumber;

/// How long a preview is kept.
pub const PREVIEW_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A smaller group may lose all its mappings to a file unasked.
const GUARDED_MAPPINGS: u64 = 10;

/// What an import makes of mappings that are not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// The group's mappings become equal to the file: what is not in it is removed.
    Replace,
    /// What is not in the file stays.
    Merge,
}

/// One good row of an import file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    /// The line the row starts on, counted from 1 (the header's).
    pub line: u32,
    /// The number.
    pub phone_number: PhoneNumber,
    /// The address.
    pub email: EmailAddress,
}

/// Rows of a file, packed: millions of them are in memory while a file is checked, and a row with an address of its own
/// takes more than twice as much. The addresses may take 4 GiB at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedRows {
    rows: Vec<PackedRow>,
    emails: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PackedRow {
    line: u32,
    /// Where its address ends; it begins where the one before ends.
    email_end: u32,
    phone_number: PhoneNumber,
}

/// A row of [`PackedRows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowInPack<'a> {
    /// The line the row starts on, counted from 1 (the header's).
    pub line: u32,
    /// The number.
    pub phone_number: PhoneNumber,
    /// The address.
    pub email: &'a str,
}

impl PackedRows {
    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a row.
    pub fn push(&mut self, row: &ImportRow) {
        self.emails.push_str(row.email.as_str());
        let ImportRow { line, phone_number, .. } = *row;
        let email_end = u32::try_from(self.emails.len()).unwrap_or(u32::MAX);
        self.rows.push(PackedRow { line, email_end, phone_number });
    }

    /// Gives back the memory that was set aside for more rows.
    pub fn shrink_to_fit(&mut self) {
        self.rows.shrink_to_fit();
        self.emails.shrink_to_fit();
    }

    /// A row, counted from 0.
    ///
    /// # Panics
    /// If there are not so many.
    #[must_use]
    pub fn row(&self, at: usize) -> RowInPack<'_> {
        let PackedRow { line, email_end, phone_number } = self.rows[at];
        let email_start = at.checked_sub(1).map_or(0, |before| self.rows[before].email_end);
        RowInPack { line, phone_number, email: &self.emails[email_start as usize..email_end as usize] }
    }

    /// All rows, in their order.
    pub fn iter(&self) -> impl Iterator<Item = RowInPack<'_>> {
        (0..self.len()).map(|at| self.row(at))
    }
}

impl<'a> FromIterator<&'a ImportRow> for PackedRows {
    fn from_iter<I: IntoIterator<Item = &'a ImportRow>>(rows: I) -> Self {
        let mut packed = Self::default();
        rows.into_iter().for_each(|row| packed.push(row));
        packed
    }
}

impl RowInPack<'_> {
    /// The row on its own.
    #[must_use]
    pub fn unpacked(self) -> ImportRow {
        let Self { line, phone_number, email } = self;
        ImportRow { line, phone_number, email: EmailAddress::from_stored(email.to_owned()) }
    }
}

/// A file that was uploaded, and what it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Names it.
    pub id: Uuid,
    /// What becomes of mappings that are not in the file.
    pub mode: ImportMode,
    /// Whether it was applied.
    pub state: ImportState,
    /// The revision of the mappings that the file was held against.
    pub base_revision: i64,
    /// How many rows the file has, bad ones included, blank ones not.
    pub row_count: u64,
    /// What it changes.
    pub counts: ChangeCounts,
    /// Rows of the file that stood so already.
    pub unchanged: u64,
    /// How many problems were left out with their rows; `None` where none may be.
    pub problem_count: Option<u64>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When it is dropped unless it was applied.
    pub expires_at: Timestamp,
}

/// Whether an [`Import`] was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// It waits.
    Ready,
    /// It was applied.
    Applied {
        /// The revision since; the base's if it changed nothing.
        revision: i64,
    },
}

impl ImportMode {
    /// The word used in the API and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }

    /// Reads the word written by [`Self::as_str`]; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Replace, Self::Merge].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Whether so large a removal is more likely a mistake than meant: more than half of ten or more mappings.
#[must_use]
pub fn needs_confirmation(mode: ImportMode, mappings_before: u64, removed: u64) -> bool {
    mode == ImportMode::Replace && mappings_before >= GUARDED_MAPPINGS && removed > mappings_before / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows_are_the_rows_that_were_pushed() {
        let row = |line, digits, email| ImportRow {
            line,
            phone_number: PhoneNumber::from_digits(digits).unwrap(),
            email: EmailAddress::parse(email).unwrap(),
        };
        let rows = [row(2, 17_635_551_111, "bob@abc.com"), row(4, 17_635_552_222, "ann.smith@abc.com")];
        let mut packed: PackedRows = rows.iter().collect();
        packed.shrink_to_fit();
        assert_eq!((packed.len(), packed.is_empty()), (2, false));
        assert!(packed.iter().map(RowInPack::unpacked).eq(rows));
        assert!(PackedRows::default().is_empty());
    }

    #[test]
    fn more_than_half_of_ten_or_more_is_a_large_removal() {
        for (before, removed, expected) in
            [(9, 9, false), (10, 5, false), (10, 6, true), (11, 5, false), (11, 6, true), (0, 0, false)]
        {
            assert_eq!(needs_confirmation(ImportMode::Replace, before, removed), expected, "{removed} of {before}");
            assert!(!needs_confirmation(ImportMode::Merge, before, removed));
        }
    }
}
