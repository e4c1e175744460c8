//! `POST /v1/introspect`: what a token says, and whose line it is for (RFC 7662).

use std::sync::Arc;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, post};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use crate::auth::{TokenDescription, TokenError, ValidatedToken};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::phone_number::NumberText;
use crate::domain::sign_in::SignIn;
use crate::http::extract::{Introspection, read_query};
use crate::http::problem::Problem;
use crate::http::refusals;
use crate::http::responses::{BodyProblems, CommonProblems};
use crate::http::services::Services;
use crate::http::v1::resolving;
use crate::mappings::{CachedLine, ResolveError, ResolvedLine};

/// What is asked about a token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of the form, for the document")]
pub struct IntrospectionRequest {
    /// The token.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ2ZXIiOiIyLjAifQ.c2lnbmF0dXJl")]
    token: String,
    /// Not looked at: there is one kind of token.
    #[schema(required = false, example = "access_token")]
    token_type_hint: Option<String>,
    /// The API key, where no header has it.
    #[schema(required = false)]
    client_secret: Option<String>,
    /// Not looked at.
    #[schema(required = false)]
    client_id: Option<String>,
}

/// What else is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct IntrospectionQuery {
    /// `line`: the token of a user without a line counts as not active.
    #[param(inline)]
    require: Option<Required>,
}

/// What a token must have to be active.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Required {
    /// A user with a line.
    Line,
}

/// Whether the user has a line, or why not.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineState {
    /// They have.
    Ok,
    /// No number is mapped to their address.
    NoMapping,
    /// Their tenant is linked to no business group.
    TenantNotLinked,
    /// They are a guest, whom the business group does not let in.
    GuestNotAllowed,
    /// The mapping belongs to another account of this address.
    IdentityChanged,
    /// The token names no e-mail address.
    NoEmailClaim,
}

/// What a token says. One that is not active says nothing but that: all other members are left out.
#[derive(Default, Serialize, ToSchema)]
pub struct IntrospectedToken<'a> {
    /// Whether the token is good, and one that the key may ask about.
    active: bool,
    /// `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "Bearer")]
    token_type: Option<&'static str>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        required = false,
        example = "https://login.microsoftonline.com/a1a1a1a1-0000-4000-8000-0000000000aa/v2.0"
    )]
    iss: Option<&'a str>,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "0c11e470-1111-4222-8333-000000000001")]
    aud: Option<&'a str>,
    /// Whom it is about, under a name that only the client knows them by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    sub: Option<&'a str>,
    /// The client that it was given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "0c11e470-1111-4222-8333-000000000001")]
    client_id: Option<&'a str>,
    /// What the user signs in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "bobsmith@abccompany.com")]
    username: Option<&'a str>,
    /// The scopes of an access token, with spaces between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "Line.Read")]
    scope: Option<&'a str>,
    /// When it was issued, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    iat: Option<i64>,
    /// From when on it is valid, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    nbf: Option<i64>,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    exp: Option<i64>,
    /// The user's tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    tid: Option<String>,
    /// The user's object id in the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    oid: Option<String>,
    /// The user's e-mail address, in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "bobsmith@abccompany.com")]
    email: Option<&'a str>,
    /// The name of the application that the user signed in to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "portal")]
    application: Option<&'a str>,
    /// The business group that the user's tenant is linked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "abccompany")]
    business_group: Option<&'a str>,
    /// The user's number in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "+17635551111")]
    phone_number: Option<String>,
    /// The number in the digits of the default region, or in E.164 if it is another region's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "7635551111")]
    phone_number_national: Option<String>,
    /// Whether the user has a line, or why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    line: Option<LineState>,
}

/// Ask about a token
///
/// OAuth 2.0 token introspection (RFC 7662), for gateways and services that were handed a user's Microsoft Entra token. The caller is an
/// API key of the role `resolver` or `operator`: as Bearer, as the password of HTTP Basic, or as `client_secret` in the form. A token
/// that is not good, or of a user of another business group than the key's, is answered with `{"active": false}` and nothing else.
#[utoipa::path(
    operation_id = "introspectToken",
    tag = "resolving",
    security(("api_key" = []), ("api_key_basic" = [])),
    params(IntrospectionQuery),
    request_body(
        content = IntrospectionRequest,
        content_type = "application/x-www-form-urlencoded",
        description = "The token, as RFC 7662 has it",
        example = json!({"token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ2ZXIiOiIyLjAifQ.c2lnbmF0dXJl", "token_type_hint": "access_token"})
    ),
    responses(
        CommonProblems,
        BodyProblems,
        (status = 200, description = "What the token says, or that it is not active", body = IntrospectedToken)
    )
)]
#[post("/v1/introspect")]
pub(crate) async fn introspect(request: HttpRequest, asked: Introspection) -> Result<HttpResponse, Problem> {
    let services = Services::of(&request)?;
    let query: IntrospectionQuery = read_query(request.query_string())?;
    let Some((token, is_new)) = good_token(services, &asked.token).await? else { return Ok(inactive()) };
    let only = asked.business_group.as_ref();
    if let Some(answer) = kept(services, &token) {
        return Ok(answer.to(only, query.require.is_some()));
    }
    // Nothing is pinned or written down for who may not ask.
    if only.is_some() && services.resolver.business_group_of(&token.sign_in).await?.as_ref() != only {
        return Ok(inactive());
    }
    let (answer, line) = Answer::find(services, &request, &asked.token, &token.sign_in).await?;
    // Many tokens come once, and an answer takes more memory than all that is kept of its token.
    if let Some(line) = line.filter(|_| !is_new) {
        token.response.keep(KeptAnswer { line, answer: answer.clone() });
    }
    Ok(answer.to(only, query.require.is_some()))
}

