//! Token validation and signing keys.
//!
//! [`TokenValidator`] checks a token by every rule, and caches those that have passed; [`SigningKeys`] keeps Microsoft's
//! published keys.

mod cached_response;
mod claims;
mod compact;
mod description;
mod object;
mod provider;
mod signing_key;
mod signing_keys;
mod token;
mod token_check;
mod validated_tokens;

pub use cached_response::CachedResponse;
pub use description::TokenDescription;
pub use provider::install_provider;
pub use signing_keys::{KeysStatus, SigningKeys};
pub use token::{ApiRegistration, CacheError, TokenError, TokenPolicy, TokenValidator, TokensStatus};
pub use token_check::TokenCheck;
pub use validated_tokens::{CacheMiss, ValidatedToken};
