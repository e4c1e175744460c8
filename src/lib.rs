//! Signline resolves a Microsoft sign-in to a phone number.
//!
//! Where to start reading: [`import`] (CSV import), [`auth`] (token validation and the signing keys), [`mappings`]
//! (from a sign-in to a line), [`http::routes`] (all calls), [`bootstrap`] (what is plugged into what).
//!
//! Who may import whom, one way: `cli -> bootstrap -> http -> features -> ports -> domain`, and
//! `bootstrap -> {store, entra} -> ports -> domain`. The features are [`auth`], [`access`], [`tenants`],
//! [`mappings`], [`api_keys`], [`import`], [`export`], [`consent`] and [`audit`]; they don't import each other. What
//! has no rule but the store's has no feature: the handler asks the port, and the port's refusal becomes the problem.
//! [`client`] stands apart: [`cli`] calls a running service with it. `tests/architecture` holds the rule.

pub mod access;
pub mod api_keys;
pub mod audit;
pub mod auth;
pub mod bootstrap;
pub mod cli;
pub mod client;
pub mod config;
pub mod consent;
pub mod domain;
pub mod entra;
pub mod export;
pub mod http;
pub mod import;
pub mod maintenance;
pub mod mappings;
pub mod ports;
pub mod store;
pub mod telemetry;
pub mod tenants;
