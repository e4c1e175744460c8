//! The problems of the OpenAPI document: what they look like, and which of them many calls answer with.

use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::http::problem::{FieldError, ProblemKind};
use crate::http::wire::{ImportProblem, Revision, one_of};

/// The problems of a file as CSV: an example.
pub const PROBLEMS_CSV: &str = "line,column,value,code,message\r\n\
    2,PhoneNumber,,missing_phone_number,\"The phone number is missing. Fill it in, or delete the row.\"\r\n";

/// What names the kind of a problem.
pub struct ProblemType;

impl PartialSchema for ProblemType {
    fn schema() -> RefOr<Schema> {
        let types = ProblemKind::ALL.iter().map(|kind| kind.type_uri());
        one_of(types, "What names the kind of a problem: `/problems/` and the slug of the kind, on every host.")
    }
}

impl ToSchema for ProblemType {}

/// The last part of a problem's `type`.
pub struct ProblemSlug;

impl PartialSchema for ProblemSlug {
    fn schema() -> RefOr<Schema> {
        one_of(ProblemKind::ALL.iter().map(|kind| kind.slug()), "A kind of problem: the last part of its `type`.")
    }
}

impl ToSchema for ProblemSlug {}

/// An error (RFC 9457, `application/problem+json`).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `/problems/` and the kind's slug.
    #[schema(value_type = ProblemType, example = "/problems/not-found")]
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
    /// The wrong fields (`invalid-request`, `unknown-tenant`).
    #[schema(required = false)]
    pub errors: Option<Vec<FieldError>>,
    /// How many problems the file has (`import-rejected`).
    #[schema(required = false)]
    pub problem_count: Option<u64>,
    /// The first 1,000 problems of the file (`import-rejected`).
    #[schema(required = false)]
    pub problems: Option<Vec<ImportProblem>>,
    /// The revision that the mappings are of now (`revision-moved`, `stale-import`).
    #[schema(required = false)]
    pub revision: Option<i64>,
    /// The revision that the file was compared with (`stale-import`).
    #[schema(required = false)]
    pub base_revision: Option<i64>,
    /// The first 20 revisions since that one (`stale-import`).
    #[schema(required = false)]
    pub revisions: Option<Vec<Revision>>,
    /// How many mappings the import removes (`confirm-removals`).
    #[schema(required = false)]
    pub removed: Option<u64>,
    /// How many people the import gives a number that is or was somebody else's (`confirm-changes`, and
    /// `confirm-removals` where both must be confirmed).
    #[schema(required = false)]
    pub reassigned: Option<u64>,
    /// How many mappings there are; where they are fewer than ten, how many the import would leave (`confirm-removals`,
    /// `confirm-changes`).
    #[schema(required = false)]
    pub mapping_count: Option<u64>,
    /// Whether a proof is all that is missing: it would take the tenant over (`tenant-taken`), or make the link count
    /// (`tenant-not-linked`).
    #[schema(required = false)]
    pub unproven: Option<bool>,
    /// The business group that has the tenant; the operator alone is told (`tenant-taken`).
    #[schema(required = false)]
    pub business_group: Option<String>,
    /// How many numbers lie outside (`outside-ranges`).
    #[schema(required = false)]
    pub number_count: Option<u64>,
    /// The first 100 of these numbers (`outside-ranges`).
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
    /// `not-found`: there is no such thing, or it is another business group's.
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
    /// `too-large`: the body has more bytes than a call takes.
    #[response(status = 413)]
    TooLarge,
    /// `unsupported-media-type`: the body is not `application/json`.
    #[response(status = 415)]
    OtherType,
}
