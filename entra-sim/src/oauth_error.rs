//! Errors as Entra writes them.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::answer::token_answer;
use crate::asked::Asked;
use crate::clock;
use crate::pages;

/// An error with its OAuth code and its AADSTS number.
#[derive(Clone, Debug)]
pub(crate) struct OAuthError {
    error: &'static str,
    number: u32,
    text: Cow<'static, str>,
}

impl OAuthError {
    pub(crate) const fn new(error: &'static str, number: u32, text: &'static str) -> Self {
        Self { error, number, text: Cow::Borrowed(text) }
    }

    /// A parameter is missing.
    pub(crate) fn missing(parameter: &str) -> Self {
        let text = format!("The required field '{parameter}' is missing from the request.");
        Self { error: "invalid_request", number: 90014, text: Cow::Owned(text) }
    }

    /// Nobody knows the application.
    pub(crate) fn unknown_application() -> Self {
        Self::new("unauthorized_client", 700_016, "The application was not found in the directory.")
    }

    /// As the token endpoint writes it.
    pub(crate) fn to_json(&self, asked: &Asked) -> HttpResponse {
        let status = if self.error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        let told = Told::new(self, asked);
        let body = json!({
            "error": self.error,
            "error_description": told.description(),
            "error_codes": [self.number],
            "timestamp": told.timestamp,
            "trace_id": told.trace,
            "correlation_id": told.correlation,
            "error_uri": told.uri(),
        });
        token_answer(status, &body)
    }

    /// As a page: where the answer may not be sent to the address that the request names.
    pub(crate) fn to_page(&self, asked: &Asked) -> HttpResponse {
        let text = Told::new(self, asked).description();
        pages::page(StatusCode::BAD_REQUEST, "Sign-in failed", &format!("<p>{}</p>", pages::escape(&text)))
    }

    /// As parameters for the application.
    pub(crate) fn to_parameters(&self, asked: &Asked) -> Vec<(&'static str, String)> {
        let told = Told::new(self, asked);
        let mut parameters = vec![
            ("error", self.error.to_owned()),
            ("error_description", told.description()),
            ("error_uri", told.uri()),
        ];
        parameters.extend(asked.params.pair("state"));
        parameters
    }
}

/// An error that is told once.
struct Told<'a> {
    error: &'a OAuthError,
    base: &'a str,
    trace: Uuid,
    correlation: Uuid,
    timestamp: String,
}

impl<'a> Told<'a> {
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