/// The token that is asked about, if it is good, and whether it was not in the cache. Bad ones count against nobody: the caller is
/// known, and hands on what its own callers send.
async fn good_token(services: &Services, token: &str) -> Result<Option<(Arc<ValidatedToken>, bool)>, TokenError> {
    let checked = match services.tokens.cached(token.as_bytes()) {
        Ok(cached) => return Ok(Some((cached, false))),
        Err(miss) => services.tokens.validate_anew(token, miss).await,
    };
    match checked {
        Ok(token) => Ok(Some((token, true))),
        Err(TokenError::Invalid(_)) => Ok(None),
        Err(error @ TokenError::KeysUnavailable { .. }) => Err(error),
    }
}

/// What can be answered about a token, to whoever may ask about it.
#[derive(Clone)]
struct Answer {
    group: Option<BusinessGroupId>,
    line: LineState,
    body: Bytes,
}

/// An answer that was found for a token whose user has a line, and that line.
struct KeptAnswer {
    line: CachedLine,
    answer: Answer,
}

fn kept(services: &Services, token: &ValidatedToken) -> Option<Answer> {
    let now = Instant::now();
    let if_it_holds =
        |kept: &KeptAnswer| services.resolver.holds(&token.sign_in, &kept.line, now).then(|| kept.answer.clone());
    token.response.read(if_it_holds).flatten()
}

impl Answer {
    /// The answer about a good token, and the line that it tells of.
    async fn find(
        services: &Services,
        request: &HttpRequest,
        text: &str,
        sign_in: &SignIn,
    ) -> Result<(Self, Option<CachedLine>), Problem> {
        match resolving::resolve(services, sign_in).await {
            Ok(line) => {
                let answer = Self {
                    group: Some(line.business_group().clone()),
                    line: LineState::Ok,
                    body: describe(services, text, sign_in, Ok(&line))?,
                };
                Ok((answer, Some(line.found())))
            }
            Err(error) => {
                let line = LineState::of(services, request, sign_in, error).await?;
                let group = services.resolver.business_group_of(sign_in).await?;
                let body = describe(services, text, sign_in, Err((line, group.as_ref())))?;
                Ok((Self { group, line, body }, None))
            }
        }
    }

    /// The answer to a key of this business group, or of all.
    fn to(self, only: Option<&BusinessGroupId>, needs_line: bool) -> HttpResponse {
        let may_be_seen = only.is_none() || self.group.as_ref() == only;
        if may_be_seen && (self.line == LineState::Ok || !needs_line) { respond(self.body) } else { inactive() }
    }
}

impl LineState {
    /// Why there is no line. A refused first pin is written down here too.
    async fn of(
        services: &Services,
        request: &HttpRequest,
        sign_in: &SignIn,
        error: ResolveError,
    ) -> Result<Self, Problem> {
        Ok(match error {
            ResolveError::Store(_) => return Err(error.into()),
            ResolveError::TenantNotLinked | ResolveError::TenantNotProven => Self::TenantNotLinked,
            ResolveError::GuestNotAllowed => Self::GuestNotAllowed,
            ResolveError::NoEmailClaim => Self::NoEmailClaim,
            ResolveError::NoMapping => Self::NoMapping,
            ResolveError::IdentityChanged => Self::IdentityChanged,
            ResolveError::TwoNumbers(two) => {
                let event = resolving::refused_pin(services, request, sign_in, &two);
                refusals::write_down(services, event).await;
                Self::IdentityChanged
            }
        })
    }
}

/// The body about a token that is active; without a line, why, and the business group.
fn describe(
    services: &Services,
    token: &str,
    sign_in: &SignIn,
    line: Result<&ResolvedLine<'_>, (LineState, Option<&BusinessGroupId>)>,
) -> Result<Bytes, Problem> {
    let claims = TokenDescription::of(token);
    let (tid, oid) = (sign_in.tid.to_string(), sign_in.oid.to_string());
    let email = sign_in.email.as_ref().map(EmailAddress::as_str);
    let username = claims.username().or(email).unwrap_or(&oid).to_owned();
    let answer = IntrospectedToken {
        active: true,
        token_type: Some("Bearer"),
        iss: claims.issuer(),
        aud: claims.audience(),
        sub: claims.subject().or(Some(&oid)),
        client_id: claims.client_id(),
        username: Some(&username),
        scope: claims.scope(),
        iat: claims.iat,
        nbf: claims.nbf,
        exp: Some(sign_in.expires_at.as_second()),
        tid: Some(tid),
        oid: Some(oid.clone()),
        email,
        application: Some(sign_in.application.as_str()),
        business_group: line
            .as_ref()
            .map_or_else(|(_, group)| *group, |line| Some(line.business_group()))
            .map(BusinessGroupId::as_str),
        phone_number: line.ok().map(|line| NumberText::from(line.phone_number).as_str().to_owned()),
        phone_number_national: line
            .ok()
            .map(|line| NumberText::from(services.plan.write(line.phone_number)).as_str().to_owned()),
        line: Some(line.map_or_else(|(state, _)| state, |_| LineState::Ok)),
    };
    serde_json::to_vec(&answer).map(|json| Bytes::from(json.into_boxed_slice())).map_err(Problem::internal)
}

fn inactive() -> HttpResponse {
    respond(Bytes::from_static(br#"{"active":false}"#))
}

/// No cache may keep it (RFC 7662, section 4).
fn respond(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type("application/json").body(body)
}
