//! Reads an import file: every good row, and everything that is wrong with the others.
//!
//! Lines are counted as an editor counts them, from 1, and a row is named by the line it starts on: line breaks inside
//! quotes and blank lines count. A first line `sep=;` does not: spreadsheets hide it, and the header after it is line 1.

use std::io::Read;

use csv::ByteRecord;

use crate::domain::import::ImportRow;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::phone_number::PhoneNumber;
use crate::import::cell;
use crate::import::cell::Fault;
use crate::import::duplicates::SeenRows;
use crate::import::file_kind;
use crate::import::header;
use crate::import::header::Columns;
use crate::import::problem::Problem;
use crate::import::problem::ProblemCode;
use crate::import::problem::Problems;
use crate::import::separator;
use crate::import::text;

/// How much of the start is looked at to find out what the file is, in bytes.
const OPENING_BYTES: u64 = 64 * 1024;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadFile {
    /// The good rows in the file's order: no number and no address stands twice.
    pub rows: Vec<ImportRow>,
    /// The numbers that stand only in rows that are bad.
    pub other_numbers: Vec<PhoneNumber>,
    /// What is wrong with the file.
    pub problems: Problems,
    /// How many rows there are under the header, bad ones included, blank ones not.
    pub row_count: u64,
    /// The header's line; 1 if there is none.
    pub header_line: u64,
    /// Whether something is wrong with the file as a whole, so that its good rows can't be trusted either: the header,
    /// a quote that is never closed, a file of another kind.
    pub unreadable: bool,
}

/// Reads a file to its end, or until it shows that no rows can be read from it. Besides the rows this takes constant
/// memory, and one row's worth.
pub fn read(source: impl Read, plan: NumberingPlan) -> ReadFile {
    let mut reading = Reading { plan, seen: SeenRows::default(), problems: Problems::default(), row_count: 0 };
    let (header_line, readable) = reading.file(text::decoded(source));
    let (rows, other_numbers) = reading.seen.finish();
    ReadFile {
        rows,
        other_numbers,
        problems: reading.problems,
        row_count: reading.row_count,
        header_line,
        unreadable: !readable,
    }
}

struct Reading {
    plan: NumberingPlan,
    seen: SeenRows,
    problems: Problems,
    row_count: u64,
}

impl Reading {
    /// Reads the file; gives the header's line and whether all rows could be told from each other.
    fn file(&mut self, mut text: impl Read) -> (u64, bool) {
        let mut opening = Vec::new();
        // A fault of the source comes again when the rows are read.
        let _ = text.by_ref().take(OPENING_BYTES).read_to_end(&mut opening);
        if let Some(problem) = file_kind::problem(&opening) {
            self.problems.add(problem);
            return (1, false);
        }
        let separator = separator::find(&opening);
        let mut records = Records::new(opening[separator.instruction_bytes..].chain(text), separator.byte);
        let Some(header_line) = self.next(&mut records) else {
            if self.problems.is_empty() {
                header::none(&mut self.problems);
            }
            return (1, false);
        };
        let columns = header::read(header_line, &records.record, &mut self.problems);
        let header_is_good = self.problems.is_empty();
        let Some(columns) = columns else { return (header_line, false) };
        while let Some(line) = self.next(&mut records) {
            self.row(line, &records.record, &columns);
        }
        (header_line, header_is_good && !records.broken)
    }

    /// Reads up to the next row that is not blank.
    fn next(&mut self, records: &mut Records<impl Read>) -> Option<u64> {
        loop {
            match records.next() {
                Next::Record(_) if records.record.iter().all(cell::is_blank) => {}
                Next::Record(line) => return Some(line),
                Next::Broken(problem) => {
                    self.problems.add(problem);
                    return None;
                }
                Next::End => return None,
            }
        }
    }

