use std::sync::Arc;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use futures_util::future::LocalBoxFuture;

use crate::auth::TokenError;
use crate::auth::ValidatedToken;
use crate::http::call_record::CallRecord;
use crate::http::extract::credential;
use crate::http::extract::credential::Credential;
use crate::http::limits::Failure;
use crate::http::limits::Kind;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;
use crate::http::services::Services;

/// A caller with a good Microsoft Entra token.
pub struct SignedIn {
    /// The token.
    pub token: Arc<ValidatedToken>,
    /// Whether this is the first time that it is seen, as far as is known.
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
    /// The token of a request, if it is known again: nothing has to be waited for, and nothing be read of it.
    pub fn known(services: &Services, request: &HttpRequest, record: &mut CallRecord) -> Option<Arc<ValidatedToken>> {
        let token = credential::bearer(request).ok()?;
        match services.tokens.known(token) {
            Ok(known) => Some(known),
            Err(not_known) => {
                // For the same request, which is about to be read as that of a new token.
                record.has_unknown_token(not_known);
                None
            }
        }
    }
}

async fn sign_in(request: &HttpRequest) -> Result<SignedIn, Problem> {
    let services = Services::of(request)?;
    let not_known = CallRecord::unknown_token(request);
    match credential::of(request)? {
        Credential::Token(token) => {
            let check = async {
                match not_known {
                    Some(not_known) => services.tokens.validate_anew(token, not_known).await,
                    None => services.tokens.validate(token).await,
                }
            };
            let token = services.attempts.check((request, &services.metrics), (Kind::Token, token), check).await?;
            Ok(SignedIn { token, is_new: not_known.is_some() })
        }
        Credential::ApiKey(secret) => {
            let check = services.api_keys.authenticate(secret);
            services.attempts.check((request, &services.metrics), (Kind::ApiKey, secret), check).await?;
            let detail = "This call is for signed-in users: it needs a Microsoft Entra token, not an API key.";
            Err(Problem::new(ProblemKind::Forbidden, detail))
        }
    }
}

/// Checks a token that a request brought, wherever it stood. A known one passes before all limits; what is wrong with another
/// is told by `told`.
pub(in crate::http) async fn good_token<E: Failure>(
    request: &HttpRequest,
    token: &str,
    told: impl FnOnce(TokenError) -> E,
) -> Result<Arc<ValidatedToken>, Problem> {
    let services = Services::of(request)?;
    match services.tokens.known(token.as_bytes()) {
        Ok(known) => Ok(known),
        Err(not_known) => {
            let check = async { services.tokens.validate_anew(token, not_known).await.map_err(told) };
            services.attempts.check((request, &services.metrics), (Kind::Token, token), check).await
        }
    }
}
