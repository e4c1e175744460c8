//! The table: who may make which call of the document, and what everybody else is answered.

/// What somebody meets before their call is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Passes,
    /// The status and the slug of the problem.
    Refused(u16, &'static str),
}
use Gate::{Passes, Refused};

const FORBIDDEN: Gate = Refused(403, "forbidden");
/// As a group that does not exist.
const HIDDEN: Gate = Refused(404, "not-found");

/// Who has a good credential. The columns of the table.
pub(super) const HOLDERS: [&str; 20] = [
    "an operator",
    "the group's administrator",
    "another group's administrator",
    "a resolver",
    "the group's provisioning",
    "another group's provisioning",
    "a user of the group",
    "another group's user, who has the same address",
    "a guest of the group's tenant",
    "an operator who signed in",
    "the group's administrator who signed in",
    "another group's administrator who signed in",
    "a guest with the administrator's role in the group's tenant",
    "a user of the group with the operator's role",
    "a user of the operator's tenant",
    "an administrator of a tenant that is linked to no group",
    "the group's resolver",
    "a directory",
    "the group's directory",
    "another group's directory",
];
pub(super) type Gates = [Gate; HOLDERS.len()];

const EVERYBODY: Gates = [Passes; HOLDERS.len()];
const NOT_LINKED: Gate = Refused(403, "tenant-not-linked");
const GUEST: Gate = Refused(403, "guest-not-allowed");
const NO_MAPPING: Gate = Refused(404, "no-mapping");
const USERS: Gates = {
    // A right to administer neither gives a line nor takes one.
    let mut gates = [FORBIDDEN; HOLDERS.len()];
    (gates[6], gates[7], gates[8]) = (Passes, NO_MAPPING, GUEST);
    (gates[9], gates[10], gates[11], gates[12]) = (NOT_LINKED, Passes, NO_MAPPING, GUEST);
    (gates[13], gates[14], gates[15]) = (Passes, NOT_LINKED, NOT_LINKED);
    gates
};
/// Gateways know no other status for who is not let pass.
const USERS_BEHIND_A_GATEWAY: Gates = {
    let mut gates = USERS;
    (gates[7], gates[11]) = (Refused(403, "no-mapping"), Refused(403, "no-mapping"));
    gates
};
const OPERATORS: Gates = administering(FORBIDDEN, FORBIDDEN);
/// Keys that may ask about tokens, of all groups or one.
const RESOLVERS: Gates = {
    let mut gates = OPERATORS;
    (gates[3], gates[16]) = (Passes, Passes);
    gates
};
/// Of a group: which there are is nobody else's business.
const OPERATORS_OF_A_GROUP: Gates = administering(FORBIDDEN, HIDDEN);
const ITS_ADMINISTRATORS: Gates = administering(Passes, HIDDEN);
/// Each sees their own group.
const ALL_ADMINISTRATORS: Gates = administering(Passes, Passes);

/// Those who look people up in the group.
const ITS_DIRECTORIES: Gates = {
    let mut gates = ITS_ADMINISTRATORS;
    (gates[17], gates[18], gates[19]) = (Passes, Passes, HIDDEN);
    gates
};

/// Operators pass. What meets administrators of the group and of another, by a key or by having signed in; nobody else
/// has a right.
const fn administering(its: Gate, anothers: Gate) -> Gates {
    let mut gates = [FORBIDDEN; HOLDERS.len()];
    (gates[0], gates[1], gates[2]) = (Passes, its, anothers);
    (gates[9], gates[10], gates[11]) = (Passes, its, anothers);
    // They have a role, which is worth nothing.
    (gates[12], gates[15]) = (GUEST, NOT_LINKED);
    gates
}

