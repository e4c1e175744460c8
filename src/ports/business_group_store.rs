//! The store of business groups, their tenants and their number ranges.

use async_trait::async_trait;

use crate::domain::actor::Deed;
use crate::domain::business_group::BusinessGroup;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::business_group::BusinessGroupPatch;
use crate::domain::business_group::LinkedGroup;
use crate::domain::business_group::NewBusinessGroup;
use crate::domain::guid::Guid;
use crate::domain::number_range::NumberRange;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::tenant::TenantProof;
use crate::ports::store_error::StoreError;

/// Business groups in a database. Each method is one transaction.
#[async_trait]
pub trait BusinessGroupStore: Send + Sync {
    /// Creates a group without tenant and mappings, at revision 0.
    async fn create(&self, group: NewBusinessGroup, deed: &Deed) -> Result<CreateGroupOutcome, StoreError>;

    /// Finds one group.
    async fn find(&self, id: &BusinessGroupId) -> Result<Option<BusinessGroup>, StoreError>;

    /// Finds the group that a tenant is linked to now. It asks the database each time, as for API keys: who is unlinked has no
    /// right any more, on every replica.
    async fn find_linked(&self, tenant: Guid) -> Result<Option<LinkedGroup>, StoreError>;

    /// Reads a page of all groups, in the order of their ids.
    async fn list(&self, page: &PageRequest<BusinessGroupId>) -> Result<Page<BusinessGroup>, StoreError>;

    /// Changes a group. Two that take like names at once do so one after the other, unless the names may be taken.
    async fn update(
        &self,
        id: &BusinessGroupId,
        patch: BusinessGroupPatch,
        deed: &Deed,
    ) -> Result<UpdateGroupOutcome, StoreError>;

    /// Deletes a group that has no mappings, with its ranges, its tenant link and its API keys.
    async fn delete(&self, id: &BusinessGroupId, deed: &Deed) -> Result<DeleteGroupOutcome, StoreError>;

    /// Links a tenant in place of the one linked before, if one was. It is not proven, unless it was linked and proven
    /// before.
    async fn link_tenant(
        &self,
        id: &BusinessGroupId,
        tenant: Guid,
        deed: &Deed,
    ) -> Result<LinkTenantOutcome, StoreError>;

    /// Links a tenant as the operator, or confirms the link that there is. It is not proven by that.
    async fn link_confirmed_tenant(
        &self,
        id: &BusinessGroupId,
        tenant: Guid,
        deed: &Deed,
    ) -> Result<LinkTenantOutcome, StoreError>;

    /// Links a tenant that was proven to be the group's own, in place of the one linked before. Another group that has it
    /// unproven loses it in the same transaction, and both are told in their history.
    async fn link_proven_tenant(
        &self,
        id: &BusinessGroupId,
        proof: TenantProof,
        deed: &Deed,
    ) -> Result<LinkTenantOutcome, StoreError>;

    /// Writes down that the tenant linked to a group is proven to be its own, unless that is written already; `false` if
    /// the group is not linked to it.
    async fn prove_tenant(&self, id: &BusinessGroupId, proof: TenantProof, deed: &Deed) -> Result<bool, StoreError>;

    /// Removes the link to the tenant, if there is one; `false` if there is no such group.
    async fn unlink_tenant(&self, id: &BusinessGroupId, deed: &Deed) -> Result<bool, StoreError>;
}

/// What became of a new group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateGroupOutcome {
    /// It stands.
    Created(BusinessGroup),
    /// There is a group of that id.
    IdTaken,
    /// Another group has numbers of this range.
    RangeTaken(NumberRange),
}

/// What became of a change to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateGroupOutcome {
    /// The group as it is now.
    Updated(BusinessGroup),
    /// Another group has numbers of this range. Nothing was changed.
    RangeTaken(NumberRange),
    /// So many mapped numbers would fall outside the new ranges. Nothing was changed.
    RangesInUse(u64),
    /// Another group has a name that people take for the new one. Nothing was changed.
    NameTaken,
    /// There is no such group.
    NoSuchGroup,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteGroupOutcome {
    /// It is gone.
    Deleted,
    /// It still has mappings. Nothing was changed.
    NotEmpty,
    /// There is no such group.
    NoSuchGroup,
}

/// What became of a tenant link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTenantOutcome {
    /// The group as it is now.
    Linked(BusinessGroup),
    /// Another group has the tenant. Nothing was changed.
    TenantTaken {
        /// Whether a proof would take it over.
        unproven: bool,
        /// That group: for the operator alone.
        holder: BusinessGroupId,
    },
    /// There is no such group.
    NoSuchGroup,
}
