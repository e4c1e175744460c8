use std::sync::Arc;

use crate::business_groups::BusinessGroupError;
use crate::business_groups::tenant_check::TenantCheck;
use crate::domain::actor::Deed;
use crate::domain::business_group::BusinessGroup;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::business_group::BusinessGroupPatch;
use crate::domain::business_group::NewBusinessGroup;
use crate::domain::guid::Guid;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::tenant::TenantProof;
use crate::ports::business_group_store::BusinessGroupStore;
use crate::ports::business_group_store::CreateGroupOutcome;
use crate::ports::business_group_store::DeleteGroupOutcome;
use crate::ports::business_group_store::LinkTenantOutcome;
use crate::ports::business_group_store::UpdateGroupOutcome;
use crate::ports::tenant_directory::TenantDirectory;
use crate::ports::tenant_directory::TenantExistence;
use crate::ports::time_limit::in_time;

/// What can be done with business groups.
pub struct BusinessGroups {
    store: Arc<dyn BusinessGroupStore>,
    tenants: TenantCheck,
}

/// A group whose link was just made.
#[derive(Clone, Debug)]
pub struct LinkedTenant {
    /// The group as it is now.
    pub group: BusinessGroup,
    /// Whether the tenant is known to exist, by asking Microsoft Entra; `None` where nothing was asked: the tenant was linked
    /// to the group already, or a proof shows that it exists.
    pub tenant_checked: Option<bool>,
}

type Result<T> = std::result::Result<T, BusinessGroupError>;

impl BusinessGroups {
    /// Business groups kept in `store`, whose tenants are looked for in `tenants`.
    #[must_use]
    pub fn new(store: Arc<dyn BusinessGroupStore>, tenants: Arc<dyn TenantDirectory>) -> Self {
        Self { store, tenants: TenantCheck::new(tenants) }
    }

    /// Creates a group, linked to no tenant.
    ///
    /// # Errors
    /// [`BusinessGroupError::IdTaken`], [`BusinessGroupError::RangeTaken`]
    pub async fn create(&self, group: NewBusinessGroup, deed: &Deed) -> Result<BusinessGroup> {
        match in_time(self.store.create(group, deed)).await? {
            CreateGroupOutcome::Created(group) => Ok(group),
            CreateGroupOutcome::IdTaken => Err(BusinessGroupError::IdTaken),
            CreateGroupOutcome::RangeTaken(range) => Err(BusinessGroupError::RangeTaken(range)),
        }
    }

    /// Finds a group.
    ///
    /// # Errors
    /// [`BusinessGroupError::NoSuchGroup`]
    pub async fn find(&self, id: &BusinessGroupId) -> Result<BusinessGroup> {
        self.store.find(id).await?.ok_or(BusinessGroupError::NoSuchGroup)
    }

    /// Reads a page of all groups, in the order of their ids.
    ///
    /// # Errors
    /// None but the store's.
    pub async fn list(&self, page: &PageRequest<BusinessGroupId>) -> Result<Page<BusinessGroup>> {
        Ok(self.store.list(page).await?)
    }

    /// Changes a group's name, ranges or policies.
    ///
    /// # Errors
    /// [`BusinessGroupError::NoSuchGroup`], [`BusinessGroupError::RangeTaken`], [`BusinessGroupError::RangesInUse`],
    /// [`BusinessGroupError::NameTaken`]; then nothing is changed.
    pub async fn update(&self, id: &BusinessGroupId, patch: BusinessGroupPatch, deed: &Deed) -> Result<BusinessGroup> {
        match in_time(self.store.update(id, patch, deed)).await? {
            UpdateGroupOutcome::Updated(group) => Ok(group),
            UpdateGroupOutcome::RangeTaken(range) => Err(BusinessGroupError::RangeTaken(range)),
            UpdateGroupOutcome::RangesInUse(count) => Err(BusinessGroupError::RangesInUse(count)),
            UpdateGroupOutcome::NameTaken => Err(BusinessGroupError::NameTaken),
            UpdateGroupOutcome::NoSuchGroup => Err(BusinessGroupError::NoSuchGroup),
        }
    }

