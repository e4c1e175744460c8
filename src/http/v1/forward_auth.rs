//! `/v1/forward-auth`: a gateway asks whether a request may pass, and who makes it.
//!
//! The gateway sends the head of the request that it holds back, in whatever form it has: with any method, with the path and the
//! query of the request behind ours, with a `Content-Length` whose body never comes. It lets the request pass on 200, and hands on
//! what the headers of the answer say of the user.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Resource};
use tokio::time::Instant;
use tracing::Level;

use crate::domain::phone_number::NumberText;
use crate::domain::sign_in::SignIn;
use crate::http::call_record::CallRecord;
use crate::http::extract::SignedIn;
use crate::http::problem::Problem;
use crate::http::route_policy::RoutePolicy;
use crate::http::services::Services;
use crate::http::v1::resolving;
use crate::mappings::{CachedLine, ResolvedLine};

/// The path of the call.
const PATH: &str = "/v1/forward-auth";

/// The paths of those gateways that append the path of the request.
const PATHS_BELOW: &str = "/v1/forward-auth/{path}*";

/// How the middleware treats it: as it does `GET /v1/me`, which is as frequent.
pub(crate) const POLICY: RoutePolicy = RoutePolicy {
    path: PATH,
    and_below: true,
    log: Level::DEBUG,
    private_headers: false,
    leaves_body: true,
    shortcut: Some(answer_at_once),
};

/// How much is told of the user.
const TOLD_COUNT: usize = 6;

/// What is told of the user. Each is in each answer that lets a request pass, so that no header of the same name which the client
/// has sent survives.
const TOLD: [HeaderName; TOLD_COUNT] = [
    HeaderName::from_static("x-signline-phone-number"),
    HeaderName::from_static("x-signline-phone-number-national"),
    HeaderName::from_static("x-signline-business-group"),
    HeaderName::from_static("x-signline-tenant"),
    HeaderName::from_static("x-signline-user"),
    HeaderName::from_static("x-signline-application"),
];

/// Their address, for a gateway that asks for it: upstreams that need none should not get it.
const EMAIL: HeaderName = HeaderName::from_static("x-signline-email");

/// The query that asks for it.
const WITH_EMAIL: &str = "email=true";

static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The call, at its own path.
pub(crate) struct ForwardAuth;

/// The call, at any path below.
pub(crate) struct ForwardAuthBelow;

// No guard looks at the method: some gateways ask with that of the request that they hold back.
impl HttpServiceFactory for ForwardAuth {
    fn register(self, config: &mut AppService) {
        Resource::new(PATH).to(allow).register(config);
    }
}

impl HttpServiceFactory for ForwardAuthBelow {
    fn register(self, config: &mut AppService) {
        Resource::new(PATHS_BELOW).to(allow_below).register(config);
    }
}

/// Ask whether a request may pass a gateway
///
/// For the forward-auth of a reverse proxy: nginx `auth_request`, Traefik `ForwardAuth`, Caddy `forward_auth`, Envoy `ext_authz`.
/// Takes any method and any query, and reads no body. The credential is the user's Microsoft Entra token. It answers with these
/// statuses and no others. With `?email=true` it also tells `X-Signline-Email`.
#[utoipa::path(
    get,
    path = "/v1/forward-auth",
    impl_for = ForwardAuth,
    operation_id = "forwardAuth",
    tag = "resolving",
    security(("entra" = [])),
    params(("email" = Option<String>, Query, description = "`true`: tell the address as `X-Signline-Email` too", example = "true")),
    responses(
        (status = 200, description = "The request may pass. There is no body; the headers tell who makes it", headers(
            ("X-Signline-Phone-Number" = String, description = "The number in E.164"),
            ("X-Signline-Phone-Number-National" = String, description = "The number in the digits of the default region"),
            ("X-Signline-Business-Group" = String, description = "The business group"),
            ("X-Signline-Tenant" = String, description = "The user's tenant (`tid`)"),
            ("X-Signline-User" = String, description = "The user's object id in the tenant (`oid`)"),
            ("X-Signline-Application" = String, description = "The name of the application that the user signed in to"),
            ("X-Signline-Email" = String, description = "The user's address, if it was asked for")
        )),
        (status = 401, description = "`unauthenticated` without a token, `invalid-token` with one that is not good"),
        (status = 403, description = "The user has no line: `no-mapping`, `tenant-not-linked`, `guest-not-allowed`, `identity-changed`, \
                `no-email-claim`; or `forbidden`, for an API key"),
        (status = 503, description = "`keys-unavailable`, `unavailable`, or `too-many-requests` while too many bad tokens come from one \
                address; `Retry-After`")
    )
)]
async fn allow(request: HttpRequest) -> Result<HttpResponse, Problem> {
    decide(&request).await.map_err(for_gateways)
}

