//! The header: which column is which.

use crate::import::cell;
use crate::import::cell::{Fault, Oddity};
use crate::import::problem::{Problem, ProblemCode, Problems};
use crate::import::rows::{Form, Row};

/// The most columns a file may have, empty ones included.
pub(super) const MAX_COLUMNS: usize = 1000;

/// Where the two columns stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// The position of `PhoneNumber`, from 0.
    pub(super) phone_number: usize,
    /// The position of `MEEmailAddress`, from 0.
    pub(super) email: usize,
    /// For each column whether it has a name.
    pub(super) named: Vec<bool>,
    /// How many cells a row may have.
    pub(super) width: usize,
}

impl Columns {
    /// The name of the column at a position; `None` if it is neither of the two.
    pub(super) fn name_of(&self, at: usize) -> Option<&'static str> {
        let places = [(self.phone_number, cell::PHONE_NUMBER), (self.email, cell::EMAIL)];
        places.into_iter().find(|(place, _)| *place == at).map(|(_, name)| name)
    }
}

/// Finds the columns and adds what is wrong with the header to `problems`; `None` if rows can't be read under it.
pub(super) fn read(form: Form, row: &Row, problems: &mut Problems) -> Option<Columns> {
    let line = row.line;
    if row.cells.len() > MAX_COLUMNS {
        let message = format!("The header has more than {MAX_COLUMNS} columns. Delete all but the two.");
        problems.add(Problem::of_line(line, ProblemCode::MalformedCsv, message));
        return None;
    }
    if let Some(at) = row.misquoted {
        problems.add(named_by_cell(misquoted(line, row.cells.get(at).unwrap_or_default())));
        return None;
    }
    if let Some(raw) = row.cells.iter().find(|raw| cell::is_whole_header(raw)) {
        problems.add(named_by_cell(whole(line, raw)));
        return None;
    }
    let mut found = [None; 2];
    let mut named = Vec::with_capacity(row.cells.len());
    for at in 0..row.cells.len() {
        let (raw, oddity) = row.cell(at);
        named.push(!row.is_blank_at(at));
        if oddity == Some(Oddity::FormulaWithoutValue) {
            let Fault { code, message } = Oddity::FormulaWithoutValue.fault(ProblemCode::UnknownColumn, "name");
            problems.add(Problem { column: None, ..Problem::of_cell(line, "", raw, code, message) });
            continue;
        }
        match name_of(raw) {
            Ok(Some(column)) if found[column].is_none() => found[column] = Some(at),
            Ok(Some(column)) => problems.add(repeated(line, cell::COLUMNS[column], raw)),
            Ok(None) => {}
            Err(problem) => problems.add(problem(line, raw)),
        }
    }
    for (column, at) in cell::COLUMNS.into_iter().zip(found) {
        if at.is_none() {
            problems.add(missing(line, form, column));
        }
    }
    let width = if form.has_separators { row.cells.len() } else { usize::MAX };
    Some(Columns { phone_number: found[0]?, email: found[1]?, named, width })
}

/// Adds the problems of a file without a header.
pub(super) fn none(form: Form, problems: &mut Problems) {
    for column in cell::COLUMNS {
        problems.add(missing(1, form, column));
    }
}

type MakeProblem = fn(u64, &[u8]) -> Problem;

/// Which of [`cell::COLUMNS`] a cell of the header names; `None` if it is blank.
fn name_of(raw: &[u8]) -> Result<Option<usize>, MakeProblem> {
    let name = cell::bare(raw).map_err(|_| not_text as MakeProblem)?;
    match cell::COLUMNS.iter().position(|column| column.eq_ignore_ascii_case(name)) {
        None if name.is_empty() => Ok(None),
        None => Err(unknown),
        column => Ok(column),
    }
}

fn missing(line: u64, form: Form, column: &'static str) -> Problem {
    let message = format!(
        "The column {column} is missing. {} must name the columns: {} and {}.",
        form.first_row,
        cell::PHONE_NUMBER,
        cell::EMAIL
    );
    Problem::of_cell(line, column, b"", ProblemCode::MissingColumn, message)
}

fn repeated(line: u64, column: &'static str, raw: &[u8]) -> Problem {
    let message = format!("The column {column} is there twice. Delete one of the two.");
    Problem::of_cell(line, column, raw, ProblemCode::MalformedCsv, message)
}

fn unknown(line: u64, raw: &[u8]) -> Problem {
    let message =
        format!("This column is not known. Delete it, and keep {} and {} only.", cell::PHONE_NUMBER, cell::EMAIL);
    named_by_cell(Problem::of_cell(line, "", raw, ProblemCode::UnknownColumn, message))
}

/// Both names in one cell: people who are told that the column is not known delete what they have.
fn whole(line: u64, raw: &[u8]) -> Problem {
    let message = format!("All columns stand in one cell. {}", cell::SPLIT);
    Problem::of_cell(line, "", raw, ProblemCode::MalformedCsv, message)
}

fn misquoted(line: u64, raw: &[u8]) -> Problem {
    Problem::of_cell(line, "", raw, ProblemCode::MalformedCsv, cell::MISQUOTED)
}

/// A column of the header has no other name than what stands in its cell.
fn named_by_cell(problem: Problem) -> Problem {
    Problem { column: Some(problem.value.clone().into()), ..problem }
}

fn not_text(line: u64, raw: &[u8]) -> Problem {
    Problem { column: None, ..Problem::of_cell(line, "", raw, ProblemCode::InvalidEncoding, cell::NOT_TEXT) }
}
