//! Reads an import file: every good row, and everything that is wrong with the others.
//!
//! Lines are counted as an editor counts them, from 1, and a row is named by the line it starts on: line breaks inside
//! quotes and blank lines count. A first line `sep=;` does not: spreadsheets hide it, and the header after it is line
//! 1. In a workbook the line is the sheet's row.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::{io, iter, panic, thread};

use crate::domain::import::{ImportRow, PackedRows, RowInPack};
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::import::cell::{Fault, Oddity};
use crate::import::duplicates::SeenRows;
use crate::import::header::Columns;
use crate::import::problem::{Problem, ProblemCode, Problems};
use crate::import::rows::{Form, Next, Row, Rows};
use crate::import::workbook::Spool;
use crate::import::{cell, csv_rows, header, workbook};

/// How many rows are read before others get their turn on this core: a twentieth of a millisecond.
const ROWS_IN_A_ROW: u64 = 32;

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

/// Takes some good rows, and whether the file has problems so far; breaks where nobody wants the rest.
pub type TakePiece<'a> = &'a mut dyn FnMut(Arc<PackedRows>, bool) -> ControlFlow<()>;

/// Reads a file to its end, or until it shows that no rows can be read from it. Besides the rows this takes constant
/// memory and one row's worth; of a workbook also the texts in it, of which [`workbook`] allows so many.
///
/// # Errors
/// If there is no room to keep a workbook in while it is read.
pub fn read(source: impl Read, plan: NumberingPlan) -> io::Result<ReadFile> {
    let mut rows = Vec::new();
    let file = read_in_pieces(source, plan, &mut |piece, _| {
        rows.extend(piece.iter().map(RowInPack::unpacked));
        ControlFlow::Continue(())
    })?;
    Ok(ReadFile { rows, ..file })
}

/// As [`read`], but gives the good rows away as they are read: [`ReadFile::rows`] stays empty.
///
/// # Errors
/// As [`read`].
pub fn read_in_pieces(mut source: impl Read, plan: NumberingPlan, take: TakePiece<'_>) -> io::Result<ReadFile> {
    let mut start = Vec::new();
    source.by_ref().take(workbook::SIGNATURE_BYTES).read_to_end(&mut start)?;
    let is_container = workbook::is_container(&start);
    let source = Cursor::new(start).chain(source);
    let file =
        if is_container { read_workbook(Spool::fill(source)?, plan, take) } else { read_csv(source, plan, take) };
    Ok(file.unwrap_or_else(ReadFile::refused))
}

fn read_csv(source: impl Read, plan: NumberingPlan, take: TakePiece<'_>) -> Result<ReadFile, Problem> {
    Ok(Reading::new(plan, take).file(csv_rows::open(source)?))
}

/// Reads a workbook. What others wrote to read it may stop short at bytes that nobody expected, and that is the file's
/// fault, not the service's.
///
/// The rows are given away at the end: a workbook is read slowly, and who takes them may hold something for so long.
fn read_workbook(file: Spool, plan: NumberingPlan, take: TakePiece<'_>) -> Result<ReadFile, Problem> {
    let mut pieces = Vec::new();
    let keep = &mut |piece, has_problems| {
        pieces.push((piece, has_problems));
        ControlFlow::Continue(())
    };
    let read = || Ok(Reading::new(plan, keep).file(workbook::open(file)?.rows()?));
    let file = panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(workbook::damaged(1)))?;
    // Where nobody wants them there is nothing left to be spared.
    let _ = pieces.into_iter().try_for_each(|(piece, has_problems)| take(piece, has_problems));
    Ok(file)
}

impl ReadFile {
    /// A file from which no rows can be read.
    fn refused(problem: Problem) -> Self {
        let mut problems = Problems::default();
        problems.add(problem);
        Self { problems, header_line: 1, unreadable: true, ..Self::default() }
    }
}

struct Reading<'a> {
    plan: NumberingPlan,
    take: TakePiece<'a>,
    /// Whether anybody wants the rest.
    wanted: bool,
    seen: SeenRows,
    problems: Problems,
    row_count: u64,
    /// Whether the rows could not be told from each other to the end.
    broken: bool,
}

impl<'a> Reading<'a> {
    fn new(plan: NumberingPlan, take: TakePiece<'a>) -> Self {
        let (seen, problems) = (SeenRows::default(), Problems::default());
        Self { plan, take, wanted: true, seen, problems, row_count: 0, broken: false }
    }

    /// Reads all rows of a file.
    fn file<R: Rows>(mut self, mut rows: R) -> ReadFile {
        let (header_line, columns) = self.rows(&mut rows);
        let unreadable = self.broken || !columns;
        let (last_rows, other_numbers) = self.seen.finish();
        let _ = (self.take)(last_rows, !self.problems.is_empty());
        let (problems, row_count) = (self.problems, self.row_count);
        ReadFile { rows: Vec::new(), other_numbers, problems, row_count, header_line, unreadable }
    }

    /// Reads the header and the rows under it; gives the header's line and whether the header is good.
    fn rows<R: Rows>(&mut self, rows: &mut R) -> (u64, bool) {
        let mut row = Row::default();
        if !self.next(rows, &mut row) {
            if self.problems.is_empty() {
                header::none(R::FORM, &mut self.problems);
            }
            return (1, false);
        }
        let header_line = row.line;
        let columns = header::read(R::FORM, &row, &mut self.problems);
        let header_is_good = self.problems.is_empty();
        let Some(columns) = columns else { return (header_line, false) };
        while self.wanted && self.next(rows, &mut row) {
            self.row(R::FORM, &row, &columns);
            if self.row_count.is_multiple_of(ROWS_IN_A_ROW) {
                // A file can wait, and a call that has come meanwhile can't: else it would, for some milliseconds.
                thread::yield_now();
            }
        }
        (header_line, header_is_good)
    }

