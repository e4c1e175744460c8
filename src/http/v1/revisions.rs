//! The history of a group's mappings.

use actix_web::HttpRequest;
use actix_web::get;
use actix_web::post;
use actix_web::web;
use actix_web::web::Data;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::history;
use crate::http::extract::Authorized;
use crate::http::extract::GroupAdmin;
use crate::http::extract::Query;
use crate::http::openapi::CommonProblems;
use crate::http::problem::Problem;
use crate::http::problem::ProblemDocument;
use crate::http::problem::ProblemKind;
use crate::http::services::Services;
use crate::http::v1::actor_kind::ActorKind;
use crate::http::v1::changes::MappingChangeList;
use crate::http::v1::paging::PageQuery;
use crate::http::v1::paging::cursor_after;
use crate::http::v1::paging::page_request;
use crate::ports::history_store::HistoryRefusal;
use crate::ports::history_store::Restore;
use crate::ports::history_store::Restored;

/// A revision of a group's mappings.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the API's names")]
pub struct Revision {
    /// Its number: each is one more than the one before.
    revision: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who made it: the name and the id of the API key, or the address and the `oid` of a person who signed in with Microsoft;
    /// `another business group` where a tenant was lost to one.
    #[schema(example = "my laptop (0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c)")]
    actor: String,
    /// What they are.
    actor_kind: ActorKind,
    /// By which way.
    source: Source,
    /// Numbers that had no mapping.
    added: u64,
    /// Numbers that got another address, and addresses that moved to a new number.
    changed: u64,
    /// Mappings that went.
    removed: u64,
    /// The number whose pin was released, if that is what was done; then nothing was added, changed or removed.
    #[schema(example = "+17635551111")]
    released_pin: Option<String>,
    /// The tenant that another business group has taken over, if that is what was done; then the group has none, and nothing was
    /// added, changed or removed.
    lost_tenant: Option<String>,
    /// The tenant that was taken over from another business group, if that is what was done; then nothing was added, changed or
    /// removed.
    gained_tenant: Option<String>,
}

/// By which way mappings were changed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A file.
    Import,
    /// A call for one mapping.
    Api,
    /// An earlier revision.
    Restore,
    /// Entra's provisioning service.
    Scim,
}

/// A page of revisions.
#[derive(Serialize, ToSchema)]
pub struct RevisionList {
    /// The revisions, the newest first.
    items: Vec<Revision>,
    /// The `cursor` of the next page; null on the last.
    next_cursor: Option<String>,
}

/// A revision that was restored.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the API's names")]
pub struct RestoredRevision {
    /// The revision that the mappings are of now; the same as before if nothing had to be changed.
    revision: i64,
    /// The revision that they are equal to.
    restored_revision: i64,
    /// Numbers that had no mapping.
    added: u64,
    /// Numbers that got another address, and addresses that moved to a new number.
    changed: u64,
    /// Mappings that went.
    removed: u64,
}

impl From<history::Source> for Source {
    fn from(source: history::Source) -> Self {
        match source {
            history::Source::Import => Self::Import,
            history::Source::Api => Self::Api,
            history::Source::Restore => Self::Restore,
            history::Source::Scim => Self::Scim,
        }
    }
}

impl From<history::Revision> for Revision {
    fn from(revision: history::Revision) -> Self {
        Self {
            revision: revision.revision,
            at: revision.at,
            actor: revision.actor.to_string(),
            actor_kind: revision.actor.kind.into(),
            source: revision.source.into(),
            added: revision.counts.added,
            changed: revision.counts.changed,
            removed: revision.counts.removed,
            released_pin: revision.released_pin.map(|number| number.to_string()),
            lost_tenant: revision.lost_tenant.map(|tenant| tenant.to_string()),
            gained_tenant: revision.gained_tenant.map(|tenant| tenant.to_string()),
        }
    }
}

