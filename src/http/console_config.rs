//! What the console has to know of the service.

use actix_web::http::header::HeaderValue;
use serde::Serialize;

use crate::domain::application::Applications;
use crate::domain::authority::Authority;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::tenant::UnprovenTenants;

/// What the page has to know of the service before anybody has signed in: the answer of `GET /console/config.json`.
#[derive(Clone, Debug, Serialize)]
pub struct ConsoleConfig {
    /// The Microsoft cloud instance.
    authority: String,
    /// The application that the page signs in to; null: nobody can sign in with Microsoft.
    application: Option<String>,
    /// The applications whose tokens are taken.
    applications: Vec<ConsoleApplication>,
    /// The scope of access tokens for the API; null: ID tokens are sent.
    api_scope: Option<String>,
    /// The region whose numbers are written without a country code.
    default_region: String,
    /// What happens to the users of tenants that are linked and not proven: `resolve` or `refuse`.
    unproven_tenants: &'static str,
    /// The whole policy of the page.
    #[serde(skip)]
    pub(super) policy: HeaderValue,
}

/// An application that people sign in to.
#[derive(Clone, Debug, Serialize)]
struct ConsoleApplication {
    name: String,
    client_id: String,
}

impl ConsoleConfig {
    /// What a service with these settings tells. Without a name the page signs in to the first of the applications.
    #[must_use]
    pub fn new(
        authority: &Authority,
        applications: &Applications,
        application: Option<&str>,
        api_scope: Option<String>,
        plan: NumberingPlan,
    ) -> Self {
        let listed = |(name, client_id): (_, _)| ConsoleApplication { name, client_id };
        let applications: Vec<_> =
            applications.iter().map(|(id, name)| (name.to_string(), id.to_string())).map(listed).collect();
        let first = applications.first().map(|first| first.name.clone());
        Self {
            authority: authority.base().to_owned(),
            application: application.map(str::to_owned).or(first),
            applications,
            api_scope,
            default_region: plan.region(),
            unproven_tenants: UnprovenTenants::default().as_str(),
            policy: policy(authority.base()),
        }
    }

    /// The same, of a service that treats unproven tenants so.
    #[must_use]
    pub fn with_unproven_tenants(self, unproven: UnprovenTenants) -> Self {
        Self { unproven_tenants: unproven.as_str(), ..self }
    }
}

/// What the page may do: it runs and shows what the service gives it, and asks the service and `authority` alone. Texts
/// become elements by lit-html only.
fn policy(authority: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'none'; \
         connect-src 'self' {authority}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types lit-html"
    );
    // An authority is an origin, of characters that a header may have.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
