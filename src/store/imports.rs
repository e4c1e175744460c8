//! Imports: the rows of a file are staged in a temporary table and held against the mappings by a handful of statements
//! over whole sets. What differs is a change set, which is kept, or applied at once. The rows of a group's first file are
//! its change set.

mod received_file;
mod records;

use async_trait::async_trait;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::domain::actor::Deed;
use crate::domain::audit::Detail;
use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::ChangeCounts;
use crate::domain::history::MappingChange;
use crate::domain::history::Source;
use crate::domain::import::Confirmation;
use crate::domain::import::Import;
use crate::domain::import::ImportMode;
use crate::domain::import::ImportState;
use crate::domain::import::LargeChange;
use crate::domain::import::MAX_WAITING_CHANGES;
use crate::domain::import::MAX_WAITING_PREVIEWS;
use crate::domain::number_range::NumberRange;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::import_store::ApplyImport;
use crate::ports::import_store::ApplyOutcome;
use crate::ports::import_store::BadRows;
use crate::ports::import_store::DiscardOutcome;
use crate::ports::import_store::FileRows;
use crate::ports::import_store::ImportBatch;
use crate::ports::import_store::ImportOutcome;
use crate::ports::import_store::ImportStore;
use crate::ports::import_store::MAX_LISTED_BAD_ROWS;
use crate::ports::import_store::MAX_LISTED_REVISIONS;
use crate::ports::store_error::StoreError;
use crate::store::audit;
use crate::store::audit::told;
use crate::store::bulk::OrderedRows;
use crate::store::bulk::Target;
use crate::store::change_sets;
use crate::store::change_sets::LockedGroup;
use crate::store::change_sets::Tally;
use crate::store::error::UnreadableRow;
use crate::store::imports::received_file::ReceivedFile;
use crate::store::imports::records::ImportRecord;
use crate::store::imports::records::TakenRow;
use crate::store::imports::records::add_taken;
use crate::store::imports::records::not_assigned_row;
use crate::store::imports::records::read_import;
use crate::store::line_changes;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::rows::RevisionRow;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

/// How many expired imports are dropped in one go.
const DISCARDED_AT_ONCE: u64 = 100;

