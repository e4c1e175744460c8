//! The OpenAPI document, and Swagger UI at `/docs/`, from the program itself: its policy keeps the page from asking any
//! other host.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::dev::HttpServiceFactory;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, guard, web};
use bytes::Bytes;
use utoipa_swagger_ui::Config;

use crate::http::problem::Problem;
use crate::http::services::Services;

const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/// The pages. The library's own handler copies a file of more than a megabyte for each call: some thousand callers who
/// don't read would fill the memory.
pub(super) fn pages(services: &Services) -> impl HttpServiceFactory + use<> {
    // As seen from the page, which a proxy may serve below a path.
    let config = Config::new(["../openapi.json"]).validator_url("none");
    let file = web::resource("/{file:.*}").guard(guard::Get()).app_data(Data::new(config)).to(page);
    web::scope("/docs")
        .wrap(DefaultHeaders::new().add((CONTENT_SECURITY_POLICY, POLICY)).add((CACHE_CONTROL, "no-cache")))
        .service(web::redirect("", services.public_path("/docs/")))
        .service(file)
}

async fn page(file: web::Path<String>, config: Data<Config<'static>>) -> Result<HttpResponse, Problem> {
    let served =
        utoipa_swagger_ui::serve(&file, Arc::clone(&config)).map_err(|error| Problem::internal(error.to_string()))?;
    let served =
        served.ok_or_else(|| Problem::not_found("There is no such path. GET /openapi.json lists all there are."))?;
    let bytes = match served.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let mut response = HttpResponse::Ok();
    if served.gzpipped {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(response.content_type(served.content_type).body(bytes))
}

/// The document's text, made once.
pub(super) struct DocumentText(pub(super) Bytes);

/// The OpenAPI document
///
/// Every call of the service, as OpenAPI 3.1. `/docs/` shows it to people.
#[utoipa::path(
    operation_id = "openApiDocument",
    tag = "operations",
    security(()),
    responses((status = 200, content_type = "application/json", body = Object, description = "This document"))
)]
#[get("/openapi.json")]
pub(crate) async fn openapi_json(text: Data<DocumentText>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(text.0.clone())
}
