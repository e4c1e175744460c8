//! Around every call: the request id, the access log, the metrics, problems for every error, and the stop.

use std::time::Instant;

use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::body::BodySize;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::CONNECTION;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use actix_web::http::header::X_CONTENT_TYPE_OPTIONS;
use actix_web::middleware::Next;
use actix_web::web::Data;
use tracing::error;
use tracing::info;
use uuid::Uuid;

use crate::http::drain::Busy;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;
use crate::http::refusals;
use crate::http::refusals::RefusedWith;
use crate::http::services::Services;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken over from a caller, in characters.
const MAX_REQUEST_ID_CHARS: usize = 64;

/// The middleware.
///
/// # Errors
/// Only what a middleware inside it returns as an error, and there is none.
pub async fn observe(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let Some(services) = request.app_data::<Data<Services>>().cloned() else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let busy = services.drain.busy();
    let request_id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let method = known_method(request.method().as_str());
    // HEAD is answered as GET; the connection leaves the body out (RFC 9110, section 9.3.2).
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    // What handlers and extractors return as an error is an answer already, with the error kept in it.
    let response = next.call(request).await?.map_into_boxed_body();
    let mut response = as_problem(response, &request_id);
    refusals::write_down(&services, &response).await;
    log(&services, &response, method, &request_id, started);
    let draining = services.drain.is_draining();
    finish_head(response.headers_mut(), &request_id, draining);
    if draining {
        response.response_mut().head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| BoxBody::new(CountedBody { body, _busy: busy })))
}

/// A caller's own id if it is short and plain, so that her logs and ours can be read side by side; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |text: &&str| {
        (1..=MAX_REQUEST_ID_CHARS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    sent.filter(plain).map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// Writes every error as a problem, also those that the framework made.
fn as_problem(response: ServiceResponse<BoxBody>, request_id: &str) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let rendered = match response.response().error() {
        Some(error) => match error.as_error::<Problem>() {
            Some(problem) => render(problem, request_id),
            None => render(&of_framework(status, error), request_id),
        },
        None if response.response().extensions().get::<OwnErrorBody>().is_some() => return response,
        None => render(&of_status(status), request_id),
    };
    response.into_response(rendered)
}

/// The id of a call, for whoever handles it.
pub struct RequestId(pub String);

/// Marks an error answer that has its own body on purpose, such as the problems of a file as CSV or `/readyz`.
#[derive(Clone, Copy)]
pub struct OwnErrorBody;

fn render(problem: &Problem, request_id: &str) -> HttpResponse {
    if let Some(cause) = problem.cause() {
        error!(request_id, kind = problem.kind().slug(), cause = %chain(cause), "call failed");
    }
    let mut response = problem.to_response(Some(request_id));
    response.extensions_mut().insert(RefusedWith(problem.kind()));
    response
}

/// An error with all its sources on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

fn of_framework(status: StatusCode, error: &Error) -> Problem {
    if status.is_server_error() { Problem::internal(error.to_string()) } else { of_status(status) }
}

fn of_status(status: StatusCode) -> Problem {
    let kind = ProblemKind::ALL.iter().copied().find(|kind| kind.status() == status);
    match kind {
        Some(ProblemKind::Unauthenticated) => Problem::unauthenticated(),
        Some(kind) => Problem::new(kind, format!("{}.", kind.title())),
        None if status.is_client_error() => Problem::new(ProblemKind::MalformedRequest, "The request can't be read."),
        None => Problem::internal(format!("status {status}")),
    }
}

fn finish_head(headers: &mut HeaderMap, request_id: &str, draining: bool) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if draining {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Logs and counts the call by its route, not its path: a path holds phone numbers.
fn log(services: &Services, response: &ServiceResponse<BoxBody>, method: &str, request_id: &str, started: Instant) {
    let elapsed = started.elapsed();
    let request: &HttpRequest = response.request();
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or("unmatched");
    let status = response.status().as_u16();
    services.metrics.observe_request(route, method, status, elapsed.as_secs_f64());
    info!(
        request_id,
        method,
        route,
        status,
        micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}

/// A method name that a caller made up must not become a label of its own.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// A body that keeps its call counted as under way until it is sent or given up.
struct CountedBody {
    body: BoxBody,
    _busy: Busy,
}

impl MessageBody for CountedBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<bytes::Bytes, Self::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_next(context)
    }
}
