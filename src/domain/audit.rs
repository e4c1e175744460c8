//! The audit log: who did what to which business group, and who was refused what.

use jiff::Timestamp;

use crate::domain::actor::{Actor, AuditContext};
use crate::domain::business_group::BusinessGroupId;

/// What can be done, by the names that the calls have in the OpenAPI document (`operationId`), and what comes about by
/// others' calls.
pub mod action {
    /// A business group was made.
    pub const CREATE_BUSINESS_GROUP: &str = "createBusinessGroup";
    /// A business group's name, ranges or policies were changed.
    pub const UPDATE_BUSINESS_GROUP: &str = "updateBusinessGroup";
    /// A business group was deleted.
    pub const DELETE_BUSINESS_GROUP: &str = "deleteBusinessGroup";
    /// A tenant was linked.
    pub const LINK_TENANT: &str = "linkTenant";
    /// The tenant that is linked was proven to be the group's own, by a call of an administrator of that tenant.
    pub const PROVE_TENANT: &str = "proveTenant";
    /// The tenant was taken over by another group.
    pub const LOSE_TENANT: &str = "loseTenant";
    /// A tenant was unlinked.
    pub const UNLINK_TENANT: &str = "unlinkTenant";
    /// Somebody came back from Microsoft with or without consent.
    pub const REPORT_CONSENT: &str = "reportConsent";
    /// A mapping was set.
    pub const PUT_MAPPING: &str = "putMapping";
    /// A mapping was removed.
    pub const DELETE_MAPPING: &str = "deleteMapping";
    /// A sign-in was refused a first pin.
    pub const RESOLVE_LINE: &str = "resolveLine";
    /// A mapping was let go by the account that it was pinned to.
    pub const RELEASE_PIN: &str = "releasePin";
    /// A file was uploaded, and perhaps applied.
    pub const IMPORT_MAPPINGS: &str = "importMappings";
    /// An import was applied.
    pub const APPLY_IMPORT: &str = "applyImport";
    /// An import was dropped.
    pub const DROP_IMPORT: &str = "dropImport";
    /// A revision was restored.
    pub const RESTORE_REVISION: &str = "restoreRevision";
    /// An API key was made.
    pub const CREATE_API_KEY: &str = "createApiKey";
    /// People were looked up.
    pub const LOOK_UP: &str = "lookUp";
    /// An API key was revoked.
    pub const REVOKE_API_KEY: &str = "revokeApiKey";
}

/// What an event tells of a sign-in that was refused because its address and its sign-in name have two numbers.
pub mod refusal {
    /// The address.
    pub const EMAIL: &str = "email";
    /// Its number.
    pub const PHONE_NUMBER: &str = "phone_number";
    /// The sign-in name.
    pub const SIGN_IN_NAME: &str = "sign_in_name";
    /// Its number.
    pub const SIGN_IN_NUMBER: &str = "sign_in_phone_number";
}

/// What an event tells besides: names and texts.
pub type Detail = Vec<(String, String)>;

/// Something to be written down.
#[derive(Clone, Debug)]
pub struct NewAuditEvent {
    /// Who, when, and in which call.
    pub context: AuditContext,
    /// What.
    pub action: String,
    /// The slug of the problem that they were refused with; `None` if it was done.
    pub refused_with: Option<String>,
    /// The business group that it was done to, if it was done to one.
    pub group: Option<BusinessGroupId>,
    /// What else there is to tell.
    pub detail: Detail,
}

/// Something that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its place: later ones are larger.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: String,
    /// The slug of the problem that they were refused with; `None` if it was done.
    pub refused_with: Option<String>,
    /// The business group that it was done to, if it was done to one.
    pub group: Option<BusinessGroupId>,
    /// What else there is to tell.
    pub detail: Detail,
    /// The id of the call.
    pub request_id: Option<String>,
}
