use std::future::Ready;
use std::future::ready;
use std::sync::Arc;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use futures_util::future::Either;
use futures_util::future::LocalBoxFuture;

use crate::auth::ValidatedToken;
use crate::http::extract::credential;
use crate::http::extract::credential::Credential;
use crate::http::limits::Kind;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;
use crate::http::services::Services;

/// A caller with a good Microsoft Entra token.
pub struct SignedIn(pub Arc<ValidatedToken>);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Either<Ready<Result<Self, Problem>>, LocalBoxFuture<'static, Result<Self, Problem>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(known) = known(request) {
            return Either::Left(ready(Ok(Self(known))));
        }
        let request = request.clone();
        Either::Right(Box::pin(async move { sign_in(&request).await.map(Self) }))
    }
}

/// The token, if it is known again: nothing has to be waited for, and nothing be read of it.
fn known(request: &HttpRequest) -> Option<Arc<ValidatedToken>> {
    let services = Services::of(request).ok()?;
    services.tokens.known(credential::bearer(request).ok()?)
}

async fn sign_in(request: &HttpRequest) -> Result<Arc<ValidatedToken>, Problem> {
    let services = Services::of(request)?;
    match credential::of(request)? {
        Credential::Token(token) => {
            let check = services.tokens.validate_anew(token);
            services.attempts.check((request, &services.metrics), (Kind::Token, token), check).await
        }
        Credential::ApiKey(secret) => {
            let check = services.api_keys.authenticate(secret);
            services.attempts.check((request, &services.metrics), (Kind::ApiKey, secret), check).await?;
            let detail = "This call is for signed-in users: it needs a Microsoft Entra token, not an API key.";
            Err(Problem::new(ProblemKind::Forbidden, detail))
        }
    }
}
