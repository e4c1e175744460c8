//! Links between business groups and tenants: how they come about, are proven, and pass from one group to another.

use crate::domain::actor::{Actor, AuditContext, RightSource};
use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::guid::Guid;
use crate::domain::tenant::TenantProof;
use crate::ports::business_group_store::BusinessGroupRefusal;
use crate::ports::store_error::StoreError;
use crate::store::audit::entry;
use crate::store::db::Tx;
use crate::store::error::{UnreadableRow, is_unique_violation};
use crate::store::locks::{LockedGroup, LockedRow};
use crate::store::record::record;
use crate::store::revisions::RevisionKind;
use crate::store::sql::sql;
use crate::store::{audit, rows};

const LINK_TENANT: &str = "UPDATE business_groups SET tenant_id = $2, tenant_proven_at = NULL, tenant_confirmed_at = NULL WHERE group_key = $1";

/// Of a link that is not proven yet. In a statement of its own: with a new link the proof of the one before goes.
const PROVE_TENANT: &str = "UPDATE business_groups SET tenant_proven_at = $2 WHERE group_key = $1 \
     AND tenant_id IS NOT NULL AND tenant_proven_at IS NULL";

/// As [`PROVE_TENANT`]: that the link is the operator's own.
const CONFIRM_TENANT: &str = "UPDATE business_groups SET tenant_confirmed_at = $2 WHERE group_key = $1 \
     AND tenant_id IS NOT NULL AND tenant_confirmed_at IS NULL";

/// A tenant to be linked.
#[derive(Clone, Copy)]
pub(super) struct TenantLink {
    pub(super) tenant: Guid,
    pub(super) basis: LinkBasis,
}

/// What a link to a tenant stands on.
#[derive(Clone, Copy)]
pub(super) enum LinkBasis {
    /// Somebody has named the tenant.
    Named,
    /// The operator says so.
    Operator,
    /// Whoever has this `oid` has shown that they administer the tenant.
    Proof(Guid),
}

/// What a link comes to in its transaction, if it is not refused.
pub(super) enum LinkOutcome {
    /// It stands; the lines of these tenants may have changed.
    Done(Vec<Guid>),
    /// Another transaction has linked the tenant since this one has looked.
    Overtaken,
}

/// A group that is locked together with another.
struct LockedLinkedGroup {
    id: BusinessGroupId,
    group: LockedGroup,
    is_proven: bool,
}

record! {
    struct LockedLinkedGroupRow {
        group: LockedRow,
        id: String,
        is_proven: bool,
    }
}

impl TryFrom<LockedLinkedGroupRow> for LockedLinkedGroup {
    type Error = UnreadableRow;

    fn try_from(row: LockedLinkedGroupRow) -> Result<Self, UnreadableRow> {
        Ok(Self { id: rows::group_id(row.id), group: row.group.try_into()?, is_proven: row.is_proven })
    }
}

/// Links a tenant to a group. With a proof it is taken from another group that has none.
pub(super) async fn link(
    tx: &mut Tx,
    (id, link): (&BusinessGroupId, TenantLink),
    context: &AuditContext,
) -> Result<LinkOutcome, BusinessGroupRefusal> {
    let groups = lock_both(tx, id, link.tenant).await?;
    let context = &tx.timed(context);
    tx.hold_right(context).await?;
    let (own, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.id == *id);
    let (Some(own), holder) = (own.first(), others.first()) else {
        return Err(BusinessGroupRefusal::NoSuchGroup);
    };
    if let Some(holder) = holder {
        if holder.is_proven || !matches!(link.basis, LinkBasis::Proof(_)) {
            let (unproven, holder) = (!holder.is_proven, holder.id.clone());
            return Err(BusinessGroupRefusal::TenantTaken { unproven, holder });
        }
        give_up(tx, holder, link.tenant, context).await?;
    }
    if own.group.tenant != Some(link.tenant) {
        match set_tenant(tx, own.group, Some(link.tenant)).await {
            Err(error) if is_unique_violation(&error) => return Ok(LinkOutcome::Overtaken),
            linked => linked?,
        }
    }
    let mut detail = vec![entry("tenant_id", &link.tenant)];
    match link.basis {
        LinkBasis::Named => {}
        LinkBasis::Operator => {
            set(tx, CONFIRM_TENANT, own.group, context).await?;
            detail.push(entry("confirmed", "true"));
        }
        LinkBasis::Proof(oid) => {
            set(tx, PROVE_TENANT, own.group, context).await?;
            detail.push(entry("proven_by", &oid));
        }
    }
    if holder.is_some() {
        let revision = tx.record_without_changes(own.group, RevisionKind::Gained(link.tenant), context).await?;
        detail.extend([entry("taken_over", "true"), entry("revision", &revision)]);
    }
    tx.record(&audit::done(context, action::LINK_TENANT, id, detail)).await?;
    Ok(LinkOutcome::Done(own.group.tenant.into_iter().chain([link.tenant]).collect()))
}

/// Writes a proof of the tenant that is linked down, if there is none yet; `false` if another tenant is linked.
pub(super) async fn prove(
    tx: &mut Tx,
    (id, proof): (&BusinessGroupId, TenantProof),
    context: &AuditContext,
) -> Result<bool, StoreError> {
    let (locked, context) = &tx.enter(id, context).await?;
    let Some(group) = locked.filter(|group| group.tenant == Some(proof.tenant)) else {
        return Ok(false);
    };
    if set(tx, PROVE_TENANT, group, context).await? {
        let detail = vec![entry("tenant_id", &proof.tenant), entry("proven_by", &proof.oid)];
        tx.record(&audit::done(context, action::PROVE_TENANT, id, detail)).await?;
    }
    Ok(true)
}

/// Links a group to a tenant, or to none. No proof is left.
pub(super) async fn set_tenant(tx: &mut Tx, group: LockedGroup, tenant: Option<Guid>) -> sqlx::Result<()> {
    tx.run(sql(LINK_TENANT).bind(group.key).bind(tenant)).await.map(drop)
}

/// Locks a group, if it is there, and the one that is linked to a tenant, if one is.
async fn lock_both(tx: &mut Tx, id: &BusinessGroupId, tenant: Guid) -> Result<Vec<LockedLinkedGroup>, StoreError> {
    let lock = sql(tx.dialect().lock_group_and_holder).bind(id).bind(tenant);
    rows::all(tx.all::<LockedLinkedGroupRow>(lock).await?)
}

/// Takes the tenant from a group. What the group is told names nobody, and no call: its sender may have named that
/// themselves.
async fn give_up(
    tx: &mut Tx,
    holder: &LockedLinkedGroup,
    tenant: Guid,
    context: &AuditContext,
) -> Result<(), StoreError> {
    let actor = Actor::another_business_group();
    let context = AuditContext { actor, right: RightSource::Lasting, at: context.at, request_id: None };
    set_tenant(tx, holder.group, None).await?;
    let revision = tx.record_without_changes(holder.group, RevisionKind::Lost(tenant), &context).await?;
    let detail = vec![entry("tenant_id", &tenant), entry("revision", &revision)];
    tx.record(&audit::done(&context, action::LOSE_TENANT, &holder.id, detail)).await
}

/// Writes down that a link is proven, or confirmed; whether it was not before.
async fn set(
    tx: &mut Tx,
    statement: &'static str,
    group: LockedGroup,
    context: &AuditContext,
) -> Result<bool, StoreError> {
    Ok(tx.run(sql(statement).bind(group.key).bind(context.at)).await? > 0)
}
