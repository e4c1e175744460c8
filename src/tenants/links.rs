//! Linking a tenant to a business group, after Microsoft was asked whether the tenant exists.

use std::sync::Arc;

use crate::domain::actor::AuditContext;
use crate::domain::business_group::{BusinessGroup, BusinessGroupId};
use crate::domain::guid::Guid;
use crate::domain::tenant::TenantProof;
use crate::ports::business_group_store::{BusinessGroupRefusal, BusinessGroupStore};
use crate::ports::tenant_directory::{TenantDirectory, TenantExistence};
use crate::tenants::check::TenantCheck;

/// Links tenants to business groups.
pub struct TenantLinks {
    store: Arc<dyn BusinessGroupStore>,
    tenants: TenantCheck,
}

/// A group whose link was just made.
#[derive(Clone, Debug)]
pub struct LinkedTenant {
    /// The group as it is now.
    pub group: BusinessGroup,
    /// Whether the tenant is known to exist, by asking Microsoft Entra; `None` where nothing was asked: the tenant was
    /// linked to the group already, or a proof shows that it exists.
    pub tenant_checked: Option<bool>,
}

type Result<T> = std::result::Result<T, BusinessGroupRefusal>;

impl TenantLinks {
    /// Links kept in `store`, of tenants that are looked for in `tenants`.
    #[must_use]
    pub fn new(store: Arc<dyn BusinessGroupStore>, tenants: Arc<dyn TenantDirectory>) -> Self {
        Self { store, tenants: TenantCheck::new(tenants) }
    }

    /// Links a tenant to a group, in place of the one before.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`], [`BusinessGroupRefusal::UnknownTenant`],
    /// [`BusinessGroupRefusal::TenantTaken`]
    pub async fn link(&self, id: &BusinessGroupId, tenant: Guid, context: &AuditContext) -> Result<LinkedTenant> {
        let tenant_checked = self.check(id, tenant).await?;
        Ok(LinkedTenant { group: self.store.link_tenant(id, tenant, context).await?, tenant_checked })
    }

    /// Links a tenant as the operator, in place of the one before, or confirms the link that there is.
    ///
    /// # Errors
    /// As [`TenantLinks::link`].
    pub async fn link_confirmed(
        &self,
        id: &BusinessGroupId,
        tenant: Guid,
        context: &AuditContext,
    ) -> Result<LinkedTenant> {
        let tenant_checked = self.check(id, tenant).await?;
        Ok(LinkedTenant { group: self.store.link_confirmed_tenant(id, tenant, context).await?, tenant_checked })
    }

    /// Links a tenant that was proven to be the group's own, in place of the one before; another group that has it
    /// unproven loses it. Whether it exists is not asked: somebody has signed in to it.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`], [`BusinessGroupRefusal::TenantTaken`]
    pub async fn link_proven(
        &self,
        id: &BusinessGroupId,
        proof: TenantProof,
        context: &AuditContext,
    ) -> Result<LinkedTenant> {
        Ok(LinkedTenant { group: self.store.link_proven_tenant(id, proof, context).await?, tenant_checked: None })
    }

    /// Asks Microsoft Entra whether a tenant exists, before the transaction that links it: no lock waits for the
    /// network. What is linked to the group already is not asked again.
    async fn check(&self, id: &BusinessGroupId, tenant: Guid) -> Result<Option<bool>> {
        if self.store.find(id).await?.tenant_id == Some(tenant) {
            return Ok(None);
        }
        match self.tenants.exists(tenant).await {
            TenantExistence::Known => Ok(Some(true)),
            TenantExistence::NotReached => Ok(Some(false)),
            TenantExistence::Unknown => Err(BusinessGroupRefusal::UnknownTenant),
        }
    }
}
