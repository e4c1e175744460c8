//! Where rows come from: what the reader asks of a file of any form.

use csv::ByteRecord;

use crate::import::problem::Problem;

/// One row, and the line it starts on.
#[derive(Default)]
pub(super) struct Row {
    /// Counted from 1.
    pub(super) line: u64,
    /// The cells as they stand in the file.
    pub(super) cells: ByteRecord,
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
    /// Puts the next row into `row`.
    fn next(&mut self, row: &mut Row) -> Next;
}
