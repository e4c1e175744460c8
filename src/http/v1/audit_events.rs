//! The audit log.

use actix_web::http::header::{CONTENT_DISPOSITION, LINK};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use crate::audit::events_csv;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::{audit, page};
use crate::http::extract::{Authorized, GroupReader};
use crate::http::problem::Problem;
use crate::http::responses::CommonProblems;
use crate::http::services::Services;
use crate::http::v1::accept::prefers_csv;
use crate::http::v1::paging::{ListDocument, Listed, Listing, NEXT_CURSOR, Page, PageQuery, next_cursor};
use crate::http::wire::ActorKind;
use crate::ports::audit_log::AuditFilter;

/// Something that was done, or refused.
#[derive(Serialize, ToSchema)]
pub struct AuditEvent {
    /// Its id: later ones are larger.
    id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who: the name and the id of the API key, or the address and the `oid` of a person who signed in with Microsoft.
    #[schema(example = "my laptop (0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c)")]
    actor: String,
    /// What they are.
    actor_kind: ActorKind,
    /// What: the `operationId` of the call.
    #[schema(example = "linkTenant")]
    action: String,
    /// Whether it was done.
    outcome: Outcome,
    /// The slug of the problem, if it was refused.
    #[schema(example = "tenant-taken")]
    refused_with: Option<String>,
    /// The business group that it was done to; null if it was done to none.
    #[schema(example = "abccompany")]
    business_group: Option<String>,
    /// What else there is to tell: names and texts.
    #[schema(value_type = Object)]
    detail: Map<String, Value>,
    /// The `X-Request-Id` of the call.
    request_id: Option<String>,
}

/// Whether something was done.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditOutcome)]
pub enum Outcome {
    /// It was.
    Done,
    /// It was refused, and changed nothing.
    Refused,
}

/// A page of the audit log.
pub type AuditEventList = Page<AuditEvent>;

impl Listed for AuditEvent {
    const LIST: ListDocument = ListDocument {
        name: "AuditEventList",
        description: "A page of the audit log.",
        items: "The events, the newest first.",
        next_cursor: NEXT_CURSOR,
    };
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only what was done to this business group.
    business_group: Option<String>,
    /// Only what the API key with this id, or the person with this `oid`, did.
    actor: Option<String>,
    /// Only from this time on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Only before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<String>,
}

impl From<audit::AuditEvent> for AuditEvent {
    fn from(event: audit::AuditEvent) -> Self {
        Self {
            id: event.id,
            at: event.at,
            actor: event.actor.to_string(),
            actor_kind: event.actor.kind.into(),
            action: event.action,
            outcome: if event.refused_with.is_none() { Outcome::Done } else { Outcome::Refused },
            refused_with: event.refused_with,
            business_group: event.group.map(|group| group.to_string()),
            detail: event.detail.into_iter().map(|(name, text)| (name, Value::from(text))).collect(),
            request_id: event.request_id,
        }
    }
}

impl AuditQuery {
    /// An administrator's log holds what was done to their own group alone.
    fn read(&self, own: Option<&BusinessGroupId>) -> Result<AuditFilter, Problem> {
        let asked = self.business_group.as_deref().map(BusinessGroupId::parse).transpose();
        let asked = asked.map_err(|error| Problem::invalid_field("business_group", error))?;
        if let (Some(own), Some(asked)) = (own, &asked)
            && own != asked
        {
            return Err(Problem::not_found("There is no such business group.").denied_to(Some(own.clone())));
        }
        if self.actor.as_ref().is_some_and(|actor| actor.contains('\0')) {
            return Err(Problem::invalid_field("actor", "write the id of an API key or the oid of a person"));
        }
        Ok(AuditFilter {
            group: asked,
            actor_id: self.actor.clone(),
            from: time("from", self.from.as_deref())?,
            until: time("until", self.until.as_deref())?,
        })
    }
}

fn time(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let read = text.map(str::parse).transpose();
    read.map_err(|_: jiff::Error| Problem::invalid_field(field, "write a time such as 2027-01-31T00:00:00Z"))
}

/// Read the audit log
///
/// The newest first: what was done to business groups, tenants, ranges, mappings and keys, and what was refused. An
/// administrator's log holds their own group alone. `Accept: text/csv` gives the page as CSV, with the next in `Link`.
#[utoipa::path(
    operation_id = "listAuditEvents",
    tag = "audit log",
    params(AuditQuery, PageQuery),
    responses(
        (
            status = 200,
            content(
                (AuditEventList = "application/json"),
                (String = "text/csv", example = json!("id,at,actor,action,outcome,refused_with,business_group,detail,request_id,actor_kind\r\n"))
            ),
            description = "A page of the audit log"
        ),
        CommonProblems
    )
)]
#[get("/v1/audit-events")]
pub(crate) async fn list_audit_events(
    call: Authorized<GroupReader, Listing<AuditQuery>>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (Listing { filter, page }, own) = (call.input, call.group);
    let filter = filter.read(own.as_ref())?;
    let page = page.read()?;
    let page = match own {
        Some(own) => services.audit.list_of(&services.business_groups.find(&own).await?, filter, &page).await,
        None => services.audit.list(&filter, &page).await,
    };
    let page = page.map_err(Problem::unavailable)?;
    if prefers_csv(&request) {
        let next =
            next_cursor(&page, |event| &event.id).map(|cursor| services.public_path(&next_page(&request, &cursor)));
        return Ok(as_csv(&page, next.as_deref()));
    }
    Ok(HttpResponse::Ok().json(AuditEventList::of(page, |event| &event.id)))
}

fn as_csv(page: &page::Page<audit::AuditEvent>, next: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type("text/csv; charset=utf-8");
    response.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"audit-events.csv\""));
    if let Some(next) = next {
        response.insert_header((LINK, format!("<{next}>; rel=\"next\"")));
    }
    response.body(events_csv(&page.items))
}

/// The address of the next page: this one's with another cursor.
fn next_page(request: &HttpRequest, cursor: &str) -> String {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes()).filter(|(name, _)| name != "cursor");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).append_pair("cursor", cursor);
    format!("{}?{}", request.path(), query.finish())
}
