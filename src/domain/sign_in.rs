//! A sign-in: what a good token says about its user.

use jiff::Timestamp;

use crate::domain::application::ApplicationName;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;

/// A user who signed in with Microsoft, as a checked token tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The tenant that she signed in to (`tid`).
    pub tid: Guid,
    /// Her object in that tenant (`oid`): never given to another person, unlike an address.
    pub oid: Guid,
    /// The first of the configured claims that is an e-mail address. It means nothing without `tid`: an administrator of
    /// any tenant can write any address into it.
    pub email: Option<EmailAddress>,
    /// The application that she signed in to.
    pub application: ApplicationName,
    /// Whether she is a guest of the tenant.
    pub is_guest: bool,
    /// When the token ends (`exp`).
    pub expires_at: Timestamp,
}
