//! Who asks about a token, and about which: a key that comes in any of the ways that RFC 7662 clients send theirs.

use std::borrow::Cow;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use futures_util::future::LocalBoxFuture;

use crate::api_keys;
use crate::domain::api_key::Grant;
use crate::domain::business_group::BusinessGroupId;
use crate::http::extract::authorized::{audit_context, forbidden};
use crate::http::extract::json::{check_type, read_whole};
use crate::http::extract::{Caller, Permission};
use crate::http::problem::{Problem, ProblemKind};

/// The largest form that is read, in bytes: the longest token fits.
const MAX_FORM_BYTES: usize = 32 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// Clients leave the padding out, or do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A question about a token, of a key that may ask it (RFC 7662, section 2.1).
pub struct Introspection {
    /// The only business group whose users it may learn of; `None`: all.
    pub business_group: Option<BusinessGroupId>,
    /// The token.
    pub token: String,
}

/// Resolvers and operators.
struct Resolvers;

impl Permission for Resolvers {
    type Group = Option<BusinessGroupId>;

    fn check(grant: &Grant, _: &HttpRequest) -> Result<Option<BusinessGroupId>, Problem> {
        match grant {
            Grant::Operator => Ok(None),
            Grant::Resolver(group) => Ok(group.clone()),
            Grant::BusinessGroupAdmin(_) | Grant::Directory(_) | Grant::Scim(_) => Err(forbidden(grant)),
        }
    }
}

impl FromRequest for Introspection {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            // Where a header has the credential, it is checked before the form is read.
            if let Some(caller) = in_header(&request).await? {
                let business_group = right(&request, &caller)?;
                let form = Form::read(&request, &mut payload).await?;
                if form.client_secret.is_some() {
                    return Err(Problem::invalid_token("two-credentials: send the key once"));
                }
                return Ok(Self { business_group, token: form.token? });
            }
            // No other body has a key in it.
            check_type(&request, FORM).map_err(|_| Problem::unauthenticated())?;
            let form = Form::read(&request, &mut payload).await?;
            let secret = form.client_secret.ok_or_else(Problem::unauthenticated)?;
            let caller = Caller::of_key(&request, &secret).await?;
            Ok(Self { business_group: right(&request, &caller)?, token: form.token? })
        })
    }
}

/// The business group that a caller may ask about.
fn right(request: &HttpRequest, caller: &Caller) -> Result<Option<BusinessGroupId>, Problem> {
    audit_context::<Resolvers>(request, caller)?;
    let right = caller.grant().map_err(Problem::from).and_then(|grant| Resolvers::check(grant, request));
    right.map_err(|problem| problem.denied_to(caller.own_group().cloned()))
}

/// Who calls, by the `Authorization` header: with Bearer as for any call, or with a key as the password of Basic. `None` without
/// the header.
async fn in_header(request: &HttpRequest) -> Result<Option<Caller>, Problem> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(header), other) = (headers.next(), headers.next()) else { return Ok(None) };
    match basic(header).filter(|_| other.is_none()) {
        Some(passwords) => {
            let key = passwords.iter().find(|password| password.starts_with(api_keys::PREFIX));
            Caller::of_key(request, key.ok_or_else(Problem::unauthenticated)?).await.map(Some)
        }
        None => Caller::of(request).await.map(Some),
    }
}

/// The password of a Basic credential (RFC 7617), as it stands and percent-decoded, as RFC 6749, section 2.3.1, has it. The name is
/// not looked at.
fn basic(header: &HeaderValue) -> Option<[String; 2]> {
    let (scheme, credential) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(credential.trim_matches(' ')).ok()?).ok()?;
    let (_, password) = decoded.split_once(':')?;
    Some([password.to_owned(), percent_decoded(password)])
}

fn percent_decoded(text: &str) -> String {
    let pairs = format!("x={}", text.replace('&', "%26"));
    let decoded = url::form_urlencoded::parse(pairs.as_bytes()).next().map(|(_, value)| value.into_owned());
    decoded.unwrap_or_default()
}

/// The members of the form that count.
struct Form {
    /// The token, or why there is none to ask about.
    token: Result<String, Problem>,
    client_secret: Option<String>,
}

impl Form {
    async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        check_type(request, FORM)?;
        let body = read_whole(request, payload, MAX_FORM_BYTES).await?;
        let (mut tokens, mut secrets) = (Vec::new(), Vec::new());
        for (name, value) in url::form_urlencoded::parse(&body) {
            match &*name {
                "token" => tokens.push(value),
                "client_secret" => secrets.push(value),
                // Such as `token_type_hint`: there is one kind of token.
                _ => {}
            }
        }
        let client_secret = match &*secrets {
            [] => None,
            [_] => secrets.pop().map(Cow::into_owned),
            _ => return Err(Problem::invalid_token("two-credentials: send client_secret once")),
        };
        Ok(Self { token: only(tokens), client_secret })
    }
}

fn only(mut tokens: Vec<Cow<'_, str>>) -> Result<String, Problem> {
    match (tokens.pop(), tokens.is_empty()) {
        (Some(token), true) if !token.is_empty() => Ok(token.into_owned()),
        _ => Err(Problem::new(ProblemKind::MalformedRequest, "Send one token, as the form's field `token`.")),
    }
}
