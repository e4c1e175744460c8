//! Mappings, and what an import does to them.

use jiff::Timestamp;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::business_group::IdentityPinning;
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
}

/// What the store knows of a user who signs in: found by tenant and address, in one look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The business group linked to the tenant.
    pub business_group: BusinessGroupId,
    /// Whether the group lets guests in.
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

/// What an import makes of mappings that are not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// The group's mappings become equal to the file: what is not in it is removed.
    Replace,
    /// What is not in the file stays.
    Merge,
}

impl ImportMode {
    /// The word used in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}

/// One good row of an import file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    /// The line the row starts on, counted from 1 (the header's).
    pub line: u32,
    /// The number.
    pub phone_number: PhoneNumber,
    /// The address.
    pub email: EmailAddress,
}

/// What an import did, in mappings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Numbers that had no mapping before.
    pub added: u64,
    /// Numbers that had another address before.
    pub changed: u64,
    /// Numbers that have no mapping any more.
    pub removed: u64,
    /// Rows of the file that stood so already.
    pub unchanged: u64,
}
