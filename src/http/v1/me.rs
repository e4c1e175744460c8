//! `GET /v1/me`: the line of the signed-in user.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Resource, guard};
use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tokio::time::Instant;
use tracing::Level;
use utoipa::ToSchema;

use crate::domain::guid::Guid;
use crate::domain::phone_number::{NumberText, NumberingPlan, PhoneNumber, WrittenNumber};
use crate::domain::sign_in::SignIn;
use crate::http::call_record::CallRecord;
use crate::http::extract::SignedIn;
use crate::http::problem::Problem;
use crate::http::responses::CommonProblems;
use crate::http::route_policy::RoutePolicy;
use crate::http::services::Services;
use crate::http::v1::resolving;
use crate::mappings;
use crate::mappings::CachedLine;

/// What an answer takes besides its numbers, its address and its names. Where one of these has to be escaped, the buffer grows.
const BYTES_AROUND: usize = 184;

/// Headers of an answer, made once.
static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
static JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The line of a signed-in user.
#[derive(Serialize, ToSchema)]
pub struct ResolvedLine<'a> {
    /// The number in E.164.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "+17635551111")]
    phone_number: PhoneNumber,
    /// The number in the digits of the default region, or in E.164 if it is another region's.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "7635551111")]
    phone_number_national: WrittenNumber,
    /// The user's e-mail address, in lower case.
    #[schema(example = "bobsmith@abccompany.com")]
    email: &'a str,
    /// The business group.
    #[schema(example = "abccompany")]
    business_group: &'a str,
    /// The name of the application that the user signed in to.
    #[schema(example = "portal")]
    application: &'a str,
    /// The user's tenant.
    #[serde(serialize_with = "guid_as_text")]
    #[schema(value_type = String)]
    tid: Guid,
    /// The user's object id in the tenant.
    #[serde(serialize_with = "guid_as_text")]
    #[schema(value_type = String)]
    oid: Guid,
}

fn as_text<T: Copy + Into<NumberText>, S: Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str((*number).into().as_str())
}

fn guid_as_text<S: Serializer>(guid: &Guid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(guid.text().as_str())
}

/// The path of the call.
const PATH: &str = "/v1/me";

/// How the middleware treats it: a line in the log for each call that goes well would cost more than the call, and its answers
/// say for themselves what they have to.
pub(crate) const POLICY: RoutePolicy = RoutePolicy {
    path: PATH,
    and_below: false,
    log: Level::DEBUG,
    private_headers: false,
    leaves_body: false,
    shortcut: Some(answer_at_once),
};

/// The call. It has a guard of its own: the framework's writes down in the request which methods it has looked for, which
/// takes longer than all the rest of the way to the handler.
pub(crate) struct ResolveLine;

impl HttpServiceFactory for ResolveLine {
    fn register(self, config: &mut AppService) {
        let is_get = guard::fn_guard(|call| call.head().method == Method::GET);
        Resource::new(PATH).guard(is_get).to(resolve_line).register(config);
    }
}

/// Resolve the caller's line
///
/// Validates the Microsoft Entra token and answers with the phone number that is mapped to its e-mail address.
#[utoipa::path(
    get,
    path = "/v1/me",
    impl_for = ResolveLine,
    operation_id = "resolveLine",
    tag = "resolving",
    security(("entra" = [])),
    responses(
        CommonProblems,
        (status = 200, body = ResolvedLine, description = "The line of the signed-in user"),
        (status = 403, description = "`tenant-not-linked`: the tenant is linked to no business group; `guest-not-allowed`: the group takes no guests; `forbidden`: an API key has no line"),
        (status = 404, description = "`no-mapping`: no number is mapped to the address"),
        (status = 409, description = "`identity-changed`: the mapping is pinned to another account of this address, or it is pinned to nobody \
                yet, and the address and the sign-in name of the token are mapped to two different numbers"),
        (status = 422, description = "`no-email-claim`: the token names no e-mail address"),
        (status = 503, description = "`unavailable`: the database does not answer; `keys-unavailable`: Microsoft's signing keys could not be fetched yet")
    )
)]
async fn resolve_line(request: HttpRequest, caller: SignedIn) -> Result<HttpResponse, Problem> {
    let services = Services::of(&request)?;
    let sign_in = &caller.token.sign_in;
    let line = resolving::resolve(services, sign_in).await;
    let line = line.map_err(|error| resolving::refused(services, &request, sign_in, error))?;
    Ok(answer(services, &caller, &line))
}

/// The answer to a caller with this line.
fn answer(services: &Services, caller: &SignedIn, line: &mappings::ResolvedLine<'_>) -> HttpResponse {
    let body = write(services.plan, &caller.token.sign_in, line);
    // Many tokens are sent once, and an answer takes more memory than all that is kept of its token.
    if caller.is_new {
        return respond(body.into());
    }
    // No room to grow.
    let body = Bytes::from(body.into_boxed_slice());
    caller.token.response.keep(Answer { line: line.found(), body: body.clone() });
    respond(body)
}

