//! The one error type of the HTTP edge: `application/problem+json` (RFC 9457).
//!
//! Every refusal of a port and every error of a feature becomes a [`Problem`]: of one table of kinds, in `kind`, and by
//! one list of `From`, in `from_features`.

mod kind;

pub use kind::ProblemKind;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::audit::NewAuditEvent;
use crate::domain::business_group::BusinessGroupId;
use crate::ports::store_error::{StoreError, StoreFault};

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The field, such as `number_ranges[0].first`.
    #[schema(example = "number_ranges[0].first")]
    pub field: String,
    /// What is wrong with it and what to do.
    pub message: String,
}

/// An error as callers see it.
#[derive(Debug)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    members: Vec<(&'static str, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log alone.
    cause: Option<Box<dyn Error + Send + Sync>>,
    /// In a box of its own: few problems have any of it.
    more: Option<Box<More>>,
}

/// What few problems have.
#[derive(Debug, Default)]
struct More {
    denial: Option<Denial>,
    event: Option<NewAuditEvent>,
    body: Option<OwnBody>,
    status: Option<StatusCode>,
}

/// That a call was refused because its sender had not the right to make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The business group that the sender belongs to for certain.
    pub own_group: Option<BusinessGroupId>,
}

/// What is answered in place of JSON.
#[derive(Debug)]
struct OwnBody {
    media_type: &'static str,
    text: Bytes,
}

