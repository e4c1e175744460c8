//! The import: rows are staged in a temporary table, and a handful of statements over whole sets does the rest.

use crate::domain::email::EmailAddress;
use crate::domain::mapping::ImportCounts;
use crate::domain::mapping::ImportMode;
use crate::domain::mapping::ImportRow;
use crate::domain::number_range;
use crate::domain::number_range::NumberRange;
use crate::ports::mapping_store::AppliedImport;
use crate::ports::mapping_store::BadRow;
use crate::ports::mapping_store::BadRowReason;
use crate::ports::mapping_store::BadRows;
use crate::ports::mapping_store::ImportBatch;
use crate::ports::mapping_store::ImportOutcome;
use crate::ports::mapping_store::MAX_LISTED_BAD_ROWS;
use crate::ports::store_error::StoreError;
use crate::store::error::UnreadableRow;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

macro_rules! import {
    ($name:ident, $engine:ty) => {
        pub(super) async fn $name(engine: &$engine, mut batch: ImportBatch) -> Result<ImportOutcome, StoreError> {
            let mut transaction = engine.begin().await?;
            for statement in <$engine>::BEFORE_IMPORT {
                sqlx::query(*statement).execute(&mut *transaction).await?;
            }
            let group: Option<(i64, i64, i64)> = sqlx::query_as(<$engine>::LOCK_GROUP)
                .bind(batch.group.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
            let Some((group_key, base_revision, mapping_count)) = group else {
                return Ok(ImportOutcome::NoSuchGroup);
            };
            if batch.expected_revision.is_some_and(|expected| expected != base_revision) {
                return Ok(ImportOutcome::RevisionMoved { current: base_revision });
            }
            let ranges: Vec<(i64, i64)> =
                sqlx::query_as(statements::RANGES_OF_GROUP).bind(group_key).fetch_all(&mut *transaction).await?;
            let mut bad_rows = take_not_assigned(&mut batch, &read_ranges(&ranges)?);

            for statement in <$engine>::CREATE_STAGING {
                sqlx::query(*statement).execute(&mut *transaction).await?;
            }
            let (staged, others) = (std::mem::take(&mut batch.rows), std::mem::take(&mut batch.other_numbers));
            <$engine>::stage(&mut transaction, staged, others).await?;
            for statement in <$engine>::INDEX_STAGING {
                sqlx::query(*statement).execute(&mut *transaction).await?;
            }

            if batch.mode == ImportMode::Merge {
                let (count,): (i64,) = sqlx::query_as(statements::COUNT_TAKEN)
                    .bind(group_key)
                    .bind(batch.skip_bad_rows)
                    .fetch_one(&mut *transaction)
                    .await?;
                if count > 0 {
                    let taken: Vec<TakenRow> = sqlx::query_as(statements::LIST_TAKEN)
                        .bind(group_key)
                        .bind(batch.skip_bad_rows)
                        .bind(i64::try_from(MAX_LISTED_BAD_ROWS).unwrap_or(i64::MAX))
                        .fetch_all(&mut *transaction)
                        .await?;
                    add_taken(&mut bad_rows, rows::count(count)?, taken)?;
                    sqlx::query(statements::UNSTAGE_TAKEN)
                        .bind(group_key)
                        .bind(batch.skip_bad_rows)
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            if batch.check_only || (bad_rows.count > 0 && !batch.skip_bad_rows) {
                return Ok(ImportOutcome::Rejected { bad_rows });
            }

            let (added, changed, unchanged): (i64, i64, i64) =
                sqlx::query_as(statements::COUNT_CHANGES).bind(group_key).fetch_one(&mut *transaction).await?;
            let removed = match batch.mode {
                ImportMode::Replace => mapping_count - changed - unchanged,
                ImportMode::Merge => 0,
            };
            let counts = ImportCounts {
                added: rows::count(added)?,
                changed: rows::count(changed)?,
                removed: rows::count(removed)?,
                unchanged: rows::count(unchanged)?,
            };
            let changes_something = added + changed + removed > 0;
            if changes_something {
                let delete = match batch.mode {
                    ImportMode::Replace => statements::DELETE_CHANGED_AND_REMOVED,
                    ImportMode::Merge => statements::DELETE_CHANGED,
                };
                sqlx::query(delete).bind(group_key).execute(&mut *transaction).await?;
                sqlx::query(statements::INSERT_STAGED)
                    .bind(group_key)
                    .bind(batch.now.as_microsecond())
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(statements::COUNT_REVISION)
                    .bind(group_key)
                    .bind(added - removed)
                    .execute(&mut *transaction)
                    .await?;
            }
            for statement in <$engine>::DROP_STAGING {
                sqlx::query(*statement).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            let revision = base_revision + i64::from(changes_something);
            Ok(ImportOutcome::Applied(AppliedImport { counts, base_revision, revision, bad_rows }))
        }
    };
}

import!(postgres, Postgres);
import!(sqlite, Sqlite);

/// `line, phone_number, email, by_number`
type TakenRow = (i64, i64, String, i64);

fn read_ranges(ranges: &[(i64, i64)]) -> Result<Vec<NumberRange>, UnreadableRow> {
    ranges.iter().map(|(first, last)| rows::range(*first, *last)).collect()
}

/// Takes out the rows whose number lies in none of the group's ranges. The file still names these numbers.
fn take_not_assigned(batch: &mut ImportBatch, ranges: &[NumberRange]) -> BadRows {
    let mut bad_rows = BadRows::default();
    let other_numbers = &mut batch.other_numbers;
    let skips = batch.skip_bad_rows;
    batch.rows.retain(|row| {
        if number_range::contains(ranges, row.phone_number) {
            return true;
        }
        bad_rows.count += 1;
        if bad_rows.first.len() < MAX_LISTED_BAD_ROWS {
            bad_rows.first.push(BadRow { row: row.clone(), reason: BadRowReason::NumberNotAssigned });
        }
        if !skips {
            other_numbers.push(row.phone_number);
        }
        false
    });
    other_numbers.sort_unstable();
    other_numbers.dedup();
    bad_rows
}

/// Adds the rows whose address is taken; the list stays in the order of the lines.
fn add_taken(bad_rows: &mut BadRows, count: u64, taken: Vec<TakenRow>) -> Result<(), UnreadableRow> {
    bad_rows.count += count;
    for (line, number, email, by) in taken {
        let line = u32::try_from(line).map_err(|_| UnreadableRow("a line"))?;
        let row =
            ImportRow { line, phone_number: rows::phone_number(number)?, email: EmailAddress::from_stored(email) };
        let reason = BadRowReason::EmailTaken { by: rows::phone_number(by)? };
        bad_rows.first.push(BadRow { row, reason });
    }
    bad_rows.first.sort_by_key(|bad| bad.row.line);
    bad_rows.first.truncate(MAX_LISTED_BAD_ROWS);
    Ok(())
}
