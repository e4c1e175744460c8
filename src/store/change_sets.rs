//! Change sets: what an import would change, or a revision has changed. Made, counted, listed, and applied as one.

use jiff::Timestamp;

use crate::domain::actor::Deed;
use crate::domain::actor::RightSource;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::guid::Guid;
use crate::domain::history::ChangeCounts;
use crate::domain::history::MappingChange;
use crate::domain::history::Source;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::LostRight;
use crate::ports::store_error::StoreError;
use crate::store::bulk::OrderedRows;
use crate::store::error::UnreadableRow;
use crate::store::rows;
use crate::store::rows::ChangeRow;
use crate::store::rows::to_i64;
use crate::store::statements;

/// How far back it is asked who had a number: over about so many addresses that numbers have lost, which is all mappings of
/// the largest companies once. Beyond that it would cost an import too much.
const HISTORY_REACH: i64 = 1_000_000;

/// So many times as many mappings are read as one after the other are looked up.
const LOOK_UPS_FASTER_THAN_ALL: u64 = 8;

/// A group whose row is locked until the end of the transaction.
#[derive(Clone, Copy)]
pub(super) struct LockedGroup {
    pub(super) key: i64,
    pub(super) revision: i64,
    pub(super) mapping_count: u64,
    pub(super) tenant: Option<Guid>,
}

/// How large a change set is.
#[derive(Clone, Copy)]
pub(super) struct Tally {
    pub(super) counts: ChangeCounts,
    /// Numbers that get an address.
    pub(super) incoming: u64,
    /// Numbers that lose one.
    outgoing: u64,
}

impl Tally {
    /// Of a file into a group without mappings: each row adds one.
    pub(super) fn of_additions(added: u64) -> Self {
        Self { counts: ChangeCounts { added, ..ChangeCounts::default() }, incoming: added, outgoing: 0 }
    }
}

/// A change of one number.
pub(super) struct SingleChange<'a> {
    pub(super) number: PhoneNumber,
    pub(super) old_email: Option<&'a str>,
    pub(super) new_email: Option<&'a str>,
}

/// What a revision is about.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// Changes that were applied.
    Applied(Tally),
    /// The pin of a number.
    Released(PhoneNumber),
    /// The tenant that another group has taken over.
    Lost(Guid),
    /// The tenant that was taken over from another group.
    Gained(Guid),
}

impl Step {
    /// How many mappings there are more than before.
    fn growth(self) -> i64 {
        match self {
            Self::Applied(tally) => rows::stored_count(tally.incoming) - rows::stored_count(tally.outgoing),
            Self::Released(_) | Self::Lost(_) | Self::Gained(_) => 0,
        }
    }

    fn released_pin(self) -> Option<PhoneNumber> {
        if let Self::Released(number) = self { Some(number) } else { None }
    }

    fn lost_tenant(self) -> Option<Guid> {
        if let Self::Lost(tenant) = self { Some(tenant) } else { None }
    }

    fn gained_tenant(self) -> Option<Guid> {
        if let Self::Gained(tenant) = self { Some(tenant) } else { None }
    }
}

/// A change set that does not fit the mappings it was made for. It is never applied in part.
#[derive(Debug, thiserror::Error)]
#[error("a change set does not fit the mappings: {0} rows instead of {1}")]
struct Misfit(u64, u64);

