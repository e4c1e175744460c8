//! The body of an answer, within a limit.

use reqwest::Response;

/// The longest answer that is read, in bytes. Entra's have some 20 KiB.
pub(super) const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Why a body could not be read.
pub(super) enum BodyError {
    /// It is longer than [`MAX_ANSWER_BYTES`].
    TooLarge,
    /// It did not arrive.
    Broken(reqwest::Error),
}

/// Reads a body to its end.
///
/// # Errors
/// [`BodyError`]
pub(super) async fn read(mut response: Response) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The error with its sources, without the URL that is told beside it.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let mut source = std::error::Error::source(error);
    let mut reason = if error.is_timeout() { "it took too long".to_owned() } else { "no answer".to_owned() };
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    reason
}
