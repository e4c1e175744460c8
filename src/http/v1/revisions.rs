//! The history of a group's mappings.

use actix_web::web::Data;
use actix_web::{HttpRequest, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::extract::{Authorized, GroupAdmin, Query};
use crate::http::problem::Problem;
use crate::http::responses::CommonProblems;
use crate::http::services::Services;
use crate::http::v1::changes::MappingChangeList;
use crate::http::v1::paging::{ListDocument, Listed, NEXT_CURSOR, Page, PageQuery};
use crate::http::v1::paths::{GroupPath, RevisionPath};
use crate::http::wire::Revision;
use crate::ports::history_store::{HistoryRefusal, Restore, Restored};

/// A page of revisions.
pub type RevisionList = Page<Revision>;

impl Listed for Revision {
    const LIST: ListDocument = ListDocument {
        name: "RevisionList",
        description: "A page of revisions.",
        items: "The revisions, the newest first.",
        next_cursor: NEXT_CURSOR,
    };
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

/// List revisions
///
/// The newest first.
#[utoipa::path(
    operation_id = "listRevisions",
    tag = "history",
    params(GroupPath, PageQuery),
    responses((status = 200, body = RevisionList, description = "A page of the revisions"), CommonProblems)
)]
#[get("/v1/business-groups/{id}/revisions")]
pub(crate) async fn list_revisions(
    call: Authorized<GroupAdmin, Query<PageQuery>>,
    services: Data<Services>,
) -> Result<web::Json<RevisionList>, Problem> {
    let Query(query) = call.input;
    let page = query.read()?;
    let page = services.history.list(&call.group, &page).await?;
    Ok(web::Json(Page::of(page, |revision| &revision.revision)))
}

/// List a revision's changes
///
/// In the order of the numbers.
#[utoipa::path(
    operation_id = "listRevisionChanges",
    tag = "history",
    params(GroupPath, RevisionPath, PageQuery),
    responses((status = 200, body = MappingChangeList, description = "A page of the changes"), CommonProblems)
)]
#[get("/v1/business-groups/{id}/revisions/{revision}/changes")]
pub(crate) async fn list_revision_changes(
    call: Authorized<GroupAdmin, Query<PageQuery>>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<web::Json<MappingChangeList>, Problem> {
    let Query(query) = call.input;
    let page = query.read()?;
    let changes = services.history.list_changes(&call.group, revision_in_path(&request)?, &page).await?;
    Ok(web::Json(Page::of(changes, |change| &change.phone_number)))
}

/// Restore a revision
///
/// Makes the mappings equal to those of the revision, as a new revision. 0 is the empty group that it began as.
#[utoipa::path(
    operation_id = "restoreRevision",
    tag = "history",
    params(GroupPath, RevisionPath),
    responses(
        (status = 200, body = RestoredRevision, description = "The new revision, and what it changed"),
        (status = 409, description = "`outside-ranges`: numbers have left the group's ranges since"),
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
    let restore = Restore { group: call.group, revision: restored_revision, context: call.context };
    let Restored { revision, counts } = services.history.restore(restore).await?;
    Ok(web::Json(RestoredRevision {
        revision,
        restored_revision,
        added: counts.added,
        changed: counts.changed,
        removed: counts.removed,
    }))
}

/// The revision in the path. What is not a number names no revision.
fn revision_in_path(request: &HttpRequest) -> Result<i64, Problem> {
    request.match_info().query("revision").parse().map_err(|_| HistoryRefusal::NoSuchRevision.into())
}
