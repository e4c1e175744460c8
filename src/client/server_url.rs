//! Where the service is.

use std::fmt;

use url::{Host, Url};

/// The service's address: scheme, host, and the path that a proxy may have it under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Url);

/// The text is not an address of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerUrlError {
    /// No URL, or one of another scheme.
    #[error("use a URL such as https://signline.example.com")]
    NotHttp,
    /// It says more than where the service is.
    #[error("use the service's address alone, without user, password, query or fragment")]
    MoreThanAddress,
}

impl ServerUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ServerUrlError`]
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| ServerUrlError::NotHttp)?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(ServerUrlError::NotHttp);
        }
        let more = url.password().is_some() || url.query().is_some() || url.fragment().is_some();
        if more || !url.username().is_empty() {
            return Err(ServerUrlError::MoreThanAddress);
        }
        Ok(Self(url))
    }

    /// The URL of a call.
    pub(super) fn call<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        // An address with a host has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// Whether what is sent there is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the service is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_put_behind_the_address_and_the_path_of_a_proxy() {
        for (address, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/a%2Fb"),
            ("https://example.com/signline/", "https://example.com/signline/v1/a%2Fb"),
            ("https://example.com/signline", "https://example.com/signline/v1/a%2Fb"),
        ] {
            assert_eq!(ServerUrl::parse(address).unwrap().call(["v1", "a/b"]).as_str(), expected);
        }
    }

    #[test]
    fn an_address_is_http_and_holds_no_secret() {
        for wrong in ["", "example.com", "ftp://example.com", "file:///etc/passwd", "http://"] {
            assert_eq!(ServerUrl::parse(wrong), Err(ServerUrlError::NotHttp), "{wrong}");
        }
        for wrong in
            ["https://me:secret@example.com", "https://me@example.com", "https://example.com/?a", "http://a/#b"]
        {
            assert_eq!(ServerUrl::parse(wrong), Err(ServerUrlError::MoreThanAddress), "{wrong}");
        }
    }
}
