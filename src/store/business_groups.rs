use async_trait::async_trait;

use crate::domain::actor::Deed;
use crate::domain::audit::Detail;
use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroup;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::business_group::BusinessGroupPatch;
use crate::domain::business_group::IdentityPinning;
use crate::domain::business_group::LinkedGroup;
use crate::domain::business_group::NewBusinessGroup;
use crate::domain::guid::Guid;
use crate::domain::number_range::NumberRange;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::tenant::TenantProof;
use crate::ports::business_group_store::BusinessGroupStore;
use crate::ports::business_group_store::CreateGroupOutcome;
use crate::ports::business_group_store::DeleteGroupOutcome;
use crate::ports::business_group_store::LinkTenantOutcome;
use crate::ports::business_group_store::UpdateGroupOutcome;
use crate::ports::store_error::StoreError;
use crate::store::audit;
use crate::store::audit::told;
use crate::store::change_sets;
use crate::store::error::UnreadableRow;
use crate::store::line_changes;
use crate::store::names;
use crate::store::names::Comparison;
use crate::store::names::FreeName;
use crate::store::names::NameChecks;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::rows::to_i64;
use crate::store::sqlite::Sqlite;
use crate::store::statements;
use crate::store::tenant_links;
use crate::store::tenant_links::Ground;
use crate::store::tenant_links::Linking;
use crate::store::tenant_links::NewLink;

