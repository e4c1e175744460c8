//! Business groups: made, changed, and deleted.

use async_trait::async_trait;
use const_format::concatcp;

use crate::domain::actor::AuditContext;
use crate::domain::audit::{Detail, action};
use crate::domain::business_group::{
    BusinessGroup, BusinessGroupId, BusinessGroupPatch, IdentityPinning, LinkedGroup, NewBusinessGroup,
};
use crate::domain::guid::Guid;
use crate::domain::number_range::NumberRange;
use crate::domain::page::{Page, PageRequest};
use crate::domain::tenant::TenantProof;
use crate::ports::business_group_store::{BusinessGroupRefusal, BusinessGroupStore};
use crate::ports::store_error::StoreError;
use crate::store::audit::entry;
use crate::store::db::{Db, Tx};
use crate::store::error::{UnreadableRow, is_unique_violation};
use crate::store::locks::LockedGroup;
use crate::store::names::{Comparison, FreeName, NameChecks};
use crate::store::record::record;
use crate::store::sql::sql;
use crate::store::tenant_links::{LinkBasis, LinkOutcome, TenantLink};
use crate::store::{audit, db, names, number_ranges, rows, tenant_links};

const SELECT_GROUPS: &str = "SELECT group_key, id, name, tenant_id, allow_guests, identity_pinning, mapping_count, revision, \
     created_at, tenant_proven_at, tenant_confirmed_at FROM business_groups WHERE ";
const FIND_GROUP: &str = concatcp!(SELECT_GROUPS, "id = $1");
const LIST_GROUPS: &str = concatcp!(SELECT_GROUPS, "id > $1 ORDER BY id LIMIT $2");

const FIND_LINKED_GROUP: &str = "SELECT id, name, allow_guests, tenant_proven_at IS NOT NULL AS is_proven \
     FROM business_groups WHERE tenant_id = $1";

const NAMES_OF_GROUPS: &str = "SELECT group_key, name FROM business_groups";

const CREATE_GROUP: &str = "INSERT INTO business_groups (id, name, created_at) VALUES ($1, $2, $3) RETURNING group_key";

const UPDATE_GROUP: &str = "UPDATE business_groups SET name = COALESCE($2, name), \
     allow_guests = COALESCE($3, allow_guests), identity_pinning = COALESCE($4, identity_pinning) WHERE group_key = $1";

/// Its changes go first: nothing else leads to them.
const DELETE_CHANGES_OF_GROUP: &str = "DELETE FROM changes WHERE change_set_key IN \
     (SELECT change_set_key FROM change_sets WHERE group_key = $1)";

const DELETE_GROUP: &str = "DELETE FROM business_groups WHERE group_key = $1";

/// Business groups in a database.
pub(super) struct DbBusinessGroups {
    db: Db,
    name_checks: NameChecks,
}

record! {
    struct GroupRow {
        group_key: i64,
        id: String,
        name: String,
        tenant_id: Option<String>,
        allow_guests: bool,
        identity_pinning: String,
        mapping_count: i64,
        revision: i64,
        created_at: i64,
        tenant_proven_at: Option<i64>,
        tenant_confirmed_at: Option<i64>,
    }
}

impl GroupRow {
    fn with_ranges(self, number_ranges: Vec<NumberRange>) -> Result<BusinessGroup, UnreadableRow> {
        Ok(BusinessGroup {
            id: rows::group_id(self.id),
            name: self.name,
            tenant_id: self.tenant_id.as_deref().map(rows::guid).transpose()?,
            tenant_proven_at: self.tenant_proven_at.map(rows::timestamp).transpose()?,
            tenant_confirmed_at: self.tenant_confirmed_at.map(rows::timestamp).transpose()?,
            number_ranges,
            allow_guests: self.allow_guests,
            identity_pinning: rows::pinning(&self.identity_pinning)?,
            mapping_count: rows::count(self.mapping_count)?,
            revision: self.revision,
            created_at: rows::timestamp(self.created_at)?,
        })
    }
}

