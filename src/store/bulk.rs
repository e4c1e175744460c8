//! Many rows at once: where they go to, in both engines.

use std::sync::Arc;

use crate::domain::import::{PackedRows, RowInPack};
use crate::domain::number_range;
use crate::domain::number_range::NumberRange;
use crate::domain::phone_number::PhoneNumber;
use crate::store::rows::to_i64;

/// Makes the mappings that a change set (`$2`) gives a group (`$1`), at a time (`$3`).
pub(super) const ADD_MAPPINGS_OF_CHANGES: &str = "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
     SELECT phone_number, $1, new_email, $3 FROM changes WHERE change_set_key = $2 AND new_email IS NOT NULL \
     ORDER BY phone_number";

/// A table that takes rows of a file.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// The temporary table.
    Staging,
    /// A change set of a group that has no mappings yet: every row adds one.
    Changes {
        /// The change set.
        change_set: i64,
    },
    /// The mappings of a group.
    Mappings {
        /// The group.
        group: i64,
        /// When they are made, in microseconds since 1970.
        at: i64,
    },
}

/// A column's value.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Integer(i64),
    Text(&'a str),
    Null,
}

impl Target {
    /// The table and its columns.
    pub(super) fn columns(self) -> &'static str {
        match self {
            Self::Staging => "import_rows (line, phone_number, email)",
            Self::Changes { .. } => "changes (change_set_key, phone_number, new_email, line)",
            Self::Mappings { .. } => "mappings (phone_number, group_key, email, updated_at)",
        }
    }

    /// How many columns there are.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Staging => 3,
            Self::Changes { .. } | Self::Mappings { .. } => 4,
        }
    }

    /// A row's values, in the order of the columns.
    pub(super) fn values(self, row: RowInPack<'_>) -> impl Iterator<Item = Value<'_>> {
        let line = Value::Integer(row.line.into());
        let number = Value::Integer(to_i64(row.phone_number));
        let email = Value::Text(row.email);
        let values = match self {
            Self::Staging => [line, number, email, Value::Null],
            Self::Changes { change_set } => [Value::Integer(change_set), number, email, line],
            Self::Mappings { group, at } => [number, Value::Integer(group), email, Value::Integer(at)],
        };
        values.into_iter().take(self.width())
    }
}

/// The values of a number that the file names in no row that is good, for the temporary table.
pub(super) fn number_alone(number: PhoneNumber) -> impl Iterator<Item = Value<'static>> {
    [Value::Integer(0), Value::Integer(to_i64(number)), Value::Null].into_iter()
}

/// Rows of a file that lie in a group's ranges, in the order of their numbers: an index grows fastest at its end.
pub(super) struct OrderedRows {
    pieces: Vec<Arc<PackedRows>>,
    /// The piece of a row, and its place there.
    order: Vec<(u32, u32)>,
}

impl OrderedRows {
    /// Sorts the rows of a file.
    pub(super) fn of(pieces: Vec<Arc<PackedRows>>, ranges: &[NumberRange]) -> Self {
        let mut order = Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
        for (piece, rows) in (0..).zip(&pieces) {
            let good = (0..).zip(rows.iter()).filter(|(_, row)| number_range::contains(ranges, row.phone_number));
            order.extend(good.map(|(at, _)| (piece, at)));
        }
        order.sort_unstable_by_key(|place| row_at(&pieces, *place).phone_number);
        Self { pieces, order }
    }

    /// The rows, at most so many at once.
    pub(super) fn chunks(&self, size: usize) -> impl Iterator<Item = Vec<RowInPack<'_>>> {
        self.order.chunks(size).map(|places| places.iter().map(|place| row_at(&self.pieces, *place)).collect())
    }
}

fn row_at(pieces: &[Arc<PackedRows>], (piece, at): (u32, u32)) -> RowInPack<'_> {
    pieces[piece as usize].row(at as usize)
}
