//! What can be wrong with an import file, told so that a person in an office can fix it.

use std::borrow::Cow;

/// How many problems an import lists at most; all are counted.
pub const MAX_LISTED_PROBLEMS: usize = 1000;

/// How many characters of a cell a problem shows at most.
const MAX_VALUE_CHARS: usize = 120;

/// The kind of a [`Problem`]. The words are the public contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemCode {
    /// One of the two columns is not in the header.
    MissingColumn,
    /// A column that is neither of the two has a name or content.
    UnknownColumn,
    /// The file, or a row of it, has not the form of a CSV.
    MalformedCsv,
    /// Bytes that are not text in the file's encoding.
    InvalidEncoding,
    /// A row without a phone number.
    MissingPhoneNumber,
    /// A row without an address.
    MissingEmail,
    /// A cell that is not a phone number.
    InvalidPhoneNumber,
    /// A phone number of which a spreadsheet kept some digits only.
    ScientificNotation,
    /// A cell that is not an e-mail address.
    InvalidEmail,
    /// An address that a spreadsheet would run as a formula (CWE-1236).
    Formula,
    /// A cell of a workbook with a formula of which the file has no result.
    FormulaWithoutValue,
    /// The phone number stands in an earlier row.
    DuplicatePhoneNumber,
    /// The address stands in an earlier row.
    DuplicateEmail,
    /// In a merge: the address belongs to a number that is not in the file.
    EmailTaken,
    /// The number is outside the group's number ranges.
    NumberNotAssigned,
    /// A replace without a single row: it would remove every mapping.
    NoRows,
}

impl ProblemCode {
    /// The word used in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingColumn => "missing_column",
            Self::UnknownColumn => "unknown_column",
            Self::MalformedCsv => "malformed_csv",
            Self::InvalidEncoding => "invalid_encoding",
            Self::MissingPhoneNumber => "missing_phone_number",
            Self::MissingEmail => "missing_email",
            Self::InvalidPhoneNumber => "invalid_phone_number",
            Self::ScientificNotation => "scientific_notation",
            Self::InvalidEmail => "invalid_email",
            Self::Formula => "formula",
            Self::FormulaWithoutValue => "formula_without_value",
            Self::DuplicatePhoneNumber => "duplicate_phone_number",
            Self::DuplicateEmail => "duplicate_email",
            Self::EmailTaken => "email_taken",
            Self::NumberNotAssigned => "number_not_assigned",
            Self::NoRows => "no_rows",
        }
    }
}

/// One thing that is wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line on which the row starts, counted from 1, the header's: see [`crate::import::reader`].
    pub line: u64,
    /// The column's name, if the problem lies in one column: one of the two, or the header's own.
    pub column: Option<Cow<'static, str>>,
    /// The cell as it stands in the file, cut to 120 characters; empty where no one cell is meant.
    pub value: String,
    /// The kind.
    pub code: ProblemCode,
    /// What is wrong and how to fix it, for a person.
    pub message: String,
}

impl Problem {
    /// A problem of a whole line or file.
    pub(super) fn of_line(line: u64, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { line, column: None, value: String::new(), code, message: message.into() }
    }

    /// A problem of one cell.
    pub(super) fn of_cell(
        line: u64,
        column: impl Into<Cow<'static, str>>,
        value: &[u8],
        code: ProblemCode,
        message: impl Into<String>,
    ) -> Self {
        Self { line, column: Some(column.into()), value: shown(value), code, message: message.into() }
    }
}

/// The cell as text, cut short.
pub(super) fn shown(value: &[u8]) -> String {
    // Four bytes make one character at most, so what is looked at is bounded before it is decoded.
    let start = &value[..value.len().min(MAX_VALUE_CHARS * 4)];
    let text = String::from_utf8_lossy(start);
    let text = text.trim();
    match text.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The problems of a file: all are counted, the first are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// How many there are.
    pub count: u64,
    /// The first [`MAX_LISTED_PROBLEMS`] of them, by line.
    pub first: Vec<Problem>,
}

impl Problems {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a problem of the line reached, or of an earlier one.
    pub(super) fn add(&mut self, problem: Problem) {
        self.count += 1;
        if self.first.len() < MAX_LISTED_PROBLEMS {
            self.first.push(problem);
        }
    }

    /// Adds `count` problems, of which `first` are the first by line.
    pub(super) fn merge(&mut self, count: u64, first: impl IntoIterator<Item = Problem>) {
        self.count += count;
        self.first.extend(first);
        self.first.sort_by_key(|problem| problem.line);
        self.first.truncate(MAX_LISTED_PROBLEMS);
    }
}
