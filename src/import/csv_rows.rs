//! The rows of a CSV file.

use std::io;
use std::io::{Cursor, Read};

use crate::import::problem::{Problem, ProblemCode};
use crate::import::quotes::Quotes;
use crate::import::rows::{Form, Next, Row, Rows};
use crate::import::{file_kind, separator, text};

/// How much of the start is looked at to find out what the file is, in bytes.
const OPENING_BYTES: u64 = 64 * 1024;

/// The rows of a text with their lines.
pub(super) struct CsvRows<R> {
    csv: csv::Reader<Quotes<io::Chain<Cursor<Vec<u8>>, R>>>,
}

/// Opens a file as CSV, in whatever encoding and with whatever separator; a [`Problem`] if it is of another kind.
pub(super) fn open(source: impl Read) -> Result<CsvRows<impl Read>, Problem> {
    let mut text = text::decoded(source);
    let mut opening = Vec::new();
    // A fault of the source comes again when the rows are read.
    let _ = text.by_ref().take(OPENING_BYTES).read_to_end(&mut opening);
    if let Some(problem) = file_kind::problem(&opening) {
        return Err(problem);
    }
    let separator = separator::find(&opening);
    let mut opening = Cursor::new(opening);
    opening.set_position(separator.instruction_bytes as u64);
    let csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.byte)
        .from_reader(Quotes::new(opening.chain(text), separator.byte));
    Ok(CsvRows { csv })
}

impl<R: Read> Rows for CsvRows<R> {
    const FORM: Form = Form { first_row: "The first row", has_separators: true };

    fn next(&mut self, row: &mut Row) -> Next {
        match self.csv.read_byte_record(&mut row.cells) {
            Ok(true) => {}
            Ok(false) => return Next::End,
            Err(error) => {
                let line = self.csv.get_ref().long_row().unwrap_or_else(|| self.csv.position().line());
                return broken(line, format!("The file can't be read: {error}."));
            }
        }
        // The row's own start is not told where blank lines come before it; its end is.
        let height = 1 + row.cells.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let after = self.csv.position().line();
        let last = row.cells.iter().next_back().unwrap_or_default();
        if last.ends_with(text::END_MARK) {
            let line = (after + 1).saturating_sub(height).max(1);
            return broken(line, "A quote is opened in this row and never closed. Correct the row.");
        }
        if row.cells.len() == 1 && last == b"\0" {
            return Next::End;
        }
        row.line = after.saturating_sub(height).max(1);
        row.misquoted = self.csv.get_mut().misquoted_before(after);
        Next::Row
    }
}

fn broken(line: u64, message: impl Into<String>) -> Next {
    Next::Broken(Problem::of_line(line, ProblemCode::MalformedCsv, message))
}
