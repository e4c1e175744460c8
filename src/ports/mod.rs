//! What Signline needs from outside: small traits that can be used as `dyn`, and their errors.
//!
//! `store` and `entra` implement them; only `bootstrap` knows which implementation is behind one.

pub mod api_key_store;
pub mod audit_log;
pub mod business_group_store;
pub mod clock;
pub mod consent_store;
pub mod history_store;
pub mod import_store;
pub mod key_set_source;
pub mod line_generations;
pub mod line_watch;
pub mod mapping_store;
pub mod store_error;
pub mod store_health;
pub mod temporary_folder;
pub mod tenant_directory;
