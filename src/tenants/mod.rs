//! Links to tenants: whether a tenant that is about to be linked exists.

mod check;
mod links;

pub use links::{LinkedTenant, TenantLinks};