impl From<HistoryRefusal> for Problem {
    fn from(error: HistoryRefusal) -> Self {
        match error {
            HistoryRefusal::Store(cause) => Self::unavailable(cause),
            HistoryRefusal::NoSuchGroup => Self::not_found("There is no such business group."),
            HistoryRefusal::NoSuchRevision => {
                Self::not_found("There is no such revision, or the history does not reach back to it any more.")
            }
            HistoryRefusal::OutsideRanges { count, first } => {
                let numbers: Vec<_> = first.iter().map(ToString::to_string).collect();
                let detail = format!(
                    "{count} numbers of that revision have left the business group's number ranges since. Ask the operator \
                     to assign them again. Nothing was changed."
                );
                let problem = Self::new(ProblemKind::OutsideRanges, detail).member("number_count", count);
                problem.member("phone_numbers", serde_json::json!(numbers))
            }
        }
    }
}

/// List revisions
///
/// The newest first.
#[utoipa::path(
    operation_id = "listRevisions",
    tag = "history",
    security(("api_key" = []), ("entra" = [])),
    params(("id" = String, Path, description = "The business group"), PageQuery),
    responses((status = 200, body = RevisionList), CommonProblems)
)]
#[get("/v1/business-groups/{id}/revisions")]
pub(crate) async fn list_revisions(
    call: Authorized<GroupAdmin, Query<PageQuery>>,
    services: Data<Services>,
) -> Result<web::Json<RevisionList>, Problem> {
    let Query(query) = call.input;
    let page = page_request(query.limit, query.cursor.as_deref())?;
    let page = services.history.list(&call.scope, &page).await?;
    let last = page.items.last().filter(|_| page.has_more);
    let next_cursor = last.map(|revision| cursor_after(&revision.revision));
    Ok(web::Json(RevisionList { items: page.items.into_iter().map(Revision::from).collect(), next_cursor }))
}

/// List a revision's changes
///
/// In the order of the numbers.
#[utoipa::path(
    operation_id = "listRevisionChanges",
    tag = "history",
    security(("api_key" = []), ("entra" = [])),
    params(
        ("id" = String, Path, description = "The business group"),
        ("revision" = i64, Path, description = "The revision"),
        PageQuery
    ),
    responses((status = 200, body = MappingChangeList), CommonProblems)
)]
#[get("/v1/business-groups/{id}/revisions/{revision}/changes")]
pub(crate) async fn list_revision_changes(
    call: Authorized<GroupAdmin, Query<PageQuery>>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<web::Json<MappingChangeList>, Problem> {
    let Query(query) = call.input;
    let page = page_request(query.limit, query.cursor.as_deref())?;
    let changes = services.history.list_changes(&call.scope, revision_in_path(&request)?, &page).await?;
    Ok(web::Json(changes.into()))
}

/// Restore a revision
///
/// Makes the mappings equal to those of the revision, as a new revision. 0 is the empty group that it began as.
#[utoipa::path(
    operation_id = "restoreRevision",
    tag = "history",
    security(("api_key" = []), ("entra" = [])),
    params(
        ("id" = String, Path, description = "The business group"),
        ("revision" = i64, Path, description = "The revision")
    ),
    responses(
        (status = 200, body = RestoredRevision),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json",
            description = "`outside-ranges`: numbers have left the group's ranges since"),
        CommonProblems
    )
)]
#[post("/v1/business-groups/{id}/revisions/{revision}/restore")]
pub(crate) async fn restore_revision(
    call: Authorized<GroupAdmin>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<web::Json<RestoredRevision>, Problem> {
    let restored_revision = revision_in_path(&request)?;
    let restore = Restore { group: call.scope, revision: restored_revision, deed: call.deed };
    let Restored { revision, counts } = services.history.restore(restore).await?;
    Ok(web::Json(RestoredRevision {
        revision,
        restored_revision,
        added: counts.added,
        changed: counts.changed,
        removed: counts.removed,
    }))
}

/// The revision in the path. What is no number names no revision.
fn revision_in_path(request: &HttpRequest) -> Result<i64, Problem> {
    request.match_info().query("revision").parse().map_err(|_| HistoryRefusal::NoSuchRevision.into())
}
