//! Mappings as a file: Export All, as CSV or as an Excel workbook, and the empty file to begin with.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ETAG};
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use futures_util::StreamExt;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::revision_tag::RevisionTag;
use crate::export;
use crate::export::ExportFile;
use crate::http::extract::{Authorized, ExportSlot, GroupAdmin, WORKBOOK};
use crate::http::problem::Problem;
use crate::http::responses::CommonProblems;
use crate::http::services::Services;
use crate::http::v1::paths::GroupPath;
use crate::http::v1::uploads::Workbook;

const CSV: &str = "text/csv; charset=utf-8";

/// Export all mappings
///
/// In the order of the numbers, all of one revision, which is the `ETag`. Importing the file changes nothing. A
/// business group has two exports at once; further ones get 429, and so does everybody while eight are under way. Who
/// takes less than 16 KiB a second of one for long is cut off.
#[utoipa::path(
    operation_id = "exportMappings",
    tag = "imports and exports",
    params(GroupPath),
    responses(
        (
            status = 200,
            body = String,
            content_type = "text/csv",
            description = "The file: a header and a row for each mapping",
            headers(("ETag" = String, description = "The revision")),
            example = json!("PhoneNumber,MEEmailAddress\r\n7635551111,bobsmith@abccompany.com\r\n")
        ),
        CommonProblems
    )
)]
#[get("/v1/business-groups/{id}/mappings.csv")]
pub(crate) async fn export_mappings(
    call: Authorized<GroupAdmin, ExportSlot>,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let group = call.group;
    let file = services.exporter.export(&group).await.map_err(Problem::unavailable)?;
    attachment(&group, ("csv", CSV), file, call.input)
}

/// Export all mappings as an Excel workbook
///
/// The same as the CSV, in a workbook whose numbers are text: a spreadsheet that opens it neither shortens nor rounds
/// them. A group with more mappings than a sheet has rows (1,048,575 and the header) can be had as CSV alone. As
/// many at once as of the CSV, counted together.
#[utoipa::path(
    operation_id = "exportWorkbook",
    tag = "imports and exports",
    params(GroupPath),
    responses(
        (
            status = 200,
            body = Workbook,
            content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            description = "The workbook",
            headers(("ETag" = String, description = "The revision"))
        ),
        (status = 409, description = "`too-many-rows`: a sheet can't hold all mappings of the group"),
        CommonProblems
    )
)]
#[get("/v1/business-groups/{id}/mappings.xlsx")]
pub(crate) async fn export_workbook(
    call: Authorized<GroupAdmin, ExportSlot>,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let group = call.group;
    let file = services.exporter.export_workbook(&group).await?;
    attachment(&group, ("xlsx", WORKBOOK), file, call.input)
}

/// The file as an answer, which keeps the slot until it is sent or given up.
fn attachment(
    group: &BusinessGroupId,
    (extension, media_type): (&str, &str),
    file: Option<ExportFile>,
    slot: ExportSlot,
) -> Result<HttpResponse, Problem> {
    let file = file.ok_or_else(|| Problem::not_found("There is no such business group."))?;
    let chunks = file.chunks.inspect(move |_| {
        let _until_the_end = &slot;
    });
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((ETAG, RevisionTag(file.revision).to_string()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{group}-mappings.{extension}\"")))
        .streaming(chunks))
}

/// Get the empty file
///
/// The header row alone, to be filled in.
#[utoipa::path(
    operation_id = "getMappingsTemplate",
    tag = "imports and exports",
    security(()),
    responses((
        status = 200,
        body = String,
        content_type = "text/csv",
        description = "The file",
        example = json!("PhoneNumber,MEEmailAddress\r\n")
    ))
)]
#[get("/v1/mappings-template.csv")]
pub(crate) async fn get_mappings_template() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(CSV)
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"mappings.csv\""))
        .body(export::TEMPLATE)
}
