//! Business groups: create, change, link to a tenant, delete.

mod error;
mod manage;

pub use error::BusinessGroupError;
pub use manage::BusinessGroups;
