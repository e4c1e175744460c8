//! App ID URIs: what the audience of an access token may be, beside a client id.

use url::Url;

use crate::domain::address_form::is_domain_name;
use crate::domain::guid::Guid;

/// App ID URIs of one registration. `https://voice.example/signline` and `https://voice.example/signline/` are one:
/// Entra writes into a v1.0 token whichever of them the client has asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppIdUris(Vec<Box<str>>);

/// The text is not a list of [`AppIdUris`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppIdUrisError {
    /// An entry is not a URI that a registration can have.
    #[error(
        "{0:?} is not an App ID URI such as https://voice.example/signline, with a domain name or a GUID after ://, which no other \
         tenant's application can have, and without query, fragment, user or *"
    )]
    Malformed(String),
    /// There is none.
    #[error("it names no App ID URI; there should be one such as https://voice.example/signline")]
    Empty,
}

/// What an App ID URI begins with (<https://learn.microsoft.com/entra/identity-platform/reference-app-manifest>,
/// `identifierUris`).
const SCHEMES: [&str; 3] = ["https://", "http://", "api://"];

impl AppIdUris {
    /// Reads URIs with commas between them.
    ///
    /// # Errors
    /// [`AppIdUrisError`]
    pub fn parse(text: &str) -> Result<Self, AppIdUrisError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let uris: Result<Vec<_>, _> = entries
            .map(|entry| {
                let uri = is_app_id_uri(entry).then(|| without_slash(entry).into());
                uri.ok_or_else(|| AppIdUrisError::Malformed(entry.to_owned()))
            })
            .collect();
        uris.and_then(|uris| if uris.is_empty() { Err(AppIdUrisError::Empty) } else { Ok(Self(uris)) })
    }

    /// Whether an audience is one of them. Nothing but a last `/` is made equal: not case, not what is percent-encoded.
    #[must_use]
    pub fn has(&self, audience: &str) -> bool {
        self.0.iter().any(|uri| **uri == *without_slash(audience))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn without_slash(uri: &str) -> &str {
    uri.strip_suffix('/').unwrap_or(uri)
}

/// After the scheme stands a domain, which the tenant has to verify, or the GUID of the application or its tenant
/// (<https://learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions>). Anything else, such as
/// `api://signline`, is unique in one tenant only: an employee of another could register it and write roles into their
/// own tokens.
fn is_app_id_uri(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@*\\\"'<>".contains(&byte));
    let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
    let owner = rest.and_then(|rest| rest.split('/').next());
    plain && owner.is_some_and(|owner| is_domain_name(owner) || Guid::parse(owner).is_ok()) && Url::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_slash_makes_no_difference_and_anything_else_does() {
        let uris = AppIdUris::parse(" https://voice.example/signline/, api://voice.example/api,api://c0ffee00-1111-4222-8333-444455556666/signline,").unwrap();
        for good in ["https://voice.example/signline", "https://voice.example/signline/", "api://voice.example/api/"] {
            assert!(uris.has(good), "{good}");
        }
        for other in [
            "",
            "/",
            "https://voice.example",
            "https://voice.example/signline//",
            "https://Voice.example/signline",
            "https://voice.example/Signline",
            "https://voice.example:443/signline",
            "https://voice.example/signline?",
            "https://voice.example/signline/x",
            "https://voice.example.evil.example/signline",
            "voice.example/signline",
            "signline",
            "api://voice.example",
        ] {
            assert!(!uris.has(other), "{other}");
        }
        assert!(!AppIdUris::default().has("") && AppIdUris::default().is_empty());
    }

    // proves T-05
    #[test]
    fn what_no_registration_can_have_is_refused() {
        for wrong in [
            "signline",
            "voice.example/signline",
            "c0ffee00-1111-4222-8333-444455556666",
            "https://",
            "https:///signline",
            "https:voice.example",
            "HTTPS://voice.example",
            "ftp://voice.example",
            "https://*.voice.example",
            "https://user@voice.example",
            "https://voice.example/a b",
            "https://voice.example/?x",
            "https://voice.example/#x",
            "https://vöice.example",
            "api://",
            "api://signline",
            "api://signline/c0ffee00-1111-4222-8333-444455556666",
            "https://localhost/signline",
            "https://192.0.2.1/signline",
            "urn:voice:signline",
            "ms-appx://voice.example",
        ] {
            assert_eq!(AppIdUris::parse(wrong), Err(AppIdUrisError::Malformed(wrong.to_owned())), "{wrong}");
        }
        assert_eq!(AppIdUris::parse(" , "), Err(AppIdUrisError::Empty));
    }
}
