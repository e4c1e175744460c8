//! Around every call: the request id, the access log, the metrics, problems for every error, and the stop.

use std::borrow::Cow;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use futures_util::future::{Either, LocalBoxFuture};
use tokio::time::Instant;
use tracing::{Level, debug, error, info};

use crate::domain::audit::NewAuditEvent;
use crate::http::call_record::{Attempt, CallRecord, REQUEST_ID};
use crate::http::cors;
use crate::http::cors::Sharing;
use crate::http::drain::InFlight;
use crate::http::metrics::{CallCounters, CallKind};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::refusals;
use crate::http::route_policy::{RoutePolicy, USUAL};
use crate::http::services::Services;
use crate::http::timed_io::LastCall;

/// A header of each answer, made once.
static NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// How long a browser that has met the service over TLS comes back in no other way, in seconds.
const ONE_YEAR: &str = "max-age=31536000";

/// The middleware.
pub struct Observe {
    /// What it asks.
    pub services: Data<Services>,
    /// The paths whose calls are not treated as all others.
    pub policies: &'static [RoutePolicy],
}

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
        let (services, policies) = (self.services.clone(), self.policies);
        let edge = Edge { services, policies, counters: CallCounters::default() };
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
        let (call, mut record) = self.edge.begin(&mut request);
        let at_once = cors::preflight(&self.edge.services.cors_origins, request.request());
        let at_once = at_once.or_else(|| self.edge.answer_at_once(request.request(), &mut record, call.started));
        if let Some(answer) = at_once {
            let (request_id, _) = record.end(request.headers());
            let response = request.into_response(answer);
            return Either::Left(ready(Ok(self.edge.finish(call, response, request_id))));
        }
        record.keep(request.request());
        let edge = Rc::clone(&self.edge);
        let answering = self.inner.call(request);
        Either::Right(Box::pin(async move { Ok(edge.end(call, answering.await?).await) }))
    }
}

/// What a worker keeps from call to call.
struct Edge {
    services: Data<Services>,
    policies: &'static [RoutePolicy],
    counters: CallCounters,
}

/// A call under way.
struct Call {
    started: Instant,
    method: &'static str,
    counted: Option<InFlight>,
    /// Whether its connection ends with it.
    is_last: bool,
}

impl Edge {
    fn begin(&self, request: &mut ServiceRequest) -> (Call, CallRecord) {
        let (started, counted) = (Instant::now(), self.services.drain.call());
        let method = known_method(request.method().as_str());
        // HEAD is answered as GET; the connection leaves the body out (RFC 9110, section 9.3.2).
        let is_head = request.method() == Method::HEAD;
        if is_head {
            request.head_mut().method = Method::GET;
        }
        let has_body = !matches!(request.parts().1, Payload::None);
        let is_last = has_body && (is_of_no_length(request) || self.leaves_body(request.path()));
        let call = Call { started, method, counted, is_last };
        (call, CallRecord::of_method(is_head))
    }

    /// The answer of the path's shortcut, if it has one.
    fn answer_at_once(&self, request: &HttpRequest, record: &mut CallRecord, now: Instant) -> Option<HttpResponse> {
        let shortcut = self.policy_of(request.path())?.shortcut?;
        shortcut(&self.services, request, record, now)
    }

    fn leaves_body(&self, path: &str) -> bool {
        self.policy_of(path).is_some_and(|policy| policy.leaves_body)
    }

    fn policy_of(&self, path: &str) -> Option<&'static RoutePolicy> {
        self.policies.iter().find(|policy| policy.is_of(path))
    }

    /// What handlers and extractors return as an error is an answer already, with the error kept in it.
    async fn end(&self, call: Call, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let (request_id, attempt) = CallRecord::take(response.request()).end(response.request().headers());
        let (response, event) = as_problem(response, &request_id, attempt);
        if let Some(event) = event {
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
        request_id: String,
    ) -> ServiceResponse<BoxBody> {
        let policy = self.tell(&call, &response, &request_id);
        finish_head(response.headers_mut(), request_id);
        if policy.private_headers {
            keep_private(response.headers_mut());
        }
        Sharing::of(&self.services.cors_origins, response.request()).complete(response.headers_mut());
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
            Some(in_flight) => response.map_body(|_, body| BoxBody::new(CountedBody { body, _in_flight: in_flight })),
            None => response,
        }
    }

    /// Logs and counts the call by its route, not its path: a path holds phone numbers. Gives the policy of the route.
    fn tell(&self, call: &Call, response: &ServiceResponse<BoxBody>, request_id: &str) -> &'static RoutePolicy {
        let elapsed = call.started.elapsed();
        let (route, policy) = self.route_of(response.request());
        let (method, status) = (call.method, response.status());
        let level = match status {
            StatusCode::TOO_MANY_REQUESTS => Level::DEBUG,
            _ if status.is_success() => policy.log,
            _ => Level::INFO,
        };
        log(level, request_id, method, &route, status, elapsed);
        let kind = CallKind { route, method, status: status.as_u16() };
        self.counters.count(&self.services.metrics, kind, elapsed);
        policy
    }

    /// The pattern of the route that took a request, and its policy. The pattern is put together anew for each call, but where
    /// there is a policy for the path, which stands for it.
    fn route_of(&self, request: &HttpRequest) -> (Cow<'static, str>, &'static RoutePolicy) {
        if let Some(policy) = self.policy_of(request.path()) {
            return (Cow::Borrowed(policy.path), policy);
        }
        let Some(pattern) = request.match_pattern() else { return (Cow::Borrowed("unmatched"), &USUAL) };
        // The path may be written in another way, such as with a percent sign.
        let policy = self.policy_of(&pattern).unwrap_or(&USUAL);
        (Cow::Owned(pattern), policy)
    }
}

fn log(level: Level, request_id: &str, method: &str, route: &str, status: StatusCode, elapsed: Duration) {
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
    if level == Level::DEBUG { answered!(debug) } else { answered!(info) }
}

/// Writes every error as a problem, also those that the framework made, and says what is written down of it.
fn as_problem(
    response: ServiceResponse<BoxBody>,
    request_id: &str,
    attempt: Option<Box<Attempt>>,
) -> (ServiceResponse<BoxBody>, Option<NewAuditEvent>) {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return (response, None);
    }
    let of_framework;
    let error = response.response().error();
    let problem = if let Some(problem) = error.and_then(|error| error.as_error::<Problem>()) {
        problem
    } else {
        of_framework = to_problem(status, error);
        &of_framework
    };
    let (rendered, event) = (render(problem, request_id), refusals::of(response.request(), attempt, problem));
    (response.into_response(rendered), event)
}

fn render(problem: &Problem, request_id: &str) -> HttpResponse {
    if let Some(cause) = problem.cause() {
        error!(request_id, kind = problem.kind().slug(), cause = %chain(cause), "call failed");
    }
    problem.to_response(Some(request_id))
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

fn to_problem(status: StatusCode, error: Option<&Error>) -> Problem {
    match error {
        Some(error) if status.is_server_error() => Problem::internal(error.to_string()),
        _ => of_status(status),
    }
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

fn finish_head(headers: &mut HeaderMap, request_id: String) {
    if let Ok(value) = HeaderValue::try_from(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF.clone());
}

/// No cache may keep the answer, unless it says otherwise, and no page may show it.
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
    _in_flight: InFlight,
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
