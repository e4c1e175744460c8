//! Mappings, and what a sign-in finds of them.

use jiff::Timestamp;

use crate::domain::business_group::{BusinessGroupId, IdentityPinning};
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::phone_number::PhoneNumber;

/// One phone number and the e-mail address of the person who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The number.
    pub phone_number: PhoneNumber,
    /// The person's address.
    pub email: EmailAddress,
    /// When the address was last set.
    pub updated_at: Timestamp,
    /// Whom it is pinned to; `None` if the next sign-in pins it.
    pub pinned_to: Option<PinnedTo>,
}

/// The person whose first sign-in pinned a mapping. A pin of a tenant that the group was linked to before counts as
/// none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedTo {
    /// The person's object in the tenant (`oid`).
    pub oid: Guid,
    /// When they signed in for the first time.
    pub at: Timestamp,
}

/// What the store knows of a user who signs in: found by tenant and address, in one lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The business group linked to the tenant.
    pub business_group: BusinessGroupId,
    /// Whether the group's link to the tenant is proven, or the operator's own.
    pub is_vouched_for: bool,
    /// Whether the group allows guests.
    pub allow_guests: bool,
    /// Whether the group pins mappings.
    pub identity_pinning: IdentityPinning,
    /// The mapping of the address, if there is one.
    pub mapped: Option<MappedNumber>,
}

/// The number of a [`Line`], and whom it is pinned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MappedNumber {
    /// The number.
    pub phone_number: PhoneNumber,
    /// The `oid` of the person whose first sign-in pinned the mapping.
    pub pinned_oid: Option<Guid>,
}
