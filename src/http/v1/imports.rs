//! Imports of mappings from a file.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::Accept;
use actix_web::http::header::Header;
use actix_web::http::header::IF_MATCH;
use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::mapping::ImportMode;
use crate::http::extract::Authorized;
use crate::http::extract::GroupAdmin;
use crate::http::extract::Query;
use crate::http::extract::Upload;
use crate::http::observe::OwnErrorBody;
use crate::http::openapi::CommonProblems;
use crate::http::problem::Problem;
use crate::http::problem::ProblemDocument;
use crate::http::problem::ProblemKind;
use crate::http::services::Services;
use crate::import;
use crate::import::ImportError;
use crate::import::ImportReport;
use crate::import::ImportRequest;
use crate::import::Problems;

/// How a file is imported.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// `replace` makes the mappings equal to the file; `merge` only adds and changes.
    #[param(default = "replace")]
    #[serde(default)]
    mode: Mode,
    /// Whether the file is applied by this call. Only `true` for now.
    #[serde(default)]
    apply: bool,
    /// What is done if a row has a problem: `reject` changes nothing; `skip`, for a merge, leaves the bad rows out.
    #[param(default = "reject")]
    #[serde(default)]
    on_problem: OnProblem,
}

/// What becomes of mappings that are not in the file.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They are removed.
    #[default]
    Replace,
    /// They stay.
    Merge,
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

/// An import that was applied.
#[derive(Serialize, ToSchema)]
pub struct AppliedImport {
    /// Always `applied`.
    #[schema(example = "applied")]
    state: &'static str,
    /// How it was imported.
    mode: Mode,
    /// The revision of the mappings before.
    base_revision: i64,
    /// The revision of the mappings now; the same if nothing was changed.
    revision: i64,
    /// How many rows the file has.
    row_count: u64,
    /// Numbers that had no mapping.
    added: u64,
    /// Numbers that got another address.
    changed: u64,
    /// Mappings that are not in the file any more.
    removed: u64,
    /// Mappings that were so already.
    unchanged: u64,
    /// `on_problem=skip`: how many problems the file has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    problem_count: Option<u64>,
    /// `on_problem=skip`: the first 1,000 of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    problems: Option<Vec<ImportProblem>>,
}

/// A problem of an import file.
#[derive(Serialize, ToSchema)]
pub struct ImportProblem {
    /// The line, counted from 1.
    #[schema(example = 3)]
    line: u64,
    /// The column's name; null if the problem is not in one column.
    #[schema(example = "PhoneNumber")]
    column: Option<String>,
    /// What stands there.
    #[schema(example = "7.63555E+09")]
    value: String,
    /// The kind of problem.
    #[schema(example = "scientific_notation")]
    code: String,
    /// What is wrong and what to do.
    message: String,
}

impl From<&import::Problem> for ImportProblem {
    fn from(problem: &import::Problem) -> Self {
        Self {
            line: problem.line,
            column: problem.column.as_deref().map(str::to_owned),
            value: problem.value.clone(),
            code: problem.code.as_str().to_owned(),
            message: problem.message.clone(),
        }
    }
}

impl From<Mode> for ImportMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Replace => Self::Replace,
            Mode::Merge => Self::Merge,
        }
    }
}

impl ImportQuery {
    fn read(&self, group: BusinessGroupId, expected_revision: Option<i64>) -> Result<ImportRequest, Problem> {
        if !self.apply {
            let message = "previews are not built yet: send apply=true to import the file in one call";
            return Err(Problem::invalid_field("apply", message));
        }
        let handling = match (self.mode, self.on_problem) {
            (Mode::Replace, OnProblem::Skip) => {
                let message = "a replace removes what is not in the file, so it can't skip rows: use mode=merge";
                return Err(Problem::invalid_field("on_problem", message));
            }
            (Mode::Replace, OnProblem::Reject) => import::Handling::Replace,
            (Mode::Merge, OnProblem::Reject) => import::Handling::Merge,
            (Mode::Merge, OnProblem::Skip) => import::Handling::MergeGoodRows,
        };
        Ok(ImportRequest { group, handling, expected_revision })
    }

    fn answer(&self, report: &ImportReport) -> AppliedImport {
        let skips = matches!(self.on_problem, OnProblem::Skip);
        AppliedImport {
            state: "applied",
            mode: self.mode,
            base_revision: report.base_revision,
            revision: report.revision,
            row_count: report.row_count,
            added: report.counts.added,
            changed: report.counts.changed,
            removed: report.counts.removed,
            unchanged: report.counts.unchanged,
            problem_count: skips.then_some(report.problems.count),
            problems: skips.then(|| listed(&report.problems)),
        }
    }
}

