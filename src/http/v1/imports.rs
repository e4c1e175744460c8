//! Imports that were uploaded: looked at, applied, dropped.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::domain::import::{Confirmation, ImportMode, ImportState};
use crate::http::extract::{Authorized, GroupAdmin, Query};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::responses::{CommonProblems, PROBLEMS_CSV, ProblemDocument};
use crate::http::services::Services;
use crate::http::v1::accept::prefers_csv;
use crate::http::v1::changes::MappingChangeList;
use crate::http::v1::paging::{Page, PageQuery};
use crate::http::v1::paths::{GroupPath, ImportPath};
use crate::import::{Problems, problems_of};
use crate::ports::import_store::{ApplyImport, KeptImportRefusal};
use crate::{domain, import};

/// What happens to mappings that are not in the file.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ImportMode)]
pub enum Mode {
    /// They are removed.
    #[default]
    Replace,
    /// They stay.
    Merge,
}

/// Whether an import was applied.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ImportState)]
pub enum State {
    /// It waits, and nothing is changed yet.
    Ready,
    /// Its changes are in the mappings.
    Applied,
}

/// An uploaded file, and what it changes.
#[derive(Serialize, ToSchema)]
#[schema(as = MappingImport)]
pub struct Import {
    /// Names it.
    #[schema(example = "0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c")]
    id: String,
    /// Whether it was applied.
    state: State,
    /// What happens to mappings that are not in the file.
    mode: Mode,
    /// The revision of the mappings that the file was compared with.
    base_revision: i64,
    /// Once it is applied: the revision of the mappings since; the base's if it changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    revision: Option<i64>,
    /// How many rows the file has.
    row_count: u64,
    /// Numbers that had no mapping.
    added: u64,
    /// Numbers that get another address, and addresses that move to a new number.
    changed: u64,
    /// Mappings that are not in the file any more.
    removed: u64,
    /// People who get a number that is or was another's of the business group, in place of their own: all of them if a
    /// column slipped by a row. Left out of an import from before it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    reassigned: Option<u64>,
    /// Rows that stood so already.
    unchanged: u64,
    /// `on_problem=skip`: how many problems the file has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    problem_count: Option<u64>,
    /// When it was uploaded.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it is dropped if it was not applied until then.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// What somebody agrees to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApplyQuery {
    /// How many mappings the import may remove: the preview's `removed`, where that is more than half of ten or more.
    confirm_removals: Option<u64>,
    /// How many people the import may give a number that is or was another's: the preview's `reassigned`, where that is
    /// more than half of ten or more mappings.
    confirm_changes: Option<u64>,
}

impl From<ImportMode> for Mode {
    fn from(mode: ImportMode) -> Self {
        match mode {
            ImportMode::Replace => Self::Replace,
            ImportMode::Merge => Self::Merge,
        }
    }
}

impl From<domain::import::Import> for Import {
    fn from(import: domain::import::Import) -> Self {
        let (state, revision) = match import.state {
            ImportState::Ready => (State::Ready, None),
            ImportState::Applied { revision } => (State::Applied, Some(revision)),
        };
        Self {
            id: import.id.to_string(),
            state,
            mode: import.mode.into(),
            base_revision: import.base_revision,
            revision,
            row_count: import.row_count,
            added: import.counts.added,
            changed: import.counts.changed,
            removed: import.counts.removed,
            reassigned: import.reassigned,
            unchanged: import.unchanged,
            problem_count: import.problem_count,
            created_at: import.created_at,
            expires_at: import.expires_at,
        }
    }
}