macro_rules! change_sets {
    ($engine_module:ident, $engine:ty, $transaction:ty) => {
        pub(super) mod $engine_module {
            use super::*;

            /// Begins a transaction that may take long, and wait long for another one of the same group.
            pub(in crate::store) async fn begin_large(engine: &$engine) -> Result<$transaction, StoreError> {
                let mut transaction = engine.begin().await?;
                for statement in <$engine>::BEFORE_LARGE_CHANGE {
                    sqlx::query(*statement).execute(&mut *transaction).await?;
                }
                Ok(transaction)
            }

            /// Locks a group, so that changes of it come one after the other; `None` if there is none.
            pub(in crate::store) async fn lock_group(
                transaction: &mut $transaction,
                group: &BusinessGroupId,
            ) -> Result<Option<LockedGroup>, StoreError> {
                let row: Option<LockedRow> = sqlx::query_as(<$engine>::LOCK_GROUP)
                    .bind(group.as_str())
                    .fetch_optional(&mut **transaction)
                    .await?;
                Ok(row.map(locked).transpose()?)
            }

            /// Begins a change that does not take long: locks its group, and holds the caller's right. The deed that it gives has
            /// the time of the change.
            pub(in crate::store) async fn enter(
                transaction: &mut $transaction,
                engine: &$engine,
                group: &BusinessGroupId,
                deed: &Deed,
            ) -> Result<(Option<LockedGroup>, Deed), StoreError> {
                let locked = lock_group(transaction, group).await?;
                let deed = timed(engine, deed);
                hold_right(transaction, &deed).await?;
                Ok((locked, deed))
            }

            /// Begins a change that may take long: a key can be revoked meanwhile. So its end is [`hold_right`].
            pub(in crate::store) async fn enter_large(
                transaction: &mut $transaction,
                engine: &$engine,
                group: &BusinessGroupId,
                deed: &Deed,
            ) -> Result<(Option<LockedGroup>, Deed), StoreError> {
                let locked = lock_group(transaction, group).await?;
                let deed = timed(engine, deed);
                check_right(transaction, &deed).await?;
                Ok((locked, deed))
            }

            /// The deed at the time of the change.
            pub(in crate::store) fn timed(engine: &$engine, deed: &Deed) -> Deed {
                Deed { at: deed.at.max(engine.now()), ..deed.clone() }
            }

            /// Looks the caller's right up again. A change that fails here is not made.
            pub(in crate::store) async fn check_right(
                transaction: &mut $transaction,
                deed: &Deed,
            ) -> Result<(), StoreError> {
                look_up_right(transaction, deed, statements::EXPIRY_OF_KEY).await
            }

            /// The same, and a key that is being revoked goes after this transaction. (A link to a tenant goes after it because
            /// its group is locked.)
            pub(in crate::store) async fn hold_right(
                transaction: &mut $transaction,
                deed: &Deed,
            ) -> Result<(), StoreError> {
                look_up_right(transaction, deed, <$engine>::HOLD_KEY).await
            }

            async fn look_up_right(
                transaction: &mut $transaction,
                deed: &Deed,
                expiry_of_key: &'static str,
            ) -> Result<(), StoreError> {
                let lost = match &deed.right {
                    RightSource::Lasting => None,
                    RightSource::ApiKey(id) => {
                        let query = sqlx::query_as(expiry_of_key).bind(id.to_string());
                        let key: Option<(Option<i64>,)> = query.fetch_optional(&mut **transaction).await?;
                        lost_key(key, deed.at)
                    }
                    RightSource::LinkedTenant { tenant, group } => {
                        let query = sqlx::query_as(statements::LINK_OF_GROUP).bind(group.as_str());
                        let query = query.bind(tenant.to_string());
                        let link: Option<(i32,)> = query.fetch_optional(&mut **transaction).await?;
                        link.is_none().then_some(LostRight::TenantNotLinked)
                    }
                };
                lost.map_or(Ok(()), |lost| Err(lost.into()))
            }

            /// Makes a change set without changes yet.
            pub(in crate::store) async fn create(
                transaction: &mut $transaction,
                group: LockedGroup,
                counts: ChangeCounts,
            ) -> Result<i64, StoreError> {
                let (key,): (i64,) = sqlx::query_as(statements::ADD_CHANGE_SET)
                    .bind(group.key)
                    .bind(rows::stored_count(counts.added))
                    .bind(rows::stored_count(counts.changed))
                    .bind(rows::stored_count(counts.removed))
                    .fetch_one(&mut **transaction)
                    .await?;
                Ok(key)
            }

            /// Makes a change set of the rows in the temporary table, which goes.
            pub(in crate::store) async fn of_staged(
                transaction: &mut $transaction,
                group: LockedGroup,
                has_removals: bool,
            ) -> Result<(i64, Tally), StoreError> {
                let change_set = create(transaction, group, ChangeCounts::default()).await?;
                sqlx::query(statements::ADD_STAGED_CHANGES)
                    .bind(change_set)
                    .bind(group.key)
                    .bind(has_removals)
                    .execute(&mut **transaction)
                    .await?;
                for statement in <$engine>::DROP_STAGING {
                    sqlx::query(*statement).execute(&mut **transaction).await?;
                }
                let tally = count(transaction, change_set).await?;
                set_counts(transaction, change_set, tally.counts).await?;
                Ok((change_set, tally))
            }

            /// Says in the change set how many changes it has.
            pub(in crate::store) async fn set_counts(
                transaction: &mut $transaction,
                change_set: i64,
                counts: ChangeCounts,
            ) -> Result<(), StoreError> {
                sqlx::query(statements::SET_COUNTS)
                    .bind(change_set)
                    .bind(rows::stored_count(counts.added))
                    .bind(rows::stored_count(counts.changed))
                    .bind(rows::stored_count(counts.removed))
                    .execute(&mut **transaction)
                    .await?;
                Ok(())
            }

            /// Counts the changes.
            pub(in crate::store) async fn count(
                transaction: &mut $transaction,
                change_set: i64,
            ) -> Result<Tally, StoreError> {
                let row: (i64, i64, i64, i64, i64) =
                    sqlx::query_as(statements::COUNT_CHANGES).bind(change_set).fetch_one(&mut **transaction).await?;
                Ok(tally(row)?)
            }

            /// How many people get a number that somebody else of the group has or had last, and have or had last another one
            /// themselves. Of a change set that is not applied yet.
            pub(in crate::store) async fn count_reassigned(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                tally: Tally,
            ) -> Result<u64, StoreError> {
                if tally.incoming == 0 || group.revision == 0 {
                    return Ok(0);
                }
                let (lossy,): (bool,) = sqlx::query_as(statements::HAS_LOST_ADDRESSES)
                    .bind(group.key)
                    .fetch_one(&mut **transaction)
                    .await?;
                if group.mapping_count == 0 && !lossy {
                    return Ok(0);
                }
                // The planner knows nothing of the rows that were just written, and would look for each of a million.
                let is_large = tally.incoming > group.mapping_count / LOOK_UPS_FASTER_THAN_ALL;
                for statement in <$engine>::BEFORE_JOINING_ALL.iter().filter(|_| is_large) {
                    sqlx::query(*statement).execute(&mut **transaction).await?;
                }
                let (present,): (i64,) = sqlx::query_as(statements::COUNT_REASSIGNED)
                    .bind(change_set)
                    .bind(group.key)
                    .fetch_one(&mut **transaction)
                    .await?;
                for statement in <$engine>::AFTER_JOINING_ALL.iter().filter(|_| is_large) {
                    sqlx::query(*statement).execute(&mut **transaction).await?;
                }
                let present = rows::count(present)?;
                if !lossy || present == tally.incoming {
                    return Ok(present);
                }
                let (past,): (i64,) = sqlx::query_as(statements::COUNT_REASSIGNED_BY_HISTORY)
                    .bind(change_set)
                    .bind(group.key)
                    .bind(HISTORY_REACH)
                    .fetch_one(&mut **transaction)
                    .await?;
                Ok(present + rows::count(past)?)
            }

            /// How many numbers that get an address lie in none of the group's ranges.
            pub(in crate::store) async fn count_not_assigned(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                tally: Tally,
            ) -> Result<u64, StoreError> {
                let (assigned,): (i64,) = sqlx::query_as(statements::COUNT_ASSIGNED)
                    .bind(change_set)
                    .bind(group.key)
                    .fetch_one(&mut **transaction)
                    .await?;
                Ok(tally.incoming.saturating_sub(rows::count(assigned)?))
            }

            /// The first numbers that get an address and lie in none of the group's ranges.
            pub(in crate::store) async fn list_not_assigned(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                limit: usize,
            ) -> Result<Vec<NotAssignedRow>, StoreError> {
                let query = sqlx::query_as(statements::LIST_NOT_ASSIGNED).bind(change_set).bind(group.key);
                let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX));
                Ok(query.fetch_all(&mut **transaction).await?)
            }

            /// Applies a change set that is not empty, as the next revision, which it gives.
            pub(in crate::store) async fn apply(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                tally: Tally,
                source: Source,
                deed: &Deed,
            ) -> Result<i64, StoreError> {
                if tally.outgoing > 0 {
                    let query = sqlx::query(statements::APPLY_REMOVALS).bind(group.key).bind(change_set);
                    fits(query.execute(&mut **transaction).await?.rows_affected(), tally.outgoing)?;
                }
                if tally.incoming > 0 {
                    let query = sqlx::query(statements::APPLY_ADDITIONS).bind(group.key).bind(change_set);
                    let query = query.bind(deed.at.as_microsecond());
                    fits(query.execute(&mut **transaction).await?.rows_affected(), tally.incoming)?;
                }
                add_revision(transaction, group, change_set, Step::Applied(tally), source, deed).await
            }

            /// Applies the change set of a group's first file, whose rows these are, as the next revision, which it gives.
            pub(in crate::store) async fn apply_first(
                transaction: $transaction,
                group: LockedGroup,
                change_set: i64,
                tally: Tally,
                file: OrderedRows,
                deed: &Deed,
            ) -> Result<($transaction, i64), StoreError> {
                let at = deed.at.as_microsecond();
                let (mut transaction, added) = <$engine>::fill(transaction, (group.key, at), change_set, file).await?;
                fits(added, tally.incoming)?;
                let (step, source) = (Step::Applied(tally), Source::Import);
                let revision = add_revision(&mut transaction, group, change_set, step, source, deed).await?;
                Ok((transaction, revision))
            }

            /// Writes a change of one number down as the next revision, which it gives.
            pub(in crate::store) async fn record_single(
                transaction: &mut $transaction,
                group: LockedGroup,
                change: SingleChange<'_>,
                deed: &Deed,
            ) -> Result<i64, StoreError> {
                let tally = tally_of(&change);
                let change_set = create(transaction, group, tally.counts).await?;
                sqlx::query(statements::ADD_CHANGE)
                    .bind(change_set)
                    .bind(to_i64(change.number))
                    .bind(change.old_email)
                    .bind(change.new_email)
                    .execute(&mut **transaction)
                    .await?;
                add_revision(transaction, group, change_set, Step::Applied(tally), Source::Api, deed).await
            }

            /// Writes down what changes no address as the next revision, which it gives.
            pub(in crate::store) async fn record_without_changes(
                transaction: &mut $transaction,
                group: LockedGroup,
                step: Step,
                deed: &Deed,
            ) -> Result<i64, StoreError> {
                let change_set = create(transaction, group, ChangeCounts::default()).await?;
                add_revision(transaction, group, change_set, step, Source::Api, deed).await
            }

            /// The time that the next revision is told with: never before that of the last one, which a clock that was ahead may
            /// have written. What expires is not compared with it, so such a clock shuts nobody out.
            async fn time_of_revision(
                transaction: &mut $transaction,
                group: LockedGroup,
                deed: &Deed,
            ) -> Result<Timestamp, StoreError> {
                let last: Option<(i64,)> = sqlx::query_as(statements::LAST_REVISION_AT)
                    .bind(group.key)
                    .fetch_optional(&mut **transaction)
                    .await?;
                let last = last.map(|(last,)| rows::timestamp(last)).transpose()?;
                Ok(last.map_or(deed.at, |last| last.max(deed.at)))
            }

            async fn add_revision(
                transaction: &mut $transaction,
                group: LockedGroup,
                change_set: i64,
                step: Step,
                source: Source,
                deed: &Deed,
            ) -> Result<i64, StoreError> {
                let revision = group.revision + 1;
                let at = time_of_revision(transaction, group, deed).await?;
                sqlx::query(statements::COUNT_REVISION)
                    .bind(group.key)
                    .bind(step.growth())
                    .execute(&mut **transaction)
                    .await?;
                sqlx::query(statements::ADD_REVISION)
                    .bind(group.key)
                    .bind(revision)
                    .bind(change_set)
                    .bind(at.as_microsecond())
                    .bind(deed.actor.kind.as_str())
                    .bind(&deed.actor.id)
                    .bind(&deed.actor.name)
                    .bind(source.as_str())
                    .bind(step.released_pin().map(to_i64))
                    .bind(step.lost_tenant().map(|tenant| tenant.to_string()))
                    .bind(step.gained_tenant().map(|tenant| tenant.to_string()))
                    .execute(&mut **transaction)
                    .await?;
                Ok(revision)
            }

            /// Reads a page of the changes, in the order of the numbers.
            pub(in crate::store) async fn list(
                transaction: &mut $transaction,
                change_set: i64,
                page: &PageRequest<PhoneNumber>,
            ) -> Result<Page<MappingChange>, StoreError> {
                let found: Vec<ChangeRow> = sqlx::query_as(statements::LIST_CHANGES)
                    .bind(change_set)
                    .bind(page.after.map_or(0, to_i64))
                    .bind(i64::from(page.limit) + 1)
                    .fetch_all(&mut **transaction)
                    .await?;
                let found: Result<Vec<_>, UnreadableRow> = found.into_iter().map(rows::change).collect();
                Ok(Page::from_one_more(found?, page.limit))
            }

            /// Deletes a change set with its changes, and what refers to it.
            pub(in crate::store) async fn delete(
                transaction: &mut $transaction,
                change_set: i64,
            ) -> Result<(), StoreError> {
                for statement in [statements::DELETE_CHANGES, statements::DELETE_CHANGE_SET] {
                    sqlx::query(statement).bind(change_set).execute(&mut **transaction).await?;
                }
                Ok(())
            }
        }
    };
}

