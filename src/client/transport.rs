//! The way of a call and its answer over HTTP.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Response, redirect};
use serde::de::DeserializeOwned;

use crate::client::answers::Refusal;
use crate::client::error::{ClientError, reason};
use crate::client::server_url::ServerUrl;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The longest answer that is read into memory, in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// TLS is rustls with the system's certificates; `SSL_CERT_FILE` names others.
pub(super) fn http_client(url: &ServerUrl) -> Result<reqwest::Client, ClientError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("signline/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_LIMIT)
        // The key is for the service that the caller named, and for no other that this one names.
        .redirect(redirect::Policy::none());
    if url.is_loopback() {
        builder = builder.no_proxy();
    }
    if !url.is_encrypted() {
        // Certificates have no part in it, and a machine may have none.
        builder = builder.tls_certs_only(std::iter::empty::<Certificate>());
    }
    builder.build().map_err(|error| ClientError::Tls(reason(&error)))
}

/// The answer, if it is a success; else the service's problem.
pub(super) async fn accepted(url: &ServerUrl, answer: Response) -> Result<Response, ClientError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let foreign = ClientError::Foreign { url: url.clone(), what: format!("HTTP status {status}") };
    if !has_type(&answer, "application/problem+json") {
        return Err(foreign);
    }
    let body = whole_body(url, answer).await?;
    match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) => Err(ClientError::Refused(Box::new(refusal))),
        Err(_) => Err(foreign),
    }
}

/// What the answer says.
pub(super) async fn read<T: DeserializeOwned>(url: &ServerUrl, answer: Response) -> Result<T, ClientError> {
    let body = whole_body(url, answer).await?;
    serde_json::from_slice(&body)
        .map_err(|error| ClientError::Foreign { url: url.clone(), what: format!("its JSON: {error}") })
}

/// Whether the answer is of this media type.
pub(super) fn has_type(answer: &Response, media_type: &str) -> bool {
    let header = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = header.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(media_type)
}

async fn whole_body(url: &ServerUrl, mut answer: Response) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| ClientError::of_call(url, &error))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            let what = format!("more than {MAX_ANSWER_BYTES} bytes");
            return Err(ClientError::Foreign { url: url.clone(), what });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
