//! How answers are written: JSON, and redirects with parameters.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, LOCATION,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::pages;

/// The content type of JSON, with the words that Entra has.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// An answer that nobody may keep and every origin may read.
pub(crate) fn token_answer(status: StatusCode, body: &Value) -> HttpResponse {
    let mut answer = open_to_all(status);
    answer.insert_header((CACHE_CONTROL, "no-store, no-cache"));
    json(&mut answer, body)
}

/// An answer that every origin may read.
pub(crate) fn open_to_all(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    answer
}

pub(crate) fn json(answer: &mut HttpResponseBuilder, body: &Value) -> HttpResponse {
    answer.content_type(JSON).body(body.to_string())
}

/// What a browser asks before a script of another origin may ask.
pub(crate) async fn preflight() -> HttpResponse {
    open_to_all(StatusCode::NO_CONTENT)
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization"))
        .finish()
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
    if mode == ResponseMode::Fragment {
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        uri.set_fragment(Some(&encoded));
    } else if !parameters.is_empty() {
        uri.query_pairs_mut().extend_pairs(parameters.iter().map(|(name, value)| (name, value)));
    }
    HttpResponse::Found().insert_header((LOCATION, uri.as_str())).finish()
}
