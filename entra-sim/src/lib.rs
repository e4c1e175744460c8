//! A Microsoft Entra simulator for development and tests: tenants, users and applications of a small TOML file, served
//! over TLS and plain HTTP on this machine.
//!
//! [`Simulator`] is the way in: it listens as long as it lives, mints tokens, rotates keys and fails on demand.

mod admin_consent;
mod answer;
mod asked;
mod authorize;
mod base;
mod client;
mod clock;
mod config;
mod control;
mod device;
mod directory;
mod discovery;
mod error_answers;
mod fault;
mod home;
mod keys;
mod oauth_error;
mod pages;
mod routes;
mod scopes;
mod simulator;
mod state;
mod tls;
mod token;
mod token_endpoint;
mod userinfo;

pub use config::{Application, Config, ConfigError, Tenant, User};
pub use fault::{Endpoint, Fault, Fetches};
pub use keys::{KeyError, PERSONAL_ACCOUNTS, SigningKey};
pub use simulator::{Simulator, SimulatorError};
pub use tls::TlsError;
pub use token::TokenBuilder;
