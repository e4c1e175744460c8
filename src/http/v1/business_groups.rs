//! Business groups, their number ranges and their tenants.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::api_key::Grant;
use crate::domain::business_group::{BusinessGroupId, BusinessGroupPatch, IdentityPinning, NewBusinessGroup};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::tenant::parse_tenant_id;
use crate::domain::{business_group, name, number_range, page};
use crate::http::extract::{
    Authorized, GroupAdmin, GroupOperator, GroupReader, Json, Operator, Query, objects, optional_objects,
};
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::responses::{BodyProblems, CommonProblems};
use crate::http::services::Services;
use crate::http::v1::paging::{ListDocument, Listed, NEXT_CURSOR, Page, PageQuery};
use crate::http::v1::paths::GroupPath;
use crate::http::v1::tenant_proof;
use crate::ports::business_group_store::BusinessGroupRefusal;
use crate::tenants::LinkedTenant;

/// A business group.
#[derive(Serialize, ToSchema)]
pub struct BusinessGroup {
    /// Its id.
    #[schema(example = "abccompany")]
    id: String,
    /// What people call it.
    #[schema(example = "ABC Company")]
    name: String,
    /// The Microsoft Entra tenant whose users it takes; null until one is linked.
    tenant_id: Option<String>,
    /// Since when the tenant is proven to be the group's own; null while another group can take it over with a proof.
    #[schema(value_type = Option<String>, format = DateTime)]
    tenant_proven_at: Option<Timestamp>,
    /// Since when the link to the tenant is the operator's own, which proves nothing; null if an administrator of the
    /// group has made it. With `SIGNLINE_UNPROVEN_TENANTS=refuse` users sign in only where this or `tenant_proven_at`
    /// is set.
    #[schema(value_type = Option<String>, format = DateTime)]
    tenant_confirmed_at: Option<Timestamp>,
    /// The phone numbers that may be mapped, in order.
    number_ranges: Vec<NumberRange>,
    /// Whether guests of the tenant may sign in.
    allow_guests: bool,
    /// Whether a mapping stays with the first account that signs in with its address.
    identity_pinning: Pinning,
    /// How many mappings it has.
    mapping_count: u64,
    /// Counts the changes of its mappings.
    revision: i64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// All numbers from `first` to `last`.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberRange {
    /// The first number, in E.164.
    #[schema(example = "+17635550000")]
    first: String,
    /// The last number, in E.164.
    #[schema(example = "+17635559999")]
    last: String,
}

/// What is done when another account comes with the address of a mapping.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", try_from = "String")]
#[schema(as = IdentityPinning)]
pub enum Pinning {
    /// A mapping stays with the first account that signed in: another is refused with `identity-changed`.
    Enforce,
    /// Only the address counts.
    Off,
}

/// A page of business groups.
pub type BusinessGroupList = Page<BusinessGroup>;

impl Listed for BusinessGroup {
    const LIST: ListDocument = ListDocument {
        name: "BusinessGroupList",
        description: "A page of business groups.",
        items: "The groups, in the order of their ids.",
        next_cursor: NEXT_CURSOR,
    };
}

/// A business group to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBusinessGroup {
    /// Its id, for good.
    #[schema(example = "abccompany", pattern = "^[a-z0-9][a-z0-9-]{0,62}$")]
    id: String,
    /// What people call it.
    #[schema(example = "ABC Company")]
    name: String,
    /// The phone numbers that may be mapped; none if left out.
    #[serde(default, deserialize_with = "objects")]
    number_ranges: Vec<NumberRange>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateBusinessGroup {
    /// What people call it. From an administrator no name that people take for another group's: one that differs in
    /// nothing but case, spaces and letters that look alike.
    #[schema(required = false)]
    name: Option<String>,
    /// All its ranges from now on. Operators alone may change them.
    #[serde(default, deserialize_with = "optional_objects")]
    #[schema(required = false)]
    number_ranges: Option<Vec<NumberRange>>,
    /// Whether guests of the tenant may sign in.
    #[schema(required = false)]
    allow_guests: Option<bool>,
    /// Whether a mapping stays with the first account that signs in with its address.
    #[schema(required = false)]
    identity_pinning: Option<Pinning>,
}

