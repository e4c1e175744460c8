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

pub use answers::Change;
pub use answers::ChangePage;
pub use answers::FileProblem;
pub use answers::Group;
pub use answers::Import;
pub use answers::Refusal;
pub use answers::Revision;
pub use answers::State;
pub use api_key::ApiKey;
pub use api_key::ApiKeyError;
pub use calls::Client;
pub use error::ClientError;
pub use export::Export;
pub use file_kind::FileKind;
pub use health::ask_own;
pub use server_url::ServerUrl;
pub use server_url::ServerUrlError;
pub use upload::Mode;
pub use upload::OnProblem;
pub use upload::Upload;
pub use upload::UploadOptions;
