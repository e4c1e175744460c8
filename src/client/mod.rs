//! The client of the HTTP API, for the command line. It knows of calls and answers, and nothing of terminals.
//!
//! Start with [`Client`]: one method a call.

mod answers;
mod api_key;
mod calls;
mod error;
mod export;
mod file_kind;
mod health;
mod server_url;
mod transport;
mod upload;

pub use answers::{Change, ChangePage, FileProblem, Group, Import, Refusal, Revision, State};
pub use api_key::{ApiKey, ApiKeyError};
pub use calls::Client;
pub use error::ClientError;
pub use export::Export;
pub use file_kind::FileKind;
pub use health::ask_own;
pub use server_url::{ServerUrl, ServerUrlError};
pub use upload::{Mode, OnProblem, Upload, UploadOptions};
