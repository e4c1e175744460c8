//! The address under which browsers reach the service.

use std::fmt;

use url::Url;

use crate::domain::authority::is_loopback;

/// Such as `https://signline.example`, or `https://voice.example/signline` where a proxy serves it below a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// Scheme, host and port.
    origin: String,
    /// The path, without a slash at its end.
    prefix: String,
}

/// The text is not a valid [`PublicUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// It is something else than an address.
    #[error(
        "the public URL is one such as https://signline.example or https://voice.example/signline, without query or user"
    )]
    NotAnAddress,
    /// It is http to another machine.
    #[error("the public URL is https, as Microsoft wants it; plain http is only for a loopback host")]
    NotHttps,
}

impl PublicUrl {
    /// Reads the URL of a host, or of a path on it.
    ///
    /// # Errors
    /// [`PublicUrlError`]
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let url = Url::parse(text).map_err(|_| PublicUrlError::NotAnAddress)?;
        let anonymous = url.username().is_empty() && url.password().is_none();
        let bare = url.query().is_none() && url.fragment().is_none();
        if !url.has_host() || !bare || !anonymous {
            return Err(PublicUrlError::NotAnAddress);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(PublicUrlError::NotHttps),
            _ => return Err(PublicUrlError::NotAnAddress),
        }
        let prefix = prefix(url.path()).ok_or(PublicUrlError::NotAnAddress)?;
        Ok(Self { origin: url.origin().ascii_serialization(), prefix: prefix.to_owned() })
    }

    /// That of a service which only this machine reaches.
    #[must_use]
    pub fn of_this_machine(port: u16, over_tls: bool) -> Self {
        let scheme = if over_tls { "https" } else { "http" };
        Self { origin: format!("{scheme}://localhost:{port}"), prefix: String::new() }
    }

    /// The path below which a proxy serves the service, such as `/signline`; empty: none. The proxy takes it off, so
    /// that requests come without it, and what leads a browser back must have it.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// A path without the slash at its end, if all between its slashes are plain names: anything else a proxy may read
/// otherwise than a browser.
fn prefix(path: &str) -> Option<&str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_plain);
    (path.is_empty() || path.split('/').skip(1).all(is_name)).then_some(path)
}

/// Without a slash at the end.
impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_a_host_or_a_path_on_it_and_http_only_on_this_machine() {
        for (good, expected) in [
            ("https://signline.example", "https://signline.example"),
            ("https://Signline.Example:443/", "https://signline.example"),
            ("https://signline.example:8443", "https://signline.example:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://voice.example/signline", "https://voice.example/signline"),
            ("https://voice.example/signline/", "https://voice.example/signline"),
            ("https://voice.example/a/../phone.lines/sign-line_2~/", "https://voice.example/phone.lines/sign-line_2~"),
        ] {
            assert_eq!(PublicUrl::parse(good).unwrap().to_string(), expected);
        }
        for (wrong, expected) in [
            ("", PublicUrlError::NotAnAddress),
            ("signline.example", PublicUrlError::NotAnAddress),
            ("https://voice.example//signline", PublicUrlError::NotAnAddress),
            ("https://voice.example/signline//", PublicUrlError::NotAnAddress),
            ("https://voice.example/sign%2Fline", PublicUrlError::NotAnAddress),
            ("https://voice.example/sign line", PublicUrlError::NotAnAddress),
            ("https://voice.example/a;b", PublicUrlError::NotAnAddress),
            ("https://signline.example?x", PublicUrlError::NotAnAddress),
            ("https://signline.example#x", PublicUrlError::NotAnAddress),
            ("https://user:secret@signline.example", PublicUrlError::NotAnAddress),
            ("javascript:alert(1)", PublicUrlError::NotAnAddress),
            ("data://signline.example", PublicUrlError::NotAnAddress),
            ("http://signline.example", PublicUrlError::NotHttps),
            ("http://localhost.example", PublicUrlError::NotHttps),
        ] {
            assert_eq!(PublicUrl::parse(wrong), Err(expected), "{wrong}");
        }
    }

    #[test]
    fn the_path_is_the_prefix_of_a_proxy() {
        for (url, expected) in [
            ("https://signline.example", ""),
            ("https://signline.example/", ""),
            ("https://voice.example/signline/", "/signline"),
            ("https://voice.example/phone/lines", "/phone/lines"),
        ] {
            assert_eq!(PublicUrl::parse(url).unwrap().prefix(), expected);
        }
        assert_eq!(PublicUrl::of_this_machine(8080, false).prefix(), "");
    }

    #[test]
    fn a_service_of_this_machine_is_at_localhost() {
        assert_eq!(PublicUrl::of_this_machine(8080, false).to_string(), "http://localhost:8080");
        assert_eq!(PublicUrl::of_this_machine(8443, true).to_string(), "https://localhost:8443");
    }
}
