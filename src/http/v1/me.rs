//! `GET /v1/me`: the line of the signed-in user.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::extract::SignedIn;
use crate::http::openapi::CommonProblems;
use crate::http::problem::Problem;
use crate::http::problem::ProblemDocument;
use crate::http::services::Services;

/// The line of a signed-in user.
#[derive(Serialize, ToSchema)]
pub struct ResolvedLine {
    /// The number in E.164.
    #[schema(example = "+17635551111")]
    phone_number: String,
    /// The number in the digits of the default region, or in E.164 if it is another region's.
    #[schema(example = "7635551111")]
    phone_number_national: String,
    /// The user's e-mail address, in lower case.
    #[schema(example = "bobsmith@abccompany.com")]
    email: String,
    /// The business group.
    #[schema(example = "abccompany")]
    business_group: String,
    /// The name of the application that the user signed in to.
    #[schema(example = "portal")]
    application: String,
    /// The user's tenant.
    tid: String,
    /// The user's object id in the tenant.
    oid: String,
}

/// Resolve the caller's line
///
/// Validates the Microsoft Entra token and answers with the phone number that is mapped to its e-mail address.
#[utoipa::path(
    operation_id = "resolveLine",
    tag = "resolving",
    security(("entra" = [])),
    responses(
        CommonProblems,
        (status = 200, body = ResolvedLine),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json",
            description = "`tenant-not-linked`, `guest-not-allowed`, or `forbidden` for an API key"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "`no-mapping`"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json",
            description = "`identity-changed`: the mapping is pinned to another account of this address"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "`no-email-claim`")
    )
)]
#[get("/v1/me")]
pub(crate) async fn resolve_line(caller: SignedIn, services: Data<Services>) -> Result<HttpResponse, Problem> {
    let sign_in = &caller.0.sign_in;
    let line = services.resolver.resolve(sign_in).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(ResolvedLine {
        phone_number: line.phone_number.to_string(),
        phone_number_national: services.plan.national(line.phone_number),
        email: line.email.to_string(),
        business_group: line.business_group().to_string(),
        application: sign_in.application.to_string(),
        tid: sign_in.tid.to_string(),
        oid: sign_in.oid.to_string(),
    }))
}
