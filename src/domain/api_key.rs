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
    /// A service that asks about tokens.
    Resolver,
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
    pub const ALL: [Self; 4] = [Self::Operator, Self::BusinessGroupAdmin, Self::Resolver, Self::Scim];

    /// The word used in the API, on the command line and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::BusinessGroupAdmin => "business-group-admin",
            Self::Resolver => "resolver",
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
            (Role::Resolver, None) => Ok(Self::Resolver),
            (Role::BusinessGroupAdmin, Some(group)) => Ok(Self::BusinessGroupAdmin(group)),
            (Role::Scim, Some(group)) => Ok(Self::Scim(group)),
            (Role::BusinessGroupAdmin | Role::Scim, None) => Err(GrantError::GroupMissing(role)),
            (Role::Operator | Role::Resolver, Some(_)) => Err(GrantError::GroupNotWanted(role)),
        }
    }

    /// Its role.
    #[must_use]
    pub fn role(&self) -> Role {
        match self {
            Self::Operator => Role::Operator,
            Self::BusinessGroupAdmin(_) => Role::BusinessGroupAdmin,
            Self::Resolver => Role::Resolver,
            Self::Scim(_) => Role::Scim,
        }
    }

    /// The one business group it is for, if it is for one.
    #[must_use]
    pub fn business_group(&self) -> Option<&BusinessGroupId> {
        match self {
            Self::BusinessGroupAdmin(group) | Self::Scim(group) => Some(group),
            Self::Operator | Self::Resolver => None,
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
