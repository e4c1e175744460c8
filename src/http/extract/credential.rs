//! The credential of a request (RFC 6750, section 2.1).

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use crate::api_keys;
use crate::http::problem::Problem;

/// What was sent; nothing of it is checked yet.
pub(super) enum Credential<'a> {
    /// Something that looks like an API key.
    ApiKey(&'a str),
    /// Anything else, which can only be a token.
    Token(&'a str),
}

/// Reads the `Authorization` header. It is the only place where a credential is looked for: one in a query ends up in
/// logs.
pub(super) fn of(request: &HttpRequest) -> Result<Credential<'_>, Problem> {
    let credential = bearer(request)?;
    let text =
        plain_ascii(credential).ok_or_else(|| Problem::invalid_token("malformed: the header is not plain ASCII"))?;
    match text {
        _ if text.starts_with(api_keys::PREFIX) => Ok(Credential::ApiKey(text)),
        _ => Ok(Credential::Token(text)),
    }
}

/// What follows `Bearer`, whatever it is.
pub(super) fn bearer(request: &HttpRequest) -> Result<&[u8], Problem> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        return Err(Problem::unauthenticated());
    };
    if headers.next().is_some() {
        return Err(Problem::invalid_token("two-credentials: send one Authorization header"));
    }
    let (scheme, credential) = header.as_bytes().split_at_checked(SCHEME.len()).ok_or_else(Problem::unauthenticated)?;
    let credential = credential.strip_prefix(b" ").ok_or_else(Problem::unauthenticated)?;
    let credential = trim_spaces(credential);
    if !scheme.eq_ignore_ascii_case(SCHEME) || credential.is_empty() {
        return Err(Problem::unauthenticated());
    }
    Ok(credential)
}

/// What follows `Bearer`, if it may be a token: what else it is, [`of`] says.
pub(super) fn token(credential: &[u8]) -> Option<&str> {
    plain_ascii(credential).filter(|text| !text.starts_with(api_keys::PREFIX))
}

/// Spaces may stand around it (RFC 9110, section 11.4), and nothing else.
fn trim_spaces(mut credential: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = credential {
        credential = rest;
    }
    credential
}

const SCHEME: &[u8] = b"Bearer";

/// The same as `HeaderValue::to_str`, which looks at one byte after the other: a token has more than a thousand. No
/// header has a control character but the tab.
fn plain_ascii(credential: &[u8]) -> Option<&str> {
    // All bytes at once: to stop at the first would take longer.
    let is_ascii = credential.iter().fold(0, |all, byte| all | byte) < 0x80;
    simdutf8::basic::from_utf8(credential).ok().filter(|_| is_ascii)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::*;

    fn is_token(header: &[u8]) -> bool {
        let header = (AUTHORIZATION, HeaderValue::from_bytes(header).unwrap());
        let request = TestRequest::default().insert_header(header).to_http_request();
        matches!(of(&request), Ok(Credential::Token(token)) if token.starts_with("eyJ"))
    }

    #[test]
    fn only_plain_ascii_is_a_credential() {
        assert!(is_token(b"Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"));
        for strange in ["Bearer eyJé".as_bytes(), b"Bearer eyJ\xff", "Bearer\u{a0}eyJ".as_bytes()] {
            assert!(!is_token(strange));
        }
    }
}
