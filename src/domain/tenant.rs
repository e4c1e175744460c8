//! Microsoft Entra tenants that a business group can be linked to.

use crate::domain::guid::{Guid, PERSONAL_ACCOUNTS_TENANT};
use crate::domain::sign_in::SignIn;

/// The text names no tenant that a business group can be linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TenantIdError {
    /// It names nothing: it is the nil GUID, or not a GUID.
    #[error("a tenant id is a GUID such as a1a1a1a1-0000-4000-8000-0000000000aa, not a domain name and not all zeros")]
    NotAGuid,
    /// It is the tenant of all personal Microsoft accounts.
    #[error("this is the tenant of all personal Microsoft accounts, which belongs to no company")]
    PersonalAccounts,
}

/// That somebody administers a tenant for a business group: see [`TenantProof::of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantProof {
    /// The tenant.
    pub tenant: Guid,
    /// Their object in that tenant.
    pub oid: Guid,
}

/// What happens to the users of a tenant whose link is not proven, if the operator has not made it either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnprovenTenants {
    /// They get their lines: whoever names a tenant serves it until somebody proves that it is theirs.
    #[default]
    Resolve,
    /// They get none before the link is proven, or made again by the operator.
    Refuse,
}

/// The text is not one of the ways to treat unproven tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write `resolve` or `refuse`")]
pub struct UnprovenTenantsError;

impl UnprovenTenants {
    /// Reads `resolve` or `refuse`.
    ///
    /// # Errors
    /// [`UnprovenTenantsError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, UnprovenTenantsError> {
        [Self::Resolve, Self::Refuse].into_iter().find(|way| way.as_str() == text).ok_or(UnprovenTenantsError)
    }

    /// The word that [`Self::parse`] reads.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Refuse => "refuse",
        }
    }

    /// Whether the users of a linked tenant get no lines; `is_vouched_for`: whether its link is proven or the
    /// operator's own.
    #[must_use]
    pub fn refuses(self, is_vouched_for: bool) -> bool {
        self == Self::Refuse && !is_vouched_for
    }
}

/// A sign-in proves nothing of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProof {
    /// It is one to another tenant.
    #[error("other-tenant: the token is of another tenant than tenant_id")]
    OtherTenant,
    /// Whoever gives out roles in the tenant has not given them this one.
    #[error(
        "no-role: the token does not have the app role BusinessGroup.Admin, which an administrator of the tenant gives"
    )]
    NoRole,
    /// They belong to another company.
    #[error("guest: the token is of a guest of the tenant")]
    Guest,
}

impl TenantProof {
    /// The proof that a sign-in is: to that very tenant, with the role that the tenant gives to who administers a
    /// business group, and by no guest.
    ///
    /// # Errors
    /// [`NoProof`]
    pub fn of(sign_in: &SignIn, tenant: Guid) -> Result<Self, NoProof> {
        if sign_in.tid != tenant {
            return Err(NoProof::OtherTenant);
        }
        if sign_in.is_guest {
            return Err(NoProof::Guest);
        }
        if sign_in.roles.administrator { Ok(Self { tenant, oid: sign_in.oid }) } else { Err(NoProof::NoRole) }
    }
}

/// Reads the id of a company's tenant.
///
/// # Errors
/// [`TenantIdError`]
pub fn parse_tenant_id(text: &str) -> Result<Guid, TenantIdError> {
    let tenant = Guid::parse(text).map_err(|_| TenantIdError::NotAGuid)?;
    if tenant.is_nil() {
        return Err(TenantIdError::NotAGuid);
    }
    if tenant == PERSONAL_ACCOUNTS_TENANT { Err(TenantIdError::PersonalAccounts) } else { Ok(tenant) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_companys_tenant_can_be_linked() {
        assert!(parse_tenant_id("a1a1a1a1-0000-4000-8000-0000000000aa").is_ok());
        for (text, expected) in [
            ("abccompany.com", TenantIdError::NotAGuid),
            ("common", TenantIdError::NotAGuid),
            ("00000000-0000-0000-0000-000000000000", TenantIdError::NotAGuid),
            ("9188040d-6c67-4c5b-b112-36a304b66dad", TenantIdError::PersonalAccounts),
            ("9188040D-6C67-4C5B-B112-36A304B66DAD", TenantIdError::PersonalAccounts),
        ] {
            assert_eq!(parse_tenant_id(text), Err(expected), "{text}");
        }
    }
}
