//! Around every call: the request id, the access log, the metrics, problems for every error, and the stop.

use std::borrow::Cow;
use std::future::Ready;
use std::future::ready;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;

use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::body::BodySize;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::dev::Payload;
use actix_web::dev::Service;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::dev::Transform;
use actix_web::dev::forward_ready;
use actix_web::http::ConnectionType;
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::http::header::CONNECTION;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use actix_web::http::header::REFERRER_POLICY;
use actix_web::http::header::STRICT_TRANSPORT_SECURITY;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::http::header::X_CONTENT_TYPE_OPTIONS;
use actix_web::http::header::X_FRAME_OPTIONS;
use actix_web::web::Data;
use futures_util::future::Either;
use futures_util::future::LocalBoxFuture;
use tracing::debug;
use tracing::error;
use tracing::info;
use uuid::Uuid;

use crate::http::drain::Busy;
use crate::http::metrics::CallCounters;
use crate::http::metrics::CallKind;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;
use crate::http::refusals;
use crate::http::refusals::RefusedWith;
use crate::http::services::Services;
use crate::http::v1::me;
use crate::http::watched::LastCall;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken over from a caller, in characters.
const MAX_REQUEST_ID_CHARS: usize = 64;

/// The route whose calls are logged at `debug` when they go well: a line for each would cost more than the call.
const HOT_ROUTE: &str = me::PATH;

/// How long a browser that has met the service over TLS comes back in no other way, in seconds.
const ONE_YEAR: &str = "max-age=31536000";

/// The middleware.
pub struct Observe(pub Data<Services>);

impl<S> Transform<S, ServiceRequest> for Observe
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Observed<S>;
    type InitError = ();
    type Future = Ready<Result<Observed<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let edge = Edge { services: self.0.clone(), counters: CallCounters::default() };
        ready(Ok(Observed { inner, edge: Rc::new(edge) }))
    }
}

/// A worker's calls, with the middleware around them.
pub struct Observed<S> {
    inner: S,
    edge: Rc<Edge>,
}

impl<S> Service<ServiceRequest> for Observed<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Result<Self::Response, Error>>, LocalBoxFuture<'static, Result<Self::Response, Error>>>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let call = self.edge.begin(&mut request);
        if let Some(answer) = me::answer_again(&self.edge.services, request.request(), call.started) {
            let request_id = RequestId::read_or_new(request.headers());
            let response = request.into_response(answer);
            return Either::Left(ready(Ok(self.edge.finish(call, response, request_id))));
        }
        let edge = Rc::clone(&self.edge);
        let answering = self.inner.call(request);
        Either::Right(Box::pin(async move { Ok(edge.end(call, answering.await?).await) }))
    }
}

/// What a worker keeps from call to call.
struct Edge {
    services: Data<Services>,
    counters: CallCounters,
}

/// A call under way.
struct Call {
    started: Instant,
    method: &'static str,
    counted: Option<Busy>,
    /// Whether its connection ends with it.
    is_last: bool,
}

impl Edge {
    fn begin(&self, request: &mut ServiceRequest) -> Call {
        let (started, counted) = (Instant::now(), self.services.drain.call());
        let method = known_method(request.method().as_str());
        // HEAD is answered as GET; the connection leaves the body out (RFC 9110, section 9.3.2).
        if request.method() == Method::HEAD {
            request.head_mut().method = Method::GET;
            request.extensions_mut().insert(AskedByHead);
        }
        let has_body = !matches!(request.parts().1, Payload::None);
        Call { started, method, counted, is_last: has_body && is_of_no_length(request) }
    }

    /// What handlers and extractors return as an error is an answer already, with the error kept in it.
    async fn end(&self, call: Call, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let request_id = RequestId::take(response.request());
        let response = as_problem(response, &request_id.0);
        if let Some(event) = refusals::of(&response) {
            // In a box of its own: it takes more room than all the rest of the call, which seldom needs it.
            Box::pin(refusals::write_down(&self.services, event)).await;
        }
        self.finish(call, response, request_id)
    }

