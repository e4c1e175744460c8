//! Imports: a file compared with the mappings there are, kept until somebody applies it.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::domain::email::EmailAddress;
use crate::domain::history::ChangeCounts;
use crate::domain::phone_number::PhoneNumber;

/// How long a preview is kept.
pub const PREVIEW_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A file may do what it likes with fewer mappings unasked.
const GUARDED_MAPPINGS: u64 = 10;

/// Previews of a group that wait to be applied: each holds what its file would change, and the oldest goes when there
/// is one more. People look at one or two; a script that uploads and never applies must not fill the disk.
pub const MAX_WAITING_PREVIEWS: u32 = 10;

/// Changes that all waiting previews of a group hold together, but for the newest, which is kept whatever its size: two
/// sheets of the largest companies, and about 400 MB in the database.
pub const MAX_WAITING_CHANGES: u64 = 2_000_000;

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
    /// What happens to mappings that are not in the file.
    pub mode: ImportMode,
    /// Whether it was applied.
    pub state: ImportState,
    /// The revision of the mappings that the file was compared with.
    pub base_revision: i64,
    /// How many rows the file has, bad ones included, blank ones not.
    pub row_count: u64,
    /// What it changes.
    pub counts: ChangeCounts,
    /// How many people it gives a number that somebody else of the group has or had last: those who have or had last
    /// another number themselves. New people on a leaver's number and addresses that are renamed are none of them.
    /// `None` of an import that a version before this one has kept.
    pub reassigned: Option<u64>,
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

/// What somebody has agreed to lose or to have changed by a file; `None` where they were not asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confirmation {
    /// How many mappings may go.
    pub removed: Option<u64>,
    /// How many people may get a number that is or was somebody else's.
    pub reassigned: Option<u64>,
}

/// What a file does that is more likely a mistake than meant, so that somebody must agree to it first: a sheet that is
/// cut off takes most people's lines away, and a column that slipped by a row gives each a colleague's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargeChange {
    /// How many mappings would go, if they are too many to go unasked.
    pub removed: Option<u64>,
    /// How many people would get a number that is or was somebody else's, if they are too many.
    pub reassigned: Option<u64>,
    /// How many mappings there are; where they are fewer than ten, how many the file would leave.
    pub mapping_count: u64,
}

impl LargeChange {
    /// What a file with these counts does to `mapping_count` mappings that somebody must agree to; `None` if that is
    /// nothing.
    ///
    /// Each of the two is asked for where it is more than half of ten or more mappings. People who get another's number
    /// are counted against the mappings there are, or, where fewer than ten are there, against those that the file
    /// leaves: a group that was emptied first would get a slipped sheet unasked.
    #[must_use]
    pub fn of(mapping_count: u64, counts: ChangeCounts, reassigned: u64) -> Option<Self> {
        let left = mapping_count.saturating_add(counts.added).saturating_sub(counts.removed);
        let base = if mapping_count < GUARDED_MAPPINGS { left } else { mapping_count };
        let large = |count: u64, of: u64| Some(count).filter(|_| of >= GUARDED_MAPPINGS && count > of / 2);
        let (removed, reassigned) = (large(counts.removed, mapping_count), large(reassigned, base));
        Self { removed, reassigned, mapping_count: base }.unless_empty()
    }

    /// What of it nobody has agreed to: each wants just its number.
    #[must_use]
    pub fn without(self, confirmed: Confirmation) -> Option<Self> {
        let removed = self.removed.filter(|count| confirmed.removed != Some(*count));
        let reassigned = self.reassigned.filter(|count| confirmed.reassigned != Some(*count));
        Self { removed, reassigned, ..self }.unless_empty()
    }

    fn unless_empty(self) -> Option<Self> {
        Some(self).filter(|large| large.removed.is_some() || large.reassigned.is_some())
    }
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

    fn counts(added: u64, removed: u64) -> ChangeCounts {
        ChangeCounts { added, changed: 0, removed }
    }

    #[test]
    fn more_than_half_of_ten_or_more_is_a_large_removal() {
        for (before, removed, expected) in
            [(9, 9, false), (10, 5, false), (10, 6, true), (11, 5, false), (11, 6, true), (0, 0, false)]
        {
            let large = LargeChange::of(before, counts(0, removed), 0);
            let asked = LargeChange { removed: Some(removed), reassigned: None, mapping_count: before };
            assert_eq!(large, expected.then_some(asked), "{removed} of {before}");
        }
    }

    #[test]
    fn more_than_half_of_ten_or_more_who_get_anothers_number_are_a_large_change() {
        for (before, added, removed, reassigned, expected) in [
            (9, 0, 0, 9, None),
            (10, 0, 0, 5, None),
            (10, 0, 0, 6, Some(10)),
            // Those who are new do not water it down.
            (10, 90, 0, 6, Some(10)),
            // After a group was emptied it is what the file leaves that counts.
            (0, 20, 0, 20, Some(20)),
            (1, 19, 0, 10, None),
            (1, 19, 0, 11, Some(20)),
            (0, 9, 0, 9, None),
        ] {
            let large = LargeChange::of(before, counts(added, removed), reassigned);
            let asked = |mapping_count| LargeChange { removed: None, reassigned: Some(reassigned), mapping_count };
            assert_eq!(large, expected.map(asked), "{reassigned} of {before}");
        }
    }

    #[test]
    fn each_of_the_two_wants_its_own_number() {
        let large = LargeChange::of(20, counts(0, 11), 15).unwrap();
        assert_eq!((large.removed, large.reassigned), (Some(11), Some(15)));
        let confirmed = |removed, reassigned| large.without(Confirmation { removed, reassigned });
        assert_eq!(confirmed(None, None), Some(large));
        assert_eq!(confirmed(Some(11), None), Some(LargeChange { removed: None, ..large }));
        assert_eq!(confirmed(Some(15), Some(15)), Some(LargeChange { reassigned: None, ..large }));
        assert_eq!(confirmed(Some(11), Some(14)), Some(LargeChange { removed: None, ..large }));
        assert_eq!(confirmed(Some(11), Some(15)), None);
    }
}
