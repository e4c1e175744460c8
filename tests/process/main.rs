//! The `signline` program as operators run it: settings, exit codes, signals, and processes that are killed.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]
#![expect(clippy::disallowed_methods, reason = "programs and servers run by the machine's own clock")]

mod access_log;
mod backup;
mod client;
mod client_at_a_terminal;
mod client_support;
mod command_line;
mod database_urls;
mod doctor;
mod hangup;
mod healthcheck;
mod introspection;
mod killed;
mod maintenance;
mod metrics;
mod microsoft_libraries;
mod private_files;
mod private_logs;
mod support;
mod temporary_folder;
mod tls;