/// A tenant to be linked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkTenant {
    /// The tenant's GUID.
    #[schema(example = "a1a1a1a1-0000-4000-8000-0000000000aa")]
    tenant_id: String,
    /// That the tenant is the group's own: a Microsoft Entra token of somebody of that tenant, who is not a guest there
    /// and has the app role `BusinessGroup.Admin`. It is checked and not kept. Who has signed in with such a token
    /// needs none besides.
    #[schema(required = false)]
    proof: Option<String>,
}

/// A business group with the link that was just made.
#[derive(Serialize, ToSchema)]
pub struct LinkedBusinessGroup {
    /// The group.
    #[serde(flatten)]
    group: BusinessGroup,
    /// Whether Microsoft Entra was asked and knows the tenant; false if it could not be asked, so that the tenant is
    /// linked unchecked. Left out where nothing was asked: the tenant was linked to the group already, or there is a
    /// proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    tenant_checked: Option<bool>,
}

impl From<LinkedTenant> for LinkedBusinessGroup {
    fn from(linked: LinkedTenant) -> Self {
        Self { group: linked.group.into(), tenant_checked: linked.tenant_checked }
    }
}

impl From<business_group::BusinessGroup> for BusinessGroup {
    fn from(group: business_group::BusinessGroup) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name,
            tenant_id: group.tenant_id.map(|tenant| tenant.to_string()),
            tenant_proven_at: group.tenant_proven_at,
            tenant_confirmed_at: group.tenant_confirmed_at,
            number_ranges: group.number_ranges.into_iter().map(NumberRange::from).collect(),
            allow_guests: group.allow_guests,
            identity_pinning: group.identity_pinning.into(),
            mapping_count: group.mapping_count,
            revision: group.revision,
            created_at: group.created_at,
        }
    }
}

impl From<number_range::NumberRange> for NumberRange {
    fn from(range: number_range::NumberRange) -> Self {
        Self { first: range.first().to_string(), last: range.last().to_string() }
    }
}

impl From<IdentityPinning> for Pinning {
    fn from(pinning: IdentityPinning) -> Self {
        match pinning {
            IdentityPinning::Enforce => Self::Enforce,
            IdentityPinning::Off => Self::Off,
        }
    }
}

impl TryFrom<String> for Pinning {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        IdentityPinning::parse(&text).map(Self::from).ok_or("it is `enforce` or `off`")
    }
}

impl From<Pinning> for IdentityPinning {
    fn from(pinning: Pinning) -> Self {
        match pinning {
            Pinning::Enforce => Self::Enforce,
            Pinning::Off => Self::Off,
        }
    }
}

/// Collects what is wrong with a request's fields, so that all of it is told at once.
#[derive(Default)]
struct Fields(Vec<FieldError>);

impl Fields {
    fn take<T, E: std::fmt::Display>(&mut self, field: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.0.push(FieldError { field: field.to_owned(), message: error.to_string() })).ok()
    }

    fn ranges(&mut self, ranges: &[NumberRange]) -> Option<Vec<number_range::NumberRange>> {
        let read: Vec<_> = ranges.iter().enumerate().map(|(at, range)| self.range(at, range)).collect();
        let read: Vec<_> = read.into_iter().collect::<Option<_>>()?;
        self.take("number_ranges", number_range::sort(read))
    }

    fn range(&mut self, at: usize, range: &NumberRange) -> Option<number_range::NumberRange> {
        let first = self.take(&format!("number_ranges[{at}].first"), PhoneNumber::parse_e164(&range.first));
        let last = self.take(&format!("number_ranges[{at}].last"), PhoneNumber::parse_e164(&range.last));
        self.take(&format!("number_ranges[{at}]"), number_range::NumberRange::new(first?, last?))
    }

    fn problem(self) -> Problem {
        Problem::invalid_request(&self.0)
    }
}

impl CreateBusinessGroup {
    fn read(self) -> Result<NewBusinessGroup, Problem> {
        let mut fields = Fields::default();
        let id = fields.take("id", BusinessGroupId::parse(&self.id));
        let name = fields.take("name", name::parse(&self.name));
        let number_ranges = fields.ranges(&self.number_ranges);
        match (id, name, number_ranges) {
            (Some(id), Some(name), Some(number_ranges)) => Ok(NewBusinessGroup { id, name, number_ranges }),
            _ => Err(fields.problem()),
        }
    }
}

