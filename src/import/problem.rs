//! What can be wrong with an import file, told so that a person in an office can fix it.

use std::borrow::Cow;

/// How many problems an import lists at most; all are counted.
pub const MAX_LISTED_PROBLEMS: usize = 1000;

/// How many characters of a cell a problem shows at most.
const MAX_VALUE_CHARS: usize = 120;

macro_rules! problem_codes {
    ($($(#[doc = $meaning:literal])+ $code:ident = $word:literal, $remedy:literal;)*) => {
        /// The kind of a [`Problem`]. The words are the public contract's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $($(#[doc = $meaning])+ $code,)*
        }

        impl ProblemCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The word used in the API.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }

            /// What it means.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$code => concat!($($meaning),+).trim_ascii_start(),)* }
            }

            /// What to do about it, whatever the row.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$code => $remedy,)* }
            }
        }
    };
}

// Each row: what it means, its word, and what to do. The pages at `/problems` and docs/problems.md say the same.
problem_codes! {
    /// `PhoneNumber` or `MEEmailAddress` is not in the first row.
    MissingColumn = "missing_column",
        "Name the two columns in the first row; `GET /v1/mappings-template.csv` is an empty sheet.";
    /// A column with another name, or content in a column without a name.
    UnknownColumn = "unknown_column", "Delete the column, or clear the cell.";
    /// The file or a row is not a sheet: another kind of file, too many cells, quotes that do not end where the cell
    /// does, two columns in one cell.
    MalformedCsv = "malformed_csv", "Do what the message says: it names the row and the cause.";
    /// Bytes that are not text in UTF-8 or UTF-16.
    InvalidEncoding = "invalid_encoding", "In Excel save as \"CSV UTF-8\", or upload the `.xlsx`.";
    /// A row without a number.
    MissingPhoneNumber = "missing_phone_number", "Fill it in, or delete the row.";
    /// A row without an address.
    MissingEmail = "missing_email", "Fill it in, or delete the row.";
    /// The cell is not a phone number.
    InvalidPhoneNumber = "invalid_phone_number", "Check the digits; a number of another country needs a `+` in front.";
    /// The spreadsheet shortened the number, and its last digits are lost.
    ScientificNotation = "scientific_notation", "Format the column as Text, type the number again, save.";
    /// The cell is not an e-mail address.
    InvalidEmail = "invalid_email", "Write one address, such as `name@company.com`.";
    /// A spreadsheet would run the cell as a formula (CWE-1236).
    Formula = "formula", "Write the address itself.";
    /// A formula whose result is not stored in the file.
    FormulaWithoutValue = "formula_without_value", "Open the file in Excel, save it, upload it again.";
    /// The number stands in an earlier row.
    DuplicatePhoneNumber = "duplicate_phone_number", "Delete one of the rows.";
    /// The address stands in an earlier row.
    DuplicateEmail = "duplicate_email", "Delete one of the rows.";
    /// In a merge: the address belongs to a number that is not in the file.
    EmailTaken = "email_taken", "Give that number another address in the same file, or remove its mapping first.";
    /// The number is outside the group's ranges.
    NumberNotAssigned = "number_not_assigned", "Correct it, or ask the operator to assign the range.";
    /// A header and no rows: it would remove every mapping.
    NoRows = "no_rows", "Add the rows that are to stay.";
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
