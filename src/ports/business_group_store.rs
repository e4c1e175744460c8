//! The store of business groups, their tenants and their number ranges.

use async_trait::async_trait;

use crate::domain::actor::AuditContext;
use crate::domain::business_group::{
    BusinessGroup, BusinessGroupId, BusinessGroupPatch, LinkedGroup, NewBusinessGroup,
};
use crate::domain::guid::Guid;
use crate::domain::number_range::NumberRange;
use crate::domain::page::{Page, PageRequest};
use crate::domain::tenant::TenantProof;
use crate::ports::store_error::StoreError;

/// Business groups in a database. Each method is one transaction.
#[async_trait]
pub trait BusinessGroupStore: Send + Sync {
    /// Creates a group without tenant and mappings, at revision 0.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::IdTaken`], [`BusinessGroupRefusal::RangeTaken`]
    async fn create(
        &self,
        group: NewBusinessGroup,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal>;

    /// Finds one group.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`]
    async fn find(&self, id: &BusinessGroupId) -> Result<BusinessGroup, BusinessGroupRefusal>;

    /// Finds the group that a tenant is linked to now. It asks the database each time, as for API keys: who is unlinked
    /// has no right any more, on every replica.
    async fn find_linked(&self, tenant: Guid) -> Result<Option<LinkedGroup>, StoreError>;

    /// Reads a page of all groups, in the order of their ids.
    async fn list(&self, page: &PageRequest<BusinessGroupId>) -> Result<Page<BusinessGroup>, StoreError>;

    /// Changes a group. Two that take like names at once do so one after the other, unless the names may be taken.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`], [`BusinessGroupRefusal::RangeTaken`],
    /// [`BusinessGroupRefusal::RangesInUse`], [`BusinessGroupRefusal::NameTaken`]
    async fn update(
        &self,
        id: &BusinessGroupId,
        patch: BusinessGroupPatch,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal>;

    /// Deletes a group that has no mappings, with its ranges, its tenant link and its API keys.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`], [`BusinessGroupRefusal::NotEmpty`]
    async fn delete(&self, id: &BusinessGroupId, context: &AuditContext) -> Result<(), BusinessGroupRefusal>;

    /// Links a tenant in place of the one linked before, if one was. It is not proven, unless it was linked and proven
    /// before.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`], [`BusinessGroupRefusal::TenantTaken`]
    async fn link_tenant(
        &self,
        id: &BusinessGroupId,
        tenant: Guid,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal>;

    /// Links a tenant as the operator, or confirms the link that there is. It is not proven by that.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`], [`BusinessGroupRefusal::TenantTaken`]
    async fn link_confirmed_tenant(
        &self,
        id: &BusinessGroupId,
        tenant: Guid,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal>;

    /// Links a tenant that was proven to be the group's own, in place of the one linked before. Another group that has
    /// it unproven loses it in the same transaction, and both are told in their history.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`], [`BusinessGroupRefusal::TenantTaken`]
    async fn link_proven_tenant(
        &self,
        id: &BusinessGroupId,
        proof: TenantProof,
        context: &AuditContext,
    ) -> Result<BusinessGroup, BusinessGroupRefusal>;

    /// Writes down that the tenant linked to a group is proven to be its own, unless that is written already; `false`
    /// if the group is not linked to it.
    async fn prove_tenant(
        &self,
        id: &BusinessGroupId,
        proof: TenantProof,
        context: &AuditContext,
    ) -> Result<bool, StoreError>;

    /// Removes the link to the tenant, if there is one: its users stop resolving at once.
    ///
    /// # Errors
    /// [`BusinessGroupRefusal::NoSuchGroup`]
    async fn unlink_tenant(&self, id: &BusinessGroupId, context: &AuditContext) -> Result<(), BusinessGroupRefusal>;
}

/// Why a business group was not found, changed or linked. Nothing was changed, unless the store says that it could not
/// be asked: then a commit may have gone through whose answer was lost.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusinessGroupRefusal {
    /// There is no such group.
    #[error("there is no such business group")]
    NoSuchGroup,
    /// There is a group of that id.
    #[error("there is a business group of this id already")]
    IdTaken,
    /// Another group has numbers of the range. Which one is not told.
    #[error("another business group has numbers between {} and {}", .0.first(), .0.last())]
    RangeTaken(NumberRange),
    /// So many mapped numbers would fall outside the ranges.
    #[error("mapped numbers lie outside the new ranges ({0}): remove their mappings first, or keep their ranges")]
    RangesInUse(u64),
    /// It still has mappings.
    #[error("the business group still has mappings: remove them first")]
    NotEmpty,
    /// Another group has a name that people take for the new one. Which one is not told.
    #[error(
        "another business group has this name, or one that differs only in case, spaces or letters that look alike: choose \
         another, or ask the operator, who may give it to you all the same"
    )]
    NameTaken,
    /// Another group is linked to the tenant. Which one is told to the operator alone.
    #[error("{}", tenant_taken_message(*.unproven))]
    TenantTaken {
        /// Whether it has not proven that the tenant is its own.
        unproven: bool,
        /// That group.
        holder: BusinessGroupId,
    },
    /// Microsoft Entra says that there is no such tenant: asked before the store is.
    #[error(
        "Microsoft Entra knows no tenant with this id: copy the Tenant ID in the Microsoft Entra admin center, under Overview; it \
         is neither an Object ID nor an Application (client) ID"
    )]
    UnknownTenant,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn tenant_taken_message(unproven: bool) -> &'static str {
    if unproven {
        "another business group is linked to this tenant, but nobody has proven that it is theirs: to take it over, send as \
         `proof` the Microsoft Entra token of somebody of this tenant who has the app role BusinessGroup.Admin; or the \
         operator, or an administrator of that business group, unlinks it there first"
    } else {
        "another business group is linked to this tenant, which is proven to be its own, so only the operator can move it: \
         the operator, or an administrator of that business group, unlinks it there first"
    }
}
