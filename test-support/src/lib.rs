//! What the tests and benchmarks share: databases, the running service, clients.

pub mod app;
pub mod database;
pub mod prefix_proxy;
