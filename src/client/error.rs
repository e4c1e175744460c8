//! What can go wrong with a call.

use std::error::Error;

use crate::client::answers::Refusal;
use crate::client::server_url::ServerUrl;

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is nobody at the address.
    #[error("{url} can't be reached: {reason}")]
    Unreachable {
        /// The address.
        url: ServerUrl,
        /// Why.
        reason: String,
    },
    /// The call or its answer did not get through whole.
    #[error("the call broke off: {reason}")]
    BrokenOff {
        /// Why.
        reason: String,
    },
    /// Somebody else's answer.
    #[error("{url} gives no answer of Signline ({what})")]
    Foreign {
        /// The address.
        url: ServerUrl,
        /// What came instead.
        what: String,
    },
    /// The service says no.
    #[error("{}: {}", .0.title, .0.detail)]
    Refused(Box<Refusal>),
    /// TLS can't be had.
    #[error("no HTTPS client can be made: {0}")]
    Tls(String),
}

impl ClientError {
    pub(super) fn of_call(url: &ServerUrl, error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::Unreachable { url: url.clone(), reason: reason(error) }
        } else {
            Self::BrokenOff { reason: reason(error) }
        }
    }
}

/// The innermost cause, which says most.
pub(super) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut source = error.source();
    let mut reason = error.to_string();
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    reason
}
