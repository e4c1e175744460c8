//! The log: one line an event on the standard error stream, as text or JSON.
//!
//! No event carries a token, a secret, an e-mail address or a phone number.

use std::io::stderr;

use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{LogFormat, LogSettings};

/// Libraries that would say too much whatever the filter: one logs the phone numbers that it reads, another what
/// PostgreSQL has to remark about a schema that is there already, and the last tells at `error` of every client that
/// speaks no HTTP, so that anybody could fill the log. The driver's reading of URLs and of `.pgpass` tells what it
/// can't read, and that is a password, or a part of one.
const QUIET: [&str; 6] = [
    "rlibphonenumber=off",
    "sqlx::postgres::notice=warn",
    "actix_http::h1=off",
    "sqlx_postgres::options=off",
    "sqlx_postgres::options::parse=off",
    "sqlx_postgres::options::pgpass=off",
];

/// Starts the log of this process.
///
/// # Errors
/// If there is one already.
pub fn init(settings: &LogSettings) -> Result<(), TryInitError> {
    let filter = QUIET.iter().fold(settings.filter.clone(), |filter, quiet| match quiet.parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    });
    let registry = tracing_subscriber::registry().with(filter);
    match settings.format {
        LogFormat::Json => registry.with(fmt::layer().json().flatten_event(true).with_writer(stderr)).try_init(),
        LogFormat::Pretty => registry.with(fmt::layer().with_ansi(false).with_writer(stderr)).try_init(),
    }
}
