//! The credential of a request (RFC 6750, section 2.1).

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use actix_web::http::header::HeaderValue;

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
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        return Err(Problem::unauthenticated());
    };
    if headers.next().is_some() {
        return Err(Problem::invalid_token("two-credentials: send one Authorization header"));
    }
    let text = plain_ascii(header).ok_or_else(|| Problem::invalid_token("malformed: the header is not plain ASCII"))?;
    let Some((scheme, credential)) = text.split_once(' ') else {
        return Err(Problem::unauthenticated());
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::unauthenticated());
    }
    let credential = credential.trim_matches(' ');
    match credential {
        "" => Err(Problem::unauthenticated()),
        _ if credential.starts_with(api_keys::PREFIX) => Ok(Credential::ApiKey(credential)),
        _ => Ok(Credential::Token(credential)),
    }
}

/// The same as `HeaderValue::to_str`, which looks at one byte after the other: a token has more than a thousand. No header
/// has a control character but the tab.
fn plain_ascii(header: &HeaderValue) -> Option<&str> {
    str::from_utf8(header.as_bytes()).ok().filter(|text| text.is_ascii())
}

#[cfg(test)]
mod tests {
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
