//! The calls of the API, one module a subject, each with its wire shapes.

mod accept;
pub mod api_keys;
pub mod audit_events;
pub mod business_groups;
pub mod changes;
pub mod consents;
pub mod find_mappings;
pub mod forward_auth;
mod if_match;
pub mod imports;
pub mod introspect;
pub mod look_up;
pub mod mappings;
pub mod mappings_files;
pub mod me;
pub mod paging;
pub mod paths;
mod resolving;
pub mod revisions;
pub mod session;
pub mod sign_in_check;
mod tenant_proof;
pub mod uploads;
