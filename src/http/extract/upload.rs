//! Uploaded files: as the body or as the one file of a form, no larger and no slower than allowed.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_multipart::{Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::rt::time::timeout;
use bytes::Bytes;
use futures_util::stream::LocalBoxStream;
use futures_util::{Stream, StreamExt, stream};
use tokio::time::Instant;

use crate::http::extract::Input;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::services::Services;

/// How long an upload may stand still.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// How long an upload may take whatever its size, and how fast it must be beyond that, in bytes a second: who sends a
/// byte now and then would keep others from importing.
const GRACE: Duration = Duration::from_mins(1);
const LEAST_PACE: u64 = 4096;

/// What the wrapping of a multipart form may add to the file, in bytes.
const FORM_ALLOWANCE: u64 = 64 * 1024;

/// The media type of an Excel workbook.
pub(crate) const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// An uploaded file, as it arrives: the body itself (`text/csv`, or a workbook's type), or the one file of a form
/// (`multipart/form-data`). What the file is is told from its bytes, whatever the type says: browsers guess.
///
/// It ends with an error if it grows larger than allowed, stands still or crawls, breaks off, or is not the form's only
/// file: who reads it to the end without one has it whole.
pub struct Upload(LocalBoxStream<'static, Result<Bytes, Problem>>);

impl Input for Upload {
    async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let limit = Services::of(request)?.max_import_bytes;
        check_encoding(request, "file")?;
        let file = match media_type(request).as_str() {
            "text/csv" | WORKBOOK => whole_body(request, payload, limit)?,
            "multipart/form-data" => file_of_form(request, payload, limit)?,
            _ => return Err(wrong_type()),
        };
        Ok(Self(at_most(limit, file)))
    }
}

impl Stream for Upload {
    type Item = Result<Bytes, Problem>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

type Chunks = LocalBoxStream<'static, Result<Bytes, Problem>>;

fn whole_body(request: &HttpRequest, payload: &mut Payload, limit: u64) -> Result<Chunks, Problem> {
    check_length(request, limit, limit)?;
    let payload = payload.take().map(|chunk| chunk.map_err(|error| broken_off(&error)));
    Ok(stream::unfold(payload.boxed_local(), |mut payload| async {
        let chunk = within_idle_limit(payload.next()).await;
        chunk.transpose().map(|chunk| (chunk.and_then(|inner| inner), payload))
    })
    .boxed_local())
}

fn file_of_form(request: &HttpRequest, payload: &mut Payload, limit: u64) -> Result<Chunks, Problem> {
    check_length(request, limit + FORM_ALLOWANCE, limit)?;
    let form = Multipart::new(request.headers(), payload.take());
    Ok(stream::unfold(FormReader { form, file: None, found: false, done: false }, |mut reader| async {
        let chunk = reader.next().await.transpose()?;
        reader.done = chunk.is_err();
        Some((chunk, reader))
    })
    .boxed_local())
}

/// Reads the one file of a form.
struct FormReader {
    form: Multipart,
    file: Option<actix_multipart::Field>,
    found: bool,
    done: bool,
}

impl FormReader {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        while !self.done {
            if let Some(file) = &mut self.file {
                match within_idle_limit(file.next()).await? {
                    Some(chunk) => return chunk.map(Some).map_err(|error| malformed_form(&error)),
                    None => self.file = None,
                }
            }
            self.next_field().await?;
        }
        Ok(None)
    }

    async fn next_field(&mut self) -> Result<(), Problem> {
        match within_idle_limit(self.form.next()).await? {
            Some(_) if self.found => Err(one_file()),
            Some(field) => {
                self.file = Some(field.map_err(|error| malformed_form(&error))?);
                self.found = true;
                Ok(())
            }
            None if self.found => {
                self.done = true;
                Ok(())
            }
            None => Err(one_file()),
        }
    }
}

async fn within_idle_limit<T>(step: impl Future<Output = Option<T>>) -> Result<Option<T>, Problem> {
    timeout(IDLE_LIMIT, step).await.map_err(|_| {
        Problem::new(ProblemKind::RequestTimeout, "The upload stood still for 30 seconds; nothing was changed.")
    })
}

fn at_most(limit: u64, chunks: Chunks) -> Chunks {
    let begun = Instant::now();
    chunks
        .scan(0, move |read, chunk| {
            let chunk = chunk.and_then(|bytes| {
                *read += bytes.len() as u64;
                if *read > limit {
                    return Err(too_large(limit));
                }
                if crawls(*read, begun.elapsed()) { Err(too_slow()) } else { Ok(bytes) }
            });
            std::future::ready(Some(chunk))
        })
        .boxed_local()
}

/// Whether so much has taken too long.
fn crawls(bytes: u64, took: Duration) -> bool {
    took > GRACE + Duration::from_secs(bytes / LEAST_PACE)
}

fn media_type(request: &HttpRequest) -> String {
    let sent = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Refuses what is packed; `what` says what was sent.
pub(super) fn check_encoding(request: &HttpRequest, what: &str) -> Result<(), Problem> {
    match request.headers().get(CONTENT_ENCODING).map(actix_http::header::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(()),
        Some(_) => {
            let detail = format!("Send the {what} without Content-Encoding.");
            Err(Problem::new(ProblemKind::UnsupportedMediaType, detail))
        }
    }
}

fn check_length(request: &HttpRequest, allowed: u64, limit: u64) -> Result<(), Problem> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match length.and_then(|text| text.parse::<u64>().ok()) {
        Some(length) if length > allowed => Err(too_large(limit)),
        _ => Ok(()),
    }
}

fn wrong_type() -> Problem {
    let detail = format!(
        "Send the file as Content-Type: text/csv or {WORKBOOK}, or as the one file of a multipart/form-data form."
    );
    Problem::new(ProblemKind::UnsupportedMediaType, detail)
}

fn too_large(limit: u64) -> Problem {
    Problem::new(ProblemKind::TooLarge, format!("A file may have {limit} bytes. Nothing was changed."))
}

fn too_slow() -> Problem {
    let detail = format!("The upload came more slowly than {LEAST_PACE} bytes a second; nothing was changed.");
    Problem::new(ProblemKind::RequestTimeout, detail)
}

fn one_file() -> Problem {
    Problem::new(ProblemKind::MalformedRequest, "The form must have one file and nothing else. Nothing was changed.")
}

fn malformed_form(error: &MultipartError) -> Problem {
    let detail = format!("The form can't be read: {error}. Nothing was changed.");
    Problem::new(ProblemKind::MalformedRequest, detail)
}

fn broken_off(error: &PayloadError) -> Problem {
    let detail = match error {
        PayloadError::Incomplete(_) => "The upload broke off before its end. Nothing was changed.".to_owned(),
        _ => format!("The upload broke off: {error}. Nothing was changed."),
    };
    Problem::new(ProblemKind::MalformedRequest, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_that_crawls_is_told_from_one_over_a_slow_line() {
        let mebibyte = 1024 * 1024;
        assert!(!crawls(0, Duration::from_secs(59)));
        assert!(!crawls(64 * mebibyte, Duration::from_hours(4)));
        assert!(!crawls(mebibyte, Duration::from_mins(5)));
        assert!(crawls(1000, Duration::from_secs(61)));
        assert!(crawls(mebibyte, Duration::from_mins(6)));
    }
}