    /// Deletes a group without mappings, and its API keys.
    ///
    /// # Errors
    /// [`BusinessGroupError::NoSuchGroup`], [`BusinessGroupError::NotEmpty`]
    pub async fn delete(&self, id: &BusinessGroupId, deed: &Deed) -> Result<()> {
        match in_time(self.store.delete(id, deed)).await? {
            DeleteGroupOutcome::Deleted => Ok(()),
            DeleteGroupOutcome::NotEmpty => Err(BusinessGroupError::NotEmpty),
            DeleteGroupOutcome::NoSuchGroup => Err(BusinessGroupError::NoSuchGroup),
        }
    }

    /// Links a tenant to a group, in place of the one before.
    ///
    /// # Errors
    /// [`BusinessGroupError::NoSuchGroup`], [`BusinessGroupError::UnknownTenant`], [`BusinessGroupError::TenantTaken`]
    pub async fn link_tenant(&self, id: &BusinessGroupId, tenant: Guid, deed: &Deed) -> Result<LinkedTenant> {
        let tenant_checked = self.check(id, tenant).await?;
        linked(in_time(self.store.link_tenant(id, tenant, deed)).await?, tenant_checked)
    }

    /// Links a tenant as the operator, in place of the one before, or confirms the link that there is.
    ///
    /// # Errors
    /// [`BusinessGroupError::NoSuchGroup`], [`BusinessGroupError::UnknownTenant`], [`BusinessGroupError::TenantTaken`]
    pub async fn link_confirmed_tenant(&self, id: &BusinessGroupId, tenant: Guid, deed: &Deed) -> Result<LinkedTenant> {
        let tenant_checked = self.check(id, tenant).await?;
        linked(in_time(self.store.link_confirmed_tenant(id, tenant, deed)).await?, tenant_checked)
    }

    /// Asks Microsoft Entra whether a tenant exists, before the transaction that links it: no lock waits for the network. What
    /// is linked to the group already is not asked again.
    async fn check(&self, id: &BusinessGroupId, tenant: Guid) -> Result<Option<bool>> {
        let group = in_time(self.store.find(id)).await?.ok_or(BusinessGroupError::NoSuchGroup)?;
        if group.tenant_id == Some(tenant) {
            return Ok(None);
        }
        match self.tenants.exists(tenant).await {
            TenantExistence::Known => Ok(Some(true)),
            TenantExistence::NotReached => Ok(Some(false)),
            TenantExistence::Unknown => Err(BusinessGroupError::UnknownTenant),
        }
    }

    /// Links a tenant that was proven to be the group's own, in place of the one before; another group that has it unproven
    /// loses it. Whether it exists is not asked: somebody has signed in to it.
    ///
    /// # Errors
    /// [`BusinessGroupError::NoSuchGroup`], [`BusinessGroupError::TenantTaken`]
    pub async fn link_proven_tenant(
        &self,
        id: &BusinessGroupId,
        proof: TenantProof,
        deed: &Deed,
    ) -> Result<LinkedTenant> {
        linked(in_time(self.store.link_proven_tenant(id, proof, deed)).await?, None)
    }

    /// Writes down that the tenant linked to a group is proven to be its own; `false` if the group is not linked to it any
    /// more.
    ///
    /// # Errors
    /// None but the store's.
    pub async fn prove_tenant(&self, id: &BusinessGroupId, proof: TenantProof, deed: &Deed) -> Result<bool> {
        Ok(in_time(self.store.prove_tenant(id, proof, deed)).await?)
    }

    /// Removes a group's tenant link, if it has one: its users stop resolving at once.
    ///
    /// # Errors
    /// [`BusinessGroupError::NoSuchGroup`]
    pub async fn unlink_tenant(&self, id: &BusinessGroupId, deed: &Deed) -> Result<()> {
        if in_time(self.store.unlink_tenant(id, deed)).await? { Ok(()) } else { Err(BusinessGroupError::NoSuchGroup) }
    }
}

fn linked(outcome: LinkTenantOutcome, tenant_checked: Option<bool>) -> Result<LinkedTenant> {
    match outcome {
        LinkTenantOutcome::Linked(group) => Ok(LinkedTenant { group, tenant_checked }),
        LinkTenantOutcome::TenantTaken { unproven, holder } => {
            Err(BusinessGroupError::TenantTaken { unproven, holder })
        }
        LinkTenantOutcome::NoSuchGroup => Err(BusinessGroupError::NoSuchGroup),
    }
}
