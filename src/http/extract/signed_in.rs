//! The caller of a request that is for people who signed in.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use crate::auth::{TokenError, ValidatedToken};
use crate::http::call_record::{CallRecord, TokenProgress};
use crate::http::extract::credential;
use crate::http::extract::credential::Credential;
use crate::http::limits::{Failure, Kind};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::services::Services;

/// A caller with a good Microsoft Entra token.
pub struct SignedIn {
    /// The token.
    pub token: Arc<ValidatedToken>,
    /// Whether it was not in the cache: as far as is known, this is the first time that it is seen.
    pub is_new: bool,
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { sign_in(&request).await })
    }
}

impl SignedIn {
    /// The caller of a request, if nothing has to be waited for to know them. Otherwise what is known of their token goes into the
    /// record, for the extractor of the same request.
    pub fn at_once(services: &Services, request: &HttpRequest, record: &mut CallRecord) -> Option<Self> {
        let credential = credential::bearer(request).ok()?;
        let miss = match services.tokens.cached(credential) {
            Ok(token) => return Some(Self { token, is_new: false }),
            Err(miss) => miss,
        };
        record.set_token(TokenProgress::NotCached(miss));
        let token = credential::token(credential)?;
        // Where there is a limit to be looked at, the extractor does it.
        let checked = services.attempts.are_few().then(|| services.tokens.validate_at_once(token, miss))??;
        match checked {
            Ok(token) => Some(Self { token, is_new: true }),
            Err(error) => {
                record.set_token(TokenProgress::Refused(error));
                None
            }
        }
    }

    /// Leaves it to the handler to answer the request.
    pub fn defer(self, record: &mut CallRecord) {
        record.set_token(TokenProgress::Good(self.token, self.is_new));
    }
}

async fn sign_in(request: &HttpRequest) -> Result<SignedIn, Problem> {
    let services = Services::of(request)?;
    match credential::of(request)? {
        Credential::Token(token) => {
            let progress = CallRecord::take_token(request);
            if let Some(TokenProgress::Good(token, is_new)) = progress {
                return Ok(SignedIn { token, is_new });
            }
            let is_new = progress.is_some();
            let check = async {
                match progress {
                    Some(TokenProgress::Refused(error)) => Err(error),
                    Some(TokenProgress::NotCached(miss)) => services.tokens.validate_anew(token, miss).await,
                    Some(TokenProgress::Good(..)) | None => services.tokens.validate(token).await,
                }
            };
            let token = services.attempts.check((request, &services.metrics), (Kind::Token, token), check).await?;
            Ok(SignedIn { token, is_new })
        }
        Credential::ApiKey(secret) => {
            let check = services.api_keys.authenticate(secret);
            services.attempts.check((request, &services.metrics), (Kind::ApiKey, secret), check).await?;
            let detail = "This call is for signed-in users: it needs a Microsoft Entra token, not an API key.";
            Err(Problem::new(ProblemKind::Forbidden, detail))
        }
    }
}

/// Checks a token that a request brought, wherever it stood. A cached one passes before all limits; `map_err` says what is wrong
/// with another.
pub(in crate::http) async fn good_token<E: Failure>(
    request: &HttpRequest,
    token: &str,
    map_err: impl FnOnce(TokenError) -> E,
) -> Result<Arc<ValidatedToken>, Problem> {
    let services = Services::of(request)?;
    match services.tokens.cached(token.as_bytes()) {
        Ok(cached) => Ok(cached),
        Err(miss) => {
            let check = async { services.tokens.validate_anew(token, miss).await.map_err(map_err) };
            services.attempts.check((request, &services.metrics), (Kind::Token, token), check).await
        }
    }
}
