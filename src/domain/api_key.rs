//! API keys: who a machine is and what it may do.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::business_group::BusinessGroupId;

/// What the bearer of an API key may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The operator: every business group, and the keys.
    Operator,
    /// An administrator of one business group.
    BusinessGroupAdmin(BusinessGroupId),
    /// A service that asks about tokens: of everybody, or of the users of one business group.
    Resolver(Option<BusinessGroupId>),
    /// A service that asks about addresses and numbers: of all business groups, or of one.
    Directory(Option<BusinessGroupId>),
    /// Entra's provisioning service, for one business group.
    Scim(BusinessGroupId),
}

/// The kind of a [`Grant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See [`Grant::Operator`].
    Operator,
    /// See [`Grant::BusinessGroupAdmin`].
    BusinessGroupAdmin,
    /// See [`Grant::Resolver`].
    Resolver,
    /// See [`Grant::Directory`].
    Directory,
    /// See [`Grant::Scim`].
    Scim,
}

/// Why a role and a business group make no [`Grant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// A role that is for one business group came without one.
    #[error("the role {} needs a business group", .0.as_str())]
    GroupMissing(Role),
    /// A role that is for all business groups came with one.
    #[error("the role {} is not for one business group: leave it out", .0.as_str())]
    GroupNotWanted(Role),
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Operator, Self::BusinessGroupAdmin, Self::Resolver, Self::Directory, Self::Scim];

    /// The word used in the API, on the command line and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::BusinessGroupAdmin => "business-group-admin",
            Self::Resolver => "resolver",
            Self::Directory => "directory",
            Self::Scim => "scim",
        }
    }

    /// Reads the word written by [`Self::as_str`]; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl Grant {
    /// Puts a role and a business group together.
    ///
    /// # Errors
    /// [`GrantError`] if the role needs a group and has none, or the other way round.
    pub fn new(role: Role, group: Option<BusinessGroupId>) -> Result<Self, GrantError> {
        match (role, group) {
            (Role::Operator, None) => Ok(Self::Operator),
            (Role::Resolver, group) => Ok(Self::Resolver(group)),
            (Role::Directory, group) => Ok(Self::Directory(group)),
            (Role::BusinessGroupAdmin, Some(group)) => Ok(Self::BusinessGroupAdmin(group)),
            (Role::Scim, Some(group)) => Ok(Self::Scim(group)),
            (Role::BusinessGroupAdmin | Role::Scim, None) => Err(GrantError::GroupMissing(role)),
            (Role::Operator, Some(_)) => Err(GrantError::GroupNotWanted(role)),
        }
    }

    /// Its role.
    #[must_use]
    pub fn role(&self) -> Role {
        match self {
            Self::Operator => Role::Operator,
            Self::BusinessGroupAdmin(_) => Role::BusinessGroupAdmin,
            Self::Resolver(_) => Role::Resolver,
            Self::Directory(_) => Role::Directory,
            Self::Scim(_) => Role::Scim,
        }
    }

    /// The one business group it is for, if it is for one.
    #[must_use]
    pub fn business_group(&self) -> Option<&BusinessGroupId> {
        match self {
            Self::BusinessGroupAdmin(group) | Self::Scim(group) => Some(group),
            Self::Resolver(group) | Self::Directory(group) => group.as_ref(),
            Self::Operator => None,
        }
    }
}

/// An API key as it is listed: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Names the key in lists, logs and histories.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What its bearer may do.
    pub grant: Grant,
    /// The first characters of the secret, to tell keys apart.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// The SHA-256 of a secret: all that the store keeps of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_a_business_group_as_it_needs() {
        let abc = || BusinessGroupId::parse("abc").unwrap();
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            let (of_all, of_one) = (Grant::new(role, None), Grant::new(role, Some(abc())));
            let (for_all, for_one) = match role {
                Role::Operator => (true, false),
                Role::BusinessGroupAdmin | Role::Scim => (false, true),
                Role::Resolver | Role::Directory => (true, true),
            };
            assert_eq!(of_all.is_ok(), for_all, "{of_all:?}");
            assert_eq!(of_one.is_ok(), for_one, "{of_one:?}");
            for (grant, group) in [(of_all, None), (of_one, Some(abc()))] {
                let Ok(grant) = grant else { continue };
                assert_eq!((grant.role(), grant.business_group()), (role, group.as_ref()));
            }
        }
        assert_eq!(Role::parse("king"), None);
    }
}
