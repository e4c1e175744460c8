//! Links between business groups and tenants: how they come about, are proven, and pass from one group to another.

use crate::domain::actor::Actor;
use crate::domain::actor::Deed;
use crate::domain::actor::RightSource;
use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::guid::Guid;
use crate::domain::tenant::TenantProof;
use crate::ports::business_group_store::LinkTenantOutcome;
use crate::ports::store_error::StoreError;
use crate::store::audit;
use crate::store::audit::told;
use crate::store::business_groups::is_unique_violation;
use crate::store::change_sets;
use crate::store::change_sets::LockedGroup;
use crate::store::change_sets::LockedRow;
use crate::store::change_sets::Step;
use crate::store::error::UnreadableRow;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

/// A tenant to be linked.
#[derive(Clone, Copy)]
pub(super) struct NewLink {
    pub(super) tenant: Guid,
    pub(super) ground: Ground,
}

/// What a link to a tenant stands on.
#[derive(Clone, Copy)]
pub(super) enum Ground {
    /// Somebody has named the tenant.
    Named,
    /// The operator says so.
    Operator,
    /// Whoever has this `oid` has shown that they administer the tenant.
    Proof(Guid),
}

/// What became of a link in its transaction.
pub(super) enum Linking {
    /// It stands; the lines of these tenants may have changed.
    Done(Vec<Guid>),
    /// Nothing was changed.
    Refused(LinkTenantOutcome),
    /// Another transaction has linked the tenant since this one has looked.
    Overtaken,
}

/// A group that is locked together with another.
struct Party {
    id: BusinessGroupId,
    group: LockedGroup,
    is_proven: bool,
}

