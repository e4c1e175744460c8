//! What handlers take: who calls, and what they sent. The credential is checked before anything else is read.

mod authorized;
mod caller;
mod credential;
mod input;
mod json;
mod object;
mod phone_number;
mod query;
mod signed_in;
mod slot;
mod upload;

pub use authorized::Authorized;
pub use authorized::GroupAdmin;
pub use authorized::GroupOperator;
pub use authorized::GroupReader;
pub use authorized::Operator;
pub use authorized::Permission;
pub use caller::Caller;
pub use input::Input;
pub use json::Json;
pub use json::MAX_JSON_BYTES;
pub use object::Object;
pub use object::objects;
pub use object::optional_objects;
pub use phone_number::PhoneNumberInPath;
pub use query::Query;
pub(in crate::http) use query::malformed_query;
pub(in crate::http) use query::read_query;
pub use signed_in::SignedIn;
pub(in crate::http) use signed_in::good_token;
pub use slot::ExportSlot;
pub use slot::ImportSlot;
pub use upload::Upload;
pub(crate) use upload::WORKBOOK;
use upload::check_encoding;