impl UpdateBusinessGroup {
    fn read(self, grant: &Grant) -> Result<BusinessGroupPatch, Problem> {
        if self.number_ranges.is_some() && *grant != Grant::Operator {
            let detail = "Only an operator may change number_ranges.";
            return Err(Problem::new(ProblemKind::Forbidden, detail));
        }
        let mut fields = Fields::default();
        let name = self.name.and_then(|name| fields.take("name", name::parse(&name)));
        let number_ranges = self.number_ranges.and_then(|ranges| fields.ranges(&ranges));
        if !fields.0.is_empty() {
            return Err(fields.problem());
        }
        Ok(BusinessGroupPatch {
            name,
            name_may_be_taken: *grant == Grant::Operator,
            number_ranges,
            allow_guests: self.allow_guests,
            identity_pinning: self.identity_pinning.map(IdentityPinning::from),
        })
    }
}

/// Create a business group
///
/// With the number ranges that the operator has assigned to it. Ranges of two groups never overlap.
#[utoipa::path(
    operation_id = "createBusinessGroup",
    tag = "business groups",
    request_body = CreateBusinessGroup,
    responses(
        (
            status = 201,
            body = BusinessGroup,
            description = "The new group",
            headers(("Location" = String, description = "The group's path"))
        ),
        (status = 409, description = "`conflict`: the id is taken; `range-taken`: another group has numbers of a range"),
        BodyProblems,
        CommonProblems
    )
)]
#[post("/v1/business-groups")]
pub(crate) async fn create_business_group(
    call: Authorized<Operator, Json<CreateBusinessGroup>>,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let Json(body) = call.input;
    let group = services.business_groups.create(body.read()?, &call.context).await?;
    let location = services.public_path(&format!("/v1/business-groups/{}", group.id));
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(BusinessGroup::from(group)))
}

/// List business groups
///
/// An administrator's list holds their own group alone.
#[utoipa::path(
    operation_id = "listBusinessGroups",
    tag = "business groups",
    params(PageQuery),
    responses((status = 200, body = BusinessGroupList, description = "A page of the groups"), CommonProblems)
)]
#[get("/v1/business-groups")]
pub(crate) async fn list_business_groups(
    call: Authorized<GroupReader, Query<PageQuery>>,
    services: Data<Services>,
) -> Result<web::Json<BusinessGroupList>, Problem> {
    let Query(query) = call.input;
    let page = query.read()?;
    let page = match call.group {
        None => services.business_groups.list(&page).await?,
        Some(own) => {
            let own = services.business_groups.find(&own).await?;
            let after = page.after.is_some_and(|after| own.id <= after);
            page::Page { items: if after { Vec::new() } else { vec![own] }, has_more: false }
        }
    };
    Ok(web::Json(Page::of(page, |group| &group.id)))
}

/// Read a business group
///
/// Its ranges, its tenant and its settings, and how many mappings it has.
#[utoipa::path(
    operation_id = "getBusinessGroup",
    tag = "business groups",
    params(GroupPath),
    responses((status = 200, body = BusinessGroup, description = "The group"), CommonProblems)
)]
#[get("/v1/business-groups/{id}")]
pub(crate) async fn get_business_group(
    call: Authorized<GroupAdmin>,
    services: Data<Services>,
) -> Result<web::Json<BusinessGroup>, Problem> {
    let group = services.business_groups.find(&call.group).await?;
    Ok(web::Json(group.into()))
}

/// Change a business group
///
/// What is left out stays as it is. Operators alone change number ranges.
#[utoipa::path(
    operation_id = "updateBusinessGroup",
    tag = "business groups",
    params(GroupPath),
    request_body = UpdateBusinessGroup,
    responses(
        (status = 200, body = BusinessGroup, description = "The group as it is now"),
        (status = 409, description = "`ranges-in-use`: mapped numbers would fall outside; `range-taken`: another group has numbers of a range; `name-taken`: another group has such a name"),
        BodyProblems,
        CommonProblems
    )
)]
#[patch("/v1/business-groups/{id}")]
pub(crate) async fn update_business_group(
    call: Authorized<GroupAdmin, Json<UpdateBusinessGroup>>,
    services: Data<Services>,
) -> Result<web::Json<BusinessGroup>, Problem> {
    let Json(body) = call.input;
    let patch = body.read(&call.grant)?;
    let is_name_compared = patch.name.is_some() && !patch.name_may_be_taken;
    let update = async { Ok(services.business_groups.update(&call.group, patch, &call.context).await?) };
    let group = if is_name_compared {
        services.attempts.rename(&services.metrics, &call.group, update).await?
    } else {
        update.await?
    };
    Ok(web::Json(group.into()))
}

