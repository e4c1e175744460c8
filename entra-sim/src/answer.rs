//! How answers are written: Entra's error JSON, redirects with parameters, and the parameters of a request.

use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::StatusCode;
use actix_web::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::http::header::LOCATION;
use serde_json::Value;
use serde_json::json;
use url::Url;
use url::form_urlencoded;
use uuid::Uuid;

use crate::pages;

/// The parameters of a query and a form together.
pub(crate) struct Params(HashMap<String, String>);

impl Params {
    pub(crate) fn of(request: &HttpRequest, body: &[u8]) -> Self {
        let query = form_urlencoded::parse(request.query_string().as_bytes());
        let pairs = query.chain(form_urlencoded::parse(body));
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

/// An error with its OAuth code and its AADSTS number.
#[derive(Clone, Copy)]
pub(crate) struct OAuthError {
    pub(crate) error: &'static str,
    pub(crate) number: u32,
    pub(crate) text: &'static str,
}

impl OAuthError {
    pub(crate) const UNKNOWN_APPLICATION: Self =
        Self { error: "unauthorized_client", number: 700_016, text: "The application was not found in the directory." };

    pub(crate) fn description(self) -> String {
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        format!("AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation}", self.number, self.text)
    }

    /// As the token endpoint writes it.
    pub(crate) fn to_json(self) -> HttpResponse {
        let status = if self.error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        let body = json!({
            "error": self.error,
            "error_description": self.description(),
            "error_codes": [self.number],
            "trace_id": Uuid::new_v4(),
            "correlation_id": Uuid::new_v4(),
        });
        token_answer(status, &body)
    }

    /// As a page: where the answer may not be sent to the address that the request names.
    pub(crate) fn to_page(self) -> HttpResponse {
        pages::page(
            StatusCode::BAD_REQUEST,
            "Sign-in failed",
            &format!("<p>{}</p>", pages::escape(&self.description())),
        )
    }
}

/// An answer that nobody may keep and every origin may read.
pub(crate) fn token_answer(status: StatusCode, body: &Value) -> HttpResponse {
    let mut answer = open_to_all(status);
    answer.insert_header((CACHE_CONTROL, "no-store, no-cache")).json(body)
}

pub(crate) fn open_to_all(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    answer
}

/// How an answer goes back through the browser.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

/// Sends parameters back to the application.
pub(crate) fn send_back(redirect_uri: &str, mode: ResponseMode, parameters: &[(&str, String)]) -> HttpResponse {
    if mode == ResponseMode::FormPost {
        return pages::form_post(redirect_uri, parameters);
    }
    let Ok(mut uri) = Url::parse(redirect_uri) else {
        return HttpResponse::BadRequest().finish();
    };
    if mode == ResponseMode::Query {
        uri.query_pairs_mut().extend_pairs(parameters.iter().map(|(name, value)| (name, value)));
    } else {
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        uri.set_fragment(Some(&encoded));
    }
    HttpResponse::Found().insert_header((LOCATION, uri.as_str())).finish()
}