macro_rules! tenant_links {
    ($engine_module:ident, $engine:ty, $transaction:ty) => {
        pub(super) mod $engine_module {
            use super::*;

            /// Links a tenant to a group. With a proof it is taken from another group that has none.
            pub(in crate::store) async fn link(
                transaction: &mut $transaction,
                engine: &$engine,
                (id, link): (&BusinessGroupId, NewLink),
                deed: &Deed,
            ) -> Result<Linking, StoreError> {
                let parties = lock_both(transaction, id, link.tenant).await?;
                let deed = &change_sets::$engine_module::timed(engine, deed);
                change_sets::$engine_module::hold_right(transaction, deed).await?;
                let (own, others): (Vec<_>, Vec<_>) = parties.into_iter().partition(|party| party.id == *id);
                let (Some(own), holder) = (own.first(), others.first()) else {
                    return Ok(Linking::Refused(LinkTenantOutcome::NoSuchGroup));
                };
                if let Some(holder) = holder {
                    if holder.is_proven || !matches!(link.ground, Ground::Proof(_)) {
                        let (unproven, holder) = (!holder.is_proven, holder.id.clone());
                        return Ok(Linking::Refused(LinkTenantOutcome::TenantTaken { unproven, holder }));
                    }
                    give_up(transaction, holder, link.tenant, deed).await?;
                }
                if own.group.tenant != Some(link.tenant) {
                    match set_tenant(transaction, own.group, Some(link.tenant)).await {
                        Err(error) if is_unique_violation(&error) => return Ok(Linking::Overtaken),
                        linked => linked?,
                    }
                }
                let mut detail = vec![told("tenant_id", &link.tenant)];
                match link.ground {
                    Ground::Named => {}
                    Ground::Operator => {
                        set(statements::CONFIRM_TENANT, transaction, own.group, deed).await?;
                        detail.push(told("confirmed", "true"));
                    }
                    Ground::Proof(oid) => {
                        set(statements::PROVE_TENANT, transaction, own.group, deed).await?;
                        detail.push(told("proven_by", &oid));
                    }
                }
                if holder.is_some() {
                    let step = Step::Gained(link.tenant);
                    let revision =
                        change_sets::$engine_module::record_without_changes(transaction, own.group, step, deed).await?;
                    detail.extend([told("taken_over", "true"), told("revision", &revision)]);
                }
                let event = audit::done(deed, action::LINK_TENANT, id, detail);
                audit::$engine_module::record(transaction, &event).await?;
                Ok(Linking::Done(own.group.tenant.into_iter().chain([link.tenant]).collect()))
            }

            /// Writes a proof of the tenant that is linked down, if there is none yet; `false` if another tenant is linked.
            pub(in crate::store) async fn prove(
                transaction: &mut $transaction,
                engine: &$engine,
                (id, proof): (&BusinessGroupId, TenantProof),
                deed: &Deed,
            ) -> Result<bool, StoreError> {
                let (locked, deed) = &change_sets::$engine_module::enter(transaction, engine, id, deed).await?;
                let Some(group) = locked.filter(|group| group.tenant == Some(proof.tenant)) else {
                    return Ok(false);
                };
                if set(statements::PROVE_TENANT, transaction, group, deed).await? {
                    let detail = vec![told("tenant_id", &proof.tenant), told("proven_by", &proof.oid)];
                    let event = audit::done(deed, action::PROVE_TENANT, id, detail);
                    audit::$engine_module::record(transaction, &event).await?;
                }
                Ok(true)
            }

            /// Locks a group, if it is there, and the one that is linked to a tenant, if one is.
            async fn lock_both(
                transaction: &mut $transaction,
                id: &BusinessGroupId,
                tenant: Guid,
            ) -> Result<Vec<Party>, StoreError> {
                let found: Vec<PartyRow> = sqlx::query_as(<$engine>::LOCK_GROUP_AND_HOLDER)
                    .bind(id.as_str())
                    .bind(tenant.to_string())
                    .fetch_all(&mut **transaction)
                    .await?;
                let parties: Result<Vec<_>, UnreadableRow> = found.into_iter().map(party).collect();
                Ok(parties?)
            }

            /// Takes the tenant from a group. What the group is told names nobody, and no call: its sender may have named
            /// that herself.
            async fn give_up(
                transaction: &mut $transaction,
                holder: &Party,
                tenant: Guid,
                deed: &Deed,
            ) -> Result<(), StoreError> {
                let deed = Deed {
                    actor: Actor::another_business_group(),
                    right: RightSource::Lasting,
                    at: deed.at,
                    request_id: None,
                };
                set_tenant(transaction, holder.group, None).await?;
                let step = Step::Lost(tenant);
                let revision =
                    change_sets::$engine_module::record_without_changes(transaction, holder.group, step, &deed).await?;
                let detail = vec![told("tenant_id", &tenant), told("revision", &revision)];
                let event = audit::done(&deed, action::LOSE_TENANT, &holder.id, detail);
                audit::$engine_module::record(transaction, &event).await
            }

            async fn set_tenant(
                transaction: &mut $transaction,
                group: LockedGroup,
                tenant: Option<Guid>,
            ) -> sqlx::Result<()> {
                let query = sqlx::query(statements::LINK_TENANT).bind(group.key);
                query.bind(tenant.map(|tenant| tenant.to_string())).execute(&mut **transaction).await.map(drop)
            }

            /// Writes down that a link is proven, or confirmed; whether it was not before.
            async fn set(
                statement: &'static str,
                transaction: &mut $transaction,
                group: LockedGroup,
                deed: &Deed,
            ) -> Result<bool, StoreError> {
                let query = sqlx::query(statement).bind(group.key).bind(deed.at.as_microsecond());
                Ok(query.execute(&mut **transaction).await?.rows_affected() > 0)
            }
        }
    };
}

tenant_links!(postgres, Postgres, sqlx::PgTransaction<'static>);
tenant_links!(sqlite, Sqlite, sqlx::SqliteTransaction<'static>);

/// `group_key, revision, mapping_count, tenant_id, id, is_proven`
type PartyRow = (i64, i64, i64, Option<String>, String, bool);

fn party((key, revision, mapping_count, tenant, id, is_proven): PartyRow) -> Result<Party, UnreadableRow> {
    let locked: LockedRow = (key, revision, mapping_count, tenant);
    Ok(Party { id: rows::group_id(id), group: change_sets::locked(locked)?, is_proven })
}
