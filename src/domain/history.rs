//! What changes of mappings leave behind: revisions, and the changes that they are made of.

use jiff::Timestamp;

use crate::domain::actor::Actor;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::phone_number::PhoneNumber;

/// One step in the history of a group's mappings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number: each is one more than the one before.
    pub revision: i64,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub actor: Actor,
    /// By which way.
    pub source: Source,
    /// How much it changed.
    pub counts: ChangeCounts,
    /// The number whose pin was released, if that is what was done; then no address changed.
    pub released_pin: Option<PhoneNumber>,
    /// The tenant that another group has taken over, if that is what was done; then no address changed.
    pub lost_tenant: Option<Guid>,
    /// The tenant that was taken over from another group, if that is what was done; then no address changed.
    pub gained_tenant: Option<Guid>,
}

/// By which way mappings were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    Import,
    /// A call for one mapping.
    Api,
    /// An earlier revision.
    Restore,
    /// Entra's provisioning service.
    Scim,
}

/// How many mappings a change set changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeCounts {
    /// Numbers that had no mapping before.
    pub added: u64,
    /// Numbers that had another address before, and addresses that move from a number to a new one.
    pub changed: u64,
    /// Numbers that have no mapping any more.
    pub removed: u64,
}

/// One line of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingChange {
    /// The number that has a mapping now, or had one before.
    pub phone_number: PhoneNumber,
    /// What happens to it.
    pub kind: ChangeKind,
}

/// What happens to a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It gets a mapping.
    Added(EmailAddress),
    /// Its mapping gets another address.
    Changed {
        /// The address before.
        old: EmailAddress,
        /// The address after.
        new: EmailAddress,
    },
    /// An address moves to it from a number that has no mapping any more: one change of one person's number.
    Moved {
        /// The address.
        email: EmailAddress,
        /// The number that the person had before.
        from: PhoneNumber,
    },
    /// Its mapping goes.
    Removed(EmailAddress),
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Import, Self::Api, Self::Restore, Self::Scim];

    /// The word used in the API and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Api => "api",
            Self::Restore => "restore",
            Self::Scim => "scim",
        }
    }

    /// Reads the word written by [`Self::as_str`]; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

impl ChangeCounts {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}
