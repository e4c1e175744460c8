use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;

use crate::auth::ValidatedToken;
use crate::http::extract::credential;
use crate::http::extract::credential::Credential;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;
use crate::http::services::Services;

/// A caller with a good Microsoft Entra token.
pub struct SignedIn(pub Arc<ValidatedToken>);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { sign_in(&request).await.map(Self) })
    }
}

async fn sign_in(request: &HttpRequest) -> Result<Arc<ValidatedToken>, Problem> {
    let services = Services::of(request)?;
    match credential::of(request)? {
        Credential::Token(token) => Ok(services.tokens.validate(token).await?),
        Credential::ApiKey(secret) => {
            services.api_keys.authenticate(secret).await?;
            let detail = "This call is for signed-in users: it needs a Microsoft Entra token, not an API key.";
            Err(Problem::new(ProblemKind::Forbidden, detail))
        }
    }
}
