//! The directory that a path names: one tenant, or all of them.

use uuid::Uuid;

use crate::config::{Config, Tenant, User};
use crate::oauth_error::OAuthError;

/// The path words that stand for no tenant in particular. `consumers` is none: there are no personal accounts.
const SHARED: [&str; 2] = ["common", "organizations"];

/// Where users sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Directory {
    /// Everybody can, under this word.
    Shared(&'static str),
    /// The users of a tenant can.
    One(Uuid),
}

impl Directory {
    /// The directory of a path word: a tenant's GUID or domain, `common` or `organizations`.
    pub(crate) fn of(config: &Config, word: &str) -> Result<Self, OAuthError> {
        if let Some(shared) = SHARED.iter().find(|shared| shared.eq_ignore_ascii_case(word)) {
            return Ok(Self::Shared(shared));
        }
        let unknown = OAuthError::new("invalid_tenant", 90002, "The tenant was not found.");
        config.tenant(word).map(|tenant| Self::One(tenant.id)).ok_or(unknown)
    }

    /// The word that stands for it in URLs: a domain becomes its GUID.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Shared(word) => word.to_owned(),
            Self::One(tenant) => tenant.to_string(),
        }
    }

    pub(crate) fn holds(self, tenant: Uuid) -> bool {
        self.meets(Self::One(tenant))
    }

    /// Whether a user can be in both.
    pub(crate) fn meets(self, other: Self) -> bool {
        matches!((self, other), (Self::Shared(_), _) | (_, Self::Shared(_))) || self == other
    }

    /// Who can sign in.
    pub(crate) fn users(self, config: &Config) -> impl Iterator<Item = (&Tenant, &User)> {
        let tenants = config.tenants.iter().filter(move |tenant| self.holds(tenant.id));
        tenants.flat_map(|tenant| tenant.users.iter().map(move |user| (tenant, user)))
    }

    /// The user of an object id, if they can sign in.
    pub(crate) fn user<'c>(self, config: &'c Config, oid: &str) -> Option<(&'c Tenant, &'c User)> {
        let oid = Uuid::try_parse(oid).ok()?;
        self.users(config).find(|(_, user)| user.oid == oid)
    }
}