record! {
    struct LinkedGroupRow {
        id: String,
        name: String,
        allow_guests: bool,
        is_proven: bool,
    }
}

record! {
    struct NameRow {
        group_key: i64,
        name: String,
    }
}

impl Tx {
    /// Reads a group as the transaction sees it.
    async fn find_group(&mut self, id: &BusinessGroupId) -> Result<Option<BusinessGroup>, StoreError> {
        let Some(row) = self.optional::<GroupRow>(sql(FIND_GROUP).bind(id)).await? else {
            return Ok(None);
        };
        let ranges = self.ranges(row.group_key).await?;
        Ok(Some(row.with_ranges(ranges)?))
    }

    /// Reads a group that is locked, or was just made.
    async fn read_group(&mut self, id: &BusinessGroupId) -> Result<BusinessGroup, StoreError> {
        Ok(self.find_group(id).await?.ok_or(UnreadableRow("a locked group"))?)
    }

    /// Whether another group than this one has a name that people take for the new one, and that came since the names
    /// were compared.
    async fn is_taken_since(&mut self, group_key: i64, free: &FreeName) -> Result<bool, StoreError> {
        let names: Vec<NameRow> = self.all(sql(NAMES_OF_GROUPS)).await?;
        Ok(names.iter().any(|row| row.group_key != group_key && free.is_like(&row.name)))
    }

    /// Changes the ranges of a group to those that are wanted. What the database refuses is left for whoever knows why.
    async fn set_ranges(
        &mut self,
        id: &BusinessGroupId,
        group: LockedGroup,
        wanted: &[NumberRange],
    ) -> Result<RangeChange, StoreError> {
        let left_out = group.mapping_count.saturating_sub(self.count_mappings_in(group.key, wanted).await?);
        if left_out > 0 {
            return Ok(RangeChange::InUse(left_out));
        }
        let before = self.read_group(id).await?.number_ranges;
        let (added, removed) = (without(wanted, &before), without(&before, wanted));
        Ok(match self.change_ranges(group.key, &added, &removed).await {
            Ok(()) => RangeChange::Done,
            Err(refusal) => RangeChange::Refused(refusal),
        })
    }
}

/// What a change of ranges comes to in its transaction.
enum RangeChange {
    Done,
    /// So many mapped numbers would lie in none.
    InUse(u64),
    /// By the database.
    Refused(sqlx::Error),
}

impl DbBusinessGroups {
    pub(super) fn new(db: Db) -> Self {
        Self { db, name_checks: NameChecks::default() }
    }

    /// Compares a new name with those of all other groups, before the change begins: nobody waits meanwhile but who
    /// changes a name too.
    async fn compare_name(&self, id: &BusinessGroupId, name: &str) -> Result<Comparison, StoreError> {
        let own: Option<GroupRow> = self.db.optional(sql(FIND_GROUP).bind(id)).await?;
        if own.as_ref().is_some_and(|own| own.name == name) {
            return Ok(Comparison::Unchanged);
        }
        let turn = self.name_checks.turn().await?;
        let names: Vec<NameRow> = self.db.all(sql(NAMES_OF_GROUPS)).await?;
        let own = own.map(|own| own.group_key);
        let others = names.into_iter().filter(|row| Some(row.group_key) != own).map(|row| row.name);
        names::compare(turn, name, others.collect()).await
    }

