//! Microsoft Entra, from outside: where the signing keys are fetched.

mod key_set;
mod key_set_client;

pub use key_set_client::EntraKeySetClient;
