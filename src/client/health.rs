//! Asks a service on this machine how it is, as the health check of a container does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Certificate, redirect};

use crate::client::error::reason;

/// How long the answer may take: the service gives its database 2 s.
const LIMIT: Duration = Duration::from_secs(4);

/// Asks the service that listens on `address` for `path`; it is well if the status is 200.
///
/// No proxy is asked, whatever the environment says. Over TLS the certificate is not verified: its name is seldom
/// `127.0.0.1`, nothing secret is sent, and whoever could answer in the service's place on this machine could also end
/// this program.
///
/// # Errors
/// What is wrong, on one line.
pub async fn ask_own(address: SocketAddr, over_tls: bool, path: &str) -> Result<(), String> {
    let scheme = if over_tls { "https" } else { "http" };
    let url = format!("{scheme}://{}{path}", reachable(address));
    let fault = |error: &reqwest::Error| format!("{url}: {}", reason(error));
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(LIMIT)
        .tls_certs_only(std::iter::empty::<Certificate>())
        .tls_danger_accept_invalid_certs(over_tls);
    let client = client.build().map_err(|error| fault(&error))?;
    let answer = client.get(&url).send().await.map_err(|error| fault(&error))?;
    let status = answer.status();
    if status == reqwest::StatusCode::OK {
        return Ok(());
    }
    let text = answer.text().await.unwrap_or_default();
    let lines: Vec<&str> = text.lines().take(MOST_LINES).collect();
    Err(format!("{url}: {status}: {}", lines.join("; ")))
}

/// How many lines of an answer are told.
const MOST_LINES: usize = 10;

/// Where a service that listens on `address` is reached from this machine: one that listens everywhere, on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8443", "[::1]:8443"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("10.0.0.5:80", "10.0.0.5:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
