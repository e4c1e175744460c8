//! `GET /v1/session`: who calls, and what they may do.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::AdminAccess;
use crate::domain::api_key::{ApiKey, Grant};
use crate::domain::business_group::{BusinessGroup, LinkedGroup};
use crate::domain::email::EmailAddress;
use crate::domain::sign_in::SignIn;
use crate::http::extract::Caller;
use crate::http::problem::Problem;
use crate::http::responses::CommonProblems;
use crate::http::services::Services;
use crate::http::v1::api_keys;
use crate::http::v1::business_groups::NumberRange;

/// The session of a caller.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// What they came with.
    credential: CredentialKind,
    /// What they may do.
    role: SessionRole,
    /// The name of the API key; a person's e-mail address, or `Microsoft account` if the token has none.
    #[schema(example = "admin@abccompany.com")]
    name: String,
    /// The business group that the key is for, or that the tenant of a token with the app role `BusinessGroup.Admin` is
    /// linked to.
    #[schema(example = "abccompany")]
    business_group: Option<String>,
    /// What people call it, as its administrators may have chosen.
    #[schema(example = "ABC Company")]
    business_group_name: Option<String>,
    /// The phone numbers that it may map, in order; null without a business group. No administrator can choose them, so
    /// they tell which company it is, as its id does and its name does not.
    #[schema(required)]
    number_ranges: Option<Vec<NumberRange>>,
    /// How it stands with the tenant of the token; null for a key, as all that follows but the last.
    tenant: Option<TenantState>,
    /// The tenant.
    tid: Option<String>,
    /// The person in it.
    oid: Option<String>,
    /// The e-mail address of the token, in lower case, if it has one.
    email: Option<String>,
    /// The name of the application that they signed in to.
    #[schema(example = "portal")]
    application: Option<String>,
    /// Whether the token has the app role `BusinessGroup.Admin`, whatever it is worth.
    administrator_role: bool,
}

/// What a caller came with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// An API key.
    ApiKey,
    /// A Microsoft Entra token.
    Entra,
}

/// What a caller may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SessionRole {
    /// Everything but `/v1/me`.
    Operator,
    /// Its own business group; number ranges read-only.
    BusinessGroupAdmin,
    /// `POST /v1/introspect`: of everybody, or of the users of its own business group.
    Resolver,
    /// `POST /v1/lookup`: in all business groups, or in its own.
    Directory,
    /// `/scim/v2` of its own business group.
    Scim,
    /// `/v1/me` alone.
    User,
}

/// How it stands with the link of a tenant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TenantState {
    /// It is linked to no business group.
    Unlinked,
    /// It is linked to one, and nobody has shown that it is theirs.
    Unproven,
    /// It is linked to the business group of those whose it is.
    Proven,
}

impl From<api_keys::Role> for SessionRole {
    fn from(role: api_keys::Role) -> Self {
        match role {
            api_keys::Role::Operator => Self::Operator,
            api_keys::Role::BusinessGroupAdmin => Self::BusinessGroupAdmin,
            api_keys::Role::Resolver => Self::Resolver,
            api_keys::Role::Directory => Self::Directory,
            api_keys::Role::Scim => Self::Scim,
        }
    }
}

impl SessionRole {
    fn of(grant: &Grant) -> Self {
        api_keys::Role::from(grant.role()).into()
    }
}

impl TenantState {
    fn of(group: Option<&LinkedGroup>) -> Self {
        match group {
            None => Self::Unlinked,
            Some(group) if group.is_proven => Self::Proven,
            Some(_) => Self::Unproven,
        }
    }
}

impl Session {
    async fn of_key(key: &ApiKey, services: &Services) -> Result<Self, Problem> {
        let group = match key.grant.business_group() {
            Some(id) => Some(services.business_groups.find(id).await?),
            None => None,
        };
        Ok(Self {
            credential: CredentialKind::ApiKey,
            role: SessionRole::of(&key.grant),
            name: key.name.clone(),
            business_group: key.grant.business_group().map(ToString::to_string),
            number_ranges: group.as_ref().map(ranges),
            business_group_name: group.map(|group| group.name),
            tenant: None,
            tid: None,
            oid: None,
            email: None,
            application: None,
            administrator_role: false,
        })
    }

    async fn of_person(
        name: String,
        sign_in: &SignIn,
        access: &AdminAccess,
        services: &Services,
    ) -> Result<Self, Problem> {
        // Whose line is whose, `/v1/me` tells. A guest learns nothing of a group that does not allow guests.
        let administers =
            |group: &&LinkedGroup| sign_in.roles.administrator && (group.allow_guests || !sign_in.is_guest);
        let group = access.group.as_ref().filter(administers);
        let number_ranges = match group {
            Some(group) => Some(ranges(&services.business_groups.find(&group.id).await?)),
            None => None,
        };
        Ok(Self {
            credential: CredentialKind::Entra,
            role: access.right.as_ref().map_or(SessionRole::User, SessionRole::of),
            name,
            business_group: group.map(|group| group.id.to_string()),
            business_group_name: group.map(|group| group.name.clone()),
            number_ranges,
            tenant: Some(TenantState::of(access.group.as_ref())),
            tid: Some(sign_in.tid.to_string()),
            oid: Some(sign_in.oid.to_string()),
            email: sign_in.email.as_ref().map(EmailAddress::to_string),
            application: Some(sign_in.application.to_string()),
            administrator_role: sign_in.roles.administrator,
        })
    }
}

fn ranges(group: &BusinessGroup) -> Vec<NumberRange> {
    group.number_ranges.iter().copied().map(NumberRange::from).collect()
}

/// Tell the caller who they are
///
/// Any good credential: what it is, and what it may do now. It changes nothing of a business group, and proves no
/// tenant.
#[utoipa::path(
    operation_id = "getSession",
    tag = "session",
    security(("entra" = []), ("api_key" = [])),
    responses((status = 200, body = Session, description = "Who calls, and what they may do"), CommonProblems)
)]
#[get("/v1/session")]
pub(crate) async fn get_session(caller: Caller, services: Data<Services>) -> Result<HttpResponse, Problem> {
    let session = match &caller {
        Caller::Key(key) => Session::of_key(key, &services).await?,
        Caller::Person { token, access } => {
            Session::of_person(caller.actor().name, &token.sign_in, access, &services).await?
        }
    };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(session))
}
