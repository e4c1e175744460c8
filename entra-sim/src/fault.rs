//! Faults on demand: what an endpoint does instead of answering as it should.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::rt::time::sleep;
use actix_web::web::Bytes;
use futures_util::{StreamExt, stream};
use serde::Deserialize;

use crate::answer::{JSON, open_to_all};

/// More than any answer that a client reads to its end.
const OVERSIZED_BYTES: usize = 2 * 1024 * 1024;

/// How long the first half of an answer has to arrive before the connection breaks off.
const BREAK_OFF_AFTER: Duration = Duration::from_millis(50);

/// An endpoint that can be told to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The discovery documents.
    Discovery,
    /// The key sets.
    Keys,
    /// The token endpoint.
    Token,
}

/// How it fails.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It answers with this status and no body.
    Status(u16),
    /// It answers well, so many milliseconds late.
    DelayMs(u64),
    /// It breaks the connection off in the middle of the answer.
    BreakOff,
    /// It answers with something that is not JSON.
    Garbage,
    /// It answers with more than a megabyte.
    Oversized,
    /// It redirects to this URL.
    RedirectTo(String),
    /// The discovery document names keys under this base.
    ForeignJwksHost(String),
    /// It answers with this body.
    Body(String),
}

impl Fault {
    /// Whether the endpoint can fail so: why not.
    pub(crate) fn check(&self, endpoint: Endpoint) -> Result<(), &'static str> {
        match self {
            Self::Status(status) if !(200..=599).contains(status) => Err("a status is 200 to 599"),
            Self::RedirectTo(url) if HeaderValue::from_str(url).is_err() => Err("that URL can't stand in a header"),
            Self::ForeignJwksHost(_) if endpoint != Endpoint::Discovery => Err("only discovery names a host of keys"),
            _ => Ok(()),
        }
    }

    /// What is answered instead; `None` if the answer is as it should be.
    pub(crate) fn answer(self) -> Option<HttpResponse> {
        match self {
            Self::DelayMs(_) | Self::ForeignJwksHost(_) => None,
            Self::Status(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Some(open_to_all(status).finish())
            }
            Self::BreakOff => Some(broken_off()),
            Self::Garbage => {
                Some(open_to_all(StatusCode::OK).content_type("text/html").body("<html>captive portal</html>"))
            }
            Self::Oversized => {
                Some(open_to_all(StatusCode::OK).content_type(JSON).body(" ".repeat(OVERSIZED_BYTES) + "{}"))
            }
            Self::RedirectTo(url) => Some(open_to_all(StatusCode::FOUND).insert_header((LOCATION, url)).finish()),
            Self::Body(body) => Some(open_to_all(StatusCode::OK).content_type(JSON).body(body)),
        }
    }
}

/// Half an answer. The end waits until the half is on its way, or the server would send neither.
fn broken_off() -> HttpResponse {
    let half = stream::once(async { Ok(Bytes::from_static(b"{\"keys\": [")) });
    let broken = stream::once(async {
        sleep(BREAK_OFF_AFTER).await;
        Err(std::io::Error::other("broken off on demand"))
    });
    open_to_all(StatusCode::OK).content_type(JSON).streaming(half.chain(Box::pin(broken)))
}

/// How often was asked, answered well or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetches {
    /// For discovery documents.
    pub discovery: u64,
    /// For key sets.
    pub keys: u64,
}
