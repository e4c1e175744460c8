//! What handlers take: who calls, and what they sent. The credential is checked before anything else is read.

mod authorized;
mod caller;
mod credential;
mod input;
mod introspection;
mod json;
mod object;
mod phone_number;
mod query;
mod signed_in;
mod slot;
mod upload;

pub use authorized::{Authorized, DirectoryReader, GroupAdmin, GroupOperator, GroupReader, Operator, Permission};
pub use caller::Caller;
pub use input::Input;
pub use introspection::Introspection;
pub use json::{Json, MAX_JSON_BYTES};
pub use object::{Object, objects, optional_objects};
pub use phone_number::PhoneNumberInPath;
pub use query::Query;
pub(in crate::http) use query::{malformed_query, read_query};
pub use signed_in::SignedIn;
pub(in crate::http) use signed_in::good_token;
pub use slot::{ExportSlot, ImportSlot, LookUpSlot};
pub use upload::Upload;
pub(crate) use upload::WORKBOOK;
use upload::check_encoding;
