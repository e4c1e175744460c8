//! Excel workbooks over HTTP: how they are sent and fetched.

use reqwest::Method;
use reqwest::Response;
use reqwest::multipart::Form;
use reqwest::multipart::Part;
use test_support::app::SAMPLE_SHEET;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::json;
use crate::support::problem;

const IMPORTS: &str = "/v1/business-groups/abccompany/imports?apply=true";
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
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
