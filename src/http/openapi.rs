//! The OpenAPI 3.1 document, collected from the handlers that serve it.

use actix_web::App;
use serde_json::Value;
use utoipa::openapi::content::Content;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{Modify, OpenApi, ToSchema, openapi};
use utoipa_actix_web::AppExt;

use crate::http::examples;
use crate::http::problem::{MEDIA_TYPE, ProblemKind};
use crate::http::responses::ProblemDocument;
use crate::http::routes::routes;

/// What the case without a name is called among others.
const USUAL: &str = "usual";

/// What somebody reads first who has never seen the service.
const ABOUT: &str = "Signline lets the customers of a hosted-voice operator sign in with Microsoft. A customer is a *business \
    group*: it links its Microsoft Entra tenant and uploads a sheet of phone numbers and e-mail addresses, its *mappings*. From \
    then on a Microsoft Entra token of one of its people resolves to that person's phone number: `GET /v1/me`.\n\n\
    Send `Authorization: Bearer` and an API key or a Microsoft Entra token. Phone numbers are in E.164 (`+17635551111`), times in \
    UTC (RFC 3339). Members that a call does not know are refused. A list is a page of `items`: send its `next_cursor` as \
    `cursor` to get the next one; it is null on the last.\n\n\
    Every error is a problem (RFC 9457, `application/problem+json`), whose `type` is one of a fixed list. Every answer has an \
    `X-Request-Id`, under which the service has logged the call.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Signline", description = ABOUT, license(name = "Apache-2.0", identifier = "Apache-2.0")),
    servers(
        (url = "/", description = "The host that serves this document"),
        (url = ".", description = "The same, where a proxy serves it below a path")
    ),
    components(schemas(ProblemDocument)),
    modifiers(&Credentials),
    tags(
        (name = "resolving", description = "From a Microsoft Entra token to a phone number: what applications of the company's people call."),
        (name = "session", description = "Who calls, and what they may do."),
        (name = "business groups", description = "Companies, their number ranges and their tenants."),
        (name = "mappings", description = "Which phone number belongs to which e-mail address, one at a time."),
        (name = "imports and exports", description = "All mappings of a business group as a file, in and out."),
        (name = "history", description = "What every change of mappings left behind, and the way back."),
        (name = "consent", description = "How a company's tenant grants the applications access."),
        (name = "audit log", description = "Who did what, and who was refused what."),
        (name = "API keys", description = "What machines call with: make, list and revoke them."),
        (name = "problems", description = "What went wrong: each kind of problem, what it means, and what to do about it."),
        (name = "operations", description = "What operators' machines ask: whether the service is alive and ready, and how it does.")
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
        let entra = "A Microsoft Entra token of a person: an ID token of one of the service's applications, or an access token \
            for the service's own API. With the app role `BusinessGroup.Admin` or `Operator` it is good for administration too.";
        let key = "An API key: `slk_` and 43 characters. `POST /v1/api-keys` makes one, and shows it once.";
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("entra", bearer(entra));
        components.add_security_scheme("api_key", bearer(key));
        let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic);
        let basic = basic.description(Some("An API key as the password; the name is not looked at.")).build();
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
    let problems = examples::of_schema(&ProblemDocument::name());
    let problems = problems.map(|(slug, example)| (slug.to_owned(), shown(example)));
    document.components.get_or_insert_default().examples.extend(problems);
    document
}

/// Adds what holds for each call that does not say otherwise: it takes either credential, what it refuses is a problem,
/// and all JSON has its examples.
fn complete(call: &mut Operation) {
    let either = || ["api_key", "entra"].map(|scheme| SecurityRequirement::new(scheme, [""; 0])).to_vec();
    call.security.get_or_insert_with(either);
    if let Some(RefOr::T(body)) = &mut call.request_body {
        body.content.values_mut().for_each(show_by_schema);
    }
    for (status, response) in &mut call.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.as_str() >= "400" && response.content.is_empty() {
            let problem = Content::builder().schema(Some(Ref::from_schema_name(ProblemDocument::name()))).build();
            response.content.insert(MEDIA_TYPE.to_owned(), problem.into());
        }
        let slugs = slugs_in(&response.description, status);
        for (media_type, content) in &mut response.content {
            if media_type == MEDIA_TYPE { show_problems(content, &slugs) } else { show_by_schema(content) }
        }
    }
}

/// The kinds of problem of this status that a description names.
fn slugs_in(description: &str, status: &str) -> Vec<&'static str> {
    let of_status = ProblemKind::ALL.iter().filter(|kind| kind.status().as_str() == status);
    let slugs = of_status.map(|kind| kind.slug());
    slugs.filter(|slug| description.contains(&format!("`{slug}`"))).collect()
}

/// Refers to the examples of these problems, which many answers have.
fn show_problems(content: &mut RefOr<Content>, slugs: &[&'static str]) {
    if let RefOr::T(content) = content {
        let named = |slug: &&str| ((*slug).to_owned(), RefOr::Ref(Ref::new(format!("#/components/examples/{slug}"))));
        content.examples.extend(slugs.iter().map(named));
    }
}

/// Adds the examples of the schema of a body.
fn show_by_schema(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    let Some(RefOr::Ref(schema)) = &content.schema else { return };
    let name = schema.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
    let cases: Vec<_> = examples::of_schema(&name).collect();
    if let [(_, example)] = cases[..] {
        content.example = Some(example.clone());
        return;
    }
    let named = cases.into_iter().map(|(case, example)| (if case.is_empty() { USUAL } else { case }, shown(example)));
    content.examples.extend(named.map(|(case, example)| (case.to_owned(), example)));
}

fn shown(example: &Value) -> RefOr<Example> {
    ExampleBuilder::new().value(Some(example.clone())).build().into()
}

/// The whole document as it is printed, served and committed: JSON with a line break at its end.
///
/// # Errors
/// If it could not be written.
pub fn document_text() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|json| json + "\n")
}