/// A good request, so that only the credential stands in its way.
#[derive(Clone, Copy)]
pub(super) enum Sent {
    Nothing,
    Json(&'static str),
    Csv(&'static str),
    /// In the query.
    Asked(&'static str),
    /// A form with the token of the group's user.
    UsersToken,
}
use Sent::{Asked, Csv, Json, Nothing, UsersToken};

/// A call of the document, and who may make it.
pub(super) struct Row {
    /// The name of the operation.
    pub(super) operation: &'static str,
    /// What each of [`HOLDERS`] meets.
    pub(super) gates: &'static Gates,
    pub(super) sent: Sent,
    /// What those are answered who may.
    pub(super) status: u16,
}

const fn row(operation: &'static str, gates: &'static Gates, sent: Sent, status: u16) -> Row {
    Row { operation, gates, sent, status }
}

pub(super) const TABLE: &[Row] = &[
    row("live", &EVERYBODY, Nothing, 200),
    row("ready", &EVERYBODY, Nothing, 200),
    row("metrics", &EVERYBODY, Nothing, 200),
    row("openApiDocument", &EVERYBODY, Nothing, 200),
    row("listProblems", &EVERYBODY, Nothing, 200),
    row("getProblem", &EVERYBODY, Nothing, 200),
    row("getMappingsTemplate", &EVERYBODY, Nothing, 200),
    row("resolveLine", &USERS, Nothing, 200),
    row("forwardAuth", &USERS_BEHIND_A_GATEWAY, Nothing, 200),
    row("forwardAuthBelow", &USERS_BEHIND_A_GATEWAY, Nothing, 200),
    row("introspectToken", &RESOLVERS, UsersToken, 200),
    row("getSession", &EVERYBODY, Nothing, 200),
    row("createBusinessGroup", &OPERATORS, Json(r#"{"id": "new", "name": "New"}"#), 201),
    row("listBusinessGroups", &ALL_ADMINISTRATORS, Nothing, 200),
    row("getBusinessGroup", &ITS_ADMINISTRATORS, Nothing, 200),
    row("updateBusinessGroup", &ITS_ADMINISTRATORS, Json(r#"{"identity_pinning": "enforce"}"#), 200),
    // It has mappings, and stays.
    row("deleteBusinessGroup", &OPERATORS_OF_A_GROUP, Nothing, 409),
    row("linkTenant", &ITS_ADMINISTRATORS, Json(r#"{"tenant_id": "a1a1a1a1-0000-4000-8000-0000000000aa"}"#), 200),
    row("unlinkTenant", &ITS_ADMINISTRATORS, Nothing, 204),
    row("listMappings", &ITS_ADMINISTRATORS, Nothing, 200),
    row("getMapping", &ITS_ADMINISTRATORS, Nothing, 200),
    row("putMapping", &ITS_ADMINISTRATORS, Json(r#"{"email": "new@abccompany.com"}"#), 200),
    row("deleteMapping", &ITS_ADMINISTRATORS, Nothing, 204),
    row("releasePin", &ITS_ADMINISTRATORS, Nothing, 204),
    row("findMappings", &OPERATORS, Asked("email=bobsmith%40abccompany.com"), 200),
    row(
        "lookUp",
        &ITS_DIRECTORIES,
        Json(r#"{"emails": ["bobsmith@abccompany.com"], "business_group": "abccompany"}"#),
        200,
    ),
    row("exportMappings", &ITS_ADMINISTRATORS, Nothing, 200),
    row("exportWorkbook", &ITS_ADMINISTRATORS, Nothing, 200),
    row("importMappings", &ITS_ADMINISTRATORS, Csv("PhoneNumber,MEEmailAddress\n7635554444,x@abccompany.com\n"), 201),
    row("getImport", &ITS_ADMINISTRATORS, Nothing, 200),
    row("listImportChanges", &ITS_ADMINISTRATORS, Nothing, 200),
    row("applyImport", &ITS_ADMINISTRATORS, Nothing, 200),
    row("dropImport", &ITS_ADMINISTRATORS, Nothing, 204),
    row("listRevisions", &ITS_ADMINISTRATORS, Nothing, 200),
    row("listRevisionChanges", &ITS_ADMINISTRATORS, Nothing, 200),
    row("restoreRevision", &ITS_ADMINISTRATORS, Nothing, 200),
    row("listAuditEvents", &ALL_ADMINISTRATORS, Nothing, 200),
    row("listConsents", &ITS_ADMINISTRATORS, Nothing, 200),
    // Without the state of a link that was made here it leads to a page that says so.
    row("reportConsent", &EVERYBODY, Nothing, 303),
    row("checkSignIn", &ITS_ADMINISTRATORS, Asked("email=bobsmith%40abccompany.com"), 200),
    row(
        "createApiKey",
        &ITS_ADMINISTRATORS,
        Json(r#"{"name": "new", "role": "scim", "business_group": "abccompany"}"#),
        201,
    ),
    row("listApiKeys", &ALL_ADMINISTRATORS, Nothing, 200),
    row("revokeApiKey", &ITS_ADMINISTRATORS, Nothing, 204),
];

impl Row {
    pub(super) fn of(operation: &str) -> &'static Self {
        let row = TABLE.iter().find(|row| row.operation == operation);
        row.unwrap_or_else(|| panic!("{operation} has no row: who may call it?"))
    }

    /// Whether no credential is needed.
    pub(super) fn is_public(&self) -> bool {
        *self.gates == EVERYBODY && self.operation != "getSession"
    }
}