macro_rules! business_group_store {
    ($name:ident, $engine:ty, $engine_module:ident, $transaction:ty) => {
        /// Business groups in a database.
        pub(super) struct $name(pub(super) $engine, pub(super) NameChecks);

        impl $name {
            /// Reads a group as the transaction sees it.
            async fn read(
                transaction: &mut $transaction,
                id: &BusinessGroupId,
            ) -> Result<Option<BusinessGroup>, StoreError> {
                let row: Option<GroupRow> =
                    sqlx::query_as(statements::FIND_GROUP).bind(id.as_str()).fetch_optional(&mut **transaction).await?;
                let Some(row) = row else {
                    return Ok(None);
                };
                let ranges: Vec<(i64, i64)> =
                    sqlx::query_as(statements::RANGES_OF_GROUP).bind(row.0).fetch_all(&mut **transaction).await?;
                Ok(Some(group(row, &ranges)?))
            }

            /// Compares a new name with those of all other groups, before the change begins: nobody waits meanwhile but who
            /// changes a name too.
            async fn compare_name(&self, id: &BusinessGroupId, name: &str) -> Result<Comparison, StoreError> {
                let query = || sqlx::query_as(statements::FIND_GROUP).bind(id.as_str());
                let own: Option<GroupRow> = self.0.fetch_optional(query).await?;
                if own.as_ref().is_some_and(|own| own.2 == name) {
                    return Ok(Comparison::Unchanged);
                }
                let turn = self.1.turn().await?;
                let names: Vec<(i64, String)> =
                    self.0.fetch_all(|| sqlx::query_as(statements::NAMES_OF_GROUPS)).await?;
                let own = own.map(|own| own.0);
                let others = names.into_iter().filter(|(key, _)| Some(*key) != own).map(|(_, other)| other);
                names::compare(turn, name, others.collect()).await
            }

            /// Whether another group than this one has a name that people take for the new one, and that came since the names
            /// were compared.
            async fn is_taken_since(
                transaction: &mut $transaction,
                group_key: i64,
                free: &FreeName,
            ) -> Result<bool, StoreError> {
                let names: Vec<(i64, String)> =
                    sqlx::query_as(statements::NAMES_OF_GROUPS).fetch_all(&mut **transaction).await?;
                Ok(names.iter().any(|(key, other)| *key != group_key && free.is_like(other)))
            }

            /// Puts ranges in and takes others out; the constraints are checked at once.
            async fn change_ranges(
                transaction: &mut $transaction,
                group_key: i64,
                added: &[NumberRange],
                removed: &[NumberRange],
            ) -> sqlx::Result<()> {
                for (statement, ranges) in [(statements::ADD_RANGE, added), (statements::DELETE_RANGE, removed)] {
                    for range in ranges {
                        sqlx::query(statement)
                            .bind(group_key)
                            .bind(to_i64(range.first()))
                            .bind(to_i64(range.last()))
                            .execute(&mut **transaction)
                            .await?;
                    }
                }
                for statement in <$engine>::CHECK_RANGES {
                    sqlx::query(*statement).execute(&mut **transaction).await?;
                }
                Ok(())
            }

            /// How many mapped numbers lie in none of the ranges.
            async fn count_left_out(
                transaction: &mut $transaction,
                group: &BusinessGroup,
                group_key: i64,
                ranges: &[NumberRange],
            ) -> Result<u64, StoreError> {
                let mut covered = 0;
                for range in ranges {
                    let (count,): (i64,) = sqlx::query_as(statements::COUNT_MAPPINGS_BETWEEN)
                        .bind(group_key)
                        .bind(to_i64(range.first()))
                        .bind(to_i64(range.last()))
                        .fetch_one(&mut **transaction)
                        .await?;
                    covered += rows::count(count)?;
                }
                Ok(group.mapping_count.saturating_sub(covered))
            }

            /// Links a tenant. Who is overtaken by somebody who links it elsewhere begins anew, and then sees that link.
            async fn link(
                &self,
                id: &BusinessGroupId,
                link: NewLink,
                deed: &Deed,
            ) -> Result<LinkTenantOutcome, StoreError> {
                loop {
                    let mut transaction = self.0.begin().await?;
                    match tenant_links::$engine_module::link(&mut transaction, &self.0, (id, link), deed).await? {
                        Linking::Done(tenants) => {
                            let group = Self::read(&mut transaction, id).await?;
                            let group = group.ok_or(UnreadableRow("a locked group"))?;
                            line_changes::commit(transaction, self.0.lines(), tenants).await?;
                            return Ok(LinkTenantOutcome::Linked(group));
                        }
                        Linking::Refused(outcome) => return Ok(outcome),
                        Linking::Overtaken => transaction.rollback().await?,
                    }
                }
            }

            /// Which of the ranges another group has numbers of. If it has gone in the meantime: the first.
            async fn range_taken(
                &self,
                id: &BusinessGroupId,
                ranges: &[NumberRange],
            ) -> Result<Option<NumberRange>, StoreError> {
                for range in ranges {
                    let query = || {
                        let query = sqlx::query_as(statements::RANGE_OF_ANOTHER).bind(id.as_str());
                        query.bind(to_i64(range.first())).bind(to_i64(range.last()))
                    };
                    let other: Option<(i32,)> = self.0.fetch_optional(query).await?;
                    if other.is_some() {
                        return Ok(Some(*range));
                    }
                }
                Ok(ranges.first().copied())
            }
        }

        #[async_trait]
        impl BusinessGroupStore for $name {
            async fn create(&self, new: NewBusinessGroup, deed: &Deed) -> Result<CreateGroupOutcome, StoreError> {
                let mut transaction = self.0.begin().await?;
                let deed = &change_sets::$engine_module::timed(&self.0, deed);
                change_sets::$engine_module::hold_right(&mut transaction, deed).await?;
                let created: sqlx::Result<(i64,)> = sqlx::query_as(statements::CREATE_GROUP)
                    .bind(new.id.as_str())
                    .bind(&new.name)
                    .bind(deed.at.as_microsecond())
                    .fetch_one(&mut *transaction)
                    .await;
                let (group_key,) = match created {
                    Err(error) if is_unique_violation(&error) => return Ok(CreateGroupOutcome::IdTaken),
                    created => created?,
                };
                if let Err(error) = Self::change_ranges(&mut transaction, group_key, &new.number_ranges, &[]).await {
                    transaction.rollback().await?;
                    return match self.range_taken(&new.id, &new.number_ranges).await? {
                        Some(range) if <$engine>::is_range_taken(&error) => Ok(CreateGroupOutcome::RangeTaken(range)),
                        _ => Err(error.into()),
                    };
                }
                let group = Self::read(&mut transaction, &new.id).await?.ok_or(UnreadableRow("a new group"))?;
                let detail = vec![told("name", &new.name), told("number_ranges", &told_ranges(&new.number_ranges))];
                let event = audit::done(deed, action::CREATE_BUSINESS_GROUP, &new.id, detail);
                audit::$engine_module::record(&mut transaction, &event).await?;
                transaction.commit().await?;
                Ok(CreateGroupOutcome::Created(group))
            }

            async fn find(&self, id: &BusinessGroupId) -> Result<Option<BusinessGroup>, StoreError> {
                let mut transaction = self.0.begin_snapshot().await?;
                Self::read(&mut transaction, id).await
            }

            async fn find_linked(&self, tenant: Guid) -> Result<Option<LinkedGroup>, StoreError> {
                let query = || sqlx::query_as(statements::FIND_LINKED_GROUP).bind(tenant.to_string());
                let row: Option<LinkedRow> = self.0.fetch_optional(query).await?;
                Ok(row.map(linked_group))
            }

            async fn list(&self, page: &PageRequest<BusinessGroupId>) -> Result<Page<BusinessGroup>, StoreError> {
                let mut transaction = self.0.begin_snapshot().await?;
                let found: Vec<GroupRow> = sqlx::query_as(statements::LIST_GROUPS)
                    .bind(page.after.as_ref().map_or("", BusinessGroupId::as_str))
                    .bind(i64::from(page.limit) + 1)
                    .fetch_all(&mut *transaction)
                    .await?;
                let mut groups = Vec::with_capacity(found.len());
                for row in found {
                    let ranges: Vec<(i64, i64)> =
                        sqlx::query_as(statements::RANGES_OF_GROUP).bind(row.0).fetch_all(&mut *transaction).await?;
                    groups.push(group(row, &ranges)?);
                }
                Ok(Page::from_one_more(groups, page.limit))
            }

            async fn update(
                &self,
                id: &BusinessGroupId,
                mut patch: BusinessGroupPatch,
                deed: &Deed,
            ) -> Result<UpdateGroupOutcome, StoreError> {
                let detail = told_patch(&patch);
                let compared = match &patch.name {
                    Some(name) if !patch.name_may_be_taken => Some(self.compare_name(id, name).await?),
                    _ => None,
                };
                if matches!(compared, Some(Comparison::Unchanged)) {
                    // Else it would come back unchecked, where somebody has just changed it.
                    patch.name = None;
                }
                let mut transaction = self.0.begin().await?;
                if let Some(Comparison::Free(_)) = &compared {
                    // Before the group: who changes a name waits for nobody but others who do.
                    for statement in <$engine>::LOCK_NAMES {
                        sqlx::query(*statement).execute(&mut *transaction).await?;
                    }
                }
                let entered = change_sets::$engine_module::enter(&mut transaction, &self.0, id, deed);
                let (Some(locked), deed) = &entered.await? else {
                    return Ok(UpdateGroupOutcome::NoSuchGroup);
                };
                let group_key = locked.key;
                let is_name_taken = match &compared {
                    Some(Comparison::Taken) => true,
                    Some(Comparison::Free(free)) => Self::is_taken_since(&mut transaction, group_key, free).await?,
                    Some(Comparison::Unchanged) | None => false,
                };
                if is_name_taken {
                    return Ok(UpdateGroupOutcome::NameTaken);
                }
                let event = audit::done(deed, action::UPDATE_BUSINESS_GROUP, id, detail);
                sqlx::query(statements::UPDATE_GROUP)
                    .bind(group_key)
                    .bind(patch.name)
                    .bind(patch.allow_guests)
                    .bind(patch.identity_pinning.map(IdentityPinning::as_str))
                    .execute(&mut *transaction)
                    .await?;
                if let Some(wanted) = &patch.number_ranges {
                    let before = Self::read(&mut transaction, id).await?.ok_or(UnreadableRow("a locked group"))?;
                    let left_out = Self::count_left_out(&mut transaction, &before, group_key, wanted).await?;
                    if left_out > 0 {
                        return Ok(UpdateGroupOutcome::RangesInUse(left_out));
                    }
                    let added = without(wanted, &before.number_ranges);
                    let removed = without(&before.number_ranges, wanted);
                    if let Err(error) = Self::change_ranges(&mut transaction, group_key, &added, &removed).await {
                        transaction.rollback().await?;
                        return match self.range_taken(id, wanted).await? {
                            Some(range) if <$engine>::is_range_taken(&error) => {
                                Ok(UpdateGroupOutcome::RangeTaken(range))
                            }
                            _ => Err(error.into()),
                        };
                    }
                }
                let group = Self::read(&mut transaction, id).await?.ok_or(UnreadableRow("a locked group"))?;
                audit::$engine_module::record(&mut transaction, &event).await?;
                line_changes::commit(transaction, self.0.lines(), locked.tenant).await?;
                Ok(UpdateGroupOutcome::Updated(group))
            }

            async fn delete(&self, id: &BusinessGroupId, deed: &Deed) -> Result<DeleteGroupOutcome, StoreError> {
                let mut transaction = self.0.begin().await?;
                let (group, deed) = change_sets::$engine_module::enter(&mut transaction, &self.0, id, deed).await?;
                match group {
                    None => Ok(DeleteGroupOutcome::NoSuchGroup),
                    Some(group) if group.mapping_count > 0 => Ok(DeleteGroupOutcome::NotEmpty),
                    Some(group) => {
                        for statement in [statements::DELETE_CHANGES_OF_GROUP, statements::DELETE_GROUP] {
                            sqlx::query(statement).bind(group.key).execute(&mut *transaction).await?;
                        }
                        let event = audit::done(&deed, action::DELETE_BUSINESS_GROUP, id, Vec::new());
                        audit::$engine_module::record(&mut transaction, &event).await?;
                        line_changes::commit(transaction, self.0.lines(), group.tenant).await?;
                        Ok(DeleteGroupOutcome::Deleted)
                    }
                }
            }

            async fn link_tenant(
                &self,
                id: &BusinessGroupId,
                tenant: Guid,
                deed: &Deed,
            ) -> Result<LinkTenantOutcome, StoreError> {
                self.link(id, NewLink { tenant, ground: Ground::Named }, deed).await
            }

            async fn link_confirmed_tenant(
                &self,
                id: &BusinessGroupId,
                tenant: Guid,
                deed: &Deed,
            ) -> Result<LinkTenantOutcome, StoreError> {
                self.link(id, NewLink { tenant, ground: Ground::Operator }, deed).await
            }

            async fn link_proven_tenant(
                &self,
                id: &BusinessGroupId,
                TenantProof { tenant, oid }: TenantProof,
                deed: &Deed,
            ) -> Result<LinkTenantOutcome, StoreError> {
                self.link(id, NewLink { tenant, ground: Ground::Proof(oid) }, deed).await
            }

            async fn prove_tenant(
                &self,
                id: &BusinessGroupId,
                proof: TenantProof,
                deed: &Deed,
            ) -> Result<bool, StoreError> {
                let mut transaction = self.0.begin().await?;
                let proven = tenant_links::$engine_module::prove(&mut transaction, &self.0, (id, proof), deed).await?;
                line_changes::commit(transaction, self.0.lines(), [proof.tenant]).await?;
                Ok(proven)
            }

            async fn unlink_tenant(&self, id: &BusinessGroupId, deed: &Deed) -> Result<bool, StoreError> {
                let nobody: Option<&str> = None;
                let mut transaction = self.0.begin().await?;
                let entered = change_sets::$engine_module::enter(&mut transaction, &self.0, id, deed);
                let (Some(locked), deed) = &entered.await? else {
                    return Ok(false);
                };
                sqlx::query(statements::LINK_TENANT).bind(locked.key).bind(nobody).execute(&mut *transaction).await?;
                let event = audit::done(deed, action::UNLINK_TENANT, id, Vec::new());
                audit::$engine_module::record(&mut transaction, &event).await?;
                line_changes::commit(transaction, self.0.lines(), locked.tenant).await?;
                Ok(true)
            }
        }
    };
}