macro_rules! import_store {
    ($name:ident, $engine:ty, $engine_module:ident, $transaction:ty) => {
        /// Imports in a database.
        pub(super) struct $name(pub(super) $engine);

        impl $name {
            async fn ranges(
                transaction: &mut $transaction,
                group: LockedGroup,
            ) -> Result<Vec<NumberRange>, StoreError> {
                let ranges: Vec<(i64, i64)> =
                    sqlx::query_as(statements::RANGES_OF_GROUP).bind(group.key).fetch_all(&mut **transaction).await?;
                let ranges: Result<Vec<_>, UnreadableRow> =
                    ranges.into_iter().map(|(first, last)| rows::range(first, last)).collect();
                Ok(ranges?)
            }

            /// Makes the table that the rows of a file go to: the temporary one, to be held against the mappings, or the
            /// change set itself where there are none.
            async fn target(transaction: &mut $transaction, group: LockedGroup) -> Result<Target, StoreError> {
                if group.mapping_count == 0 {
                    let counts = ChangeCounts::default();
                    let change_set = change_sets::$engine_module::create(transaction, group, counts).await?;
                    return Ok(Target::Changes { change_set });
                }
                for statement in <$engine>::CREATE_STAGING {
                    sqlx::query(*statement).execute(&mut **transaction).await?;
                }
                Ok(Target::Staging)
            }

            /// Writes the rows that the group's ranges hold as they are read; the others are bad.
            async fn receive(
                transaction: $transaction,
                target: Target,
                mut file: FileRows,
                mut received: ReceivedFile,
            ) -> Result<($transaction, ReceivedFile), StoreError> {
                let mut writer = <$engine>::write(transaction, target);
                while let Some(piece) = file.pieces.next().await {
                    let good = received.check(&piece);
                    if received.is_wanted(target) {
                        writer.rows(&good).await?;
                    }
                    received.keep(target, piece);
                }
                received.finish(file.end.await?);
                let numbers = match target {
                    Target::Staging => &received.end.other_numbers[..],
                    Target::Changes { .. } | Target::Mappings { .. } => &[],
                };
                writer.numbers(numbers).await?;
                let (transaction, written) = writer.finish().await?;
                received.row_count = written.saturating_sub(numbers.len() as u64);
                Ok((transaction, received))
            }

            /// Takes the rows out whose address belongs to a number that keeps it.
            async fn unstage_taken(
                transaction: &mut $transaction,
                group: LockedGroup,
                with_followers: bool,
                received: &mut ReceivedFile,
            ) -> Result<(), StoreError> {
                let (count,): (i64,) = sqlx::query_as(statements::COUNT_TAKEN)
                    .bind(group.key)
                    .bind(with_followers)
                    .fetch_one(&mut **transaction)
                    .await?;
                if count == 0 {
                    return Ok(());
                }
                let taken: Vec<TakenRow> = sqlx::query_as(statements::LIST_TAKEN)
                    .bind(group.key)
                    .bind(with_followers)
                    .bind(i64::try_from(MAX_LISTED_BAD_ROWS).unwrap_or(i64::MAX))
                    .fetch_all(&mut **transaction)
                    .await?;
                add_taken(&mut received.bad_rows, rows::count(count)?, taken)?;
                let unstaged = sqlx::query(statements::UNSTAGE_TAKEN)
                    .bind(group.key)
                    .bind(with_followers)
                    .execute(&mut **transaction)
                    .await?;
                received.row_count = received.row_count.saturating_sub(unstaged.rows_affected());
                Ok(())
            }

            /// Makes a change set of the staged rows.
            async fn compare(
                transaction: &mut $transaction,
                group: LockedGroup,
                mode: ImportMode,
            ) -> Result<(i64, Tally), StoreError> {
                let mut removals = 0;
                if mode == ImportMode::Replace {
                    for statement in <$engine>::ANALYZE_STAGING {
                        sqlx::query(*statement).execute(&mut **transaction).await?;
                    }
                    let staged =
                        sqlx::query(statements::STAGE_REMOVALS).bind(group.key).execute(&mut **transaction).await?;
                    removals = staged.rows_affected();
                    if removals > 0 {
                        for statement in <$engine>::INDEX_STAGING {
                            sqlx::query(*statement).execute(&mut **transaction).await?;
                        }
                    }
                }
                change_sets::$engine_module::of_staged(transaction, group, removals > 0).await
            }

            /// What a file changes that has been received.
            async fn change_set(
                transaction: &mut $transaction,
                group: LockedGroup,
                target: Target,
                mode: ImportMode,
                row_count: u64,
            ) -> Result<(i64, Tally), StoreError> {
                let Target::Changes { change_set } = target else {
                    return Self::compare(transaction, group, mode).await;
                };
                let tally = Tally::of_additions(row_count);
                change_sets::$engine_module::set_counts(transaction, change_set, tally.counts).await?;
                Ok((change_set, tally))
            }

            /// Applies what a file changes; gives the group's revision since.
            async fn apply_file(
                mut transaction: $transaction,
                group: LockedGroup,
                (change_set, tally): (i64, Tally),
                received: ReceivedFile,
                deed: &Deed,
            ) -> Result<($transaction, i64), StoreError> {
                if received.pieces.is_empty() || tally.counts.is_empty() {
                    let revision = Self::apply_change_set(&mut transaction, group, change_set, tally, deed).await?;
                    return Ok((transaction, revision));
                }
                // Sorting a million rows is work that the other requests should not wait for.
                let ordered = spawn_blocking(move || OrderedRows::of(received.pieces, &received.ranges));
                let file = ordered.await.map_err(StoreError::new)?;
                change_sets::$engine_module::apply_first(transaction, group, change_set, tally, file, deed).await
            }

            /// Applies a change set, empty or not; gives the group's revision since.
            async fn apply_change_set(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                tally: Tally,
                deed: &Deed,
            ) -> Result<i64, StoreError> {
                if tally.counts.is_empty() {
                    return Ok(group.revision);
                }
                change_sets::$engine_module::apply(transaction, group, change_set, tally, Source::Import, deed).await
            }

            async fn keep(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                import: &Import,
            ) -> Result<(), StoreError> {
                let revision = match import.state {
                    ImportState::Ready => None,
                    ImportState::Applied { revision } => Some(revision),
                };
                sqlx::query(statements::ADD_IMPORT)
                    .bind(import.id.to_string())
                    .bind(group.key)
                    .bind(change_set)
                    .bind(import.mode.as_str())
                    .bind(import.base_revision)
                    .bind(rows::stored_count(import.row_count))
                    .bind(import.reassigned.map(rows::stored_count))
                    .bind(rows::stored_count(import.unchanged))
                    .bind(import.problem_count.map(rows::stored_count))
                    .bind(import.created_at.as_microsecond())
                    .bind(import.expires_at.as_microsecond())
                    .bind(revision)
                    .execute(&mut **transaction)
                    .await?;
                Ok(())
            }

            /// Drops the oldest previews of a group that are too many, or too much, beside the newest.
            async fn drop_surplus(
                transaction: &mut $transaction,
                group: LockedGroup,
                now: Timestamp,
            ) -> Result<(), StoreError> {
                let surplus: Vec<(i64,)> = sqlx::query_as(statements::SURPLUS_PREVIEWS)
                    .bind(group.key)
                    .bind(now.as_microsecond())
                    .bind(i64::from(MAX_WAITING_PREVIEWS))
                    .bind(rows::stored_count(MAX_WAITING_CHANGES))
                    .fetch_all(&mut **transaction)
                    .await?;
                for (change_set,) in surplus {
                    change_sets::$engine_module::delete(transaction, change_set).await?;
                }
                Ok(())
            }

            /// Finds an import and its change set.
            async fn find_row(
                transaction: &mut $transaction,
                group: &BusinessGroupId,
                id: Uuid,
                now: Timestamp,
            ) -> Result<Option<(Import, i64)>, StoreError> {
                let row: Option<ImportRecord> = sqlx::query_as(statements::FIND_IMPORT)
                    .bind(group.as_str())
                    .bind(id.to_string())
                    .bind(now.as_microsecond())
                    .fetch_optional(&mut **transaction)
                    .await?;
                Ok(row.map(read_import).transpose()?)
            }

            /// What has changed since the preview.
            async fn stale(
                transaction: &mut $transaction,
                group: LockedGroup,
                base_revision: i64,
            ) -> Result<ApplyOutcome, StoreError> {
                let since: Vec<RevisionRow> = sqlx::query_as(statements::REVISIONS_SINCE)
                    .bind(group.key)
                    .bind(base_revision)
                    .bind(i64::try_from(MAX_LISTED_REVISIONS).unwrap_or(i64::MAX))
                    .fetch_all(&mut **transaction)
                    .await?;
                let since: Result<Vec<_>, UnreadableRow> = since.into_iter().map(rows::revision).collect();
                Ok(ApplyOutcome::Stale { base_revision, current: group.revision, since: since? })
            }

            /// The rows of an import whose number has left the group's ranges.
            async fn not_assigned(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                tally: Tally,
            ) -> Result<BadRows, StoreError> {
                let count =
                    change_sets::$engine_module::count_not_assigned(transaction, group, change_set, tally).await?;
                if count == 0 {
                    return Ok(BadRows::default());
                }
                let found =
                    change_sets::$engine_module::list_not_assigned(transaction, group, change_set, MAX_LISTED_BAD_ROWS)
                        .await?;
                let first: Result<Vec<_>, UnreadableRow> = found.into_iter().map(not_assigned_row).collect();
                Ok(BadRows { count, first: first? })
            }
        }

        #[async_trait]
        impl ImportStore for $name {
            async fn import(&self, mut batch: ImportBatch, file: FileRows) -> Result<ImportOutcome, StoreError> {
                let mut transaction = change_sets::$engine_module::begin_large(&self.0).await?;
                let entered =
                    change_sets::$engine_module::enter_large(&mut transaction, &self.0, &batch.group, &batch.deed);
                let (Some(group), deed) = entered.await? else {
                    return Ok(ImportOutcome::NoSuchGroup);
                };
                batch.deed = deed;
                if batch.expected_revisions.as_ref().is_some_and(|expected| !expected.contains(&group.revision)) {
                    return Ok(ImportOutcome::RevisionMoved { current: group.revision });
                }
                let received = ReceivedFile::new(&batch, Self::ranges(&mut transaction, group).await?);
                let target = Self::target(&mut transaction, group).await?;
                let (mut transaction, mut received) = Self::receive(transaction, target, file, received).await?;
                if matches!(target, Target::Staging) && batch.mode == ImportMode::Merge {
                    for statement in <$engine>::INDEX_STAGING {
                        sqlx::query(*statement).execute(&mut *transaction).await?;
                    }
                    let with_followers = batch.skips_bad_rows && !received.end.is_rejected;
                    Self::unstage_taken(&mut transaction, group, with_followers, &mut received).await?;
                }
                let bad_rows = std::mem::take(&mut received.bad_rows);
                if received.end.is_rejected || (bad_rows.count > 0 && !batch.skips_bad_rows) {
                    return Ok(ImportOutcome::Rejected { bad_rows });
                }
                let (mode, row_count) = (batch.mode, received.row_count);
                let (change_set, tally) = Self::change_set(&mut transaction, group, target, mode, row_count).await?;
                let reassigned =
                    change_sets::$engine_module::count_reassigned(&mut transaction, group, change_set, tally).await?;
                let mut import = Import {
                    row_count: received.end.row_count,
                    counts: tally.counts,
                    reassigned: Some(reassigned),
                    unchanged: row_count.saturating_sub(tally.incoming),
                    problem_count: batch.skips_bad_rows.then(|| received.end.problem_count + bad_rows.count),
                    ..import_of(&batch, group.revision)
                };
                if let Some(confirmed) = batch.apply {
                    if let Some(large) = unconfirmed(group, &import, confirmed) {
                        return Ok(ImportOutcome::Unconfirmed(large));
                    }
                    let changes = (change_set, tally);
                    let revision;
                    (transaction, revision) =
                        Self::apply_file(transaction, group, changes, received, &batch.deed).await?;
                    import.state = ImportState::Applied { revision };
                }
                Self::keep(&mut transaction, group, change_set, &import).await?;
                if import.state == ImportState::Ready {
                    Self::drop_surplus(&mut transaction, group, batch.deed.at).await?;
                }
                let event = audit::done(&batch.deed, action::IMPORT_MAPPINGS, &batch.group, told_import(&import));
                audit::$engine_module::record(&mut transaction, &event).await?;
                change_sets::$engine_module::hold_right(&mut transaction, &batch.deed).await?;
                line_changes::commit(transaction, self.0.lines(), group.tenant).await?;
                Ok(ImportOutcome::Taken { import, bad_rows })
            }

            async fn find(
                &self,
                group: &BusinessGroupId,
                id: Uuid,
                now: Timestamp,
            ) -> Result<Option<Import>, StoreError> {
                let mut transaction = self.0.begin_snapshot().await?;
                Ok(Self::find_row(&mut transaction, group, id, now).await?.map(|(import, _)| import))
            }

            async fn list_changes(
                &self,
                group: &BusinessGroupId,
                id: Uuid,
                now: Timestamp,
                page: &PageRequest<PhoneNumber>,
            ) -> Result<Option<Page<MappingChange>>, StoreError> {
                let mut transaction = self.0.begin_snapshot().await?;
                match Self::find_row(&mut transaction, group, id, now).await? {
                    None => Ok(None),
                    Some((_, change_set)) => {
                        Ok(Some(change_sets::$engine_module::list(&mut transaction, change_set, page).await?))
                    }
                }
            }

            async fn apply(&self, apply: ApplyImport) -> Result<ApplyOutcome, StoreError> {
                let mut transaction = change_sets::$engine_module::begin_large(&self.0).await?;
                let entered =
                    change_sets::$engine_module::enter_large(&mut transaction, &self.0, &apply.group, &apply.deed);
                let (Some(group), deed) = entered.await? else {
                    return Ok(ApplyOutcome::NoSuchImport);
                };
                let deed = &deed;
                let found = Self::find_row(&mut transaction, &apply.group, apply.id, deed.at).await?;
                let Some((mut import, change_set)) = found else {
                    return Ok(ApplyOutcome::NoSuchImport);
                };
                if import.state != ImportState::Ready {
                    return Ok(ApplyOutcome::AppliedBefore(import));
                }
                if import.base_revision != group.revision {
                    return Self::stale(&mut transaction, group, import.base_revision).await;
                }
                let tally = change_sets::$engine_module::count(&mut transaction, change_set).await?;
                if import.reassigned.is_none() {
                    // A version before this one has kept it.
                    import.reassigned = Some(
                        change_sets::$engine_module::count_reassigned(&mut transaction, group, change_set, tally)
                            .await?,
                    );
                }
                if let Some(large) = unconfirmed(group, &import, apply.confirmed) {
                    return Ok(ApplyOutcome::Unconfirmed(large));
                }
                let outside = Self::not_assigned(&mut transaction, group, change_set, tally).await?;
                if outside.count > 0 {
                    return Ok(ApplyOutcome::OutsideRanges(outside));
                }
                let revision = Self::apply_change_set(&mut transaction, group, change_set, tally, deed).await?;
                let marked = sqlx::query(statements::SET_APPLIED)
                    .bind(apply.id.to_string())
                    .bind(revision)
                    .bind(import.reassigned.map(rows::stored_count))
                    .execute(&mut *transaction)
                    .await?;
                // It has expired in the meantime, and another replica has dropped it.
                if marked.rows_affected() == 0 {
                    return Ok(ApplyOutcome::NoSuchImport);
                }
                import.state = ImportState::Applied { revision };
                let event = audit::done(deed, action::APPLY_IMPORT, &apply.group, told_import(&import));
                audit::$engine_module::record(&mut transaction, &event).await?;
                change_sets::$engine_module::hold_right(&mut transaction, deed).await?;
                line_changes::commit(transaction, self.0.lines(), group.tenant).await?;
                Ok(ApplyOutcome::Applied(import))
            }

            async fn discard(
                &self,
                group: &BusinessGroupId,
                id: Uuid,
                deed: &Deed,
            ) -> Result<DiscardOutcome, StoreError> {
                let mut transaction = change_sets::$engine_module::begin_large(&self.0).await?;
                let entered = change_sets::$engine_module::enter(&mut transaction, &self.0, group, deed);
                let (Some(_), deed) = &entered.await? else {
                    return Ok(DiscardOutcome::NoSuchImport);
                };
                match Self::find_row(&mut transaction, group, id, deed.at).await? {
                    None => Ok(DiscardOutcome::NoSuchImport),
                    Some((Import { state: ImportState::Applied { .. }, .. }, _)) => Ok(DiscardOutcome::Applied),
                    Some((_, change_set)) => {
                        change_sets::$engine_module::delete(&mut transaction, change_set).await?;
                        let event = audit::done(deed, action::DROP_IMPORT, group, vec![told("import", &id)]);
                        audit::$engine_module::record(&mut transaction, &event).await?;
                        transaction.commit().await?;
                        Ok(DiscardOutcome::Discarded)
                    }
                }
            }

            async fn discard_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
                for discarded in 0..DISCARDED_AT_ONCE {
                    let mut transaction = change_sets::$engine_module::begin_large(&self.0).await?;
                    let expired: Option<(i64,)> = sqlx::query_as(<$engine>::EXPIRED_IMPORT)
                        .bind(now.as_microsecond())
                        .fetch_optional(&mut *transaction)
                        .await?;
                    let Some((change_set,)) = expired else {
                        return Ok(discarded);
                    };
                    change_sets::$engine_module::delete(&mut transaction, change_set).await?;
                    transaction.commit().await?;
                }
                Ok(DISCARDED_AT_ONCE)
            }
        }
    };
}

