//! A sign-in: what a good token says about its user.

use jiff::Timestamp;

use crate::domain::application::ApplicationName;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;

/// A user who signed in with Microsoft, as a checked token tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The tenant that they signed in to (`tid`).
    pub tid: Guid,
    /// Their object in that tenant (`oid`): never given to another person, unlike an address.
    pub oid: Guid,
    /// The first of the configured claims that is an e-mail address. It means nothing without `tid`: an administrator
    /// of any tenant can write any address into it.
    pub email: Option<EmailAddress>,
    /// What they sign in with (`preferred_username`, `upn`), where it is another address than [`SignIn::email`] and
    /// that one is not a sign-in name itself: somebody may have written a colleague's address into their `email`.
    pub other_sign_in_names: Box<[EmailAddress]>,
    /// The application that they signed in to.
    pub application: ApplicationName,
    /// Whether they are a guest of the tenant.
    pub is_guest: bool,
    /// Their app roles in that tenant. They mean nothing without `tid`: an administrator of any tenant can give anybody
    /// there any of them.
    pub roles: AppRoles,
    /// When the token ends (`exp`).
    pub expires_at: Timestamp,
}

/// The app roles of Signline that a token bears, of those that the registrations of the applications offer. Others are
/// passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppRoles {
    /// [`AppRoles::ADMINISTRATOR`]
    pub administrator: bool,
    /// [`AppRoles::OPERATOR`]
    pub operator: bool,
}

impl AppRoles {
    /// The value of the role of who administers the business group that their tenant is linked to.
    pub const ADMINISTRATOR: &str = "BusinessGroup.Admin";

    /// The value of the role of who runs the service; it counts in the operator's own tenant alone.
    pub const OPERATOR: &str = "Operator";

    /// Those of these names that are known, spelled exactly so.
    pub fn named<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut roles = Self::default();
        for name in names {
            roles.administrator |= name == Self::ADMINISTRATOR;
            roles.operator |= name == Self::OPERATOR;
        }
        roles
    }
}