business_group_store!(PostgresBusinessGroups, Postgres, postgres, sqlx::PgTransaction<'static>);
business_group_store!(SqliteBusinessGroups, Sqlite, sqlite, sqlx::SqliteTransaction<'static>);

/// `group_key, id, name, tenant_id, allow_guests, identity_pinning, mapping_count, revision, created_at, tenant_proven_at,
/// tenant_confirmed_at`
type GroupRow = (i64, String, String, Option<String>, bool, String, i64, i64, i64, Option<i64>, Option<i64>);

fn group(row: GroupRow, ranges: &[(i64, i64)]) -> Result<BusinessGroup, UnreadableRow> {
    let (_, id, name, tenant_id, allow_guests, pinning, mapping_count, revision, created_at, proven_at, confirmed_at) =
        row;
    Ok(BusinessGroup {
        id: rows::group_id(id),
        name,
        tenant_id: tenant_id.as_deref().map(rows::guid).transpose()?,
        tenant_proven_at: proven_at.map(rows::timestamp).transpose()?,
        tenant_confirmed_at: confirmed_at.map(rows::timestamp).transpose()?,
        number_ranges: ranges.iter().map(|(first, last)| rows::range(*first, *last)).collect::<Result<_, _>>()?,
        allow_guests,
        identity_pinning: rows::pinning(&pinning)?,
        mapping_count: rows::count(mapping_count)?,
        revision,
        created_at: rows::timestamp(created_at)?,
    })
}

/// `id, name, allow_guests, is_proven`
type LinkedRow = (String, String, bool, bool);

fn linked_group((id, name, allow_guests, is_proven): LinkedRow) -> LinkedGroup {
    LinkedGroup { id: rows::group_id(id), name, allow_guests, is_proven }
}

fn told_ranges(ranges: &[NumberRange]) -> String {
    let ranges: Vec<_> = ranges.iter().map(|range| format!("{}-{}", range.first(), range.last())).collect();
    ranges.join(", ")
}

/// What a patch changes, as the audit log tells it.
fn told_patch(patch: &BusinessGroupPatch) -> Detail {
    let parts = [
        patch.name.as_ref().map(|name| told("name", name)),
        patch.number_ranges.as_ref().map(|ranges| told("number_ranges", &told_ranges(ranges))),
        patch.allow_guests.map(|allowed| told("allow_guests", &allowed)),
        patch.identity_pinning.map(|pinning| told("identity_pinning", &pinning.as_str())),
    ];
    parts.into_iter().flatten().collect()
}

pub(super) fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// The ranges that are not among the others.
fn without(ranges: &[NumberRange], others: &[NumberRange]) -> Vec<NumberRange> {
    ranges.iter().filter(|range| others.binary_search(range).is_err()).copied().collect()
}
