//! How a command ends that did not do what it was asked, and its exit status.

use std::fmt;

use crate::cli::terminal::shown;
use crate::client::{ClientError, Refusal};
use crate::domain::import::LargeChange;

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Anything else: settings, files, network, the service's other refusals.
    Error = 1,
    /// A wrong command line, which clap ends with it too.
    Usage = 2,
    /// The file has problems.
    Rejected = 3,
    /// The mappings changed since the preview or the export.
    Stale = 4,
    /// Nobody agreed.
    Unconfirmed = 5,
}

/// The end of a command that failed.
#[derive(Debug)]
pub struct Failure {
    /// The exit status.
    pub status: Status,
    message: String,
    /// What the service said.
    pub(super) refusal: Option<Box<Refusal>>,
}

impl Failure {
    pub(super) fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), refusal: None }
    }

    fn refused(refusal: Box<Refusal>) -> Self {
        let (status, message) = match refusal.slug() {
            "import-rejected" => (Status::Rejected, refusal.detail.clone()),
            "stale-import" | "revision-moved" => (Status::Stale, refusal.detail.clone()),
            "confirm-removals" | "confirm-changes" => (Status::Unconfirmed, unconfirmed(&refusal)),
            "unauthenticated" | "invalid-token" => {
                (Status::Error, format!("{} Check SIGNLINE_API_KEY.", titled(&refusal)))
            }
            _ => (Status::Error, titled(&refusal)),
        };
        let request = refusal.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
        Self { status, message: message + &request, refusal: Some(refusal) }
    }
}

fn titled(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.title, refusal.detail)
}

fn unconfirmed(refusal: &Refusal) -> String {
    let Some(large) = refusal.large_change() else {
        return titled(refusal);
    };
    let said = said(large, "The file would");
    format!("{} If that is meant, add {}. Nothing was changed.", said.join(" "), flags(large))
}

/// What a file does that somebody must agree to, a sentence each.
pub(super) fn said(large: LargeChange, it: &str) -> Vec<String> {
    let of = |count: u64| format!("{count} of {}", large.mapping_count);
    let removed = large
        .removed
        .map(|count| format!("{it} remove {} mappings: these people could not sign in any more.", of(count)));
    let reassigned = large.reassigned.map(|count| {
        format!(
            "{it} give {} people a number that is or was somebody else's, as when a column has slipped by a row.",
            of(count)
        )
    });
    removed.into_iter().chain(reassigned).collect()
}

/// The arguments that agree to it.
pub(super) fn flags(large: LargeChange) -> String {
    let removed = large.removed.map(|count| format!("--confirm-removals {count}"));
    let reassigned = large.reassigned.map(|count| format!("--confirm-changes {count}"));
    removed.into_iter().chain(reassigned).collect::<Vec<_>>().join(" ")
}

/// On one line, and without anything that a terminal would obey.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.message))
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::new(Status::Error, message)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(refusal) => Self::refused(refusal),
            ClientError::Unreachable { .. } | ClientError::Foreign { .. } => {
                Self::new(Status::Error, format!("{error}; --url or SIGNLINE_URL says where the service is"))
            }
            ClientError::BrokenOff { .. } | ClientError::Tls(_) => Self::new(Status::Error, error.to_string()),
        }
    }
}
