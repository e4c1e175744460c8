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
    fn more_than_half_of_ten_or_more_is_a_large_removal() {
        for (before, removed, expected) in
            [(9, 9, false), (10, 5, false), (10, 6, true), (11, 5, false), (11, 6, true), (0, 0, false)]
        {
            assert_eq!(needs_confirmation(ImportMode::Replace, before, removed), expected, "{removed} of {before}");
            assert!(!needs_confirmation(ImportMode::Merge, before, removed));
        }
    }
}
