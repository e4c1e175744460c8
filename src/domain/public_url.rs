//! The address under which browsers reach the service.

use std::fmt;

use url::Url;

use crate::domain::authority::is_loopback;

/// Such as `https://signline.example`: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The text is no [`PublicUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// It is no URL of a host alone.
    #[error("the public URL is one such as https://signline.example, without path, query or user")]
    NotAnOrigin,
    /// It is http to another machine.
    #[error("the public URL is https, as Microsoft wants it; plain http is only for a loopback host")]
    NotHttps,
}

impl PublicUrl {
    /// Reads the URL of a host.
    ///
    /// # Errors
    /// [`PublicUrlError`]
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let url = Url::parse(text).map_err(|_| PublicUrlError::NotAnOrigin)?;
        let origin_only = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        if !url.has_host() || !origin_only || !anonymous {
            return Err(PublicUrlError::NotAnOrigin);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(PublicUrlError::NotHttps),
            _ => return Err(PublicUrlError::NotAnOrigin),
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// That of a service which only this machine reaches.
    #[must_use]
    pub fn of_this_machine(port: u16, over_tls: bool) -> Self {
        let scheme = if over_tls { "https" } else { "http" };
        Self(format!("{scheme}://localhost:{port}"))
    }
}

/// Without a slash at the end.
impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_origin_is_a_public_url_and_http_only_on_this_machine() {
        for (good, expected) in [
            ("https://signline.example", "https://signline.example"),
            ("https://Signline.Example:443/", "https://signline.example"),
            ("https://signline.example:8443", "https://signline.example:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(PublicUrl::parse(good).unwrap().to_string(), expected);
        }
        for (wrong, expected) in [
            ("", PublicUrlError::NotAnOrigin),
            ("signline.example", PublicUrlError::NotAnOrigin),
            ("https://signline.example/console", PublicUrlError::NotAnOrigin),
            ("https://signline.example?x", PublicUrlError::NotAnOrigin),
            ("https://signline.example#x", PublicUrlError::NotAnOrigin),
            ("https://user:secret@signline.example", PublicUrlError::NotAnOrigin),
            ("javascript:alert(1)", PublicUrlError::NotAnOrigin),
            ("data://signline.example", PublicUrlError::NotAnOrigin),
            ("http://signline.example", PublicUrlError::NotHttps),
            ("http://localhost.example", PublicUrlError::NotHttps),
        ] {
            assert_eq!(PublicUrl::parse(wrong), Err(expected), "{wrong}");
        }
    }

    #[test]
    fn a_service_of_this_machine_is_at_localhost() {
        assert_eq!(PublicUrl::of_this_machine(8080, false).to_string(), "http://localhost:8080");
        assert_eq!(PublicUrl::of_this_machine(8443, true).to_string(), "https://localhost:8443");
    }
}