    fn row(&mut self, line: u64, record: &ByteRecord, columns: &Columns) {
        self.row_count += 1;
        let short_line = u32::try_from(line).unwrap_or(u32::MAX);
        if let Some(problem) = surplus_cell(line, record, columns) {
            self.problems.add(problem);
            return;
        }
        let known_problems = self.problems.count;
        self.unnamed_cells(line, record, columns);
        let raw_number = record.get(columns.phone_number).unwrap_or_default();
        let raw_email = record.get(columns.email).unwrap_or_default();
        let number = self.value(line, cell::PHONE_NUMBER, raw_number, cell::phone_number(raw_number, self.plan));
        let email = self.value(line, cell::EMAIL, raw_email, cell::email(raw_email));
        if let Some(first) = number.and_then(|number| self.seen.line_of_number(number)) {
            let message = format!("This phone number is on line {first} already. Keep one of the two rows.");
            let code = ProblemCode::DuplicatePhoneNumber;
            self.problems.add(Problem::of_cell(line, cell::PHONE_NUMBER, raw_number, code, message));
        }
        if let Some(first) = email.as_ref().and_then(|email| self.seen.line_of_email(email)) {
            let message = format!(
                "This address is on line {first} already. An address has one number only: keep one of the two rows."
            );
            self.problems.add(Problem::of_cell(line, cell::EMAIL, raw_email, ProblemCode::DuplicateEmail, message));
        }
        match (number, email) {
            (Some(phone_number), Some(email)) if self.problems.count == known_problems => {
                self.seen.add(ImportRow { line: short_line, phone_number, email });
            }
            (number, email) => self.seen.add_bad(short_line, number, email),
        }
    }

    /// Adds a problem for each cell with content in a column without a name.
    fn unnamed_cells(&mut self, line: u64, record: &ByteRecord, columns: &Columns) {
        for (raw, named) in record.iter().zip(&columns.named) {
            if !named && !cell::is_blank(raw) {
                let message = "This cell is in a column without a name. Delete the column, or clear the cell.";
                let problem = Problem::of_cell(line, "", raw, ProblemCode::UnknownColumn, message);
                self.problems.add(Problem { column: None, ..problem });
            }
        }
    }

    fn value<T>(&mut self, line: u64, column: &'static str, raw: &[u8], read: Result<T, Fault>) -> Option<T> {
        read.map_err(|Fault { code, message }| {
            self.problems.add(Problem::of_cell(line, column, raw, code, message));
        })
        .ok()
    }
}

/// The problem of a row with content to the right of the header's last column: its cells are not where they belong.
fn surplus_cell(line: u64, record: &ByteRecord, columns: &Columns) -> Option<Problem> {
    let raw = record.iter().skip(columns.named.len()).find(|raw| !cell::is_blank(raw))?;
    let message = "This row has more cells than the header. A separator too many, or a missing quote, moves the cells: \
                   correct the row.";
    let problem = Problem::of_cell(line, "", raw, ProblemCode::MalformedCsv, message);
    Some(Problem { column: None, ..problem })
}

/// The rows of a decoded text with their lines.
struct Records<R> {
    csv: csv::Reader<R>,
    record: ByteRecord,
    broken: bool,
}

enum Next {
    /// A row, on this line.
    Record(u64),
    /// The text can't be split into rows from here on.
    Broken(Problem),
    End,
}

impl<R: Read> Records<R> {
    fn new(text: R, separator: u8) -> Self {
        let csv = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text);
        Self { csv, record: ByteRecord::new(), broken: false }
    }

    fn next(&mut self) -> Next {
        match self.csv.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Next::End,
            Err(error) => return self.broken(self.csv.position().line(), format!("The file can't be read: {error}.")),
        }
        // The row's own start is not told where blank lines come before it; its end is.
        let height = self.record.as_slice().split(|byte| *byte == b'\n').count() as u64;
        let after = self.csv.position().line();
        let last = self.record.iter().next_back().unwrap_or_default();
        if last.ends_with(text::END_MARK) {
            let line = (after + 1).saturating_sub(height).max(1);
            return self.broken(line, "A quote is opened in this row and never closed. Correct the row.".into());
        }
        if self.record.len() == 1 && last == b"\0" {
            return Next::End;
        }
        Next::Record(after.saturating_sub(height).max(1))
    }

    fn broken(&mut self, line: u64, message: String) -> Next {
        self.broken = true;
        Next::Broken(Problem::of_line(line, ProblemCode::MalformedCsv, message))
    }
}
