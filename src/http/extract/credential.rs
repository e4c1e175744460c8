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
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        return Err(Problem::unauthenticated());
    };
    if headers.next().is_some() {
        return Err(Problem::invalid_token("two-credentials: send one Authorization header"));
    }
    let text = header.to_str().map_err(|_| Problem::invalid_token("malformed: the header is not plain ASCII"))?;
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