    /// Logs and counts a call, and completes the head of its answer.
    fn finish(
        &self,
        call: Call,
        mut response: ServiceResponse<BoxBody>,
        request_id: RequestId,
    ) -> ServiceResponse<BoxBody> {
        let is_hot = self.tell(&call, &response, &request_id.0);
        finish_head(response.headers_mut(), request_id);
        if !is_hot {
            keep_private(response.headers_mut());
        }
        if self.services.over_tls {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONE_YEAR));
        }
        if call.is_last {
            end_connection(&response);
        }
        if call.is_last || self.services.drain.is_draining() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        match call.counted {
            Some(busy) => response.map_body(|_, body| BoxBody::new(CountedBody { body, _busy: busy })),
            None => response,
        }
    }

    /// Logs and counts the call by its route, not its path: a path holds phone numbers. Tells whether it is the hot route.
    fn tell(&self, call: &Call, response: &ServiceResponse<BoxBody>, request_id: &str) -> bool {
        let elapsed = call.started.elapsed();
        let route = route(response.request());
        let (method, status, is_hot) = (call.method, response.status(), route == HOT_ROUTE);
        log(request_id, method, &route, status, elapsed);
        let kind = CallKind { route, method, status: status.as_u16() };
        self.counters.count(&self.services.metrics, kind, elapsed);
        is_hot
    }
}

/// The pattern of the route that took a request. It is put together anew for each call, but for the hot route, which is its
/// own pattern.
fn route(request: &HttpRequest) -> Cow<'static, str> {
    if request.path() == HOT_ROUTE {
        return Cow::Borrowed(HOT_ROUTE);
    }
    request.match_pattern().map_or(Cow::Borrowed("unmatched"), Cow::Owned)
}

fn log(request_id: &str, method: &str, route: &str, status: StatusCode, elapsed: Duration) {
    macro_rules! answered {
        ($level:ident) => {
            $level!(
                request_id,
                method,
                route,
                status = status.as_u16(),
                micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
                "answered"
            )
        };
    }
    let is_told_at_debug =
        if status.is_success() { route == HOT_ROUTE } else { status == StatusCode::TOO_MANY_REQUESTS };
    if is_told_at_debug { answered!(debug) } else { answered!(info) }
}

/// Marks a call that came as HEAD, for the one that must not happen then.
#[derive(Clone, Copy)]
pub struct AskedByHead;

/// The id of a call. Who handles the call may ask for it, and so keep it; else it is made for the answer alone.
#[derive(Clone)]
pub struct RequestId(pub String);

impl RequestId {
    /// The id of the call of this request, the same whenever it is asked for.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let mut extensions = request.extensions_mut();
        if let Some(known) = extensions.get::<Self>() {
            return known.clone();
        }
        let id = Self::read_or_new(request.headers());
        extensions.insert(id.clone());
        id
    }

    /// The same, for the last who asks.
    fn take(request: &HttpRequest) -> Self {
        let known = request.extensions_mut().remove::<Self>();
        known.unwrap_or_else(|| Self::read_or_new(request.headers()))
    }

    /// A caller's own id if it is short and plain, so that her logs and ours can be read side by side; else a new one.
    fn read_or_new(headers: &HeaderMap) -> Self {
        let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let plain = |text: &&str| {
            (1..=MAX_REQUEST_ID_CHARS).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
        };
        Self(sent.filter(plain).map_or_else(fresh_id, str::to_owned))
    }
}

fn fresh_id() -> String {
    Uuid::new_v4().hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
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

fn finish_head(headers: &mut HeaderMap, RequestId(request_id): RequestId) {
    if let Ok(value) = HeaderValue::try_from(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// What all answers say but those of the hot route, which says for itself that it is not to be stored: no cache may keep
/// them, unless they say otherwise, and no page may show them.
fn keep_private(headers: &mut HeaderMap) {
    let private = [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in private {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// Whether the request has a body of no announced length. Nobody may read it to its end, which may never come; so there is
/// no further call on its connection.
fn is_of_no_length(request: &ServiceRequest) -> bool {
    request.headers().contains_key(TRANSFER_ENCODING)
}

/// Lets the connection end once its last answer is written, whether or not its client says anything more.
fn end_connection(response: &ServiceResponse<BoxBody>) {
    if let Some(last_call) = response.request().conn_data::<LastCall>() {
        last_call.announce();
    }
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
