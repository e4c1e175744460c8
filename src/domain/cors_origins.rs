//! The origins whose pages may call the service from a browser.

use url::Url;

/// Exact origins, such as `https://portal.example.com`. None: no page of another origin may read an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsOrigins(Vec<String>);

/// The text is not a list of origins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an origin: write https://portal.example.com, with a port if it is not the usual one, and no path"
)]
pub struct CorsOriginsError(String);

impl CorsOrigins {
    /// Reads `https://portal.example.com,http://localhost:3000`. Neither `*` nor `null` is taken: both are anybody.
    ///
    /// # Errors
    /// [`CorsOriginsError`]
    pub fn parse(text: &str) -> Result<Self, CorsOriginsError> {
        let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        origins
            .map(|origin| parse_origin(origin).ok_or_else(|| CorsOriginsError(origin.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an `Origin` header names one of them. Browsers write it in one way (RFC 6454, section 6.2).
    #[must_use]
    pub fn has(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|known| known.as_bytes() == origin)
    }
}

/// An origin as browsers write it.
fn parse_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
    let origin = url.origin().ascii_serialization();
    // What else it has is not part of an origin; a slash at its end is forgiven.
    // The parser takes an asterisk as a name.
    let is_alone = !text.contains('*') && url.as_str().trim_end_matches('/') == origin && url.username().is_empty();
    is_alone.then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_as_browsers_write_it() {
        let origins =
            CorsOrigins::parse(" https://Portal.Example.com/, http://localhost:3000,https://a.example:443").unwrap();
        for origin in ["https://portal.example.com", "http://localhost:3000", "https://a.example"] {
            assert!(origins.has(origin.as_bytes()), "{origin}");
        }
        for other in [
            "https://portal.example.com:8443",
            "http://portal.example.com",
            "https://x.portal.example.com",
            "null",
            "",
            "*",
            "https://portal.example.com/",
            "https://portal.example.com.evil.example",
        ] {
            assert!(!origins.has(other.as_bytes()), "{other}");
        }
        assert!(CorsOrigins::parse("").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_single_origin_is_refused() {
        for wrong in [
            "*",
            "null",
            "portal.example.com",
            "https://*.example.com",
            "https://a.example/path",
            "https://a.example?x",
            "https://u@a.example",
            "file:///x",
            "app://x",
            "https://a.example#f",
        ] {
            assert_eq!(CorsOrigins::parse(wrong), Err(CorsOriginsError(wrong.to_owned())), "{wrong}");
        }
    }
}
