//! Signline resolves a Microsoft sign-in to a phone number.

pub mod auth;
pub mod domain;
pub mod entra;
pub mod export;
pub mod import;
pub mod ports;
pub mod store;
