//! The application that asks for tokens, and what it shows for itself.

use actix_web::http::header::{AUTHORIZATION, ORIGIN};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use crate::asked::Asked;
use crate::config::{Application, Config};
use crate::oauth_error::OAuthError;

/// The application that asks. One that has a secret must show it, one that has none must not. A page in a browser shows
/// none: what it may redeem is told by what was given out (see `check_origin`).
pub(crate) fn identify<'c>(config: &'c Config, asked: &Asked) -> Result<&'c Application, OAuthError> {
    let sent = Credentials::of(asked)?;
    let client = config.application(&sent.client_id).ok_or_else(OAuthError::unknown_application)?;
    let wrong = |number, text| Err(OAuthError::new("invalid_client", number, text));
    match (client.secret.as_deref(), sent.secret.as_deref()) {
        (_, Some(_)) if is_cross_origin(asked) => {
            let text = "A page in a browser can't keep a secret: a request with an Origin may have none.";
            Err(OAuthError::new("invalid_request", 9_002_326, text))
        }
        (Some(_), None) if is_cross_origin(asked) => Ok(client),
        (Some(known), Some(secret)) if secret == known => Ok(client),
        (Some(_), Some(_)) => wrong(7_000_215, "Invalid client secret provided."),
        (Some(_), None) => wrong(7_000_218, "The request body must have the application's client_secret."),
        (None, Some(_)) => wrong(700_025, "The application is public: it must not show a client_secret."),
        (None, None) => Ok(client),
    }
}

/// Whether a page in a browser asks, which may be of any origin.
pub(crate) fn is_cross_origin(asked: &Asked) -> bool {
    asked.header(ORIGIN).is_some()
}

/// What was given to a page in a browser is redeemed by one, and nothing else is.
pub(crate) fn check_origin(asked: &Asked, was_given_to_a_page: bool) -> Result<(), OAuthError> {
    let refused = |number, text| Err(OAuthError::new("invalid_request", number, text));
    match (is_cross_origin(asked), was_given_to_a_page) {
        (true, false) => {
            let text = "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.";
            refused(9_002_326, text)
        }
        (false, true) => {
            let text = "Tokens of the 'Single-Page Application' client-type are redeemed by a request with an Origin.";
            refused(9_002_327, text)
        }
        _ => Ok(()),
    }
}

/// As they were sent: in the form, or by HTTP Basic.
struct Credentials {
    client_id: String,
    secret: Option<String>,
}

impl Credentials {
    fn of(asked: &Asked) -> Result<Self, OAuthError> {
        let params = &asked.params;
        if params.get("client_assertion").is_some() || params.get("client_assertion_type").is_some() {
            let text = "The simulator takes no client_assertion: use client_secret.";
            return Err(OAuthError::new("invalid_client", 700_027, text));
        }
        let header = asked.header(AUTHORIZATION);
        let Some(basic) = header.and_then(|text| text.split_once(' ')).filter(is_basic) else {
            let secret = params.get("client_secret").map(str::to_owned);
            return Ok(Self { client_id: params.required("client_id")?.to_owned(), secret });
        };
        let text = "The client's credentials in the Authorization header can't be read, or others are in the form.";
        let malformed = OAuthError::new("invalid_request", 9_002_313, text);
        let sent = from_basic(basic.1).ok_or(malformed.clone())?;
        let is_twice = params.get("client_secret").is_some();
        if is_twice || params.get("client_id").is_some_and(|client_id| client_id != sent.client_id) {
            return Err(malformed);
        }
        Ok(sent)
    }
}

fn is_basic((scheme, _): &(&str, &str)) -> bool {
    scheme.eq_ignore_ascii_case("basic")
}

/// Both are form-encoded before they are joined (RFC 6749, section 2.3.1).
fn from_basic(encoded: &str) -> Option<Credentials> {
    let joined = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, secret) = joined.split_once(':')?;
    Some(Credentials { client_id: form_decoded(client_id), secret: Some(form_decoded(secret)) })
}

fn form_decoded(text: &str) -> String {
    let pair = format!("={text}");
    let decoded = form_urlencoded::parse(pair.as_bytes()).next();
    decoded.map(|(_, value)| value.into_owned()).unwrap_or_default()
}
