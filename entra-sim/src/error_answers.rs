//! Errors as Entra tells them: to a program, to a person, and to an application by way of a browser.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::answer::token_answer;
use crate::asked::Asked;
use crate::oauth_error::OAuthError;
use crate::{clock, pages};

/// As the token endpoint writes it.
pub(crate) fn to_json(error: &OAuthError, asked: &Asked) -> HttpResponse {
    let status = if error.error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let reported = ReportedError::new(error, asked);
    let body = json!({
        "error": error.error,
        "error_description": reported.description(),
        "error_codes": [error.number],
        "timestamp": reported.timestamp,
        "trace_id": reported.trace,
        "correlation_id": reported.correlation,
        "error_uri": reported.uri(),
    });
    token_answer(status, &body)
}

/// As a page: where the answer may not be sent to the address that the request names.
pub(crate) fn to_page(error: &OAuthError, asked: &Asked) -> HttpResponse {
    let text = ReportedError::new(error, asked).description();
    pages::page(StatusCode::BAD_REQUEST, "Sign-in failed", &format!("<p>{}</p>", pages::escape(&text)))
}

/// As parameters for the application.
pub(crate) fn to_parameters(error: &OAuthError, asked: &Asked) -> Vec<(&'static str, String)> {
    let reported = ReportedError::new(error, asked);
    let mut parameters = vec![
        ("error", error.error.to_owned()),
        ("error_description", reported.description()),
        ("error_uri", reported.uri()),
    ];
    parameters.extend(asked.params.pair("state"));
    parameters
}

/// An error that is reported once.
struct ReportedError<'a> {
    error: &'a OAuthError,
    base: &'a str,
    trace: Uuid,
    correlation: Uuid,
    timestamp: String,
}

impl<'a> ReportedError<'a> {
    fn new(error: &'a OAuthError, asked: &'a Asked) -> Self {
        let (trace, correlation, timestamp) = (Uuid::new_v4(), asked.correlation_id(), clock::timestamp());
        Self { error, base: asked.base(), trace, correlation, timestamp }
    }

    fn description(&self) -> String {
        let OAuthError { number, text, .. } = self.error;
        let Self { trace, correlation, timestamp, .. } = self;
        format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}")
    }

    fn uri(&self) -> String {
        format!("{}/error?code={}", self.base, self.error.number)
    }
}
