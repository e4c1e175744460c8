//! The log: one line an event on the standard error stream, as text or JSON.
//!
//! No event carries a token, a secret, an e-mail address or a phone number.

use std::io::stderr;

use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::util::TryInitError;

use crate::config::LogFormat;
use crate::config::LogSettings;

/// Starts the log of this process.
///
/// # Errors
/// If there is one already.
pub fn init(settings: &LogSettings) -> Result<(), TryInitError> {
    let registry = tracing_subscriber::registry().with(settings.filter.clone());
    match settings.format {
        LogFormat::Json => registry.with(fmt::layer().json().flatten_event(true).with_writer(stderr)).try_init(),
        LogFormat::Pretty => registry.with(fmt::layer().with_ansi(false).with_writer(stderr)).try_init(),
    }
}