    /// Links a tenant. Who is overtaken by somebody who links it elsewhere begins anew, and then sees that link.
    async fn link(
        &self,
        id: &BusinessGroupId,
        link: TenantLink,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal> {
        let deadline = db::deadline();
        loop {
            let mut tx = self.db.begin_by(deadline).await?;
            match tenant_links::link(&mut tx, (id, link), context).await? {
                LinkOutcome::Done(tenants) => {
                    let group = tx.read_group(id).await?;
                    tx.commit_lines(tenants).await?;
                    return Ok(group);
                }
                LinkOutcome::Overtaken => {}
            }
        }
    }
}

#[async_trait]
impl BusinessGroupStore for DbBusinessGroups {
    async fn create(
        &self,
        new: NewBusinessGroup,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal> {
        let deadline = db::deadline();
        let mut tx = self.db.begin_by(deadline).await?;
        let context = &tx.timed(context);
        tx.hold_right(context).await?;
        let created = tx.one_scalar(sql(CREATE_GROUP).bind(&new.id).bind(&new.name).bind(context.at)).await;
        let group_key = match created {
            Err(error) if is_unique_violation(&error) => return Err(BusinessGroupRefusal::IdTaken),
            created => created?,
        };
        if let Err(refusal) = tx.change_ranges(group_key, &new.number_ranges, &[]).await {
            drop(tx);
            let explanation = number_ranges::explain(&self.db, refusal, &new.id, &new.number_ranges);
            return Err(db::until(deadline, explanation).await?);
        }
        let group = tx.read_group(&new.id).await?;
        let detail = vec![entry("name", &new.name), entry("number_ranges", &range_list(&new.number_ranges))];
        tx.record(&audit::done(context, action::CREATE_BUSINESS_GROUP, &new.id, detail)).await?;
        tx.commit_aside().await?;
        Ok(group)
    }

    async fn find(&self, id: &BusinessGroupId) -> Result<BusinessGroup, BusinessGroupRefusal> {
        let find = async { self.db.begin_snapshot().await?.find_group(id).await };
        // Links to tenants wait for it.
        Box::pin(db::until(db::deadline(), find)).await?.ok_or(BusinessGroupRefusal::NoSuchGroup)
    }

    async fn find_linked(&self, tenant: Guid) -> Result<Option<LinkedGroup>, StoreError> {
        let row: Option<LinkedGroupRow> = self.db.optional(sql(FIND_LINKED_GROUP).bind(tenant)).await?;
        Ok(row.map(|row| LinkedGroup {
            id: rows::group_id(row.id),
            name: row.name,
            allow_guests: row.allow_guests,
            is_proven: row.is_proven,
        }))
    }

    async fn list(&self, page: &PageRequest<BusinessGroupId>) -> Result<Page<BusinessGroup>, StoreError> {
        let after = page.after.as_ref().map_or("", BusinessGroupId::as_str);
        let mut tx = self.db.begin_snapshot().await?;
        let found: Vec<GroupRow> = tx.all(sql(LIST_GROUPS).bind(after).bind(rows::one_more(page))).await?;
        let mut groups = Vec::with_capacity(found.len());
        for row in found {
            let ranges = tx.ranges(row.group_key).await?;
            groups.push(row.with_ranges(ranges)?);
        }
        Ok(Page::from_one_more(groups, page.limit))
    }

    async fn update(
        &self,
        id: &BusinessGroupId,
        mut patch: BusinessGroupPatch,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal> {
        let deadline = db::deadline();
        let detail = patch_detail(&patch);
        let compared = match &patch.name {
            Some(name) if !patch.name_may_be_taken => Some(db::until(deadline, self.compare_name(id, name)).await?),
            _ => None,
        };
        if matches!(compared, Some(Comparison::Unchanged)) {
            // Else it would come back unchecked, where somebody has just changed it.
            patch.name = None;
        }
        let mut tx = self.db.begin_by(deadline).await?;
        if let Some(Comparison::Free(_)) = &compared {
            // Before the group: who changes a name waits for nobody but others who do.
            tx.run_each(tx.dialect().lock_names).await?;
        }
        let (Some(locked), context) = &tx.enter(id, context).await? else {
            return Err(BusinessGroupRefusal::NoSuchGroup);
        };
        let is_name_taken = match &compared {
            Some(Comparison::Taken) => true,
            Some(Comparison::Free(free)) => tx.is_taken_since(locked.key, free).await?,
            Some(Comparison::Unchanged) | None => false,
        };
        if is_name_taken {
            return Err(BusinessGroupRefusal::NameTaken);
        }
        let update = sql(UPDATE_GROUP).bind(locked.key).bind(patch.name).bind(patch.allow_guests);
        tx.run(update.bind(patch.identity_pinning.map(IdentityPinning::as_str))).await?;
        if let Some(wanted) = &patch.number_ranges {
            match tx.set_ranges(id, *locked, wanted).await? {
                RangeChange::Done => {}
                RangeChange::InUse(left_out) => return Err(BusinessGroupRefusal::RangesInUse(left_out)),
                RangeChange::Refused(refusal) => {
                    drop(tx);
                    let explanation = number_ranges::explain(&self.db, refusal, id, wanted);
                    return Err(db::until(deadline, explanation).await?);
                }
            }
        }
        let group = tx.read_group(id).await?;
        tx.record(&audit::done(context, action::UPDATE_BUSINESS_GROUP, id, detail)).await?;
        tx.commit_lines(locked.tenant).await?;
        Ok(group)
    }

    async fn delete(&self, id: &BusinessGroupId, context: &AuditContext) -> Result<(), BusinessGroupRefusal> {
        let mut tx = self.db.begin().await?;
        let (Some(group), context) = tx.enter(id, context).await? else {
            return Err(BusinessGroupRefusal::NoSuchGroup);
        };
        if group.mapping_count > 0 {
            return Err(BusinessGroupRefusal::NotEmpty);
        }
        for statement in [DELETE_CHANGES_OF_GROUP, DELETE_GROUP] {
            tx.run(sql(statement).bind(group.key)).await?;
        }
        tx.record(&audit::done(&context, action::DELETE_BUSINESS_GROUP, id, Vec::new())).await?;
        // Its keys go with it.
        tx.commit_keys(group.tenant).await?;
        Ok(())
    }

    async fn link_tenant(
        &self,
        id: &BusinessGroupId,
        tenant: Guid,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal> {
        self.link(id, TenantLink { tenant, basis: LinkBasis::Named }, context).await
    }

    async fn link_confirmed_tenant(
        &self,
        id: &BusinessGroupId,
        tenant: Guid,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal> {
        self.link(id, TenantLink { tenant, basis: LinkBasis::Operator }, context).await
    }

    async fn link_proven_tenant(
        &self,
        id: &BusinessGroupId,
        TenantProof { tenant, oid }: TenantProof,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal> {
        self.link(id, TenantLink { tenant, basis: LinkBasis::Proof(oid) }, context).await
    }

    async fn prove_tenant(
        &self,
        id: &BusinessGroupId,
        proof: TenantProof,
        context: &AuditContext,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let is_proven = tenant_links::prove(&mut tx, (id, proof), context).await?;
        tx.commit_lines([proof.tenant]).await?;
        Ok(is_proven)
    }

    async fn unlink_tenant(&self, id: &BusinessGroupId, context: &AuditContext) -> Result<(), BusinessGroupRefusal> {
        let mut tx = self.db.begin().await?;
        let (Some(locked), context) = &tx.enter(id, context).await? else {
            return Err(BusinessGroupRefusal::NoSuchGroup);
        };
        tenant_links::set_tenant(&mut tx, *locked, None).await?;
        tx.record(&audit::done(context, action::UNLINK_TENANT, id, Vec::new())).await?;
        tx.commit_lines(locked.tenant).await?;
        Ok(())
    }
}

fn range_list(ranges: &[NumberRange]) -> String {
    let ranges: Vec<_> = ranges.iter().map(|range| format!("{}-{}", range.first(), range.last())).collect();
    ranges.join(", ")
}

/// What a patch changes, as the audit log tells it.
fn patch_detail(patch: &BusinessGroupPatch) -> Detail {
    let parts = [
        patch.name.as_ref().map(|name| entry("name", name)),
        patch.number_ranges.as_ref().map(|ranges| entry("number_ranges", &range_list(ranges))),
        patch.allow_guests.map(|allowed| entry("allow_guests", &allowed)),
        patch.identity_pinning.map(|pinning| entry("identity_pinning", &pinning.as_str())),
    ];
    parts.into_iter().flatten().collect()
}

/// The ranges that are not among the others.
fn without(ranges: &[NumberRange], others: &[NumberRange]) -> Vec<NumberRange> {
    ranges.iter().filter(|range| others.binary_search(range).is_err()).copied().collect()
}
