//! Token validation and signing keys.
//!
//! [`TokenValidator`] holds a token against every rule, and knows those again that it has seen; [`SigningKeys`] keeps
//! Microsoft's published keys.

mod cached_response;
mod claims;
mod compact;
mod object;
mod provider;
mod signing_key;
mod signing_keys;
mod token;
mod token_check;
mod validated_tokens;

pub use cached_response::CachedResponse;
pub use provider::install_provider;
pub use signing_keys::KeysStatus;
pub use signing_keys::SigningKeys;
pub use token::ApiRegistration;
pub use token::CacheError;
pub use token::TokenError;
pub use token::TokenPolicy;
pub use token::TokenValidator;
pub use token::TokensStatus;
pub use token_check::TokenCheck;
pub use validated_tokens::CacheMiss;
pub use validated_tokens::ValidatedToken;
