//! API keys: make, list, revoke.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpResponse, delete, get, post, web};
use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api_keys::NewApiKey;
use crate::domain::api_key::Grant;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::{api_key, name};
use crate::http::extract::{Authorized, GroupReader, Json, Query};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::responses::{BodyProblems, CommonProblems};
use crate::http::services::Services;
use crate::http::v1::paging::{ListDocument, Listed, NEXT_CURSOR, Page, PageQuery};

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
pub struct ApiKey {
    /// Its id.
    #[schema(example = "0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c")]
    id: String,
    /// What people call it.
    #[schema(example = "portal")]
    name: String,
    /// What it may do.
    role: Role,
    /// The business group that it is for; null: for all.
    business_group: Option<String>,
    /// How its secret begins.
    #[schema(example = "slk_Qx3f")]
    prefix: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it stops working; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A new API key: the only answer that has its secret.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiKey<'a> {
    #[serde(flatten)]
    key: ApiKey,
    /// What its holder sends as `Authorization: Bearer`.
    secret: &'a str,
}

/// What a key may do.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", try_from = "String")]
#[schema(as = ApiKeyRole)]
pub enum Role {
    /// Everything but `/v1/me`, forward-auth and `/scim/v2`.
    Operator,
    /// Its own business group; number ranges read-only.
    BusinessGroupAdmin,
    /// `POST /v1/introspect`: of everybody, or of the users of its own business group.
    Resolver,
    /// `POST /v1/lookup`: in all business groups, or in its own.
    Directory,
    /// `/scim/v2` of its own business group.
    Scim,
}

/// A page of API keys.
pub type ApiKeyList = Page<ApiKey>;

impl Listed for ApiKey {
    const LIST: ListDocument = ListDocument {
        name: "ApiKeyList",
        description: "A page of API keys.",
        items: "The keys, in the order of their making.",
        next_cursor: NEXT_CURSOR,
    };
}

/// An API key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    /// What people call it.
    #[schema(example = "portal")]
    name: String,
    /// What it may do.
    role: Role,
    /// The business group that it is for: needed for `business-group-admin` and `scim`, not for `operator`. A `resolver` or a
    /// `directory` with one is for that alone.
    #[schema(required = false)]
    business_group: Option<String>,
    /// When it stops working; left out or null: never.
    #[serde(default, deserialize_with = "time")]
    #[schema(value_type = Option<String>, format = DateTime, required = false)]
    expires_at: Option<Timestamp>,
}

impl From<api_key::ApiKey> for ApiKey {
    fn from(key: api_key::ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            role: key.grant.role().into(),
            business_group: key.grant.business_group().map(BusinessGroupId::to_string),
            name: key.name,
            prefix: key.prefix,
            created_at: key.created_at,
            expires_at: key.expires_at,
        }
    }
}

impl From<api_key::Role> for Role {
    fn from(role: api_key::Role) -> Self {
        match role {
            api_key::Role::Operator => Self::Operator,
            api_key::Role::BusinessGroupAdmin => Self::BusinessGroupAdmin,
            api_key::Role::Resolver => Self::Resolver,
            api_key::Role::Directory => Self::Directory,
            api_key::Role::Scim => Self::Scim,
        }
    }
}

impl TryFrom<String> for Role {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let role = api_key::Role::parse(&text).map(Self::from);
        role.ok_or("it is `operator`, `business-group-admin`, `resolver`, `directory` or `scim`")
    }
}

/// Reads a time, or null. What the library says of a wrong one is for programmers.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let read =
        text.map(|text| text.parse().map_err(|_| "write a time such as 2027-01-31T00:00:00Z, before the year 9999"));
    read.transpose().map_err(D::Error::custom)
}

impl From<Role> for api_key::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Operator => Self::Operator,
            Role::BusinessGroupAdmin => Self::BusinessGroupAdmin,
            Role::Resolver => Self::Resolver,
            Role::Directory => Self::Directory,
            Role::Scim => Self::Scim,
        }
    }
}

impl CreateApiKey {
    fn read(self) -> Result<NewApiKey, Problem> {
        let name = name::parse(&self.name).map_err(|error| Problem::invalid_field("name", error))?;
        let group = self.business_group.as_deref().map(BusinessGroupId::parse).transpose();
        let group = group.map_err(|error| Problem::invalid_field("business_group", error))?;
        let grant = Grant::new(self.role.into(), group);
        let grant = grant.map_err(|error| Problem::invalid_field("business_group", error))?;
        Ok(NewApiKey { name, grant, expires_at: self.expires_at })
    }
}

/// Whether an administrator of a group may make a key of this grant: for nobody else's group, and for nothing that
/// reaches beyond it. Another's group answers as one that does not exist.
fn check_own(own: &BusinessGroupId, grant: &Grant) -> Result<(), Problem> {
    match grant {
        Grant::BusinessGroupAdmin(group) | Grant::Scim(group) if group == own => Ok(()),
        Grant::BusinessGroupAdmin(_) | Grant::Scim(_) => Err(Problem::not_found("There is no such business group.")),
        Grant::Operator | Grant::Resolver(_) | Grant::Directory(_) => {
            let detail = "An administrator makes keys with the roles business-group-admin and scim alone.";
            Err(Problem::new(ProblemKind::Forbidden, detail))
        }
    }
}

/// Make an API key
///
/// The secret is shown once, in this answer. An administrator makes keys with the roles `business-group-admin` and
/// `scim` for their own business group.
#[utoipa::path(
    operation_id = "createApiKey",
    tag = "API keys",
    request_body = CreateApiKey,
    responses(
        (status = 201, body = CreatedApiKey, description = "The new key, with its secret"),
        BodyProblems,
        CommonProblems
    )
)]
#[post("/v1/api-keys")]
pub(crate) async fn create_api_key(
    call: Authorized<GroupReader, Json<CreateApiKey>>,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let Json(body) = call.input;
    let new = body.read()?;
    if let Some(own) = &call.group {
        check_own(own, &new.grant)?;
    }
    let created = services.api_keys.create(new, &call.context).await?;
    let body = CreatedApiKey { key: created.key.into(), secret: &created.secret };
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(body))
}

/// List API keys
///
/// An administrator sees those of their own business group.
#[utoipa::path(
    operation_id = "listApiKeys",
    tag = "API keys",
    params(PageQuery),
    responses((status = 200, body = ApiKeyList, description = "A page of the keys"), CommonProblems)
)]
#[get("/v1/api-keys")]
pub(crate) async fn list_api_keys(
    call: Authorized<GroupReader, Query<PageQuery>>,
    services: Data<Services>,
) -> Result<web::Json<ApiKeyList>, Problem> {
    let Query(query) = call.input;
    let page = query.read()?;
    let page = services.api_keys.list(call.group.as_ref(), &page).await?;
    Ok(web::Json(Page::of(page, |key| &key.id)))
}

/// Revoke an API key
///
/// It is refused from now on, on every replica. An administrator revokes those of their own business group.
#[utoipa::path(
    operation_id = "revokeApiKey",
    tag = "API keys",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "The key is revoked"), CommonProblems)
)]
#[delete("/v1/api-keys/{id}")]
pub(crate) async fn revoke_api_key(
    call: Authorized<GroupReader>,
    id: web::Path<String>,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::not_found("There is no such API key."))?;
    services.api_keys.revoke(id, call.group.as_ref(), &call.context).await?;
    Ok(HttpResponse::NoContent().finish())
}
