use crate::domain::business_group::BusinessGroupId;
use crate::domain::number_range::NumberRange;
use crate::ports::store_error::StoreError;

/// Why a business group was not changed.
#[derive(Debug, thiserror::Error)]
pub enum BusinessGroupError {
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
    #[error("{}", told_taken(*.unproven))]
    TenantTaken {
        /// Whether it has not proven that the tenant is its own.
        unproven: bool,
        /// That group.
        holder: BusinessGroupId,
    },
    /// Microsoft Entra says that there is no such tenant.
    #[error(
        "Microsoft Entra knows no tenant with this id: copy the Tenant ID in the Microsoft Entra admin center, under Overview; it \
         is neither an Object ID nor an Application (client) ID"
    )]
    UnknownTenant,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told_taken(unproven: bool) -> &'static str {
    if unproven {
        "another business group is linked to this tenant, but nobody has proven that it is theirs: to take it over, send as \
         `proof` the Microsoft Entra token of somebody of this tenant who has the app role BusinessGroup.Admin; or the \
         operator, or an administrator of that business group, unlinks it there first"
    } else {
        "another business group is linked to this tenant, which is proven to be its own, so only the operator can move it: \
         the operator, or an administrator of that business group, unlinks it there first"
    }
}
