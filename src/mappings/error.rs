//! Why a good sign-in has no line.

use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;

/// Why a good sign-in has no line.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// No business group is linked to the tenant.
    #[error("the company of this Microsoft account is not set up here: its administrator links the tenant first")]
    TenantNotLinked,
    /// A business group is linked to the tenant, but nobody has proven that it is theirs, nor has the operator linked
    /// it.
    #[error(
        "the company of this Microsoft account is not set up here yet: nobody has proven that the link to its tenant is right. \
         An administrator of the tenant, who has the app role BusinessGroup.Admin, signs in to the console, or the operator \
         confirms the link"
    )]
    TenantNotProven,
    /// A guest, and the group does not allow guests.
    #[error("this account is a guest in the company's directory, and the company does not let guests sign in")]
    GuestNotAllowed,
    /// None of the configured claims is an e-mail address.
    #[error(
        "the token has no e-mail address in any of the claims that are looked at; of a guest, `email` counts only if the token \
         says that its domain is verified (the optional claim xms_edov)"
    )]
    NoEmailClaim,
    /// The address has no mapping.
    #[error("no phone number is mapped to this account: the company's administrator adds it")]
    NoMapping,
    /// The mapping is pinned to another person.
    #[error(
        "this phone number was used by another account of the same address before: if the address is yours now, the \
         company's administrator releases the pin of the mapping"
    )]
    IdentityChanged,
    /// The mapping is pinned to nobody yet, and the user's sign-in name has another number.
    #[error(
        "the e-mail address and the sign-in name of this account are mapped to two different phone numbers, so it is not \
         certain which is theirs: ask the company's administrator to correct the address in Microsoft's directory, or the \
         mappings"
    )]
    TwoNumbers(Box<TwoNumbers>),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A sign-in whose address and sign-in name have two numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwoNumbers {
    /// The business group of both.
    pub business_group: BusinessGroupId,
    /// The address.
    pub email: EmailAddress,
    /// Its number.
    pub phone_number: PhoneNumber,
    /// The sign-in name.
    pub sign_in_name: EmailAddress,
    /// Its number.
    pub sign_in_number: PhoneNumber,
}
