//! API keys: make, find by their secret, list, revoke.

mod cached_keys;
mod manage;
mod secret;

pub use manage::{ApiKeys, CreatedApiKey, NewApiKey};
pub use secret::PREFIX;
