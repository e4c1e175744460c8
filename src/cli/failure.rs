//! How a command ends that did not do what it was asked, and its exit status.

use std::fmt;

use crate::cli::terminal::shown;
use crate::client::ClientError;
use crate::client::Refusal;

/// The exit status; clap has 2 for a wrong command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Anything else: settings, files, network, the service's other refusals.
    Error = 1,
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
            "confirm-removals" => (Status::Unconfirmed, many_removals(&refusal)),
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

fn many_removals(refusal: &Refusal) -> String {
    let (Some(removed), Some(mapping_count)) = (refusal.removed, refusal.mapping_count) else {
        return titled(refusal);
    };
    format!(
        "The file would remove {removed} of {mapping_count} mappings: these people could not sign in any more. If that is \
         meant, add --confirm-removals {removed}. Nothing was changed."
    )
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
