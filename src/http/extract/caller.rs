//! Who sent a good credential, an API key or a token.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::access::{AccessDenied, AdminAccess};
use crate::auth::ValidatedToken;
use crate::domain::actor::{Actor, AuditContext, RightSource};
use crate::domain::api_key::{ApiKey, Grant};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::guid::Guid;
use crate::domain::tenant::TenantProof;
use crate::http::extract::credential;
use crate::http::extract::credential::Credential;
use crate::http::extract::signed_in::good_token;
use crate::http::limits::Kind;
use crate::http::problem::Problem;
use crate::http::services::Services;

/// Who sent a good credential, of either kind.
pub enum Caller {
    /// Whoever holds an API key.
    Key(Arc<ApiKey>),
    /// A person who signed in with Microsoft.
    Person {
        /// Their token.
        token: Arc<ValidatedToken>,
        /// What they may administer.
        access: AdminAccess,
    },
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

impl Caller {
    /// Checks the credential of a request. What a person may do is looked up each time.
    pub(super) async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let services = Services::of(request)?;
        match credential::of(request)? {
            Credential::ApiKey(secret) => Self::of_key(request, secret).await,
            Credential::Token(token) => {
                let token = good_token(request, token, |error| error).await?;
                let access = services.access.of(&token.sign_in).await.map_err(Problem::unavailable)?;
                if access.group.is_some() {
                    // Whoever has a token for an application, their tenant has granted it access.
                    services.first_sign_ins.note(token.sign_in.tid, &token.sign_in.application);
                }
                Ok(Self::Person { token, access })
            }
        }
    }

    /// Checks an API key that a request brought, wherever it stood.
    pub(super) async fn of_key(request: &HttpRequest, secret: &str) -> Result<Self, Problem> {
        let services = Services::of(request)?;
        let check = services.api_keys.authenticate(secret);
        services.attempts.check((request, &services.metrics), (Kind::ApiKey, secret), check).await.map(Self::Key)
    }

    /// What they may do.
    ///
    /// # Errors
    /// Why they may administer nothing.
    pub fn grant(&self) -> Result<&Grant, AccessDenied> {
        match self {
            Self::Key(key) => Ok(&key.grant),
            Self::Person { access, .. } => access.right.as_ref().map_err(|why| *why),
        }
    }

    /// How histories and the audit log name them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Key(key) => Actor::from(&**key),
            Self::Person { token, .. } => Actor::from(&token.sign_in),
        }
    }

    /// What their right rests on, for the store to look it up again.
    #[must_use]
    pub fn right_source(&self) -> RightSource {
        match self {
            Self::Key(key) => RightSource::ApiKey(key.id),
            Self::Person { token, access } => match &access.right {
                Ok(Grant::BusinessGroupAdmin(group)) => {
                    RightSource::LinkedTenant { tenant: token.sign_in.tid, group: group.clone() }
                }
                // An operator's right stands in their token. Who has none changes nothing.
                _ => RightSource::Lasting,
            },
        }
    }

    /// That they administer this tenant, if they signed in so that it is proven by that.
    #[must_use]
    pub fn proof_of(&self, tenant: Guid) -> Option<TenantProof> {
        match self {
            Self::Key(_) => None,
            Self::Person { token, .. } => TenantProof::of(&token.sign_in, tenant).ok(),
        }
    }

    /// Writes down what a call of an administrator proves: that the tenant which they signed in to is their business
    /// group's. It costs nothing but where there is no proof yet.
    ///
    /// # Errors
    /// Somebody has taken the tenant from the group since their right was looked up.
    pub(super) async fn prove_tenant(&self, services: &Services, context: &AuditContext) -> Result<(), Problem> {
        let Self::Person { token, access: AdminAccess { right: Ok(right), group: Some(group), .. } } = self else {
            return Ok(());
        };
        let administers = right.business_group() == Some(&group.id);
        match self.proof_of(token.sign_in.tid).filter(|_| administers && !group.is_proven) {
            Some(proof) if !services.business_groups.prove_tenant(&group.id, proof, context).await? => {
                Err(AccessDenied::TenantNotLinked.into())
            }
            _ => Ok(()),
        }
    }

    /// The business group that they belong to for certain, whether or not they may do anything with it: not one that
    /// has only named their tenant.
    #[must_use]
    pub fn own_group(&self) -> Option<&BusinessGroupId> {
        match self {
            Self::Key(key) => key.grant.business_group(),
            Self::Person { access, .. } => access.group.as_ref().filter(|group| group.is_proven).map(|group| &group.id),
        }
    }

    /// Whether it may be written down at all what this call is refused: not of people without any right of tenants that
    /// the service does not know, who can be anybody. How often is another question, see [`crate::http::refusals`].
    pub(super) fn may_be_written_down(&self) -> bool {
        match self {
            Self::Key(_) => true,
            Self::Person { access, .. } => access.right.is_ok() || access.is_known(),
        }
    }
}
