//! What is read of imports and of the rows of their files.

use uuid::Uuid;

use crate::domain::email::EmailAddress;
use crate::domain::import::{Import, ImportMode, ImportRow, ImportState};
use crate::ports::import_store::{BadRow, BadRowReason, BadRows, MAX_LISTED_BAD_ROWS};
use crate::store::change_sets::NotAssignedRow;
use crate::store::error::UnreadableRow;
use crate::store::record::record;
use crate::store::rows;

/// Of a group; one that waits only until it expires.
pub(super) const FIND_IMPORT: &str = "SELECT i.id, i.mode, i.base_revision, i.row_count, s.added, s.changed, s.removed, \
     i.reassigned, i.unchanged, i.problem_count, i.created_at, i.expires_at, i.revision, i.change_set_key \
     FROM imports i JOIN change_sets s ON s.change_set_key = i.change_set_key \
     JOIN business_groups g ON g.group_key = i.group_key \
     WHERE g.id = $1 AND i.id = $2 AND (i.revision IS NOT NULL OR i.expires_at > $3)";

record! {
    /// A row whose address another number has.
    pub(super) struct TakenRow {
        line: i64,
        phone_number: i64,
        email: String,
        by_number: i64,
    }
}

record! {
    pub(super) struct ImportRecord {
        id: String,
        mode: String,
        base_revision: i64,
        row_count: i64,
        added: i64,
        changed: i64,
        removed: i64,
        reassigned: Option<i64>,
        unchanged: i64,
        problem_count: Option<i64>,
        created_at: i64,
        expires_at: i64,
        revision: Option<i64>,
        change_set_key: i64,
    }
}

/// An import and its change set.
pub(super) struct StoredImport {
    pub(super) import: Import,
    pub(super) change_set: i64,
}

impl TryFrom<ImportRecord> for StoredImport {
    type Error = UnreadableRow;

    fn try_from(row: ImportRecord) -> Result<Self, UnreadableRow> {
        let import = Import {
            id: Uuid::try_parse(&row.id).map_err(|_| UnreadableRow("the id of an import"))?,
            mode: ImportMode::parse(&row.mode).ok_or(UnreadableRow("an import mode"))?,
            state: row.revision.map_or(ImportState::Ready, |revision| ImportState::Applied { revision }),
            base_revision: row.base_revision,
            row_count: rows::count(row.row_count)?,
            counts: rows::change_counts(row.added, row.changed, row.removed)?,
            reassigned: row.reassigned.map(rows::count).transpose()?,
            unchanged: rows::count(row.unchanged)?,
            problem_count: row.problem_count.map(rows::count).transpose()?,
            created_at: rows::timestamp(row.created_at)?,
            expires_at: rows::timestamp(row.expires_at)?,
        };
        Ok(Self { import, change_set: row.change_set_key })
    }
}

/// Adds the rows whose address is taken; the list stays in the order of the lines.
pub(super) fn add_taken(bad_rows: &mut BadRows, count: u64, taken: Vec<TakenRow>) -> Result<(), UnreadableRow> {
    bad_rows.count += count;
    for row in taken {
        let reason = BadRowReason::EmailTaken { by: rows::phone_number(row.by_number)? };
        bad_rows.first.push(BadRow { row: import_row(row.line, row.phone_number, row.email)?, reason });
    }
    bad_rows.first.sort_by_key(|bad| bad.row.line);
    bad_rows.first.truncate(MAX_LISTED_BAD_ROWS);
    Ok(())
}

pub(super) fn not_assigned_row(row: NotAssignedRow) -> Result<BadRow, UnreadableRow> {
    let row = import_row(row.line.unwrap_or_default(), row.phone_number, row.new_email)?;
    Ok(BadRow { row, reason: BadRowReason::NumberNotAssigned })
}

fn import_row(line: i64, number: i64, email: String) -> Result<ImportRow, UnreadableRow> {
    let line = u32::try_from(line).map_err(|_| UnreadableRow("a line"))?;
    Ok(ImportRow { line, phone_number: rows::phone_number(number)?, email: EmailAddress::from_stored(email) })
}
