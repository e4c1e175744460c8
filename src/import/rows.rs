//! Where rows come from: what the reader asks of a file of any form.

use csv::ByteRecord;

use crate::import::cell;
use crate::import::cell::Oddity;
use crate::import::problem::Problem;

/// One row, and the line it starts on.
#[derive(Default)]
pub(super) struct Row {
    /// Counted from 1.
    pub(super) line: u64,
    /// The cells as they stand in the file.
    pub(super) cells: ByteRecord,
    /// Which cells, counted from 0, hold something else than what their text looks like.
    pub(super) oddities: Vec<(usize, Oddity)>,
    /// The first cell, counted from 0, whose quotes do not end where it ends.
    pub(super) misquoted: Option<usize>,
}

impl Row {
    /// The cell, counted from 0: its text, and what it holds instead of one.
    pub(super) fn cell(&self, at: usize) -> (&[u8], Option<Oddity>) {
        let oddity = self.oddities.iter().find(|(place, _)| *place == at).map(|(_, oddity)| *oddity);
        (self.cells.get(at).unwrap_or_default(), oddity)
    }

    /// Whether there is nothing in the cell: neither a text that can be seen nor a formula.
    pub(super) fn is_blank_at(&self, at: usize) -> bool {
        let (raw, oddity) = self.cell(at);
        oddity.is_none() && cell::is_blank(raw)
    }

    /// Whether there is nothing in any cell.
    pub(super) fn is_blank(&self) -> bool {
        self.misquoted.is_none() && self.oddities.is_empty() && self.cells.iter().all(cell::is_blank)
    }
}

/// What tells files of one form from others.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// What people call the place of the header.
    pub(super) first_row: &'static str,
    /// Whether a separator too many can move the cells of a row to the right.
    pub(super) has_separators: bool,
}

/// What comes next in a file.
pub(super) enum Next {
    /// A row.
    Row,
    /// The file can't be split into rows from here on.
    Broken(Problem),
    /// Nothing.
    End,
}

/// The rows of a file, one after the other, in constant memory.
pub(super) trait Rows {
    /// The file's form.
    const FORM: Form;

    /// Puts the next row into `row`.
    fn next(&mut self, row: &mut Row) -> Next;
}
