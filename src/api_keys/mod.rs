//! API keys: make, find by their secret, list, revoke.

mod error;
mod manage;
mod secret;

pub use error::ApiKeyError;
pub use manage::ApiKeys;
pub use manage::CreatedApiKey;
pub use manage::NewApiKey;
pub use secret::PREFIX;
