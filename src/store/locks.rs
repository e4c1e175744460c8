//! What every change of a business group begins with: its lock, and the caller's right to it, looked up again.

use jiff::Timestamp;

use crate::domain::actor::{AuditContext, RightSource};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::guid::Guid;
use crate::ports::store_error::{LostRight, StoreError};
use crate::store::db::Tx;
use crate::store::error::UnreadableRow;
use crate::store::record::record;
use crate::store::rows;
use crate::store::sql::sql;

/// Finds a group without locking it.
pub(super) const FIND_GROUP_KEY: &str = "SELECT group_key FROM business_groups WHERE id = $1";

const EXPIRY_OF_KEY: &str = "SELECT expires_at FROM api_keys WHERE id = $1";

const LINK_OF_GROUP: &str = "SELECT 1 FROM business_groups WHERE id = $1 AND tenant_id = $2";

/// A group whose row is locked until the end of the transaction.
#[derive(Clone, Copy)]
pub(super) struct LockedGroup {
    pub(super) key: i64,
    pub(super) revision: i64,
    pub(super) mapping_count: u64,
    pub(super) tenant: Option<Guid>,
}

record! {
    pub(super) struct LockedRow {
        group_key: i64,
        revision: i64,
        mapping_count: i64,
        tenant_id: Option<String>,
    }
}

impl TryFrom<LockedRow> for LockedGroup {
    type Error = UnreadableRow;

    fn try_from(row: LockedRow) -> Result<Self, UnreadableRow> {
        Ok(Self {
            key: row.group_key,
            revision: row.revision,
            mapping_count: rows::count(row.mapping_count)?,
            tenant: row.tenant_id.as_deref().map(rows::guid).transpose()?,
        })
    }
}

impl Tx {
    /// Locks a group, so that changes of it come one after the other; `None` if there is none.
    pub(super) async fn lock_group(&mut self, group: &BusinessGroupId) -> Result<Option<LockedGroup>, StoreError> {
        let row: Option<LockedRow> = self.optional(sql(self.dialect().lock_group).bind(group)).await?;
        Ok(row.map(LockedGroup::try_from).transpose()?)
    }

    /// Begins a change that does not take long: locks its group, and holds the caller's right. The context that it
    /// gives has the time of the change.
    pub(super) async fn enter(
        &mut self,
        group: &BusinessGroupId,
        context: &AuditContext,
    ) -> Result<(Option<LockedGroup>, AuditContext), StoreError> {
        let (locked, context) = self.lock_and_time(group, context).await?;
        self.hold_right(&context).await?;
        Ok((locked, context))
    }

    /// Begins a change that may take long: a key can be revoked meanwhile. So its end is [`Tx::hold_right`].
    pub(super) async fn enter_large(
        &mut self,
        group: &BusinessGroupId,
        context: &AuditContext,
    ) -> Result<(Option<LockedGroup>, AuditContext), StoreError> {
        let (locked, context) = self.lock_and_time(group, context).await?;
        self.check_right(&context).await?;
        Ok((locked, context))
    }

    /// The lock comes first: who waits for it has their turn later.
    async fn lock_and_time(
        &mut self,
        group: &BusinessGroupId,
        context: &AuditContext,
    ) -> Result<(Option<LockedGroup>, AuditContext), StoreError> {
        let locked = self.lock_group(group).await?;
        Ok((locked, self.timed(context)))
    }

    /// The context at the time of the change.
    pub(super) fn timed(&self, context: &AuditContext) -> AuditContext {
        AuditContext { at: context.at.max(self.now()), ..context.clone() }
    }

    /// Looks the caller's right up again. A change that fails here is not made.
    pub(super) async fn check_right(&mut self, context: &AuditContext) -> Result<(), StoreError> {
        self.look_up_right(context, EXPIRY_OF_KEY).await
    }

    /// The same, and a key that is being revoked goes after this transaction. (A link to a tenant goes after it because
    /// its group is locked.)
    pub(super) async fn hold_right(&mut self, context: &AuditContext) -> Result<(), StoreError> {
        self.look_up_right(context, self.dialect().hold_key).await
    }

    async fn look_up_right(&mut self, context: &AuditContext, expiry_of_key: &'static str) -> Result<(), StoreError> {
        let lost = match &context.right {
            RightSource::Lasting => None,
            RightSource::ApiKey(id) => {
                let key: Option<KeyRow> = self.optional(sql(expiry_of_key).bind(*id)).await?;
                lost_key(key, context.at)
            }
            RightSource::LinkedTenant { tenant, group } => {
                let is_linked = self.exists(sql(LINK_OF_GROUP).bind(group).bind(*tenant)).await?;
                (!is_linked).then_some(LostRight::TenantNotLinked)
            }
        };
        lost.map_or(Ok(()), |lost| Err(lost.into()))
    }
}

record! {
    /// What a key's right lasts to.
    struct KeyRow {
        expires_at: Option<i64>,
    }
}

/// What is wrong with a key.
fn lost_key(key: Option<KeyRow>, now: Timestamp) -> Option<LostRight> {
    match key {
        None => Some(LostRight::KeyRevoked),
        Some(key) if key.expires_at.is_some_and(|expiry| expiry <= now.as_microsecond()) => Some(LostRight::KeyExpired),
        Some(_) => None,
    }
}