/// Read an import
///
/// A preview that waits to be applied, or an import that was.
#[utoipa::path(
    operation_id = "getImport",
    tag = "imports and exports",
    params(GroupPath, ImportPath),
    responses((status = 200, body = Import, description = "The import"), CommonProblems)
)]
#[get("/v1/business-groups/{id}/imports/{import}")]
pub(crate) async fn get_import(
    call: Authorized<GroupAdmin>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<web::Json<Import>, Problem> {
    let import = services.imports.find(&call.group, import_id(&request)?, services.clock.now()).await?;
    Ok(web::Json(import.into()))
}

/// List an import's changes
///
/// In the order of the numbers.
#[utoipa::path(
    operation_id = "listImportChanges",
    tag = "imports and exports",
    params(GroupPath, ImportPath, PageQuery),
    responses((status = 200, body = MappingChangeList, description = "A page of the changes"), CommonProblems)
)]
#[get("/v1/business-groups/{id}/imports/{import}/changes")]
pub(crate) async fn list_import_changes(
    call: Authorized<GroupAdmin, Query<PageQuery>>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<web::Json<MappingChangeList>, Problem> {
    let Query(query) = call.input;
    let page = query.read()?;
    let (import, now) = (import_id(&request)?, services.clock.now());
    let changes = services.imports.list_changes(&call.group, import, now, &page).await?;
    Ok(web::Json(Page::of(changes, |change| &change.phone_number)))
}

/// Apply an import
///
/// Whole, or not at all. Applying it again gives the same answer and changes nothing more.
#[utoipa::path(
    operation_id = "applyImport",
    tag = "imports and exports",
    params(GroupPath, ImportPath, ApplyQuery),
    responses(
        CommonProblems,
        (status = 200, body = Import, description = "The import, which is applied"),
        (status = 409, description = "`stale-import`: the mappings changed since the preview; of ten or more mappings, `confirm-removals`: it removes more than half; `confirm-changes`: it gives more than half a number that is or was somebody else's"),
        (
            status = 422,
            content((ProblemDocument = "application/problem+json"), (String = "text/csv", example = json!(PROBLEMS_CSV))),
            description = "`import-rejected`: numbers have left the group's ranges since the preview; as CSV with `Accept: text/csv`"
        )
    )
)]
#[post("/v1/business-groups/{id}/imports/{import}/apply")]
pub(crate) async fn apply_import(
    call: Authorized<GroupAdmin, Query<ApplyQuery>>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, Query(query)) = (import_id(&request)?, call.input);
    let confirmed = Confirmation { removed: query.confirm_removals, reassigned: query.confirm_changes };
    let apply = ApplyImport { group: call.group, id, confirmed, context: call.context };
    let applied = match services.imports.apply(apply).await {
        Err(KeptImportRefusal::OutsideRanges(bad_rows)) if prefers_csv(&request) => {
            return Err(rejected_as_csv(&problems_of(bad_rows)));
        }
        applied => applied?,
    };
    if applied.is_new {
        count_rows(&services, &applied.import);
    }
    Ok(HttpResponse::Ok().json(Import::from(applied.import)))
}

/// Drop an import
///
/// One that was not applied.
#[utoipa::path(
    operation_id = "dropImport",
    tag = "imports and exports",
    params(GroupPath, ImportPath),
    responses(
        (status = 204, description = "The import is gone"),
        (status = 409, description = "`conflict`: it was applied"),
        CommonProblems
    )
)]
#[delete("/v1/business-groups/{id}/imports/{import}")]
pub(crate) async fn drop_import(
    call: Authorized<GroupAdmin>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    services.imports.discard(&call.group, import_id(&request)?, &call.context).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The import in the path. What is not an id names no import.
fn import_id(request: &HttpRequest) -> Result<Uuid, Problem> {
    let text = request.match_info().query("import");
    Uuid::try_parse(text).map_err(|_| KeptImportRefusal::NoSuchImport.into())
}

/// Counts the rows of an applied import.
pub(super) fn count_rows(services: &Services, import: &domain::import::Import) {
    let counts = import.counts;
    let results = [
        ("added", counts.added),
        ("changed", counts.changed),
        ("removed", counts.removed),
        ("unchanged", import.unchanged),
    ];
    for (result, rows) in results {
        services.metrics.observe_import(result, rows);
    }
}

/// 422 with the problems of a file as CSV.
pub(super) fn rejected_as_csv(problems: &Problems) -> Problem {
    let detail = "The file has problems, which the answer lists. Nothing was changed.";
    Problem::new(ProblemKind::ImportRejected, detail)
        .header(CONTENT_DISPOSITION, "attachment; filename=\"problems.csv\"")
        .with_body("text/csv; charset=utf-8", import::problems_csv(&problems.first))
}
