//! The proof of a tenant that a call may bring along.

use actix_web::HttpRequest;

use crate::auth::TokenError;
use crate::domain::guid::Guid;
use crate::domain::tenant::TenantProof;
use crate::http::extract::good_token;
use crate::http::limits::Failure;
use crate::http::problem::Problem;

/// A token that was sent as a proof and is not good: a bad credential as far as limits go, but not the caller's own, so
/// it is told as a wrong field.
struct BadProof(TokenError);

impl Failure for BadProof {
    fn is_bad_credential(&self) -> bool {
        self.0.is_bad_credential()
    }

    fn was_given_out(&self) -> bool {
        self.0.was_given_out()
    }
}

impl From<BadProof> for Problem {
    fn from(BadProof(error): BadProof) -> Self {
        match error {
            TokenError::Invalid(_) => wrong(error),
            TokenError::KeysUnavailable { .. } => error.into(),
        }
    }
}

/// Checks a token that was sent as a proof of a tenant. It counts in the limits as one in the `Authorization` header
/// does.
///
/// # Errors
/// The problem to answer with: what is wrong with it, or that too many were.
pub(super) async fn check(request: &HttpRequest, token: &str, tenant: Guid) -> Result<TenantProof, Problem> {
    let validated = good_token(request, token, BadProof).await?;
    TenantProof::of(&validated.sign_in, tenant).map_err(wrong)
}

fn wrong(error: impl std::fmt::Display) -> Problem {
    Problem::invalid_field("proof", error)
}
