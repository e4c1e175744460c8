//! Who changes things.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::api_key::ApiKey;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::sign_in::SignIn;

/// Who changes something, as histories name it: never by a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What it is. A key can have the name of a person.
    pub kind: ActorKind,
    /// The id of the API key, the `oid` of a person who signed in with Microsoft, `command-line` for the program
    /// itself, `microsoft` for a return from there, or `another-business-group` where it is not told who.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// What an [`Actor`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// An API key.
    ApiKey,
    /// A person who signed in with Microsoft.
    Person,
    /// The program itself, at the command line.
    CommandLine,
    /// A return from Microsoft, by nobody knows whom.
    Microsoft,
    /// Somebody of another business group, of whom nothing more is told.
    AnotherBusinessGroup,
}

/// What the right to a change rests on. It was looked up when the call came; by the time its body is there, and those
/// before it have gone, it may have been taken away. So it is looked up again in the transaction that makes the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RightSource {
    /// Nothing that anybody could take away meanwhile: the program itself, or the role in an operator's token.
    Lasting,
    /// An API key, by its id.
    ApiKey(Uuid),
    /// A role in a token of this tenant, as long as the tenant is linked to this business group.
    LinkedTenant {
        /// The tenant.
        tenant: Guid,
        /// The business group.
        group: BusinessGroupId,
    },
}

/// Who changes something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditContext {
    /// Who.
    pub actor: Actor,
    /// What the right to it rests on.
    pub right: RightSource,
    /// When: the time of the call, until the change has its turn.
    pub at: Timestamp,
    /// The id of the call that does it.
    pub request_id: Option<String>,
}

impl ActorKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ApiKey, Self::Person, Self::CommandLine, Self::Microsoft, Self::AnotherBusinessGroup];

    /// The word used in the API and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api-key",
            Self::Person => "person",
            Self::CommandLine => "command-line",
            Self::Microsoft => "microsoft",
            Self::AnotherBusinessGroup => "another-business-group",
        }
    }

    /// Reads the word written by [`Self::as_str`]; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What the actor with this id is, where that was not written down: before there were kinds, or by a program of
    /// that time. The ids of keys are UUIDs of version 7 (RFC 9562, section 5.7); those that Entra gives people are
    /// not.
    #[must_use]
    pub fn of_id(id: &str) -> Self {
        let fixed = [Self::CommandLine, Self::Microsoft, Self::AnotherBusinessGroup];
        match (fixed.into_iter().find(|kind| kind.as_str() == id), Guid::parse(id)) {
            (Some(kind), _) => kind,
            (None, Ok(guid)) if !guid.is_of_version_7() => Self::Person,
            (None, _) => Self::ApiKey,
        }
    }
}

impl Actor {
    /// Whoever runs the program on the machine of the database.
    #[must_use]
    pub fn command_line() -> Self {
        Self { kind: ActorKind::CommandLine, id: "command-line".to_owned(), name: "command line".to_owned() }
    }

    /// Whoever has taken a tenant over, as the group that had it is told: neither who they are nor for which group.
    #[must_use]
    pub fn another_business_group() -> Self {
        Self {
            kind: ActorKind::AnotherBusinessGroup,
            id: "another-business-group".to_owned(),
            name: "another business group".to_owned(),
        }
    }

    /// Whoever comes back from Microsoft with a consent link. Who it is nobody can tell.
    #[must_use]
    pub fn microsoft() -> Self {
        Self { kind: ActorKind::Microsoft, id: "microsoft".to_owned(), name: "return from Microsoft".to_owned() }
    }
}

impl From<&ApiKey> for Actor {
    fn from(key: &ApiKey) -> Self {
        Self { kind: ActorKind::ApiKey, id: key.id.to_string(), name: key.name.clone() }
    }
}

/// The address is for people: an administrator of the tenant can write any into the token. It is ASCII without anything
/// unseen. The `oid` is the person's own.
impl From<&SignIn> for Actor {
    fn from(sign_in: &SignIn) -> Self {
        let email = sign_in.email.as_ref().map(EmailAddress::as_str);
        let name = email.unwrap_or("Microsoft account").to_owned();
        Self { kind: ActorKind::Person, id: sign_in.oid.to_string(), name }
    }
}

/// `NAME (ID)`: names are for people and may be the same, ids are not.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_an_actor_is_can_be_told_from_an_id_of_before() {
        for kind in [ActorKind::CommandLine, ActorKind::Microsoft, ActorKind::AnotherBusinessGroup] {
            assert_eq!(ActorKind::of_id(kind.as_str()), kind);
        }
        assert_eq!(ActorKind::of_id(&Uuid::now_v7().to_string()), ActorKind::ApiKey);
        assert_eq!(ActorKind::of_id(&Uuid::new_v4().to_string()), ActorKind::Person);
        assert_eq!(ActorKind::of_id("0b1d0b1d-1111-4222-8333-444455558888"), ActorKind::Person);
    }
}
