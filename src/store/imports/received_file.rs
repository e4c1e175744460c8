//! A file that is being received: which of its rows are good, and what is kept of it.

use std::sync::Arc;

use crate::domain::import::{ImportMode, PackedRows, RowInPack};
use crate::domain::number_range;
use crate::domain::number_range::NumberRange;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::import_store::{BadRow, BadRowReason, BadRows, FileEnd, FilePiece, ImportBatch, MAX_LISTED_BAD_ROWS};
use crate::store::bulk::Target;

/// What has come of a file so far.
pub(super) struct ReceivedFile {
    pub(super) ranges: Vec<NumberRange>,
    mode: ImportMode,
    skips_bad_rows: bool,
    /// Whether the file is to be applied at once.
    applies: bool,
    /// Whether a row has been found that stops the import.
    is_rejected: bool,
    pub(super) bad_rows: BadRows,
    /// Numbers of bad rows. The file still names them.
    numbers_outside: Vec<PhoneNumber>,
    /// The rows once more, for a group's first mappings.
    pub(super) pieces: Vec<Arc<PackedRows>>,
    /// How many rows were written.
    pub(super) row_count: u64,
    pub(super) end: FileEnd,
}

impl ReceivedFile {
    pub(super) fn new(batch: &ImportBatch, ranges: Vec<NumberRange>) -> Self {
        Self {
            ranges,
            mode: batch.mode,
            skips_bad_rows: batch.skips_bad_rows,
            applies: batch.apply.is_some(),
            is_rejected: false,
            bad_rows: BadRows::default(),
            numbers_outside: Vec::new(),
            pieces: Vec::new(),
            row_count: 0,
            end: FileEnd::default(),
        }
    }

    /// Gives the rows whose number one of the group's ranges holds.
    pub(super) fn check<'a>(&mut self, piece: &'a FilePiece) -> Vec<RowInPack<'a>> {
        let mut good = Vec::with_capacity(piece.rows.len());
        for row in piece.rows.iter() {
            if number_range::contains(&self.ranges, row.phone_number) {
                good.push(row);
            } else {
                self.add_outside(row);
            }
        }
        self.is_rejected |= piece.is_rejected || (self.bad_rows.count > 0 && !self.skips_bad_rows);
        good
    }

    fn add_outside(&mut self, row: RowInPack<'_>) {
        self.bad_rows.count += 1;
        if self.bad_rows.first.len() < MAX_LISTED_BAD_ROWS {
            self.bad_rows.first.push(BadRow { row: row.unpacked(), reason: BadRowReason::NumberNotAssigned });
        }
        self.numbers_outside.push(row.phone_number);
    }

    /// Whether rows are still to be written. Of a file that is rejected a merge needs them all nevertheless: it tells
    /// every row whose address is taken.
    pub(super) fn is_wanted(&self, target: Target) -> bool {
        !self.is_rejected || (matches!(target, Target::Staging) && self.mode == ImportMode::Merge)
    }

    /// Keeps the rows of a group's first mappings.
    pub(super) fn keep(&mut self, target: Target, piece: FilePiece) {
        if self.applies && !self.is_rejected && matches!(target, Target::Changes { .. }) {
            self.pieces.push(piece.rows);
        }
    }

    pub(super) fn finish(&mut self, mut end: FileEnd) {
        let skips = self.skips_bad_rows && !end.is_rejected;
        if !skips {
            end.other_numbers.append(&mut self.numbers_outside);
        }
        end.other_numbers.sort_unstable();
        end.other_numbers.dedup();
        self.end = end;
    }
}
