//! Microsoft Entra, from outside: where the signing keys are fetched, and which tenants there are.

mod body;
mod key_set;
mod key_set_client;
mod tenant_directory;

pub use key_set_client::EntraKeySetClient;
pub use tenant_directory::EntraTenantDirectory;
