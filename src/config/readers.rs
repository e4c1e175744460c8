//! How settings are read from text, and what is said of one that can't be.

use std::fmt;
use std::net::SocketAddr;

use jiff::SignedDuration;
use tracing_subscriber::EnvFilter;

use crate::config::values::{DatabaseUrl, LogFormat};
use crate::domain::postgres_url::PostgresUrl;

pub(super) fn set<T>(place: &mut T, read: Result<T, String>) -> Result<(), String> {
    *place = read?;
    Ok(())
}

pub(super) fn readable<T, E: fmt::Display>(read: Result<T, E>) -> Result<T, String> {
    read.map_err(|error| one_line(&error.to_string()))
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn read_listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an IP address and a port, such as 127.0.0.1:8080 or [::]:8080".to_owned())
}

pub(super) fn read_listen_database_url(text: &str) -> Result<DatabaseUrl, String> {
    readable(PostgresUrl::parse(text)).map(|_| DatabaseUrl(text.to_owned()))
}

pub(super) fn read_database_url(text: &str) -> Result<DatabaseUrl, String> {
    // SQLite takes no name, or the name :memory:, for a database that is gone with the program.
    let file =
        text.strip_prefix("sqlite:").map(|rest| rest.trim_start_matches("//").split('?').next().unwrap_or_default());
    let lasting = file.is_some_and(|file| !file.is_empty() && file != ":memory:" && !text.contains("mode=memory"));
    if PostgresUrl::is_meant_by(text) {
        read_listen_database_url(text)
    } else if lasting {
        Ok(DatabaseUrl(text.to_owned()))
    } else {
        Err("must be a URL such as sqlite://signline.db or postgres://user:password@host/database".to_owned())
    }
}

pub(super) fn read_number<N: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<N, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number
        .and_then(|number| number.try_into().ok())
        .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

pub(super) fn days_long(days: u64) -> SignedDuration {
    SignedDuration::from_hours(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(24))
}

pub(super) fn read_word(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { Ok(text.to_owned()) } else { Err("must be one word".to_owned()) }
}

pub(super) fn read_words(text: &str) -> Result<Vec<String>, String> {
    let words: Result<Vec<_>, _> = text.split(',').map(|word| read_word(word.trim())).collect();
    words.map_err(|_| "must be words with commas between them, such as email,upn".to_owned())
}

/// The claims of Entra that may hold an address, as Entra spells them.
const KNOWN_CLAIMS: [&str; 6] =
    ["email", "preferred_username", "upn", "unique_name", "verified_primary_email", "verified_secondary_email"];

/// Names of claims. A token in which a name stands twice, in whatever case, is refused, so a name that is spelled
/// otherwise here than in the tokens would refuse them all.
pub(super) fn read_claims(text: &str) -> Result<Vec<String>, String> {
    let names = read_words(text)?;
    for (at, name) in names.iter().enumerate() {
        let known = KNOWN_CLAIMS.iter().find(|known| known.eq_ignore_ascii_case(name));
        if let Some(known) = known.filter(|known| *known != name) {
            return Err(format!("the claim {name} is spelled {known}"));
        }
        if names[..at].iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(format!("the claim {name} stands twice"));
        }
    }
    Ok(names)
}

/// A filter. A word alone must be a level: the library takes any other for the name of a target, and falls silent.
pub(super) fn read_log_filter(text: &str) -> Result<EnvFilter, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let unclear = text.split(',').map(str::trim).find(|part| {
        let word = !part.contains(['=', '[']);
        word && !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(part))
    });
    match unclear {
        Some(part) => Err(format!("{part:?} is not a level: there are {}, or write TARGET=LEVEL", LEVELS.join(", "))),
        None => readable(EnvFilter::try_new(text)),
    }
}

pub(super) fn read_log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "json" => Ok(LogFormat::Json),
        "pretty" => Ok(LogFormat::Pretty),
        _ => Err("must be json or pretty".to_owned()),
    }
}
