//! The one table of problems: what the answers, the pages at `/problems` and the OpenAPI document say of each kind, and
//! what docs/problems.md is compared with.

use actix_web::http::StatusCode;

macro_rules! problem_kinds {
    ($(
        $(#[doc = $meaning:literal])+
        $kind:ident = $status:ident, $slug:literal, $title:literal, [$($member:literal),*], $remedy:literal;
    )*) => {
        /// The kinds of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemKind {
            $($(#[doc = $meaning])+ $kind,)*
        }

        impl ProblemKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The last part of the `type` URI.
            #[must_use]
            pub fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)* }
            }

            /// The `type` member: a name, the same on every host and below every path.
            #[must_use]
            pub fn type_uri(self) -> &'static str {
                match self { $(Self::$kind => concat!("/problems/", $slug),)* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }

            /// What it is called, the same each time.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }

            /// The members that it may have besides those of all problems.
            #[must_use]
            pub fn members(self) -> &'static [&'static str] {
                match self { $(Self::$kind => &[$($member),*],)* }
            }

            /// What it means.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$kind => concat!($($meaning),+).trim_ascii_start(),)* }
            }

            /// What to do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$kind => $remedy,)* }
            }
        }
    };
}

// Each row: what it means, then its status, slug and title, its own members, and what to do.
problem_kinds! {
    /// JSON, a query, a cursor, a form or an `If-Match` that can't be read.
    MalformedRequest = BAD_REQUEST, "malformed-request", "The request can't be read", [],
        "Correct what `detail` names; take cursors and tags as they were given.";
    /// No credential came with the call.
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "A credential is needed", [],
        "Send `Authorization: Bearer` with an API key or a Microsoft Entra token.";
    /// An API key that is unknown, revoked or expired, or a token that fails a check, which `detail` names.
    InvalidToken = UNAUTHORIZED, "invalid-token", "The credential is not valid", [],
        "Make a new key. For a token, look up the check that failed.";
    /// A good credential without the right.
    Forbidden = FORBIDDEN, "forbidden", "This credential may not do this", [],
        "Use another key, or have the app role assigned.";
    /// The tenant of the token is linked to no business group; with `"unproven":true` it is, but the link counts for
    /// nothing yet.
    TenantNotLinked = FORBIDDEN, "tenant-not-linked", "The Microsoft tenant is linked to no business group",
        ["unproven"],
        "Link the tenant, or prove it.";
    /// The user is a guest in the tenant.
    GuestNotAllowed = FORBIDDEN, "guest-not-allowed", "Guests may not sign in", [],
        "Let guests in (`allow_guests` of the group), or have them sign in to their own tenant.";
    /// No such path or thing, or one of another business group.
    NotFound = NOT_FOUND, "not-found", "There is no such thing", [],
        "Check the path, the id and the key.";
    /// No number is mapped to the user's address.
    NoMapping = NOT_FOUND, "no-mapping", "No phone number is mapped to this account", [],
        "Add the mapping; `GET /v1/business-groups/{id}/sign-in-check` shows addresses that look like it.";
    /// The path takes other methods.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "The path does not take this method", [],
        "Use one of the `Allow` header.";
    /// The body came too slowly, or stood still.
    RequestTimeout = REQUEST_TIMEOUT, "request-timeout", "The request did not arrive in time", [],
        "Send it again over a better connection; nothing was changed.";
    /// The id is taken, or the import was applied already.
    Conflict = CONFLICT, "conflict", "The request conflicts with what there is", [],
        "Choose another id. To undo an import, restore the revision before it.";
    /// The mapping belongs to another account of this address, or address and sign-in name have two numbers.
    IdentityChanged = CONFLICT, "identity-changed", "The mapping belongs to another account of this address", [],
        "Release the pin, or correct the address in Entra.";
    /// Mapped numbers lie outside the new ranges.
    RangesInUse = CONFLICT, "ranges-in-use", "Mapped numbers lie outside the new ranges", [],
        "Remove these mappings first.";
    /// Another business group has numbers of the range.
    RangeTaken = CONFLICT, "range-taken", "Another business group has numbers of this range", [],
        "Give the group another range.";
    /// The group still has mappings.
    NotEmpty = CONFLICT, "not-empty", "The business group still has mappings", [],
        "Remove them, then delete the group.";
    /// Another business group has the tenant.
    TenantTaken = CONFLICT, "tenant-taken", "Another business group has this tenant", ["unproven", "business_group"],
        "With `\"unproven\":true` send a proof; else ask the operator.";
    /// People would take the name for another group's.
    NameTaken = CONFLICT, "name-taken", "Another business group has a name like this", [],
        "Choose another name, or ask the operator.";
    /// Another number of the group has the address.
    EmailTaken = CONFLICT, "email-taken", "Another number has this address", [],
        "Change or remove that mapping first.";
    /// An Excel sheet can't hold so many rows.
    TooManyRows = CONFLICT, "too-many-rows", "A sheet can't hold so many rows", [],
        "Fetch `mappings.csv`.";
    /// The mappings changed since the preview; `revisions` says who changed them.
    StaleImport = CONFLICT, "stale-import", "The mappings have changed since the preview",
        ["revision", "base_revision", "revisions"],
        "Export, edit, upload again.";
    /// The file removes more than half of ten or more mappings.
    ConfirmRemovals = CONFLICT, "confirm-removals", "So many removals must be confirmed",
        ["removed", "reassigned", "mapping_count"],
        "Check the file; if it is meant, send `confirm_removals` with the number named.";
    /// The file gives more than half of the people somebody else's number.
    ConfirmChanges = CONFLICT, "confirm-changes", "So many changed numbers must be confirmed",
        ["reassigned", "mapping_count"],
        "Look for a column that slipped; if it is meant, send `confirm_changes` with the number named.";
    /// Numbers of that revision have left the group's ranges.
    OutsideRanges = CONFLICT, "outside-ranges", "Numbers have left the business group's ranges",
        ["number_count", "phone_numbers"],
        "Ask the operator to assign them again.";
    /// The mappings changed since the revision in `If-Match`.
    RevisionMoved = PRECONDITION_FAILED, "revision-moved", "The mappings have changed since", ["revision"],
        "Export again, and edit that.";
    /// The body is too large.
    TooLarge = PAYLOAD_TOO_LARGE, "too-large", "The body is too large", [],
        "Split the file with `mode=merge`, or raise `SIGNLINE_MAX_IMPORT_BYTES`.";
    /// The body is of another type than expected.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type",
        "The body is of another type than expected",
        [],
        "Set `Content-Type` as `detail` says.";
    /// Read, but wrong; `errors` names each field.
    InvalidRequest = UNPROCESSABLE_ENTITY, "invalid-request", "Something in the request is wrong", ["errors"],
        "Correct the fields.";
    /// Microsoft Entra has no such tenant.
    UnknownTenant = UNPROCESSABLE_ENTITY, "unknown-tenant", "There is no such Microsoft tenant", ["errors"],
        "Copy the Tenant ID from the Microsoft Entra admin center, Overview.";
    /// The token names no address.
    NoEmailClaim = UNPROCESSABLE_ENTITY, "no-email-claim", "The token names no e-mail address", [],
        "Add the optional claims when registering the applications.";
    /// The file has problems; `problems` lists the first thousand.
    ImportRejected = UNPROCESSABLE_ENTITY, "import-rejected", "The file has problems, and nothing was changed",
        ["problem_count", "problems"],
        "Fix them by their codes and upload it again.";
    /// Too many bad credentials, imports, exports or names.
    TooManyRequests = TOO_MANY_REQUESTS, "too-many-requests", "Too many of these at once", [],
        "Wait as long as `Retry-After` says.";
    /// A fault inside.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Something went wrong inside", [],
        "Look into the log for the `request_id`, and report it.";
    /// The database does not answer, a disk is full, or temporary files can't be written.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The service can't answer now", [],
        "Try again; `signline doctor` names the cause.";
    /// Microsoft's signing keys could not be fetched since the start.
    KeysUnavailable = SERVICE_UNAVAILABLE, "keys-unavailable", "Microsoft's signing keys are not available yet", [],
        "Check the way to Microsoft; `signline doctor` names what stands in it.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_a_slug_of_its_own() {
        let slugs: HashSet<_> = ProblemKind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert!(kind.slug().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            assert_eq!(kind.type_uri().strip_prefix("/problems/"), Some(kind.slug()));
            assert!(kind.status().as_u16() >= 400);
        }
    }

    #[test]
    fn what_a_kind_means_is_told_in_sentences() {
        for kind in ProblemKind::ALL {
            for text in [kind.meaning(), kind.remedy()] {
                assert!(text.starts_with(char::is_uppercase) && text.ends_with('.'), "{text}");
                assert!(!text.contains("  "), "{text}");
            }
        }
    }
}
