//! The history of each group: its revisions, and the way back to one.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::MappingChange;
use crate::domain::history::Revision;
use crate::domain::history::Source;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::history_store::HistoryStore;
use crate::ports::history_store::MAX_LISTED_NUMBERS;
use crate::ports::history_store::Restore;
use crate::ports::history_store::RestoreOutcome;
use crate::ports::store_error::StoreError;
use crate::store::audit;
use crate::store::audit::told;
use crate::store::change_sets;
use crate::store::change_sets::LockedGroup;
use crate::store::change_sets::Tally;
use crate::store::error::UnreadableRow;
use crate::store::line_changes;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::rows::RevisionRow;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

macro_rules! history_store {
    ($name:ident, $engine:ty, $engine_module:ident, $transaction:ty) => {
        /// Histories in a database.
        pub(super) struct $name(pub(super) $engine);

        impl $name {
            /// Whether the mappings of a revision can still be told.
            async fn reaches(
                transaction: &mut $transaction,
                group: LockedGroup,
                revision: i64,
            ) -> Result<bool, StoreError> {
                let (from,): (i64,) =
                    sqlx::query_as(statements::HISTORY_FROM).bind(group.key).fetch_one(&mut **transaction).await?;
                Ok((from..=group.revision).contains(&revision))
            }

            /// Makes a change set of what leads back to a revision.
            async fn compare(
                transaction: &mut $transaction,
                group: LockedGroup,
                revision: i64,
            ) -> Result<(i64, Tally), StoreError> {
                for statement in <$engine>::CREATE_STAGING {
                    sqlx::query(*statement).execute(&mut **transaction).await?;
                }
                sqlx::query(statements::STAGE_REVISION)
                    .bind(group.key)
                    .bind(revision)
                    .execute(&mut **transaction)
                    .await?;
                for statement in <$engine>::INDEX_STAGING {
                    sqlx::query(*statement).execute(&mut **transaction).await?;
                }
                change_sets::$engine_module::of_staged(transaction, group, true).await
            }

            /// The numbers that would get an address outside the group's ranges.
            async fn outside(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                count: u64,
            ) -> Result<RestoreOutcome, StoreError> {
                let found =
                    change_sets::$engine_module::list_not_assigned(transaction, group, change_set, MAX_LISTED_NUMBERS)
                        .await?;
                let first: Result<Vec<_>, UnreadableRow> =
                    found.into_iter().map(|(_, number, _)| rows::phone_number(number)).collect();
                Ok(RestoreOutcome::OutsideRanges { count, first: first? })
            }

            /// Forgets the revisions of one group up to this one; says how many.
            async fn prune_group(&self, group: &BusinessGroupId, revision: i64) -> Result<u64, StoreError> {
                let mut transaction = change_sets::$engine_module::begin_large(&self.0).await?;
                let Some(group) = change_sets::$engine_module::lock_group(&mut transaction, group).await? else {
                    return Ok(0);
                };
                let (count,): (i64,) = sqlx::query_as(statements::COUNT_REVISIONS_TO)
                    .bind(group.key)
                    .bind(revision)
                    .fetch_one(&mut *transaction)
                    .await?;
                for statement in [
                    statements::SET_HISTORY_FROM,
                    statements::PRUNE_KEPT_PINS,
                    statements::PRUNE_CHANGES,
                    statements::PRUNE_CHANGE_SETS,
                ] {
                    sqlx::query(statement).bind(group.key).bind(revision).execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                Ok(rows::count(count)?)
            }
        }

        #[async_trait]
        impl HistoryStore for $name {
            async fn list(
                &self,
                group: &BusinessGroupId,
                page: &PageRequest<i64>,
            ) -> Result<Option<Page<Revision>>, StoreError> {
                let mut transaction = self.0.begin_snapshot().await?;
                let group: Option<(i64,)> = sqlx::query_as(statements::FIND_GROUP_KEY)
                    .bind(group.as_str())
                    .fetch_optional(&mut *transaction)
                    .await?;
                let Some((group_key,)) = group else {
                    return Ok(None);
                };
                let found: Vec<RevisionRow> = sqlx::query_as(statements::LIST_REVISIONS)
                    .bind(group_key)
                    .bind(page.after.unwrap_or(i64::MAX))
                    .bind(i64::from(page.limit) + 1)
                    .fetch_all(&mut *transaction)
                    .await?;
                let found: Result<Vec<_>, UnreadableRow> = found.into_iter().map(rows::revision).collect();
                Ok(Some(Page::from_one_more(found?, page.limit)))
            }

            async fn list_changes(
                &self,
                group: &BusinessGroupId,
                revision: i64,
                page: &PageRequest<PhoneNumber>,
            ) -> Result<Option<Page<MappingChange>>, StoreError> {
                let mut transaction = self.0.begin_snapshot().await?;
                let found: Option<(i64,)> = sqlx::query_as(statements::CHANGE_SET_OF_REVISION)
                    .bind(group.as_str())
                    .bind(revision)
                    .fetch_optional(&mut *transaction)
                    .await?;
                match found {
                    None => Ok(None),
                    Some((change_set,)) => {
                        Ok(Some(change_sets::$engine_module::list(&mut transaction, change_set, page).await?))
                    }
                }
            }

            async fn restore(&self, restore: Restore) -> Result<RestoreOutcome, StoreError> {
                let mut transaction = change_sets::$engine_module::begin_large(&self.0).await?;
                let entered =
                    change_sets::$engine_module::enter_large(&mut transaction, &self.0, &restore.group, &restore.deed);
                let (Some(group), deed) = &entered.await? else {
                    return Ok(RestoreOutcome::NoSuchRevision);
                };
                let group = *group;
                if !Self::reaches(&mut transaction, group, restore.revision).await? {
                    return Ok(RestoreOutcome::NoSuchRevision);
                }
                let (change_set, tally) = Self::compare(&mut transaction, group, restore.revision).await?;
                let counts = tally.counts;
                if counts.is_empty() {
                    return Ok(RestoreOutcome::Restored { revision: group.revision, counts });
                }
                let outside =
                    change_sets::$engine_module::count_not_assigned(&mut transaction, group, change_set, tally).await?;
                if outside > 0 {
                    return Self::outside(&mut transaction, group, change_set, outside).await;
                }
                let source = Source::Restore;
                let revision =
                    change_sets::$engine_module::apply(&mut transaction, group, change_set, tally, source, deed)
                        .await?;
                let mut detail = vec![told("restored_revision", &restore.revision), told("revision", &revision)];
                detail.extend(audit::told_counts(counts));
                let event = audit::done(deed, action::RESTORE_REVISION, &restore.group, detail);
                audit::$engine_module::record(&mut transaction, &event).await?;
                change_sets::$engine_module::hold_right(&mut transaction, deed).await?;
                line_changes::commit(transaction, self.0.lines(), group.tenant).await?;
                Ok(RestoreOutcome::Restored { revision, counts })
            }

            async fn prune(&self, time: Timestamp) -> Result<u64, StoreError> {
                let mut pruned = 0;
                loop {
                    let query = || sqlx::query_as(statements::GROUP_TO_PRUNE).bind(time.as_microsecond());
                    let found: Option<(String, i64)> = self.0.fetch_optional(query).await?;
                    let Some((group, revision)) = found else {
                        return Ok(pruned);
                    };
                    pruned += self.prune_group(&rows::group_id(group), revision).await?;
                }
            }
        }
    };
}

history_store!(PostgresHistory, Postgres, postgres, sqlx::PgTransaction<'static>);
history_store!(SqliteHistory, Sqlite, sqlite, sqlx::SqliteTransaction<'static>);
