//! The rows of a sheet: calamine's cells, put together row by row.

use std::borrow::Cow;
use std::io::{Read, Seek};
use std::iter;

use calamine::{
    CellErrorType, DataRef, ExcelDateTime, XlsxCellFormulaMetadataRecord, XlsxCellReader, XlsxFormulaMetadata,
};

use crate::import::cell::Oddity;
use crate::import::header;
use crate::import::problem::Problem;
use crate::import::rows::{Form, Next, Row, Rows};
use crate::import::workbook::{damaged, too_large};

/// How many rows a sheet has at most.
const MAX_ROWS: u32 = 1 << 20;

/// The most text of one row, in bytes.
const MAX_ROW_BYTES: usize = 1 << 20;

/// The most text of a sheet, in bytes: a full one with the longest addresses has less. It is needed because one text of
/// the file can stand in every row.
const MAX_SHEET_BYTES: u64 = 320 << 20;

/// How much of a formula without a value is shown, in characters.
const MAX_FORMULA_CHARS: usize = 120;

/// From here on a spreadsheet keeps the first 15 digits of a number only.
const FIRST_INEXACT: f64 = 1e15;

/// A cell with its place, its value and its formula.
type Cell<'a> = XlsxCellFormulaMetadataRecord<'a>;

/// The rows of a sheet with their lines. The cell after a row is read before it is known that the row has ended.
pub(crate) struct SheetRows<'a, R: Read + Seek> {
    cells: XlsxCellReader<'a, R>,
    waiting: Option<Cell<'a>>,
    ended: bool,
    line: u64,
    bytes_left: u64,
}

impl<'a, R: Read + Seek> SheetRows<'a, R> {
    pub(super) fn new(cells: XlsxCellReader<'a, R>) -> Self {
        Self { cells, waiting: None, ended: false, line: 1, bytes_left: MAX_SHEET_BYTES }
    }

    /// The next cell that is not blank.
    fn next_cell(&mut self) -> Result<Option<Cell<'a>>, Problem> {
        if let Some(cell) = self.waiting.take() {
            return Ok(Some(cell));
        }
        while !self.ended {
            match self.cells.next_cell_with_formula_metadata() {
                Ok(Some(cell)) if is_blank(&cell) => {}
                Ok(Some(cell)) => return Ok(Some(cell)),
                Ok(None) => self.ended = true,
                Err(_) => return Err(damaged(self.line)),
            }
        }
        Ok(None)
    }

    /// Reads a row; `false` if there is none.
    fn read(&mut self, row: &mut Row) -> Result<bool, Problem> {
        row.cells.clear();
        row.oddities.clear();
        let Some(first) = self.next_cell()? else { return Ok(false) };
        let at = first.pos.0;
        let line = u64::from(at) + 1;
        if at >= MAX_ROWS || line < self.line {
            return Err(damaged(self.line));
        }
        (self.line, row.line) = (line, line);
        self.add(&first, row)?;
        while let Some(cell) = self.next_cell()? {
            if cell.pos.0 != at {
                self.waiting = Some(cell);
                break;
            }
            self.add(&cell, row)?;
        }
        Ok(true)
    }

    /// Puts a cell at its place in the row. One to the right of all that a header may have only shows that it is there.
    fn add(&mut self, cell: &Cell<'a>, row: &mut Row) -> Result<(), Problem> {
        let wanted = cell.pos.1 as usize;
        if row.cells.len() > header::MAX_COLUMNS {
            return Ok(());
        }
        if wanted < row.cells.len() {
            return Err(damaged(self.line));
        }
        while row.cells.len() < wanted.min(header::MAX_COLUMNS) {
            row.cells.push_field(b"");
        }
        if let Some(oddity) = oddity(cell) {
            row.oddities.push((row.cells.len(), oddity));
        }
        self.push(&shown(cell), row)
    }

    fn push(&mut self, text: &str, row: &mut Row) -> Result<(), Problem> {
        let fits = row.cells.as_slice().len() + text.len() <= MAX_ROW_BYTES;
        let left = self.bytes_left.checked_sub(text.len() as u64).filter(|_| fits);
        self.bytes_left = left.ok_or_else(|| too_large(self.line))?;
        row.cells.push_field(text.as_bytes());
        Ok(())
    }
}

impl<R: Read + Seek> Rows for SheetRows<'_, R> {
    const FORM: Form = Form { first_row: "The first row of the first sheet", has_separators: false };

    fn next(&mut self, row: &mut Row) -> Next {
        match self.read(row) {
            Ok(true) => Next::Row,
            Ok(false) => Next::End,
            Err(problem) => Next::Broken(problem),
        }
    }
}

/// Whether a cell has neither a value nor a formula. A formula that comes to the empty text has a value, and shows
/// nothing.
fn is_blank(cell: &Cell<'_>) -> bool {
    match &cell.value {
        DataRef::Empty => cell.formula.is_none(),
        DataRef::SharedString(text) => text.is_empty(),
        DataRef::String(text) => text.is_empty(),
        _ => false,
    }
}

fn oddity(cell: &Cell<'_>) -> Option<Oddity> {
    match &cell.value {
        DataRef::Empty => Some(Oddity::FormulaWithoutValue),
        DataRef::Error(CellErrorType::Value) => Some(Oddity::ErrorOrPicture),
        DataRef::Error(_) => Some(Oddity::Error),
        DataRef::Bool(_) => Some(Oddity::Boolean),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Some(Oddity::Date),
        DataRef::Float(number) if number.abs() < FIRST_INEXACT && number.fract() != 0.0 => Some(Oddity::Fraction),
        _ => None,
    }
}

/// The cell as a CSV would have it, or the start of its formula where it has no value. A number with more digits than a
/// spreadsheet keeps is shown shortened.
fn shown<'c>(cell: &'c Cell<'_>) -> Cow<'c, str> {
    match &cell.value {
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cow::Borrowed(text),
        DataRef::Float(number) if number.abs() < FIRST_INEXACT => Cow::Owned(number.to_string()),
        DataRef::Float(number) => Cow::Owned(format!("{number:E}")),
        DataRef::Int(number) => Cow::Owned(number.to_string()),
        DataRef::Bool(value) => Cow::Borrowed(if *value { "TRUE" } else { "FALSE" }),
        DataRef::DateTime(time) => Cow::Owned(shown_time(time)),
        DataRef::Error(error) => Cow::Owned(error.to_string()),
        DataRef::Empty => Cow::Owned(shown_formula(cell.formula.as_ref())),
    }
}

/// The start of a formula; of one that another cell shares with this the file has no text here.
fn shown_formula(formula: Option<&XlsxFormulaMetadata>) -> String {
    match formula {
        Some(XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. }) => {
            iter::once('=').chain(formula.chars().take(MAX_FORMULA_CHARS)).collect()
        }
        _ => String::new(),
    }
}

fn shown_time(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, ..) = time.to_ymd_hms_milli();
    match (hour, minute) {
        (0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"),
    }
}
