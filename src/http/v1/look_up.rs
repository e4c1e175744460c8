//! Many people at once: from their addresses to their numbers, or back.

use std::collections::BTreeSet;

use actix_web::web::Data;
use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::{EmailAddress, EmailError};
use crate::domain::mapping_search::read_number;
use crate::domain::phone_number::NumberingPlan;
use crate::http::extract::{Authorized, DirectoryReader, Json, LookUpSlot};
use crate::http::problem::{FieldError, Problem};
use crate::http::responses::{BodyProblems, CommonProblems};
use crate::http::services::Services;
use crate::ports::mapping_store;
use crate::ports::mapping_store::LookedUp;

/// How many addresses or numbers are looked up at once.
const MAX_ENTRIES: usize = 10_000;

/// The largest body, in bytes: so many of the longest addresses, with room for how JSON is laid out.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// How many wrong entries are named.
const MAX_ERRORS: usize = 100;

/// Whom to look up: either by their addresses or by their numbers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUpRequest {
    /// Microsoft e-mail addresses, 1 to 10,000 of them.
    #[schema(required = false, min_items = 1, max_items = 10_000, example = json!(["bobsmith@abccompany.com"]))]
    emails: Option<Vec<String>>,
    /// Phone numbers, 1 to 10,000 of them, as people write them: in E.164, or as they are dialled in the default region,
    /// also with spaces, dots, dashes and brackets.
    #[schema(required = false, min_items = 1, max_items = 10_000)]
    phone_numbers: Option<Vec<String>>,
    /// The business group in which to look; if it is left out, in all that the credential is for.
    #[schema(required = false, example = "abccompany")]
    business_group: Option<String>,
}

/// Who was found.
#[derive(Serialize, ToSchema)]
pub struct LookUpResult {
    /// Their mappings, in the order of the numbers.
    items: Vec<FoundMapping>,
    /// How many of the addresses or numbers have no mapping. One that was sent twice counts once.
    #[schema(example = 0)]
    missing: usize,
}

/// A mapping that was looked up.
#[derive(Serialize, ToSchema)]
pub struct FoundMapping {
    /// The Microsoft e-mail address, in lower case.
    #[schema(example = "bobsmith@abccompany.com")]
    email: String,
    /// The number in E.164.
    #[schema(example = "+17635551111")]
    phone_number: String,
    /// The business group that it is of.
    #[schema(example = "abccompany")]
    business_group: String,
}

impl From<mapping_store::FoundMapping> for FoundMapping {
    fn from(found: mapping_store::FoundMapping) -> Self {
        Self {
            email: found.email.to_string(),
            phone_number: found.phone_number.to_string(),
            business_group: found.business_group.to_string(),
        }
    }
}

impl LookUpRequest {
    /// In which business group: the only one that the caller may look into, if there is one. Any other answers as one that
    /// does not exist.
    fn group(&self, own: Option<BusinessGroupId>) -> Result<Option<BusinessGroupId>, Problem> {
        let asked = self.business_group.as_deref().map(BusinessGroupId::parse).transpose();
        let asked = asked.map_err(|error| Problem::invalid_field("business_group", error))?;
        match (own, asked) {
            (Some(own), Some(asked)) if own != asked => {
                Err(Problem::not_found("There is no such business group.").denied_to(Some(own)))
            }
            (own, asked) => Ok(own.or(asked)),
        }
    }

    fn read(self, plan: NumberingPlan) -> Result<LookedUp, Problem> {
        match (self.emails, self.phone_numbers) {
            (Some(emails), None) => read_all("emails", &emails, read_email).map(LookedUp::Emails),
            (None, Some(numbers)) => {
                read_all("phone_numbers", &numbers, |text| read_number(text, plan)).map(LookedUp::PhoneNumbers)
            }
            (None, None) => Err(Problem::invalid_field("emails", "send emails or phone_numbers")),
            (Some(_), Some(_)) => {
                Err(Problem::invalid_field("phone_numbers", "send either emails or phone_numbers, not both"))
            }
        }
    }
}

/// Pasted addresses bring white space with them.
fn read_email(text: &str) -> Result<EmailAddress, EmailError> {
    EmailAddress::parse(text.trim())
}

/// Reads each entry, and names those that can't be read.
fn read_all<K: Ord, E: std::error::Error>(
    field: &str,
    entries: &[String],
    read: impl Fn(&str) -> Result<K, E>,
) -> Result<BTreeSet<K>, Problem> {
    if !(1..=MAX_ENTRIES).contains(&entries.len()) {
        return Err(Problem::invalid_field(field, format!("send 1 to {MAX_ENTRIES} of them")));
    }
    let mut wrong = Vec::new();
    let mut good = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        match read(entry) {
            Ok(key) => drop(good.insert(key)),
            Err(error) => wrong.push(FieldError { field: format!("{field}[{at}]"), message: error.to_string() }),
        }
        if wrong.len() == MAX_ERRORS {
            break;
        }
    }
    if wrong.is_empty() { Ok(good) } else { Err(Problem::invalid_request(&wrong)) }
}

/// How many of those who were asked for were found. An address may stand in several business groups.
fn count_found(asked: &LookedUp, found: &[mapping_store::FoundMapping]) -> (usize, usize) {
    match asked {
        LookedUp::Emails(emails) => {
            let distinct: BTreeSet<_> = found.iter().map(|mapping| &mapping.email).collect();
            (emails.len(), distinct.len())
        }
        LookedUp::PhoneNumbers(numbers) => (numbers.len(), found.len()),
    }
}

/// Look people up
///
/// From many addresses to their numbers, or from numbers to addresses, in one call. A key of the role `directory` that is
/// for one business group looks into that alone, and so does an administrator; operators and other directories look into
/// all, or into the one that they name. Whoever is not found is left out. One call of a business group, or of a credential
/// for all, is answered at a time. The
/// audit log tells how many were looked up, and by whom; never which.
#[utoipa::path(
    operation_id = "lookUp",
    tag = "mappings",
    request_body = LookUpRequest,
    responses(
        (status = 200, body = LookUpResult, description = "Who was found"),
        BodyProblems,
        CommonProblems,
        (status = 429, description = "`too-many-requests`: another look-up of this business group or with this credential is under way, or as many as the service makes at once, or too many credentials were refused; `Retry-After`")
    )
)]
#[post("/v1/lookup")]
pub(crate) async fn look_up(
    call: Authorized<DirectoryReader, (LookUpSlot, Json<LookUpRequest, MAX_BYTES>)>,
    services: Data<Services>,
) -> Result<web::Json<LookUpResult>, Problem> {
    let (_slot, Json(body)) = call.input;
    let group = body.group(call.group)?;
    let asked = body.read(services.plan)?;
    let found = services.mappings.look_up(group.as_ref(), &asked).await?;
    let (all, distinct) = count_found(&asked, &found);
    let written_down = audit::LookUp { group: group.as_ref(), asked: &asked, found: distinct };
    services.audit.record_look_up(written_down, &call.context).await?;
    Ok(web::Json(LookUpResult {
        items: found.into_iter().map(FoundMapping::from).collect(),
        missing: all.saturating_sub(distinct),
    }))
}
