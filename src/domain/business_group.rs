//! Business groups: the companies whose phones the operator hosts.

use std::fmt;

use jiff::Timestamp;

use crate::domain::guid::Guid;
use crate::domain::number_range::NumberRange;

/// The id of a business group: a slug `[a-z0-9][a-z0-9-]{0,62}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessGroupId(Box<str>);

/// The text is not a [`BusinessGroupId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to 63 lower-case letters, digits and hyphens, and does not start with a hyphen")]
pub struct BusinessGroupIdError;

impl BusinessGroupId {
    /// Reads a slug.
    ///
    /// # Errors
    /// [`BusinessGroupIdError`] if it is none.
    pub fn parse(text: &str) -> Result<Self, BusinessGroupIdError> {
        let fits = (1..=63).contains(&text.len());
        let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits && letters && !text.starts_with('-') { Ok(Self(text.into())) } else { Err(BusinessGroupIdError) }
    }

    /// Takes an id that a store gives back, without checking it again.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text.into_boxed_str())
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BusinessGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a mapping stays with the first person who signed in with its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityPinning {
    /// The first sign-in pins the mapping to the token's `oid`; another `oid` with the same address is refused.
    Enforce,
    /// The address alone decides.
    Off,
}

impl IdentityPinning {
    /// The word used in the API and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Off => "off",
        }
    }

    /// Reads the word written by [`Self::as_str`]; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Enforce, Self::Off].into_iter().find(|value| value.as_str() == text)
    }
}

/// One business group as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessGroup {
    /// Its id.
    pub id: BusinessGroupId,
    /// What people call it.
    pub name: String,
    /// The Entra tenant linked to it, if one is.
    pub tenant_id: Option<Guid>,
    /// Since when that tenant is proven to be its own; until it is, another group may take it over.
    pub tenant_proven_at: Option<Timestamp>,
    /// Since when that link is the operator's own: made by the operator, or made again. It proves nothing.
    pub tenant_confirmed_at: Option<Timestamp>,
    /// The phone numbers it may map, sorted, without overlaps.
    pub number_ranges: Vec<NumberRange>,
    /// Whether B2B guests of its tenant may resolve.
    pub allow_guests: bool,
    /// Whether mappings are pinned to the first person who signs in.
    pub identity_pinning: IdentityPinning,
    /// How many mappings it has.
    pub mapping_count: u64,
    /// Counts the changes of its mappings, from 0.
    pub revision: i64,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The business group that a tenant is linked to, as far as the rights of the tenant's users depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedGroup {
    /// Its id.
    pub id: BusinessGroupId,
    /// What people call it.
    pub name: String,
    /// Whether B2B guests of the tenant count as its users.
    pub allow_guests: bool,
    /// Whether the tenant is proven to be its own.
    pub is_proven: bool,
}

/// A business group to be created.
#[derive(Clone, Debug)]
pub struct NewBusinessGroup {
    /// Its id.
    pub id: BusinessGroupId,
    /// What people call it.
    pub name: String,
    /// The phone numbers it may map, sorted, without overlaps (see [`crate::domain::number_range::sort`]).
    pub number_ranges: Vec<NumberRange>,
}

/// What to change of a business group; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct BusinessGroupPatch {
    /// A new name.
    pub name: Option<String>,
    /// Whether it may be like the name of another group; see [`crate::domain::name::Likeness`].
    pub name_may_be_taken: bool,
    /// New ranges in place of the old, sorted, without overlaps.
    pub number_ranges: Option<Vec<NumberRange>>,
    /// Whether guests may resolve.
    pub allow_guests: Option<bool>,
    /// Whether mappings are pinned.
    pub identity_pinning: Option<IdentityPinning>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_slug() {
        for good in ["a", "0", "abccompany", "abc-company-2", &"a".repeat(63)] {
            assert!(BusinessGroupId::parse(good).is_ok(), "{good}");
        }
        for wrong in ["", "-a", "A", "a_b", "a.b", "a b", "ä", &"a".repeat(64)] {
            assert_eq!(BusinessGroupId::parse(wrong), Err(BusinessGroupIdError), "{wrong}");
        }
    }
}