/// Delete a business group
///
/// Only a group without mappings can be deleted; its API keys go with it.
#[utoipa::path(
    operation_id = "deleteBusinessGroup",
    tag = "business groups",
    params(GroupPath),
    responses(
        (status = 204, description = "The group is gone"),
        (status = 409, description = "`not-empty`: the group still has mappings"),
        CommonProblems
    )
)]
#[delete("/v1/business-groups/{id}")]
pub(crate) async fn delete_business_group(
    call: Authorized<GroupOperator>,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    services.business_groups.delete(&call.group, &call.context).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Link a tenant
///
/// Takes the place of the tenant linked before. With a `proof` the link is proven from then on; without one it is
/// unproven, as long as nobody has proven it before. An operator's call without one confirms the link
/// (`tenant_confirmed_at`). A tenant that another group has linked and not proven is taken over with a `proof`: the
/// other group loses it at once, and both are told in their history. One that is proven only the operator can move, who
/// unlinks it there first. Without a proof Microsoft Entra is asked whether there is such a tenant, unless it is linked
/// to the group already: 422 `unknown-tenant` if it says that there is none.
#[utoipa::path(
    operation_id = "linkTenant",
    tag = "business groups",
    params(GroupPath),
    request_body = LinkTenant,
    responses(
        BodyProblems,
        CommonProblems,
        (status = 200, body = LinkedBusinessGroup, description = "The group with the link"),
        (status = 409, description = "`tenant-taken`: another group has the tenant; `unproven` says whether a `proof` would take it over, and \
                `business_group` tells an operator which group it is"),
        (status = 422, description = "`invalid-request`: the id or the proof is wrong; `unknown-tenant`: Microsoft Entra has no such tenant")
    )
)]
#[put("/v1/business-groups/{id}/tenant")]
pub(crate) async fn link_tenant(
    call: Authorized<GroupAdmin, Json<LinkTenant>>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<web::Json<LinkedBusinessGroup>, Problem> {
    let Json(body) = call.input;
    let tenant = parse_tenant_id(&body.tenant_id).map_err(|error| Problem::invalid_field("tenant_id", error))?;
    let proof = match body.proof {
        Some(token) => Some(tenant_proof::check(&request, &token, tenant).await?),
        None => call.caller.proof_of(tenant),
    };
    let (links, is_operator) = (&services.tenant_links, call.grant == Grant::Operator);
    let linked = match proof {
        Some(proof) => links.link_proven(&call.group, proof, &call.context).await,
        None if is_operator => links.link_confirmed(&call.group, tenant, &call.context).await,
        None => links.link(&call.group, tenant, &call.context).await,
    };
    Ok(web::Json(linked.map_err(|error| not_linked(error, is_operator))?.into()))
}

/// Why a tenant was not linked. Which group has it is for the operator, who can unlink it there.
fn not_linked(error: BusinessGroupRefusal, is_operator: bool) -> Problem {
    let holder = match &error {
        BusinessGroupRefusal::TenantTaken { holder, .. } if is_operator => Some(holder.to_string()),
        _ => None,
    };
    let problem = Problem::from(error);
    holder.into_iter().fold(problem, |problem, holder| problem.member("business_group", holder))
}

/// Unlink the tenant
///
/// The group's users stop resolving at once; its mappings stay.
#[utoipa::path(
    operation_id = "unlinkTenant",
    tag = "business groups",
    params(GroupPath),
    responses((status = 204, description = "No tenant is linked to the group any more"), CommonProblems)
)]
#[delete("/v1/business-groups/{id}/tenant")]
pub(crate) async fn unlink_tenant(
    call: Authorized<GroupAdmin>,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    services.business_groups.unlink_tenant(&call.group, &call.context).await?;
    Ok(HttpResponse::NoContent().finish())
}
