//! Excel workbooks over HTTP: how they are sent and fetched.

use std::io::{Cursor, Write};

use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response};
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{json, problem};

const IMPORTS: &str = "/v1/business-groups/abccompany/imports?apply=true";
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

/// A workbook whose only sheet has these `<row>` elements.
fn workbook(rows: &str) -> Vec<u8> {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relationship = |target: &str, what: &str| {
        format!("<Relationships><Relationship Id=\"rId1\" Type=\"{kind}/{what}\" Target=\"{target}\"/></Relationships>")
    };
    let sheets = "<workbook><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    let parts = [
        ("_rels/.rels", relationship("xl/workbook.xml", "officeDocument")),
        ("xl/workbook.xml", sheets.to_owned()),
        ("xl/_rels/workbook.xml.rels", relationship("worksheets/sheet1.xml", "worksheet")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(part.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

async fn export(app: &TestApp) -> Response {
    app.operate(Method::GET, "/v1/business-groups/abccompany/mappings.xlsx").send().await.unwrap()
}

#[tokio::test]
async fn an_exported_workbook_is_an_attachment_with_the_revision() {
    let app = sample().await;
    let answer = export(&app).await;
    assert_eq!(answer.status(), 200);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], WORKBOOK);
    assert_eq!(headers["content-disposition"], "attachment; filename=\"abccompany-mappings.xlsx\"");
    assert_eq!(
        (&headers["etag"], &headers["cache-control"]),
        (&"\"1\"".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let missing = app.operate(Method::GET, "/v1/business-groups/nobody/mappings.xlsx").send().await.unwrap();
    problem(missing, 404, "not-found").await;
}

#[tokio::test]
async fn a_workbook_is_known_by_its_bytes_whatever_it_is_sent_as() {
    let app = sample().await;
    let file = export(&app).await.bytes().await.unwrap();
    for content_type in [WORKBOOK, "text/csv"] {
        let call = app.operate(Method::POST, IMPORTS).header("content-type", content_type).body(file.clone());
        let report = json(call.send().await.unwrap(), 200).await;
        assert_eq!((&report["unchanged"], &report["revision"]), (&3.into(), &1.into()));
    }
    for part_type in ["application/octet-stream", "application/zip", WORKBOOK] {
        let part = Part::bytes(file.to_vec()).file_name("sheet.xlsx").mime_str(part_type).unwrap();
        let call = app.operate(Method::POST, IMPORTS).multipart(Form::new().part("file", part));
        assert_eq!(json(call.send().await.unwrap(), 200).await["unchanged"], 3);
    }
    let call = app.operate(Method::POST, IMPORTS).header("content-type", WORKBOOK).body(SAMPLE_SHEET);
    assert_eq!(json(call.send().await.unwrap(), 200).await["unchanged"], 3);
}

#[tokio::test]
async fn a_workbook_that_is_cut_off_is_refused_and_changes_nothing() {
    let app = sample().await;
    let file = export(&app).await.bytes().await.unwrap();
    let refused = problem(app.import("", file.slice(..file.len() / 2)).await, 422, "import-rejected").await;
    assert_eq!(refused["problems"][0]["code"], "malformed_csv");
    assert_eq!(export(&app).await.headers()["etag"], "\"1\"");
}

// proves T-54
#[tokio::test]
async fn rows_whose_formulas_have_no_stored_values_remove_nobody() {
    let app = sample().await;
    let text = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let header = format!("<row>{}{}</row>", text("PhoneNumber"), text("MEEmailAddress"));
    let first = format!("<row>{}{}</row>", text("7635551111"), text("bobsmith@abccompany.com"));
    let formulas = "<row><c><f>D3</f></c><c><f>E3</f><v></v></c></row>";
    let empty = "<row><c t=\"str\"><f>\"\"</f><v></v></c><c t=\"str\"><f>\"\"</f><v></v></c></row>";
    let file = workbook(&format!("{header}{first}{formulas}{empty}"));
    for query in ["", "&mode=merge"] {
        let refused = problem(app.import(query, file.clone()).await, 422, "import-rejected").await;
        assert_eq!(refused["problem_count"], 2);
        for (problem, column) in refused["problems"].as_array().unwrap().iter().zip(["PhoneNumber", "MEEmailAddress"]) {
            assert_eq!((&problem["line"], &problem["column"]), (&3.into(), &column.into()));
            assert_eq!(problem["code"], "formula_without_value");
        }
    }
    assert_eq!(export(&app).await.headers()["etag"], "\"1\"");
    let rest = workbook(&format!("{header}{first}{empty}"));
    assert_eq!(json(app.import("", rest).await, 200).await["removed"], 2);
}
