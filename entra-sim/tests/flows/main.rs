//! The simulator over real HTTP and TLS, as clients meet it: a file for each flow.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod admin_consent;
mod authorize;
mod client_credentials;
mod code;
mod control;
mod device;
mod documents;
mod session;
mod single_page;
mod support;
mod tokens;
