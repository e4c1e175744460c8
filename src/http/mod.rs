//! The HTTP edge: who calls, what they sent, and how the answer is written. The rules are in the features.
//!
//! [`routes`](routes::routes) is the list of all calls, [`problem`] what every error becomes, [`server`] the limits and
//! the stop.

pub mod call_record;
pub mod console;
pub mod console_config;
mod cors;
mod docs;
pub mod drain;
mod examples;
pub mod extract;
mod from_features;
pub mod health;
pub mod limits;
pub mod metrics;
pub mod observe;
pub mod open_files;
pub mod openapi;
pub mod problem;
pub mod problem_pages;
mod refusals;
pub mod responses;
pub mod route_policy;
pub mod routes;
pub mod server;
pub mod services;
mod timed_io;
pub mod tls;
mod unmatched;
pub mod v1;
pub mod wire;
