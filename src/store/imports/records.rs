//! What is read of imports and of the rows of their files.

use uuid::Uuid;

use crate::domain::email::EmailAddress;
use crate::domain::import::Import;
use crate::domain::import::ImportMode;
use crate::domain::import::ImportRow;
use crate::domain::import::ImportState;
use crate::ports::import_store::BadRow;
use crate::ports::import_store::BadRowReason;
use crate::ports::import_store::BadRows;
use crate::ports::import_store::MAX_LISTED_BAD_ROWS;
use crate::store::change_sets::NotAssignedRow;
use crate::store::error::UnreadableRow;
use crate::store::rows;

/// `line, phone_number, email, by_number`
pub(super) type TakenRow = (i64, i64, String, i64);

/// `id, mode, base_revision, row_count, added, changed, removed, reassigned, unchanged, problem_count, created_at,
/// expires_at, revision, change_set_key`
pub(super) type ImportRecord =
    (String, String, i64, i64, i64, i64, i64, Option<i64>, i64, Option<i64>, i64, i64, Option<i64>, i64);

pub(super) fn read_import(row: ImportRecord) -> Result<(Import, i64), UnreadableRow> {
    let (
        id,
        mode,
        base_revision,
        row_count,
        added,
        changed,
        removed,
        reassigned,
        unchanged,
        problems,
        created,
        expires,
        revision,
        key,
    ) = row;
    let import = Import {
        id: Uuid::try_parse(&id).map_err(|_| UnreadableRow("the id of an import"))?,
        mode: ImportMode::parse(&mode).ok_or(UnreadableRow("an import mode"))?,
        state: revision.map_or(ImportState::Ready, |revision| ImportState::Applied { revision }),
        base_revision,
        row_count: rows::count(row_count)?,
        counts: rows::change_counts(added, changed, removed)?,
        reassigned: reassigned.map(rows::count).transpose()?,
        unchanged: rows::count(unchanged)?,
        problem_count: problems.map(rows::count).transpose()?,
        created_at: rows::timestamp(created)?,
        expires_at: rows::timestamp(expires)?,
    };
    Ok((import, key))
}

/// Adds the rows whose address is taken; the list stays in the order of the lines.
pub(super) fn add_taken(bad_rows: &mut BadRows, count: u64, taken: Vec<TakenRow>) -> Result<(), UnreadableRow> {
    bad_rows.count += count;
    for (line, number, email, by) in taken {
        let reason = BadRowReason::EmailTaken { by: rows::phone_number(by)? };
        bad_rows.first.push(BadRow { row: import_row(line, number, email)?, reason });
    }
    bad_rows.first.sort_by_key(|bad| bad.row.line);
    bad_rows.first.truncate(MAX_LISTED_BAD_ROWS);
    Ok(())
}

pub(super) fn not_assigned_row((line, number, email): NotAssignedRow) -> Result<BadRow, UnreadableRow> {
    let row = import_row(line.unwrap_or_default(), number, email)?;
    Ok(BadRow { row, reason: BadRowReason::NumberNotAssigned })
}

pub(super) fn import_row(line: i64, number: i64, email: String) -> Result<ImportRow, UnreadableRow> {
    let line = u32::try_from(line).map_err(|_| UnreadableRow("a line"))?;
    Ok(ImportRow { line, phone_number: rows::phone_number(number)?, email: EmailAddress::from_stored(email) })
}
