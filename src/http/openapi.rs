//! The OpenAPI 3.1 document, collected from the handlers that serve it.

use actix_web::App;
use utoipa::openapi::content::Content;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{Modify, OpenApi, ToSchema, openapi};
use utoipa_actix_web::AppExt;

use crate::http::problem::MEDIA_TYPE;
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
        (name = "session", description = "Who calls, and what they may do"),
        (name = "business groups", description = "Companies, their number ranges and their tenants"),
        (name = "mappings", description = "Single mappings"),
        (name = "imports and exports", description = "Mappings as a file"),
        (name = "history", description = "What every change left behind, and the way back"),
        (name = "consent", description = "How a company's tenant grants the applications access"),
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
        let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic);
        let basic = basic.description(Some("An API key as the password; the name is not looked at")).build();
        components.add_security_scheme("api_key_basic", SecurityScheme::Http(basic));
    }
}

/// The document without the calls, which [`document`] collects.
pub(super) fn frame() -> openapi::OpenApi {
    Document::openapi()
}

/// The whole document.
#[must_use]
pub fn document() -> openapi::OpenApi {
    let mut document = App::new().into_utoipa_app().openapi(frame()).configure(routes).split_for_parts().1;
    for item in document.paths.paths.values_mut() {
        let calls = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        calls.into_iter().flatten().for_each(complete);
    }
    document
}

/// Adds what holds for each call that does not say otherwise: it takes either credential, and what it refuses is a
/// problem.
fn complete(call: &mut Operation) {
    let either = || ["api_key", "entra"].map(|scheme| SecurityRequirement::new(scheme, [""; 0])).to_vec();
    call.security.get_or_insert_with(either);
    let refusals = call.responses.responses.iter_mut().filter(|(status, _)| status.as_str() >= "400");
    for (_, response) in refusals {
        if let RefOr::T(response) = response
            && response.content.is_empty()
        {
            let problem = Content::builder().schema(Some(Ref::from_schema_name(ProblemDocument::name()))).build();
            response.content.insert(MEDIA_TYPE.to_owned(), problem.into());
        }
    }
}

/// The whole document as it is printed, served and committed: JSON with a line break at its end.
///
/// # Errors
/// If it could not be written.
pub fn document_text() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|json| json + "\n")
}
