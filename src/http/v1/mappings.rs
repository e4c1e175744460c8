//! Single mappings.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::email::EmailAddress;
use crate::domain::mapping;
use crate::domain::mapping::{MappingPlace, MappingSort};
use crate::domain::mapping_search::MappingSearch;
use crate::http::extract::{Authorized, GroupAdmin, Json, PhoneNumberInPath};
use crate::http::problem::Problem;
use crate::http::responses::{BodyProblems, CommonProblems};
use crate::http::services::Services;
use crate::http::v1::if_match::expected_revisions;
use crate::http::v1::paging::{
    ListDocument, Listed, Listing, NEXT_CURSOR, Page, PageQuery, cursor_after, foreign_cursor,
};
use crate::http::v1::paths::{GroupPath, MappingPath};
use crate::ports::mapping_store;
use crate::ports::mapping_store::{MappingFilter, PutOutcome};

/// A mapping of a phone number to an e-mail address.
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneMapping)]
pub struct Mapping {
    /// The number in E.164.
    #[schema(example = "+17635551111")]
    phone_number: String,
    /// The Microsoft e-mail address, in lower case.
    #[schema(example = "bobsmith@abccompany.com")]
    email: String,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The object id of the account that it is pinned to; null if the next sign-in pins it.
    oid: Option<String>,
    /// When that account signed in for the first time; null if it is pinned to none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pinned_at: Option<Timestamp>,
}

/// A page of mappings.
pub type MappingList = Page<Mapping>;

impl Listed for Mapping {
    const LIST: ListDocument = ListDocument {
        name: "PhoneMappingList",
        description: "A page of mappings.",
        items: "The mappings, in the order of `sort`.",
        next_cursor: NEXT_CURSOR,
    };
}

/// The address of a mapping.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutMapping {
    /// The Microsoft e-mail address.
    #[schema(example = "bobsmith@abccompany.com")]
    email: String,
}

/// Which mappings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MappingQuery {
    /// Only mappings with this text in their number or address. A number may be written as people write it: with
    /// spaces, dots, dashes and brackets, and as it is dialled in the default region.
    #[param(example = "763-555")]
    q: Option<String>,
    /// Only mappings whose account has signed in (`seen`): they are pinned to it; or only those that are pinned to none
    /// (`never`). A business group that pins nobody has none that is seen.
    #[param(inline)]
    sign_in: Option<SignIns>,
    /// What the list is sorted by. Of two that are alike in it the lower number comes first.
    #[param(inline)]
    #[serde(default)]
    sort: Sort,
}

/// Whether the account of a mapping has signed in.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignIns {
    /// It has not: the mapping is pinned to none.
    Never,
    /// It has: the mapping is pinned to it.
    Seen,
}

/// What mappings are sorted by.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The number.
    #[default]
    PhoneNumber,
    /// The address.
    Email,
    /// When the address was last set: the longest ago first.
    UpdatedAt,
}

impl From<Sort> for MappingSort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::PhoneNumber => Self::PhoneNumber,
            Sort::Email => Self::Email,
            Sort::UpdatedAt => Self::UpdatedAt,
        }
    }
}

impl From<mapping::Mapping> for Mapping {
    fn from(mapping: mapping::Mapping) -> Self {
        Self {
            phone_number: mapping.phone_number.to_string(),
            email: mapping.email.to_string(),
            updated_at: mapping.updated_at,
            oid: mapping.pinned_to.map(|pinned| pinned.oid.to_string()),
            pinned_at: mapping.pinned_to.map(|pinned| pinned.at),
        }
    }
}

/// List mappings
///
/// In the order of their numbers; with `q` those alone that have a text in their number or address.
#[utoipa::path(
    operation_id = "listMappings",
    tag = "mappings",
    params(GroupPath, MappingQuery, PageQuery),
    responses((status = 200, body = MappingList, description = "A page of the mappings"), CommonProblems)
)]
#[get("/v1/business-groups/{id}/mappings")]
pub(crate) async fn list_mappings(
    call: Authorized<GroupAdmin, Listing<MappingQuery>>,
    services: Data<Services>,
) -> Result<web::Json<MappingList>, Problem> {
    let Listing { filter, page } = call.input;
    let sort = filter.sort.into();
    let page = page.read()?;
    if page.after.as_ref().is_some_and(|place: &MappingPlace| place.sort() != sort) {
        return Err(foreign_cursor());
    }
    let filter = MappingFilter {
        search: filter.q.and_then(|text| MappingSearch::read(&text, services.plan)),
        is_pinned: filter.sign_in.map(|sign_in| matches!(sign_in, SignIns::Seen)),
        sort,
    };
    let page = services.mappings.list(&call.group, &filter, &page).await?;
    let next = page.items.last().filter(|_| page.has_more).map(|last| cursor_after(&last.place(sort)));
    Ok(web::Json(Page::with_next(page.items, next)))
}

