//! From a sign-in to what its person may administer, or why they may administer nothing.

use std::sync::Arc;

use crate::domain::api_key::Grant;
use crate::domain::business_group::LinkedGroup;
use crate::domain::guid::Guid;
use crate::domain::sign_in::{AppRoles, SignIn};
use crate::ports::business_group_store::BusinessGroupStore;
use crate::ports::store_error::StoreError;

/// Finds out what signed-in people may administer.
pub struct Access {
    groups: Arc<dyn BusinessGroupStore>,
    operator_tenant: Option<Guid>,
}

/// How it stands with a signed-in person.
#[derive(Clone, Debug)]
pub struct AdminAccess {
    /// What they may administer.
    pub right: Result<Grant, AccessDenied>,
    /// The business group that their tenant is linked to.
    pub group: Option<LinkedGroup>,
    /// Whether their tenant is the operator's.
    pub is_of_operator: bool,
}

/// Why somebody with a good token may administer nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessDenied {
    /// Their token has neither role.
    #[error(
        "the token has no role that this call needs: an administrator of your Microsoft tenant has to assign you the app \
         role {} (of the operator's tenant: {}) of the application that you sign in to; then sign in again",
        AppRoles::ADMINISTRATOR,
        AppRoles::OPERATOR
    )]
    NoRole,
    /// Their token has the operator's role, of another tenant.
    #[error(
        "the app role {} counts in the operator's own tenant alone (SIGNLINE_OPERATOR_TENANT); a business group's \
         administrator needs the app role {}",
        AppRoles::OPERATOR,
        AppRoles::ADMINISTRATOR
    )]
    NotOperatorsTenant,
    /// They have an administrator's role, and their tenant is linked to no business group.
    #[error(
        "the tenant of the token is linked to no business group: its Tenant ID has to be linked first, with an API key"
    )]
    TenantNotLinked,
    /// They are a guest of the tenant.
    #[error(
        "the token is a guest's: guests administer nothing, unless they have the app role {} and the business group allows guests",
        AppRoles::ADMINISTRATOR
    )]
    GuestNotAllowed,
}

impl Access {
    /// The access to business groups kept in `groups`; people of `operator_tenant` can be operators.
    #[must_use]
    pub fn new(groups: Arc<dyn BusinessGroupStore>, operator_tenant: Option<Guid>) -> Self {
        Self { groups, operator_tenant }
    }

    /// What a signed-in person may administer now. The store is asked each time: a tenant that is unlinked or has moved
    /// takes the rights of its administrators with it at once, on every replica.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(&self, sign_in: &SignIn) -> Result<AdminAccess, StoreError> {
        let group = self.groups.find_linked(sign_in.tid).await?;
        let is_of_operator = self.operator_tenant == Some(sign_in.tid);
        let right = right(sign_in, group.as_ref(), is_of_operator);
        Ok(AdminAccess { right, group, is_of_operator })
    }
}

impl AdminAccess {
    /// Whether they are one of the service's own people, or of a company's whose tenant is proven to be its own:
    /// anybody else in the world can have a token too, with any role, and a business group that has only named their
    /// tenant is not to learn their address.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.is_of_operator || self.group.as_ref().is_some_and(|group| group.is_proven)
    }
}

/// A role is worth what its tenant is: whoever administers a tenant can give anybody in it any role.
fn right(sign_in: &SignIn, group: Option<&LinkedGroup>, is_of_operator: bool) -> Result<Grant, AccessDenied> {
    let AppRoles { administrator, operator } = sign_in.roles;
    if operator && is_of_operator && !sign_in.is_guest {
        return Ok(Grant::Operator);
    }
    match group {
        Some(group) if administrator && (group.allow_guests || !sign_in.is_guest) => {
            Ok(Grant::BusinessGroupAdmin(group.id.clone()))
        }
        Some(_) if administrator => Err(AccessDenied::GuestNotAllowed),
        _ if operator && is_of_operator => Err(AccessDenied::GuestNotAllowed),
        _ if administrator => Err(AccessDenied::TenantNotLinked),
        _ if operator => Err(AccessDenied::NotOperatorsTenant),
        _ => Err(AccessDenied::NoRole),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::application::Applications;
    use crate::domain::business_group::BusinessGroupId;

    const PORTAL: &str = "0c11e470-1111-4222-8333-444455557777";

    fn guid(text: &str) -> Guid {
        Guid::parse(text).unwrap()
    }

    fn sign_in(administrator: bool, operator: bool, is_guest: bool) -> SignIn {
        let applications = Applications::parse(&format!("portal={PORTAL}")).unwrap();
        SignIn {
            tid: guid("a1a1a1a1-0000-4000-8000-0000000000aa"),
            oid: guid("0b1d0b1d-1111-4222-8333-444455558888"),
            email: None,
            other_sign_in_names: Box::default(),
            application: applications.find(guid(PORTAL)).unwrap().clone(),
            is_guest,
            roles: AppRoles { administrator, operator },
            expires_at: Timestamp::MAX,
        }
    }

    fn group(allow_guests: bool) -> LinkedGroup {
        LinkedGroup {
            id: BusinessGroupId::parse("abc").unwrap(),
            name: "ABC".to_owned(),
            allow_guests,
            is_proven: false,
        }
    }

    // proves T-34
    /// Every person there can be, in every tenant there can be: whoever may anything stands in one of two sentences.
    #[test]
    fn only_an_operator_of_the_operators_tenant_and_an_administrator_of_a_linked_one_may_anything() {
        let mut seen = 0;
        for (administrator, operator) in [(false, false), (false, true), (true, false), (true, true)] {
            for (is_guest, is_of_operator) in [(false, false), (false, true), (true, false), (true, true)] {
                for link in [None, Some(false), Some(true)] {
                    let person = sign_in(administrator, operator, is_guest);
                    let found = right(&person, link.map(group).as_ref(), is_of_operator);
                    let operates = operator && is_of_operator && !is_guest;
                    let administers = administrator && link.is_some_and(|allow_guests| !is_guest || allow_guests);
                    let expected = match (operates, administers) {
                        (true, _) => Some(Grant::Operator),
                        (false, true) => Some(Grant::BusinessGroupAdmin(BusinessGroupId::parse("abc").unwrap())),
                        (false, false) => None,
                    };
                    assert_eq!(found.clone().ok(), expected, "{person:?} {link:?} {is_of_operator}");
                    // Who has no role is told that, whatever else is the matter: they learn nothing of their tenant.
                    let has_none = found == Err(AccessDenied::NoRole);
                    assert_eq!(has_none, !administrator && !operator, "{person:?} {link:?} {is_of_operator}");
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 4 * 4 * 3);
    }
}