change_sets!(postgres, crate::store::postgres::Postgres, sqlx::PgTransaction<'static>);
change_sets!(sqlite, crate::store::sqlite::Sqlite, sqlx::SqliteTransaction<'static>);

/// `group_key, revision, mapping_count, tenant_id`
pub(super) type LockedRow = (i64, i64, i64, Option<String>);

pub(super) fn locked((key, revision, mapping_count, tenant): LockedRow) -> Result<LockedGroup, UnreadableRow> {
    let tenant = tenant.as_deref().map(rows::guid).transpose()?;
    Ok(LockedGroup { key, revision, mapping_count: rows::count(mapping_count)?, tenant })
}

/// `line, phone_number, email`
pub(super) type NotAssignedRow = (Option<i64>, i64, String);

fn tally(row: (i64, i64, i64, i64, i64)) -> Result<Tally, UnreadableRow> {
    let (added, changed, removed, incoming, outgoing) = row;
    Ok(Tally {
        counts: rows::change_counts(added, changed, removed)?,
        incoming: rows::count(incoming)?,
        outgoing: rows::count(outgoing)?,
    })
}

fn tally_of(change: &SingleChange<'_>) -> Tally {
    let (outgoing, incoming) = (u64::from(change.old_email.is_some()), u64::from(change.new_email.is_some()));
    let changed = outgoing * incoming;
    Tally {
        counts: ChangeCounts { added: incoming - changed, changed, removed: outgoing - changed },
        incoming,
        outgoing,
    }
}

/// What is wrong with a key, by its row and its expiry.
fn lost_key(key: Option<(Option<i64>,)>, now: Timestamp) -> Option<LostRight> {
    match key {
        None => Some(LostRight::KeyRevoked),
        Some((Some(expiry),)) if expiry <= now.as_microsecond() => Some(LostRight::KeyExpired),
        Some(_) => None,
    }
}

fn fits(found: u64, expected: u64) -> Result<(), StoreError> {
    if found == expected { Ok(()) } else { Err(StoreError::new(Misfit(found, expected))) }
}
