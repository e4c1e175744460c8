//! The OpenAPI 3.1 document, collected from the handlers that serve it.

use actix_web::App;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web::Data;
use bytes::Bytes;
use utoipa::IntoResponses;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;
use utoipa_actix_web::AppExt;

use crate::http::problem::ProblemDocument;
use crate::http::routes::routes;

/// The problems that almost every call can answer with.
#[derive(IntoResponses)]
pub enum CommonProblems {
    /// `malformed-request`: the query, the cursor or the body can't be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(ProblemDocument),
    /// `unauthenticated` without a credential, `invalid-token` with one that is not good.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument),
    /// `forbidden`: the credential has not the right; of a token with an administrator's role also `tenant-not-linked` and
    /// `guest-not-allowed`.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument),
    /// `not-found`
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument),
    /// `invalid-request`: read, but wrong.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemDocument),
    /// `too-many-requests`: too many credentials from this address, or this one too often, were refused; `Retry-After`.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemDocument),
    /// `internal`: a fault inside.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument),
    /// `unavailable`: the database does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument),
}

/// The problems of calls with a JSON body.
#[derive(IntoResponses)]
pub enum BodyProblems {
    /// `request-timeout`: the body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    Timeout(ProblemDocument),
    /// `too-large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument),
    /// `unsupported-media-type`: the body is not `application/json`.
    #[response(status = 415, content_type = "application/problem+json")]
    OtherType(ProblemDocument),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Signline",
        description = "Resolves a Microsoft sign-in to a phone number.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemDocument)),
    modifiers(&Credentials),
    tags(
        (name = "resolving", description = "From a Microsoft Entra token to a phone number"),
        (name = "session", description = "Who calls, and what she may do"),
        (name = "business groups", description = "Companies, their number ranges and their tenants"),
        (name = "mappings", description = "Single mappings"),
        (name = "imports and exports", description = "Mappings as a file"),
        (name = "history", description = "What every change left behind, and the way back"),
        (name = "audit log", description = "Who did what, and who was refused what"),
        (name = "API keys", description = "What machines call with"),
        (name = "operations", description = "What operators' machines ask")
    )
)]
struct Document;

/// How callers prove who they are.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let bearer = |description: &str| {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description));
            SecurityScheme::Http(scheme.build())
        };
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("entra", bearer("A Microsoft Entra token of a configured application"));
        components.add_security_scheme("api_key", bearer("An API key: slk_ and 43 characters"));
    }
}

/// The document without the calls, which [`document`] collects.
pub(super) fn frame() -> openapi::OpenApi {
    Document::openapi()
}

/// The whole document.
#[must_use]
pub fn document() -> openapi::OpenApi {
    App::new().into_utoipa_app().openapi(frame()).configure(routes).split_for_parts().1
}

/// The whole document as it is printed, served and committed: JSON with a line break at its end.
///
/// # Errors
/// If it could not be written.
pub fn document_text() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|json| json + "\n")
}

/// The document's text, made once.
pub(super) struct DocumentText(pub(super) Bytes);

/// The OpenAPI document
#[utoipa::path(
    operation_id = "openApiDocument",
    tag = "operations",
    security(()),
    responses((status = 200, content_type = "application/json", body = Object))
)]
#[get("/openapi.json")]
pub(crate) async fn openapi_json(text: Data<DocumentText>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(text.0.clone())
}