/// The answer to a caller for whom nothing has to be waited for: their token is in the cache or its key is, and so is their line.
/// A [`Shortcut`].
///
/// It is given before the framework looks for the call of the path: finding it, and the boxes around its handler, would
/// take as long as all that is done here but the signature.
///
/// [`Shortcut`]: crate::http::route_policy::Shortcut
fn answer_at_once(
    services: &Services,
    request: &HttpRequest,
    record: &mut CallRecord,
    now: Instant,
) -> Option<HttpResponse> {
    if request.method() != Method::GET {
        return None;
    }
    let caller = SignedIn::at_once(services, request, record)?;
    let sign_in = &caller.token.sign_in;
    if let Some(body) =
        caller.token.response.read(|answer: &Answer| answer.if_it_holds(services, sign_in, now)).flatten()
    {
        return Some(respond(body));
    }
    let Some(line) = resolving::resolve_at_once(services, sign_in, now) else {
        caller.defer(record);
        return None;
    };
    Some(answer(services, &caller, &line))
}

fn respond(body: Bytes) -> HttpResponse {
    let mut response = HttpResponse::with_body(StatusCode::OK, body).map_into_boxed_body();
    for (name, value) in [(CACHE_CONTROL, &NO_STORE), (CONTENT_TYPE, &JSON)] {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// An answer that was given to a token, and the line that it tells of.
struct Answer {
    line: CachedLine,
    body: Bytes,
}

impl Answer {
    fn if_it_holds(&self, services: &Services, sign_in: &SignIn, now: Instant) -> Option<Bytes> {
        services.resolver.holds(sign_in, &self.line, now).then(|| self.body.clone())
    }
}

fn write(plan: NumberingPlan, sign_in: &SignIn, line: &mappings::ResolvedLine<'_>) -> Vec<u8> {
    let answer = ResolvedLine {
        phone_number: line.phone_number,
        phone_number_national: plan.write(line.phone_number),
        email: line.email.as_str(),
        business_group: line.business_group().as_str(),
        application: sign_in.application.as_str(),
        tid: sign_in.tid,
        oid: sign_in.oid,
    };
    answer.to_json()
}

impl ResolvedLine<'_> {
    /// Writes it as `Serialize` says, in a fifth of the time: it is written for each token that is new.
    fn to_json(&self) -> Vec<u8> {
        let [number, national] = [NumberText::from(self.phone_number), NumberText::from(self.phone_number_national)];
        let [tid, oid] = [self.tid, self.oid].map(Guid::text);
        let texts = self.email.len() + self.business_group.len() + self.application.len();
        let mut json = Vec::with_capacity(BYTES_AROUND + number.as_bytes().len() + national.as_bytes().len() + texts);
        push_all(&mut json, [br#"{"phone_number":""#, number.as_bytes()]);
        push_all(&mut json, [br#"","phone_number_national":""#, national.as_bytes()]);
        for (before, text) in [
            (r#"","email":""#, self.email),
            (r#"","business_group":""#, self.business_group),
            (r#"","application":""#, self.application),
        ] {
            json.extend_from_slice(before.as_bytes());
            push_escaped(&mut json, text);
        }
        push_all(&mut json, [br#"","tid":""#, tid.as_bytes(), br#"","oid":""#, oid.as_bytes(), br#""}"#]);
        json
    }
}

fn push_all<const N: usize>(json: &mut Vec<u8>, texts: [&[u8]; N]) {
    for text in texts {
        json.extend_from_slice(text);
    }
}

/// Writes what stands between the quotes of a JSON string.
fn push_escaped(json: &mut Vec<u8>, text: &str) {
    // All bytes at once: to stop at the first would take longer.
    let is_special = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
    let is_plain = text.bytes().fold(0, |special, byte| special | is_special(byte)) == 0;
    if is_plain {
        json.extend_from_slice(text.as_bytes());
    } else {
        let quoted = Value::from(text).to_string();
        json.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_written_as_its_fields_say() {
        let plan = NumberingPlan::of_region("US").unwrap();
        for (number, text) in [(17_635_551_111, "bob@abc.com"), (442_079_460_000, "\"\\\n\u{1}\u{7f}é\u{2028}/'<")] {
            let phone_number = PhoneNumber::from_digits(number).unwrap();
            let guid = Guid::parse("a1a1a1a1-0000-4000-8000-0000000000aa").unwrap();
            let answer = ResolvedLine {
                phone_number,
                phone_number_national: plan.write(phone_number),
                email: text,
                business_group: text,
                application: text,
                tid: guid,
                oid: guid,
            };
            let json = answer.to_json();
            assert!(json.capacity() == json.len() || text.contains('"'), "{}", json.len());
            assert_eq!(String::from_utf8(json).unwrap(), serde_json::to_string(&answer).unwrap());
        }
    }
}
