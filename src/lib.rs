//! Signline resolves a Microsoft sign-in to a phone number.
//!
//! Where to start reading: [`import`] (CSV import), [`auth`] (token validation and the signing keys), [`mappings`] (from
//! a sign-in to a line), [`http::routes`] (all calls), [`bootstrap`] (what is plugged into what).
//!
//! Who may import whom, one way: `cli -> bootstrap -> http -> features -> ports -> domain`, and
//! `bootstrap -> {store, entra} -> ports -> domain`. The features are [`auth`], [`access`], [`business_groups`],
//! [`mappings`], [`api_keys`], [`import`], [`export`], [`history`] and [`audit`]; they don't import each other. [`client`] stands apart:
//! [`cli`] calls a running service with it. `tests/architecture.rs` holds the rule.

pub mod access;
pub mod api_keys;
pub mod audit;
pub mod auth;
pub mod bootstrap;
pub mod business_groups;
pub mod cli;
pub mod client;
pub mod config;
pub mod domain;
pub mod entra;
pub mod export;
pub mod history;
pub mod http;
pub mod import;
pub mod mappings;
pub mod ports;
pub mod store;
pub mod telemetry;
pub mod upkeep;
