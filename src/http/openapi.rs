//! The OpenAPI 3.1 document, collected from the handlers that serve it.

use actix_web::App;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;
use utoipa_actix_web::AppExt;

use crate::http::responses::ProblemDocument;
use crate::http::routes::routes;

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
        (name = "consent", description = "How the applications are let into a company's tenant"),
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
