//! API keys: make, find by their secret, list, revoke.

mod manage;
mod secret;

pub use manage::ApiKeys;
pub use manage::CreatedApiKey;
pub use manage::NewApiKey;
pub use secret::PREFIX;
