//! Mappings, and what a sign-in finds of them.

use std::fmt;

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

/// What a list of mappings is sorted by. Of two that are alike in it the lower number comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MappingSort {
    /// The number.
    #[default]
    PhoneNumber,
    /// The address.
    Email,
    /// When the address was last set, the longest ago first.
    UpdatedAt,
}

/// The place of a mapping in a list that is sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingPlace {
    /// By the number.
    PhoneNumber(PhoneNumber),
    /// By the address.
    Email(EmailAddress),
    /// By when it was last set, and by the number.
    UpdatedAt(Timestamp, PhoneNumber),
}

impl Mapping {
    /// Its place in a list that is sorted so.
    #[must_use]
    pub fn place(&self, sort: MappingSort) -> MappingPlace {
        match sort {
            MappingSort::PhoneNumber => MappingPlace::PhoneNumber(self.phone_number),
            MappingSort::Email => MappingPlace::Email(self.email.clone()),
            MappingSort::UpdatedAt => MappingPlace::UpdatedAt(self.updated_at, self.phone_number),
        }
    }
}

impl MappingPlace {
    /// What the list is sorted by that it is a place in.
    #[must_use]
    pub fn sort(&self) -> MappingSort {
        match self {
            Self::PhoneNumber(_) => MappingSort::PhoneNumber,
            Self::Email(_) => MappingSort::Email,
            Self::UpdatedAt(..) => MappingSort::UpdatedAt,
        }
    }

    /// Reads what [`Display`](fmt::Display) wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains('@') {
            return EmailAddress::parse(text).ok().map(Self::Email);
        }
        let (micros, digits) = text.split_once('+')?;
        let number = PhoneNumber::parse_e164(&format!("+{digits}")).ok()?;
        if micros.is_empty() {
            return Some(Self::PhoneNumber(number));
        }
        Some(Self::UpdatedAt(Timestamp::from_microsecond(micros.parse().ok()?).ok()?, number))
    }
}

impl fmt::Display for MappingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PhoneNumber(number) => write!(f, "{number}"),
            Self::Email(email) => write!(f, "{email}"),
            Self::UpdatedAt(at, number) => write!(f, "{}{number}", at.as_microsecond()),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let number = PhoneNumber::from_digits(17_635_551_111).unwrap();
        for place in [
            MappingPlace::PhoneNumber(number),
            MappingPlace::Email(EmailAddress::parse("bob+x@abc.com").unwrap()),
            MappingPlace::UpdatedAt(Timestamp::from_microsecond(-7).unwrap(), number),
            MappingPlace::UpdatedAt(Timestamp::from_microsecond(1_790_000_000_000_001).unwrap(), number),
        ] {
            assert_eq!(MappingPlace::parse(&place.to_string()), Some(place));
        }
        for text in
            ["", "7", "+", "17635551111", "x+17635551111", "1++17635551111", "bob@", "99999999999999999999+17635551111"]
        {
            assert_eq!(MappingPlace::parse(text), None, "{text}");
        }
    }
}
