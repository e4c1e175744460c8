//! How a connection to PostgreSQL is protected: the modes of PostgreSQL's own library
//! (<https://www.postgresql.org/docs/current/libpq-ssl.html>), with the system's authorities where none are named.

use std::env;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::domain::postgres_url::{PostgresUrl, is_ssl_mode};

/// The variables that count where the URL does not say it.
const MODE_VARIABLE: &str = "PGSSLMODE";
const ROOT_VARIABLE: &str = "PGSSLROOTCERT";

/// The name of the system's authorities, in place of a file's.
const SYSTEM: &str = "system";

/// The most letters in a line of PEM (RFC 7468, section 2).
const PEM_LINE: usize = 64;

/// Sets the mode and the authorities of a connection.
///
/// # Errors
/// A mode that is none, or one that verifies nothing beside `sslrootcert=system`; a system without authorities.
pub(super) fn protect(options: PgConnectOptions, url: &PostgresUrl) -> Result<PgConnectOptions, String> {
    let variable = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
    let mode = url.ssl_mode().or_else(|| variable(MODE_VARIABLE));
    if let Some(mode) = mode.as_deref().filter(|mode| !is_ssl_mode(mode)) {
        return Err(format!(
            "{MODE_VARIABLE} is {mode:?}; it is disable, allow, prefer, require, verify-ca or verify-full"
        ));
    }
    let root = url.ssl_root_cert().or_else(|| variable(ROOT_VARIABLE));
    let names_system = root.as_deref() == Some(SYSTEM);
    let mode = match (mode.and_then(|mode| mode.parse().ok()), &root) {
        (None, Some(_)) if names_system => PgSslMode::VerifyFull,
        (None, _) => PgSslMode::Prefer,
        (Some(PgSslMode::Require), Some(_)) if !names_system => PgSslMode::VerifyCa,
        (Some(mode), _) => mode,
    };
    if names_system && !matches!(mode, PgSslMode::VerifyFull) {
        return Err("sslrootcert=system needs sslmode=verify-full: the system's authorities vouch for names, and for \
             anybody's"
            .to_owned());
    }
    let options = options.ssl_mode(mode);
    if is_verified(mode) && (root.is_none() || names_system) {
        return Ok(options.ssl_root_cert_from_pem(system_authorities()?));
    }
    Ok(options)
}

/// Whether a connection leads to another machine, which is not verified: what is said on it can be read, and changed,
/// by whoever stands between. The mode, if so.
pub(super) fn unverified_mode(options: &PgConnectOptions) -> Option<&'static str> {
    if options.get_socket().is_some() || is_this_machine(options.get_host()) {
        return None;
    }
    match options.get_ssl_mode() {
        PgSslMode::VerifyCa | PgSslMode::VerifyFull => None,
        PgSslMode::Require => Some("require"),
        PgSslMode::Prefer => Some("prefer"),
        PgSslMode::Allow => Some("allow"),
        PgSslMode::Disable => Some("disable"),
    }
}

fn is_verified(mode: PgSslMode) -> bool {
    matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull)
}

/// An address of this machine alone, or the folder of a socket.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The authorities that Microsoft's keys are verified by, too: the system's, or those of `SSL_CERT_FILE` and
/// `SSL_CERT_DIR`. As PEM, without those that can't be read, which would stop every connection.
fn system_authorities() -> Result<Vec<u8>, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    let good = found.certs.into_iter().filter(|certificate| store.add(certificate.clone()).is_ok());
    let pem: String = good.map(|certificate| pem(&certificate)).collect();
    if !pem.is_empty() {
        return Ok(pem.into_bytes());
    }
    let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
    Err(format!(
        "the server can't be verified, because this system has no certificate authorities{why}. Install ca-certificates, or \
         name a PEM file in SSL_CERT_FILE or sslrootcert"
    ))
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let lines: Vec<&str> =
        (0..text.len()).step_by(PEM_LINE).map(|at| &text[at..text.len().min(at + PEM_LINE)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use sqlx::ConnectOptions;

    use super::*;

    fn protected(text: &str) -> Result<PgConnectOptions, String> {
        let url = PostgresUrl::parse(text).unwrap();
        protect(PgConnectOptions::from_url(url.url()).unwrap(), &url)
    }

    #[test]
    fn a_connection_to_another_machine_is_told_unless_it_is_verified() {
        for (url, expected) in [
            ("postgres://db.example/d", Some("prefer")),
            ("postgres://db.example/d?sslmode=disable", Some("disable")),
            ("postgres://db.example/d?sslmode=allow", Some("allow")),
            ("postgres://db.example/d?sslmode=require", Some("require")),
            ("postgres://db.example/d?sslmode=prefer&sslrootcert=/ca.pem", Some("prefer")),
            ("postgres://[2001:db8::1]/d", Some("prefer")),
            ("postgres://db.example/d?sslmode=require&sslrootcert=/ca.pem", None),
            ("postgres://db.example/d?sslmode=verify-ca", None),
            ("postgres://db.example/d?sslmode=VERIFY-FULL", None),
            ("postgres://db.example/d?sslrootcert=system", None),
            ("postgres://localhost/d", None),
            ("postgres://127.0.0.2/d", None),
            ("postgres://[::1]/d", None),
            ("postgres:///d?host=/var/run/postgresql", None),
            ("postgres://db.example/d?hostaddr=127.0.0.1", None),
        ] {
            assert_eq!(unverified_mode(&protected(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn the_systems_authorities_are_trusted_with_names_alone() {
        for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
            let error = protected(&format!("postgres://db.example/d?sslrootcert=system&sslmode={mode}")).unwrap_err();
            assert!(error.contains("verify-full"), "{mode}: {error}");
        }
    }
}
