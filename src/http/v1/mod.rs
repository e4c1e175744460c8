//! The calls of the API, one module a subject, each with its wire shapes.

pub mod api_keys;
pub mod business_groups;
pub mod imports;
pub mod mappings;
pub mod mappings_files;
pub mod me;
pub mod paging;
