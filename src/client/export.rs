//! An export, as it comes.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ETAG, TRANSFER_ENCODING};
use reqwest::{Response, Version};
use tokio::time::timeout;

use crate::client::error::ClientError;
use crate::client::server_url::ServerUrl;
use crate::domain::revision_tag::RevisionTag;

/// How long an export may stand still.
const IDLE_LIMIT: Duration = Duration::from_mins(1);

/// The mappings of one revision as a file.
pub struct Export {
    url: ServerUrl,
    answer: Response,
}

impl Export {
    /// Refuses an answer that does not say where it ends: nobody could tell whether it came whole.
    pub(super) fn new(url: ServerUrl, answer: Response) -> Result<Self, ClientError> {
        if says_where_it_ends(&answer) {
            return Ok(Self { url, answer });
        }
        let what = "an export without a length, of which nobody can say whether it is whole".to_owned();
        Err(ClientError::Foreign { url, what })
    }

    /// The revision that it is of.
    #[must_use]
    pub fn revision(&self) -> Option<i64> {
        let tag = self.answer.headers().get(ETAG)?.to_str().ok()?;
        RevisionTag::parse(tag).map(|tag| tag.0)
    }

    /// The next piece of it; nothing after the last, if all of it has come.
    ///
    /// # Errors
    /// If it breaks off or stands still.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        match timeout(IDLE_LIMIT, self.answer.chunk()).await {
            Ok(piece) => piece.map_err(|error| ClientError::of_call(&self.url, &error)),
            Err(_) => Err(ClientError::BrokenOff { reason: "nothing comes any more".to_owned() }),
        }
    }
}

/// The end of a body of HTTP/1 is told by its length or its last chunk; of one that has neither, by the end of the
/// connection, which a failure has too.
fn says_where_it_ends(answer: &Response) -> bool {
    let chunked = answer.headers().get(TRANSFER_ENCODING).is_some();
    chunked || answer.content_length().is_some() || answer.version() >= Version::HTTP_2
}
