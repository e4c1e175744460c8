//! Business groups: create, change, link to a tenant, delete.

mod error;
mod manage;
mod tenant_check;

pub use error::BusinessGroupError;
pub use manage::BusinessGroups;
pub use manage::LinkedTenant;
