//! What a token says of itself, for those who ask about one by introspection (RFC 7662, section 2.2).

use base64_simd::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

/// The claims of a token that is good already. Most of them decide nothing here, and may have any form: one that is no text is
/// passed over.
#[derive(Debug, Default, Deserialize)]
pub struct TokenDescription {
    iss: Option<Value>,
    aud: Option<Value>,
    sub: Option<Value>,
    azp: Option<Value>,
    appid: Option<Value>,
    scp: Option<Value>,
    preferred_username: Option<Value>,
    upn: Option<Value>,
    unique_name: Option<Value>,
    /// When it was issued, in seconds since 1970.
    pub iat: Option<i64>,
    /// From when on it is valid, likewise.
    pub nbf: Option<i64>,
}

impl TokenDescription {
    /// Reads the claims of a token that has passed every check.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode_to_vec(payload).ok());
        payload.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        text(self.iss.as_ref())
    }

    /// Whom it is for.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        text(self.aud.as_ref())
    }

    /// Whom it is about, under a name that only the client knows them by.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        text(self.sub.as_ref())
    }

    /// The client that it was given to: an access token names it, an ID token is for it.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        text(self.azp.as_ref()).or_else(|| text(self.appid.as_ref())).or_else(|| self.audience())
    }

    /// Its scopes, with spaces between them.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        text(self.scp.as_ref())
    }

    /// What the user signs in with.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        [&self.preferred_username, &self.upn, &self.unique_name].into_iter().find_map(|claim| text(claim.as_ref()))
    }
}

fn text(claim: Option<&Value>) -> Option<&str> {
    claim?.as_str()
}
