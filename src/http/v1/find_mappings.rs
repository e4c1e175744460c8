//! Mappings of all business groups.

use actix_web::web::Data;
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::email::EmailAddress;
use crate::domain::mapping_search::{MappingSearch, read_number};
use crate::domain::phone_number::NumberingPlan;
use crate::http::extract::{Authorized, Operator};
use crate::http::problem::Problem;
use crate::http::responses::CommonProblems;
use crate::http::services::Services;
use crate::http::v1::mappings::Mapping;
use crate::http::v1::paging::{ListDocument, Listed, Listing, NEXT_CURSOR, Page, PageQuery};
use crate::ports::mapping_store;
use crate::ports::mapping_store::WantedInAll;

/// A mapping, and the business group that it is of.
#[derive(Serialize, ToSchema)]
pub struct GroupMapping {
    /// The business group that it is of.
    #[schema(example = "abccompany")]
    business_group: String,
    #[serde(flatten)]
    mapping: Mapping,
}

/// A page of mappings of all business groups.
pub type GroupMappingList = Page<GroupMapping>;

impl Listed for GroupMapping {
    const LIST: ListDocument = ListDocument {
        name: "GroupMappingList",
        description: "A page of mappings of all business groups.",
        items: "The mappings, in the order of their numbers.",
        next_cursor: NEXT_CURSOR,
    };
}

/// Which mappings of all business groups: at least one of these, and of several the mappings that meet all.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindQuery {
    /// The mapping of this number, written as people write it.
    #[param(example = "763-555-1111")]
    phone_number: Option<String>,
    /// The mappings of this address: each business group can have one.
    #[param(example = "bobsmith@abccompany.com")]
    email: Option<String>,
    /// Mappings with this text in their number or address, as in the list of a business group.
    #[param(example = "763-555")]
    q: Option<String>,
}

impl From<mapping_store::GroupMapping> for GroupMapping {
    fn from(found: mapping_store::GroupMapping) -> Self {
        Self { business_group: found.business_group.to_string(), mapping: found.mapping.into() }
    }
}

impl FindQuery {
    fn read(&self, plan: NumberingPlan) -> Result<WantedInAll, Problem> {
        let phone_number = self.phone_number.as_deref().map(|text| read_number(text, plan)).transpose();
        let phone_number = phone_number.map_err(|error| Problem::invalid_field("phone_number", error))?;
        // Pasted addresses bring white space with them.
        let email = self.email.as_deref().map(|text| EmailAddress::parse(text.trim())).transpose();
        let email = email.map_err(|error| Problem::invalid_field("email", error))?;
        let search = self.q.as_deref().and_then(|text| MappingSearch::read(text, plan));
        let wanted = WantedInAll { phone_number, email, search };
        if wanted == WantedInAll::default() {
            return Err(Problem::invalid_field(
                "q",
                "say what to look for: phone_number, email, or in q a part of either",
            ));
        }
        Ok(wanted)
    }
}

/// Find mappings of all business groups
///
/// Whose a number is, and where an address stands. Operators alone.
#[utoipa::path(
    operation_id = "findMappings",
    tag = "mappings",
    params(FindQuery, PageQuery),
    responses((status = 200, body = GroupMappingList, description = "The mappings that were found"), CommonProblems)
)]
#[get("/v1/mappings")]
pub(crate) async fn find_mappings(
    call: Authorized<Operator, Listing<FindQuery>>,
    services: Data<Services>,
) -> Result<web::Json<GroupMappingList>, Problem> {
    let Listing { filter, page } = call.input;
    let (wanted, page) = (filter.read(services.plan)?, page.read()?);
    let page = services.mappings.find_in_all(&wanted, &page).await?;
    Ok(web::Json(Page::of(page, |found| &found.mapping.phone_number)))
}