import_store!(PostgresImports, Postgres, postgres, sqlx::PgTransaction<'static>);
import_store!(SqliteImports, Sqlite, sqlite, sqlx::SqliteTransaction<'static>);

/// The import of a batch that is held against the mappings of this revision, without what comes of it.
fn import_of(batch: &ImportBatch, base_revision: i64) -> Import {
    Import {
        id: batch.id,
        mode: batch.mode,
        state: ImportState::Ready,
        base_revision,
        row_count: 0,
        counts: ChangeCounts::default(),
        reassigned: None,
        unchanged: 0,
        problem_count: None,
        created_at: batch.deed.at,
        expires_at: batch.expires_at,
    }
}

/// An import, as the audit log tells it.
fn told_import(import: &Import) -> Detail {
    let mut detail = vec![told("import", &import.id), told("mode", &import.mode.as_str())];
    detail.extend(audit::told_counts(import.counts));
    detail.extend(import.reassigned.filter(|count| *count > 0).map(|count| told("reassigned", &count)));
    if let ImportState::Applied { revision } = import.state {
        detail.push(told("revision", &revision));
    }
    detail
}

/// What of an import somebody must agree to first and has not.
fn unconfirmed(group: LockedGroup, import: &Import, confirmed: Confirmation) -> Option<LargeChange> {
    let reassigned = import.reassigned.unwrap_or_default();
    LargeChange::of(group.mapping_count, import.counts, reassigned)?.without(confirmed)
}