/// Ask whether a request may pass a gateway, at a path of its own
///
/// The same call for gateways that append the path of the request to that of the call, as Envoy does.
#[utoipa::path(
    get,
    path = "/v1/forward-auth/{path}",
    impl_for = ForwardAuthBelow,
    operation_id = "forwardAuthBelow",
    tag = "resolving",
    security(("entra" = [])),
    params(("path" = String, Path, description = "The path of the request, which is not looked at", example = "orders/7")),
    responses(
        (status = 200, description = "As for `/v1/forward-auth`"),
        (status = 401, description = "As for `/v1/forward-auth`: `unauthenticated`, `invalid-token`"),
        (status = 403, description = "As for `/v1/forward-auth`: the user has no line, or `forbidden`, for an API key"),
        (status = 503, description = "As for `/v1/forward-auth`: `keys-unavailable`, `unavailable`")
    )
)]
async fn allow_below(request: HttpRequest) -> Result<HttpResponse, Problem> {
    allow(request).await
}

async fn decide(request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = SignedIn::extract(request).await?;
    let services = Services::of(request)?;
    let sign_in = &caller.token.sign_in;
    let line = resolving::resolve(services, sign_in).await;
    let line = line.map_err(|error| resolving::refused(services, request, sign_in, error))?;
    Ok(answer(services, request, &caller, &line))
}

/// A problem with one of the statuses that gateways know; what they make of others leads astray. nginx answers 500 to its client
/// for any but these.
fn for_gateways(problem: Problem) -> Problem {
    match problem.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::SERVICE_UNAVAILABLE => problem,
        StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
            problem.answered_with(StatusCode::FORBIDDEN)
        }
        _ => problem.answered_with(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// The answer if nothing has to be waited for. A [`Shortcut`](crate::http::route_policy::Shortcut).
fn answer_at_once(
    services: &Services,
    request: &HttpRequest,
    record: &mut CallRecord,
    now: Instant,
) -> Option<HttpResponse> {
    let caller = SignedIn::at_once(services, request, record)?;
    let sign_in = &caller.token.sign_in;
    let kept = caller.token.response.read(|answer: &Answer| answer.if_it_holds(services, sign_in, now)).flatten();
    if let Some(told) = kept {
        return Some(respond(request, told));
    }
    let Some(line) = resolving::resolve_at_once(services, sign_in, now) else {
        caller.defer(record);
        return None;
    };
    Some(answer(services, request, &caller, &line))
}

/// The answer to a caller with this line.
fn answer(services: &Services, request: &HttpRequest, caller: &SignedIn, line: &ResolvedLine<'_>) -> HttpResponse {
    let told = Told::of(services, &caller.token.sign_in, line);
    if !caller.is_new {
        caller.token.response.keep(Answer { line: line.found(), told: told.clone() });
    }
    respond(request, told)
}

fn respond(request: &HttpRequest, Told { texts, email }: Told) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, NO_STORE.clone());
    for (name, text) in TOLD.into_iter().zip(texts) {
        headers.insert(name, text);
    }
    if request.query_string().split('&').any(|parameter| parameter == WITH_EMAIL) {
        headers.insert(EMAIL, email);
    }
    response
}

/// An answer that was given to a token, and the line that it tells of.
struct Answer {
    line: CachedLine,
    told: Told,
}

impl Answer {
    fn if_it_holds(&self, services: &Services, sign_in: &SignIn, now: Instant) -> Option<Told> {
        services.resolver.holds(sign_in, &self.line, now).then(|| self.told.clone())
    }
}

/// What is told of a user, as headers have it. Cheap to clone.
#[derive(Clone)]
struct Told {
    /// In the order of [`TOLD`].
    texts: [HeaderValue; TOLD_COUNT],
    email: HeaderValue,
}

impl Told {
    fn of(services: &Services, sign_in: &SignIn, line: &ResolvedLine<'_>) -> Self {
        let [number, national] = [line.phone_number.into(), services.plan.write(line.phone_number).into()]
            .map(|number: NumberText| header(number.as_str()));
        let [tenant, user] = [sign_in.tid, sign_in.oid].map(|guid| header(guid.text().as_str()));
        let [group, application] = [line.business_group().as_str(), sign_in.application.as_str()].map(header);
        Self { texts: [number, national, group, tenant, user, application], email: header(line.email.as_str()) }
    }
}

/// A text as a header has it. All that is told is plain ASCII by its type.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
