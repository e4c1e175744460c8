//! Admin consent: an administrator of a tenant grants an application access for the whole company.

use jiff::Timestamp;

use crate::domain::guid::Guid;

/// What is known of one application's consent in the tenant that a business group is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The application.
    pub client_id: Guid,
    /// When a return from Microsoft last said that there is consent. It proves nothing: anybody who has the link can
    /// make one.
    pub reported_at: Option<Timestamp>,
    /// What the last return said, if it was an error.
    pub error: Option<PastFault>,
    /// When the first good token of the tenant came for the application, which does prove it.
    pub confirmed_at: Option<Timestamp>,
}

/// Why there is no consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentFault {
    /// Microsoft's OAuth error, such as `access_denied`; or one of [`fault`].
    pub code: String,
    /// Microsoft's number of it, such as `AADSTS65004`, if it told one.
    pub aadsts: Option<String>,
}

/// A [`ConsentFault`], and when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastFault {
    /// What.
    pub fault: ConsentFault,
    /// When.
    pub at: Timestamp,
}

/// Faults that are not Microsoft's.
pub mod fault {
    /// The return names another tenant than the link.
    pub const OTHER_TENANT: &str = "other_tenant";
    /// The return says neither that there is consent nor why not.
    pub const UNCLEAR: &str = "unclear_answer";
}

/// What makes a consent link good for one return: 16 random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce(pub [u8; 16]);