/// Read a mapping
///
/// One number's: the address that has it, and the account that it is pinned to.
#[utoipa::path(
    operation_id = "getMapping",
    tag = "mappings",
    params(GroupPath, MappingPath),
    responses((status = 200, body = Mapping, description = "The mapping"), CommonProblems)
)]
#[get("/v1/business-groups/{id}/mappings/{phone_number}")]
pub(crate) async fn get_mapping(
    call: Authorized<GroupAdmin, PhoneNumberInPath>,
    services: Data<Services>,
) -> Result<web::Json<Mapping>, Problem> {
    let PhoneNumberInPath(number) = call.input;
    let mapping = services.mappings.find(&call.group, number).await?;
    Ok(web::Json(mapping.into()))
}

/// Set a mapping
///
/// Creates the number's mapping or gives it another address; the same address again changes nothing.
#[utoipa::path(
    operation_id = "putMapping",
    tag = "mappings",
    params(
        GroupPath,
        MappingPath,
        ("If-Match" = Option<String>, Header, description = "The business group's `revision` in quotes, such as `\"7\"`, which is the ETag of its exports, or several: the mapping is set only if nothing changed since")
    ),
    request_body = PutMapping,
    responses(
        (status = 200, body = Mapping, description = "The mapping: the number had one before"),
        (status = 201, body = Mapping, description = "The new mapping: the number had none before"),
        (status = 409, description = "`email-taken`: another number of the group has the address"),
        (status = 412, description = "`revision-moved`: the mappings are of another revision than those in `If-Match`"),
        BodyProblems,
        CommonProblems
    )
)]
#[put("/v1/business-groups/{id}/mappings/{phone_number}")]
pub(crate) async fn put_mapping(
    call: Authorized<GroupAdmin, (PhoneNumberInPath, Json<PutMapping>)>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (PhoneNumberInPath(number), Json(body)) = call.input;
    let email = EmailAddress::parse(&body.email).map_err(|error| Problem::invalid_field("email", error))?;
    let revisions = expected_revisions(&request)?;
    let change = mapping_store::PutMapping { group: call.group, phone_number: number, email, context: call.context };
    Ok(match services.mappings.put_if(&change, revisions.as_deref()).await? {
        PutOutcome::Created(mapping) => HttpResponse::Created().json(Mapping::from(mapping)),
        PutOutcome::Updated(mapping) => HttpResponse::Ok().json(Mapping::from(mapping)),
    })
}

/// Remove a mapping
///
/// Whoever has its address has no number from then on. The history keeps it.
#[utoipa::path(
    operation_id = "deleteMapping",
    tag = "mappings",
    params(
        GroupPath,
        MappingPath,
        ("If-Match" = Option<String>, Header, description = "The business group's `revision` in quotes, such as `\"7\"`, which is the ETag of its exports, or several: the mapping is removed only if nothing changed since")
    ),
    responses(
        (status = 204, description = "The mapping is gone"),
        (status = 412, description = "`revision-moved`: the mappings are of another revision than those in `If-Match`"),
        CommonProblems
    )
)]
#[delete("/v1/business-groups/{id}/mappings/{phone_number}")]
pub(crate) async fn delete_mapping(
    call: Authorized<GroupAdmin, PhoneNumberInPath>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let PhoneNumberInPath(number) = call.input;
    let revisions = expected_revisions(&request)?;
    services.mappings.delete_if(&call.group, number, revisions.as_deref(), &call.context).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Release a mapping's pin
///
/// A mapping belongs to the first account that signs in with its address. If the address is another person's now,
/// release the pin: the next account that signs in with the address has the number. The history tells of it. A mapping
/// that is pinned to no account stays as it is.
#[utoipa::path(
    operation_id = "releasePin",
    tag = "mappings",
    params(GroupPath, MappingPath),
    responses((status = 204, description = "The mapping is pinned to no account"), CommonProblems)
)]
#[delete("/v1/business-groups/{id}/mappings/{phone_number}/pin")]
pub(crate) async fn release_pin(
    call: Authorized<GroupAdmin, PhoneNumberInPath>,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let PhoneNumberInPath(number) = call.input;
    services.mappings.release_pin(&call.group, number, &call.context).await?;
    Ok(HttpResponse::NoContent().finish())
}