    /// Reads up to the next row that is not blank; `false` if there is none.
    fn next(&mut self, rows: &mut impl Rows, row: &mut Row) -> bool {
        loop {
            match rows.next(row) {
                Next::Row if row.is_blank() => {}
                Next::Row => return true,
                Next::Broken(problem) => {
                    self.problems.add(problem);
                    self.broken = true;
                    return false;
                }
                Next::End => return false,
            }
        }
    }

    fn row(&mut self, form: Form, row: &Row, columns: &Columns) {
        self.row_count += 1;
        let line = row.line;
        let short_line = u32::try_from(line).unwrap_or(u32::MAX);
        if let Some(problem) = unsplit(form, row, columns) {
            self.problems.add(problem);
            self.hold_pieces(short_line, row);
            return;
        }
        let known_problems = self.problems.count;
        self.unnamed_cells(row, columns);
        let (raw_number, raw_email) = (row.cell(columns.phone_number), row.cell(columns.email));
        let number = self.value(line, cell::PHONE_NUMBER, raw_number.0, cell::phone_number(raw_number, self.plan));
        let number = number.map(|number| self.seen.hashed(number));
        let email = self.value(line, cell::EMAIL, raw_email.0, cell::email(raw_email));
        let email = email.map(|email| self.seen.hashed(email));
        if let Some(first) = number.as_ref().and_then(|number| self.seen.line_of_number(number)) {
            let message = format!("This phone number is on line {first} already. Keep one of the two rows.");
            let code = ProblemCode::DuplicatePhoneNumber;
            self.problems.add(Problem::of_cell(line, cell::PHONE_NUMBER, raw_number.0, code, message));
        }
        if let Some(first) = email.as_ref().and_then(|email| self.seen.line_of_email(email)) {
            let message = format!(
                "This address is on line {first} already. An address has one number only: keep one of the two rows."
            );
            self.problems.add(Problem::of_cell(line, cell::EMAIL, raw_email.0, ProblemCode::DuplicateEmail, message));
        }
        match (number, email) {
            (Some(number), Some(email)) if self.problems.count == known_problems => {
                if let Some(piece) = self.seen.add(short_line, number, email) {
                    self.wanted = (self.take)(piece, !self.problems.is_empty()).is_continue();
                }
            }
            (number, email) => self.seen.add_bad(short_line, number, email),
        }
    }

    /// Remembers each number and each address in a row whose cells are not where they belong: another row that has one
    /// of them is not to be trusted more than this one.
    fn hold_pieces(&mut self, line: u32, row: &Row) {
        for piece in row.cells.iter().flat_map(cell::loose_pieces) {
            let number = cell::phone_number((piece, None), self.plan).ok().map(|number| self.seen.hashed(number));
            let email = cell::email((piece, None)).ok().map(|email| self.seen.hashed(email));
            self.seen.add_bad(line, number, email);
        }
    }

    /// Adds a problem for each cell with content in a column without a name.
    fn unnamed_cells(&mut self, row: &Row, columns: &Columns) {
        let names = columns.named.iter().copied().chain(iter::repeat(false)).take(row.cells.len());
        for (at, _) in names.enumerate().filter(|(at, named)| !named && !row.is_blank_at(*at)) {
            let (raw, oddity) = row.cell(at);
            let Fault { code, message } = match oddity {
                Some(Oddity::FormulaWithoutValue) => Oddity::FormulaWithoutValue.fault(ProblemCode::UnknownColumn, ""),
                _ => Fault {
                    code: ProblemCode::UnknownColumn,
                    message: "This cell is in a column without a name. Delete the column, or clear the cell."
                        .to_owned(),
                },
            };
            let problem = Problem::of_cell(row.line, "", raw, code, message);
            self.problems.add(Problem { column: None, ..problem });
        }
    }

    fn value<T>(&mut self, line: u64, column: &'static str, raw: &[u8], read: Result<T, Fault>) -> Option<T> {
        read.map_err(|Fault { code, message }| {
            self.problems.add(Problem::of_cell(line, column, raw, code, message));
        })
        .ok()
    }
}

/// The problem of a row whose cells are not where they belong.
fn unsplit(form: Form, row: &Row, columns: &Columns) -> Option<Problem> {
    let of_cell = |at: usize, message: &str| {
        let column = columns.name_of(at);
        let raw = row.cells.get(at).unwrap_or_default();
        let problem = Problem::of_cell(row.line, column.unwrap_or_default(), raw, ProblemCode::MalformedCsv, message);
        Problem { column: column.map(Cow::Borrowed), ..problem }
    };
    if let Some(at) = row.misquoted {
        return Some(of_cell(at, cell::MISQUOTED));
    }
    if let Some(at) = (columns.width..row.cells.len()).find(|at| !row.is_blank_at(*at)) {
        let message = "This row has more cells than the header. A separator too many, or a missing quote, moves the cells: \
                       correct the row.";
        return Some(of_cell(at, message));
    }
    // In a workbook a line end in a cell is not a quote's.
    let takes_in_lines = |at: &usize| form.has_separators && cell::takes_in_lines(row.cell(*at).0);
    if let Some(at) = [columns.phone_number, columns.email].into_iter().find(takes_in_lines) {
        return Some(of_cell(at, cell::TAKES_IN_LINES));
    }
    let whole = [(columns.phone_number, columns.email), (columns.email, columns.phone_number)];
    let is_whole = |(at, other): &(usize, usize)| row.is_blank_at(*other) && cell::is_whole_row(row.cell(*at).0);
    let (at, _) = whole.into_iter().find(is_whole)?;
    Some(of_cell(at, &format!("The number and the address stand in one cell. {}", cell::SPLIT)))
}
