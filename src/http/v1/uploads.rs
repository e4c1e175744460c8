//! The upload of a file of mappings: kept as a preview, or applied at once.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::actor::AuditContext;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::import::Confirmation;
use crate::http::extract::{Authorized, GroupAdmin, ImportSlot, Query, Upload};
use crate::http::problem::Problem;
use crate::http::responses::{CommonProblems, PROBLEMS_CSV, ProblemDocument};
use crate::http::services::Services;
use crate::http::v1::accept::prefers_csv;
use crate::http::v1::if_match::expected_revisions;
use crate::http::v1::imports::{Import, Mode, count_rows, rejected_as_csv};
use crate::http::v1::paths::GroupPath;
use crate::http::wire::ImportProblem;
use crate::import;
use crate::import::{ImportError, ImportReport, ImportRequest, Problems};

/// How a file is imported.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// `replace`, which is meant if it is left out, makes the mappings equal to the file; `merge` only adds and
    /// changes.
    #[param(inline)]
    #[serde(default)]
    mode: Mode,
    /// Whether the file is applied by this call. If not, it is kept for 24 hours, to be looked at and applied.
    #[serde(default)]
    apply: bool,
    /// What is done if a row has a problem: `reject`, which is meant if it is left out, changes nothing; `skip`, for a
    /// merge, leaves the bad rows out.
    #[param(inline)]
    #[serde(default)]
    on_problem: OnProblem,
    /// With `apply=true`: how many mappings the file may remove, where it removes more than half of ten or more.
    confirm_removals: Option<u64>,
    /// With `apply=true`: how many people the file may give a number that is or was another's, where that is more than
    /// half of ten or more mappings.
    confirm_changes: Option<u64>,
}

/// What is done if a row has a problem.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnProblem {
    /// Nothing is changed.
    #[default]
    Reject,
    /// The good rows go in. Only for a merge.
    Skip,
}

/// A file that was taken: the import, and what was left out of it.
#[derive(Serialize, ToSchema)]
pub struct TakenImport {
    #[serde(flatten)]
    import: Import,
    /// `on_problem=skip`: the first 1,000 problems of the rows that were left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    problems: Option<Vec<ImportProblem>>,
}

/// An Excel workbook.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Workbook(
    #[expect(dead_code, reason = "it stands for the file in the OpenAPI document; files are streams")] Vec<u8>,
);

/// A form with one file.
#[derive(ToSchema)]
pub struct ImportForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    #[expect(dead_code, reason = "it stands for the form in the OpenAPI document; the form is read as a stream")]
    file: Vec<u8>,
}

impl ImportQuery {
    fn read(
        &self,
        group: BusinessGroupId,
        expected_revisions: Option<Vec<i64>>,
        context: AuditContext,
    ) -> Result<ImportRequest, Problem> {
        let confirmed = Confirmation { removed: self.confirm_removals, reassigned: self.confirm_changes };
        if !self.apply && confirmed != Confirmation::default() {
            let field = if self.confirm_removals.is_some() { "confirm_removals" } else { "confirm_changes" };
            let message = "nothing is changed before the import is applied: send it with that call";
            return Err(Problem::invalid_field(field, message));
        }
        let policy = match (self.mode, self.on_problem) {
            (Mode::Replace, OnProblem::Skip) => {
                let message = "a replace removes what is not in the file, so it can't skip rows: use mode=merge";
                return Err(Problem::invalid_field("on_problem", message));
            }
            (Mode::Replace, OnProblem::Reject) => import::ImportPolicy::Replace,
            (Mode::Merge, OnProblem::Reject) => import::ImportPolicy::Merge,
            (Mode::Merge, OnProblem::Skip) => import::ImportPolicy::MergeGoodRows,
        };
        let apply = self.apply.then_some(confirmed);
        Ok(ImportRequest { group, policy, expected_revisions, apply, context })
    }
}

/// Upload a file of mappings
///
/// Takes the file, a CSV or an Excel workbook (`.xlsx`: its first sheet that is not hidden), as the body or as the one
/// file of a form. Which of them it is is told from the file itself. It is compared with the mappings and kept, to be
/// looked at and applied; with `apply=true` it is applied at once. Any problem in any row: nothing is kept or changed,
/// unless a merge says `on_problem=skip`. `Accept: text/csv` gives the problems of a rejected file as CSV.
#[utoipa::path(
    operation_id = "importMappings",
    tag = "imports and exports",
    params(
        GroupPath,
        ImportQuery,
        ("If-Match" = Option<String>, Header, description = "The ETag of the export that was edited, or several: the file is taken only if nothing changed since. What a proxy that compresses makes of it (`W/`, `-gzip`) is undone")
    ),
    request_body(
        description = "The file",
        content(
            (String = "text/csv", example = json!("PhoneNumber,MEEmailAddress\r\n7635551111,bobsmith@abccompany.com\r\n")),
            (Workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (ImportForm = "multipart/form-data")
        )
    ),
    responses(
        CommonProblems,
        (status = 200, body = TakenImport, description = "`apply=true`: the import, which is applied"),
        (status = 201, body = TakenImport, description = "The preview: the file is kept, and nothing is changed yet",
            headers(("Location" = String, description = "The import's path"))),
        (status = 409, description = "With `apply=true`, of ten or more mappings: `confirm-removals`: the file removes more than half; `confirm-changes`: it gives more than half a number that is or was somebody else's"),
        (status = 412, description = "`revision-moved`: the mappings changed since the revision in `If-Match`"),
        (status = 408, description = "`request-timeout`: the file did not arrive in time"),
        (status = 413, description = "`too-large`: the file is larger than the service takes"),
        (status = 415, description = "`unsupported-media-type`: the body is no sheet and no form"),
        (
            status = 422,
            content((ProblemDocument = "application/problem+json"), (String = "text/csv", example = json!(PROBLEMS_CSV))),
            description = "`import-rejected`: the file has problems, which come as CSV with `Accept: text/csv`; `invalid-request`: the query has"
        )
    )
)]
#[post("/v1/business-groups/{id}/imports")]
pub(crate) async fn import_mappings(
    call: Authorized<GroupAdmin, (Query<ImportQuery>, (ImportSlot, Upload))>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (group, (Query(query), (_slot, upload))) = (call.group, call.input);
    let import = query.read(group.clone(), expected_revisions(&request)?, call.context)?;
    match services.importer.import(import, upload).await {
        Ok(report) => Ok(taken(&services, &group, query.apply, report)),
        Err(ImportError::Rejected(problems)) if prefers_csv(&request) => Err(rejected_as_csv(&problems)),
        Err(error) => Err(error.into()),
    }
}

fn taken(services: &Services, group: &BusinessGroupId, applied: bool, report: ImportReport) -> HttpResponse {
    let location = services.public_path(&format!("/v1/business-groups/{group}/imports/{}", report.import.id));
    let problems = report.import.problem_count.map(|_| listed(&report.problems));
    if applied {
        count_rows(services, &report.import);
    }
    let body = TakenImport { import: report.import.into(), problems };
    if applied {
        return HttpResponse::Ok().json(body);
    }
    HttpResponse::Created().insert_header((LOCATION, location)).json(body)
}

fn listed(problems: &Problems) -> Vec<ImportProblem> {
    problems.first.iter().map(ImportProblem::from).collect()
}