impl Problem {
    /// A problem of a kind; `detail` is for people and names no secret, token or e-mail address of another group.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), members: Vec::new(), headers: Vec::new(), cause: None, more: None }
    }

    /// A fault inside: the caller learns that there was one, the log learns which.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let detail = "The fault is logged under this request_id.";
        Self { cause: Some(cause.into()), ..Self::new(ProblemKind::Internal, detail) }
    }

    /// What the store's fault is to the caller: it does not answer, or takes nothing more, or not this, or
    /// found that the caller's right is gone.
    #[must_use]
    pub fn unavailable(cause: StoreError) -> Self {
        match cause.fault() {
            StoreFault::Unanswered => Self::unanswered(cause),
            StoreFault::Full => Self::full(cause),
            StoreFault::RefusedValue => Self::refused_value(cause),
            StoreFault::LostRight(lost) => Self::from(lost),
            StoreFault::TemporaryFolder => Self::temporary_folder(cause),
        }
    }

    fn unanswered(cause: StoreError) -> Self {
        let detail = "The database does not answer. Nothing was changed unless another answer says so; try again.";
        let problem = Self { cause: Some(cause.into()), ..Self::new(ProblemKind::Unavailable, detail) };
        problem.header(RETRY_AFTER, "1")
    }

    /// The database takes a value in no way, however often it is tried.
    fn refused_value(cause: StoreError) -> Self {
        let detail = "The database does not take a value of this request, so nothing was changed. Which one, it does not say: \
             look for unusual signs in it. The rule is logged under this request_id.";
        Self { cause: Some(cause.into()), ..Self::new(ProblemKind::InvalidRequest, detail) }
    }

    /// No temporary file can be written.
    fn temporary_folder(cause: StoreError) -> Self {
        let detail = "The server's folder for temporary files can't be written, so this file can't be taken or made; nothing was \
             changed. Whoever runs the service has to correct that: `signline doctor` names the folder.";
        let problem = Self { cause: Some(cause.into()), ..Self::new(ProblemKind::Unavailable, detail) };
        problem.header(RETRY_AFTER, "30")
    }

    /// There is no room left to write to.
    pub fn full(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let detail = "A disk of the service is full, so nothing was changed. What is there can still be read; whoever runs \
             the service has to make room.";
        let problem = Self { cause: Some(cause.into()), ..Self::new(ProblemKind::Unavailable, detail) };
        problem.header(RETRY_AFTER, "30")
    }

    /// 401 for a call without a credential (RFC 6750, section 3.1: no error code then).
    #[must_use]
    pub fn unauthenticated() -> Self {
        let detail = "Send `Authorization: Bearer ` and an API key or a Microsoft Entra token.";
        Self::new(ProblemKind::Unauthenticated, detail).header(WWW_AUTHENTICATE, "Bearer")
    }

    /// 401 for a credential that is not good; `why` is shown, also in the challenge, and holds nothing of the token.
    pub fn invalid_token(why: impl fmt::Display) -> Self {
        let challenge = r#"Bearer error="invalid_token""#;
        Self::new(ProblemKind::InvalidToken, why.to_string()).header(WWW_AUTHENTICATE, challenge)
    }

    /// 429 with the time after which it is worth trying again.
    pub fn too_many_requests(detail: impl Into<String>, wait: Duration) -> Self {
        let seconds = wait.as_millis().div_ceil(1000).max(1).to_string();
        Self::new(ProblemKind::TooManyRequests, detail).header(RETRY_AFTER, &seconds)
    }

    /// 404 for a path or a thing that is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }

    /// 405 with the methods that the path takes.
    #[must_use]
    pub fn method_not_allowed(allowed: &str) -> Self {
        Self::new(ProblemKind::MethodNotAllowed, format!("The path takes {allowed}.")).header(ALLOW, allowed)
    }

    /// 422 with the wrong fields.
    #[must_use]
    pub fn invalid_request(errors: &[FieldError]) -> Self {
        let reasons: Vec<_> = errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
        Self::new(ProblemKind::InvalidRequest, reasons.join("; ")).wrong_fields(errors)
    }

    /// Adds the wrong fields.
    #[must_use]
    pub fn wrong_fields(self, errors: &[FieldError]) -> Self {
        self.member("errors", serde_json::json!(errors))
    }

    /// 422 with one wrong field.
    pub fn invalid_field(field: &str, message: impl fmt::Display) -> Self {
        Self::invalid_request(&[FieldError { field: field.to_owned(), message: message.to_string() }])
    }

    /// Adds a member of the kind's own.
    #[must_use]
    pub fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        debug_assert!(
            self.kind.members().contains(&name),
            "the table of kinds has no member {name} of {:?}",
            self.kind
        );
        self.members.push((name, value.into()));
        self
    }

    /// Adds a header; a value that no header can hold is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Says that the caller, who belongs to this business group for certain, had not the right to make the call: the
    /// attempt goes into the audit log.
    #[must_use]
    pub fn denied_to(mut self, own_group: Option<BusinessGroupId>) -> Self {
        self.more.get_or_insert_default().denial = Some(Denial { own_group });
        self
    }

    /// Says what the audit log is to tell of the call.
    #[must_use]
    pub fn written_down_as(mut self, event: NewAuditEvent) -> Self {
        self.more.get_or_insert_default().event = Some(event);
        self
    }

    /// Is answered with this text in place of JSON.
    #[must_use]
    pub fn with_body(mut self, media_type: &'static str, text: impl Into<Bytes>) -> Self {
        self.more.get_or_insert_default().body = Some(OwnBody { media_type, text: text.into() });
        self
    }

    /// Is answered with this status in place of its kind's.
    #[must_use]
    pub fn answered_with(mut self, status: StatusCode) -> Self {
        self.more.get_or_insert_default().status = Some(status);
        self
    }

    /// Set if the caller had not the right to make the call.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        self.more.as_ref()?.denial.as_ref()
    }

    /// What the audit log is to tell of the call, if that was said.
    #[must_use]
    pub fn event(&self) -> Option<&NewAuditEvent> {
        self.more.as_ref()?.event.as_ref()
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// The status that it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.more.as_ref().and_then(|more| more.status).unwrap_or_else(|| self.kind.status())
    }

    /// What is for the log alone.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.cause.as_deref()
    }

    /// The answer. The request id is known to the middleware that gives it out, and to nobody before.
    #[must_use]
    pub fn to_response(&self, request_id: Option<&str>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        for header in &self.headers {
            response.append_header(header.clone());
        }
        response.insert_header((CACHE_CONTROL, "no-store"));
        match self.more.as_ref().and_then(|more| more.body.as_ref()) {
            Some(own) => response.content_type(own.media_type).body(own.text.clone()),
            None => response.content_type(MEDIA_TYPE).json(self.body(request_id)),
        }
    }

    fn body<'a>(&'a self, request_id: Option<&'a str>) -> Body<'a> {
        Body {
            r#type: self.kind.type_uri(),
            title: self.kind.title(),
            status: self.status().as_u16(),
            detail: &self.detail,
            request_id,
            members: self.members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        }
    }
}

/// A problem as it is written.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.slug(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.to_response(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves T-85
    #[test]
    fn a_fault_inside_is_told_to_the_log_alone() {
        let problem = Problem::internal("password=hunter2");
        assert!(problem.cause().is_some());
        assert!(!problem.to_string().contains("hunter2"));
    }
}