/// Import mappings
///
/// Takes the file, a CSV or an Excel workbook (`.xlsx`: its first sheet that is not hidden), as the body or as the one
/// file of a form. Which of them it is is told from the file itself. Any problem in any row: nothing is changed, unless a
/// merge says `on_problem=skip`. `Accept: text/csv` gives the problems of a rejected file as CSV.
#[utoipa::path(
    operation_id = "importMappings",
    tag = "imports and exports",
    security(("api_key" = [])),
    params(
        ("id" = String, Path, description = "The business group"),
        ImportQuery,
        ("If-Match" = Option<String>, Header, description = "The ETag of the export that was edited: the file is applied only if nothing changed since")
    ),
    request_body(content((String = "text/csv"), (Workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (ImportForm = "multipart/form-data"))),
    responses(
        CommonProblems,
        (status = 200, body = AppliedImport),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "`revision-moved`"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "`too-large`"),
        (status = 415, body = ProblemDocument, content_type = "application/problem+json", description = "`unsupported-media-type`"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json",
            description = "`import-rejected`: the file has problems; `invalid-request`: the query has")
    )
)]
#[post("/v1/business-groups/{id}/imports")]
pub(crate) async fn import_mappings(
    call: Authorized<GroupAdmin, (Query<ImportQuery>, Upload)>,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (Query(query), upload) = call.input;
    let import = query.read(call.scope, expected_revision(&request)?)?;
    match services.importer.import(import, upload).await {
        Ok(report) => {
            count_rows(&services, &report);
            Ok(HttpResponse::Ok().json(query.answer(&report)))
        }
        Err(ImportError::Rejected(problems)) if prefers_csv(&request) => Ok(rejected_as_csv(&problems)),
        Err(error) => Err(to_problem(error)),
    }
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

/// The revision that `If-Match` (RFC 9110, section 13.1.1) names. A tag that no export gave can match nothing.
fn expected_revision(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    const NO_REVISION: i64 = -1;
    let Some(header) = request.headers().get(IF_MATCH) else {
        return Ok(None);
    };
    let tag = header.to_str().unwrap_or_default().trim();
    if tag == "*" {
        return Ok(None);
    }
    let text = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    match text {
        Some(text) if !text.contains('"') => Ok(Some(text.parse().unwrap_or(NO_REVISION))),
        _ => {
            let detail = "If-Match must be one ETag of an export, such as \"7\".";
            Err(Problem::new(ProblemKind::MalformedRequest, detail))
        }
    }
}

fn count_rows(services: &Services, report: &ImportReport) {
    let counts = report.counts;
    let results = [
        ("added", counts.added),
        ("changed", counts.changed),
        ("removed", counts.removed),
        ("unchanged", counts.unchanged),
    ];
    for (result, rows) in results {
        services.metrics.observe_import(result, rows);
    }
}

fn listed(problems: &Problems) -> Vec<ImportProblem> {
    problems.first.iter().map(ImportProblem::from).collect()
}

fn to_problem(error: ImportError<Problem>) -> Problem {
    match error {
        ImportError::Rejected(problems) => {
            let rows = if problems.count == 1 { "1 problem" } else { &format!("{} problems", problems.count) };
            let detail = format!("The file has {rows}; mend them and upload it again. Nothing was changed.");
            Problem::new(ProblemKind::ImportRejected, detail)
                .member("problem_count", problems.count)
                .member("problems", serde_json::json!(listed(&problems)))
        }
        ImportError::RevisionMoved { current } => {
            let detail = "The mappings changed since your export: export again, and edit that. Nothing was changed.";
            Problem::new(ProblemKind::RevisionMoved, detail).member("revision", current)
        }
        ImportError::NoSuchGroup => Problem::not_found("There is no such business group."),
        ImportError::Body(problem) => problem,
        ImportError::Store(cause) => Problem::unavailable(cause),
    }
}

fn prefers_csv(request: &HttpRequest) -> bool {
    Accept::parse(request).is_ok_and(|accept| accept.preference().essence_str() == "text/csv")
}

fn rejected_as_csv(problems: &Problems) -> HttpResponse {
    let mut response = HttpResponse::UnprocessableEntity()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("Content-Disposition", "attachment; filename=\"problems.csv\""))
        .body(import::problems_csv(&problems.first));
    response.extensions_mut().insert(OwnErrorBody);
    response
}
