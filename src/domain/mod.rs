//! Values and rules: no I/O, no async, no serde, no framework.
//!
//! Everything here is parsed once, at the border, and trusted from then on.

pub mod actor;
mod address_form;
pub mod api_key;
pub mod app_id_uri;
pub mod application;
pub mod audit;
pub mod authority;
pub mod business_group;
pub mod characters;
pub mod consent;
pub mod cors_origins;
pub mod email;
pub mod guid;
pub mod history;
pub mod import;
pub mod mapping;
pub mod mapping_search;
pub mod name;
pub mod number_range;
pub mod page;
pub mod phone_number;
pub mod postgres_url;
pub mod public_url;
pub mod revision_tag;
pub mod sign_in;
pub mod spreadsheet;
pub mod tenant;
pub mod trusted_proxies;
