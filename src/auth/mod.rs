//! Token validation and signing keys.
//!
//! [`TokenValidator`] holds a token against every rule; [`SigningKeys`] keeps Microsoft's published keys.

mod claims;
mod compact;
mod object;
mod signing_key;
mod signing_keys;
mod token;
mod token_check;

pub use signing_keys::KeysStatus;
pub use signing_keys::SigningKeys;
pub use token::ApiRegistration;
pub use token::TokenError;
pub use token::TokenPolicy;
pub use token::TokenValidator;
pub use token_check::TokenCheck;
