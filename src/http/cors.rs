//! Which pages of other origins may call the service from a browser (the Fetch standard, section 3.2, "CORS protocol").
//!
//! By hand, in the place where all answers leave: a middleware around it would take more than all that is done here at each call.
//! Callers send a token or a key in a header, never cookies, so there is no credentials mode.

use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue,
    ORIGIN, VARY,
};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::cors_origins::CorsOrigins;

/// What no page calls: machines do, and a browser on its way back from Microsoft.
const NOT_FOR_PAGES: [&str; 6] =
    ["/metrics", "/readyz", "/scim/v2", "/v1/introspect", "/v1/forward-auth", "/v1/consent/callback"];

static METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
static REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, Accept, If-Match, If-None-Match, traceparent");
static EXPOSED: HeaderValue =
    HeaderValue::from_static("ETag, Location, Retry-After, X-Request-Id, WWW-Authenticate, Content-Disposition");
static VARY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

/// How long a browser remembers the answer to its question: ten minutes.
static MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The answer to a browser that asks whether a page may make a call, if the page may. It comes before credentials and limits:
/// browsers send none with the question.
pub(super) fn preflight(origins: &CorsOrigins, request: &HttpRequest) -> Option<HttpResponse> {
    let asks = !origins.is_empty()
        && request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks || !is_for_pages(request) || allowed_origin(origins, request).is_none() {
        return None;
    }
    let mut response = HttpResponse::NoContent().finish();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS.clone());
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE.clone());
    Some(response)
}

/// What the head of an answer says about pages of other origins.
pub(super) enum Sharing {
    /// Nothing.
    Silent,
    /// That it is not the same for all of them. A cache must not give one page the answer to another.
    Varies,
    /// That the page of this origin may read it.
    With(HeaderValue),
}

impl Sharing {
    /// What the answer to a request says, whatever it is.
    pub(super) fn of(origins: &CorsOrigins, request: &HttpRequest) -> Self {
        if origins.is_empty() || !is_for_pages(request) {
            return Self::Silent;
        }
        allowed_origin(origins, request).map_or(Self::Varies, |origin| Self::With(origin.clone()))
    }

    /// Says it.
    pub(super) fn complete(self, headers: &mut HeaderMap) {
        if matches!(self, Self::Silent) {
            return;
        }
        headers.append(VARY, VARY_ORIGIN.clone());
        if let Self::With(origin) = self {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED.clone());
        }
    }
}

fn allowed_origin<'r>(origins: &CorsOrigins, request: &'r HttpRequest) -> Option<&'r HeaderValue> {
    request.headers().get(ORIGIN).filter(|origin| origins.has(origin.as_bytes()))
}

/// Looks at the path as the framework does, which reads `%69` as `i`.
fn is_for_pages(request: &HttpRequest) -> bool {
    let path = request.match_info().as_str();
    let is_below =
        |folder: &&str| path.strip_prefix(*folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !NOT_FOR_PAGES.iter().any(is_below)
}
