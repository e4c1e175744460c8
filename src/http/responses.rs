//! The problems of the OpenAPI document: what they look like, and which of them many calls answer with.

use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::http::problem::FieldError;
use crate::http::wire::{ImportProblem, Revision};

/// An error (RFC 9457, `application/problem+json`).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `/problems/` and the kind's slug.
    #[schema(example = "/problems/not-found")]
    pub r#type: String,
    /// What the kind is called.
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What went wrong this time, and what to do.
    pub detail: String,
    /// The `X-Request-Id` of the answer.
    pub request_id: String,
    /// `invalid-request`, `unknown-tenant`: the wrong fields.
    #[schema(required = false)]
    pub errors: Option<Vec<FieldError>>,
    /// `import-rejected`: how many problems the file has.
    #[schema(required = false)]
    pub problem_count: Option<u64>,
    /// `import-rejected`: the first 1,000 of them.
    #[schema(required = false)]
    pub problems: Option<Vec<ImportProblem>>,
    /// `revision-moved`, `stale-import`: the revision that the mappings are of now.
    #[schema(required = false)]
    pub revision: Option<i64>,
    /// `stale-import`: the revision that the file was compared with.
    #[schema(required = false)]
    pub base_revision: Option<i64>,
    /// `stale-import`: the first 20 revisions since then.
    #[schema(required = false)]
    pub revisions: Option<Vec<Revision>>,
    /// `confirm-removals`: how many mappings the import removes.
    #[schema(required = false)]
    pub removed: Option<u64>,
    /// `confirm-changes`, and `confirm-removals` where both must be confirmed: how many people the import gives a
    /// number that is or was somebody else's.
    #[schema(required = false)]
    pub reassigned: Option<u64>,
    /// `confirm-removals`, `confirm-changes`: how many mappings there are; where they are fewer than ten, how many the
    /// import would leave.
    #[schema(required = false)]
    pub mapping_count: Option<u64>,
    /// `tenant-taken`: whether a proof would take the tenant over; `tenant-not-linked`: the tenant is linked, and a
    /// proof is all that is missing.
    #[schema(required = false)]
    pub unproven: Option<bool>,
    /// `tenant-taken`, to the operator alone: the business group that has the tenant.
    #[schema(required = false)]
    pub business_group: Option<String>,
    /// `outside-ranges`: how many numbers lie outside.
    #[schema(required = false)]
    pub number_count: Option<u64>,
    /// `outside-ranges`: the first 100 of them.
    #[schema(required = false)]
    pub phone_numbers: Option<Vec<String>>,
}

/// The problems that almost every call can answer with.
#[derive(IntoResponses)]
pub enum CommonProblems {
    /// `malformed-request`: the query, the cursor or the body can't be read.
    #[response(status = 400)]
    Malformed,
    /// `unauthenticated` without a credential, `invalid-token` with one that is not good.
    #[response(status = 401)]
    Unauthenticated,
    /// `forbidden`: the credential has not the right; of a token with an administrator's role also `tenant-not-linked`
    /// and `guest-not-allowed`.
    #[response(status = 403)]
    Forbidden,
    /// `not-found`
    #[response(status = 404)]
    NotFound,
    /// `invalid-request`: read, but wrong.
    #[response(status = 422)]
    Invalid,
    /// `too-many-requests`: too many credentials from this address, or this one too often, were refused; `Retry-After`.
    #[response(status = 429)]
    TooMany,
    /// `internal`: a fault inside.
    #[response(status = 500)]
    Internal,
    /// `unavailable`: the database does not answer.
    #[response(status = 503)]
    Unavailable,
}

/// The problems of calls with a JSON body.
#[derive(IntoResponses)]
pub enum BodyProblems {
    /// `request-timeout`: the body did not arrive in time.
    #[response(status = 408)]
    Timeout,
    /// `too-large`
    #[response(status = 413)]
    TooLarge,
    /// `unsupported-media-type`: the body is not `application/json`.
    #[response(status = 415)]
    OtherType,
}
