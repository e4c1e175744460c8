//! JSON bodies, and what is wrong with one.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::rt::time::timeout;
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::http::extract::{Input, Object, check_encoding};
use crate::http::problem::{Problem, ProblemKind};

/// The largest JSON body that is read of most calls, in bytes: a thousand number ranges fit twice.
pub const MAX_JSON_BYTES: usize = 128 * 1024;

/// How long a JSON body may take to arrive.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A JSON body of so many bytes at most. Its type denies unknown fields.
pub struct Json<T, const MAX_BYTES: usize = MAX_JSON_BYTES>(pub T);

impl<T: DeserializeOwned, const MAX_BYTES: usize> Input for Json<T, MAX_BYTES> {
    async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        check_type(request, "application/json")?;
        parse(&read_whole(request, payload, MAX_BYTES).await?).map(Self)
    }
}

/// Refuses a body of another media type than this one.
pub(super) fn check_type(request: &HttpRequest, wanted: &str) -> Result<(), Problem> {
    let sent = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = sent.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::UnsupportedMediaType, format!("Send the body as Content-Type: {wanted}.")))
}

/// Reads a small body to its end.
pub(super) async fn read_whole(request: &HttpRequest, payload: &mut Payload, most: usize) -> Result<Vec<u8>, Problem> {
    check_encoding(request, "body")?;
    timeout(TIME_LIMIT, read_body(request, payload, most))
        .await
        .map_err(|_| Problem::new(ProblemKind::RequestTimeout, "The body did not arrive within 10 seconds."))?
}

async fn read_body(request: &HttpRequest, payload: &mut Payload, most: usize) -> Result<Vec<u8>, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse().ok()).is_some_and(|length: u64| length > most as u64) {
        return Err(too_large(most));
    }
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(ProblemKind::MalformedRequest, format!("The body can't be read: {error}."))
        })?;
        if body.len() + chunk.len() > most {
            return Err(too_large(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large(most: usize) -> Problem {
    Problem::new(ProblemKind::TooLarge, format!("The body of this call may have {most} bytes."))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Read once for its form alone: what is not JSON is told so, before what is wrong in it.
    serde_json::from_slice::<IgnoredAny>(body).map_err(|error| malformed(&error))?;
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read: Result<Object<T>, _> = serde_path_to_error::deserialize(&mut reader);
    read.map(|Object(value)| value).map_err(|error| to_problem(&error))
}

/// What is wrong with JSON that could be read, and with which field.
fn to_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let (path, text) = (error.path().to_string(), message(error.inner()));
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    match (path.as_str(), missing) {
        (".", Some(name)) => Problem::invalid_field(name, "this field is missing"),
        (_, Some(name)) => Problem::invalid_field(&format!("{path}.{name}"), "this field is missing"),
        (".", None) => Problem::invalid_field("body", text),
        (_, None) => Problem::invalid_field(&path, text),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(ProblemKind::MalformedRequest, format!("The body is not JSON: {error}."))
}

/// The error without its line and column, which say little to who reads the field's name.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
