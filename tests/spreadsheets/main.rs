//! Sheets that a real LibreOffice saves are imported, and what is exported it opens and saves whole.
#![expect(clippy::unwrap_used, reason = "a test stops where its own premises fail")]

mod libreoffice;

use std::path::Path;

use reqwest::Method;
use signline::domain::phone_number::NumberingPlan;
use signline::import::reader;
use signline::import::reader::ReadFile;
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;

use crate::libreoffice::LibreOffice;

/// Numbers stored as number and as text, filled empty columns and rows at the end, and a second sheet.
const SHEET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/spreadsheets/sheet.fods");

fn read(file: &[u8]) -> ReadFile {
    reader::read(file, NumberingPlan::of_region("US").unwrap()).unwrap()
}

#[track_caller]
fn assert_sample(file: &[u8], what: &str) {
    let read = read(file);
    assert!(read.problems.is_empty(), "{what}: {:?}", read.problems.first);
    let rows: Vec<_> = read.rows.iter().map(|row| (row.phone_number.to_string(), row.email.as_str())).collect();
    let expected = [
        ("+17635551111".to_owned(), "bobsmith@abccompany.com"),
        ("+17635552222".to_owned(), "johndavidson@abccompany.com"),
        ("+17635553333".to_owned(), "jenniferlewis@abccompany.com"),
    ];
    assert_eq!(rows, expected, "{what}");
}

#[test]
fn what_libreoffice_saves_is_read_in_every_form() {
    let libreoffice = LibreOffice::new();
    // The separator and the character set as numbers, and whether all texts stand in quotes.
    for form in [
        "csv:Text - txt - csv (StarCalc):44,34,76,1",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true",
        "csv:Text - txt - csv (StarCalc):59,34,76,1",
        "csv:Text - txt - csv (StarCalc):9,34,76,1",
        "csv:Text - txt - csv (StarCalc):9,34,65535,1",
        "csv:Text - txt - csv (StarCalc):44,34,1,1",
        "xlsx:Calc MS Excel 2007 XML",
        "xlsx:Calc Office Open XML",
    ] {
        assert_sample(&libreoffice.save_as(Path::new(SHEET), form), form);
    }
}

#[test]
fn what_libreoffice_saves_by_mistake_is_called_by_its_name() {
    let libreoffice = LibreOffice::new();
    for (form, name) in [
        ("ods", "OpenDocument"),
        ("xls", "old Excel (.xls)"),
        ("pdf", "a PDF"),
        ("html", "a web page"),
        ("fods", "an XML file"),
    ] {
        let read = read(&libreoffice.save_as(Path::new(SHEET), form));
        assert_eq!(read.problems.count, 1, "{form}");
        let problem = &read.problems.first[0];
        assert_eq!((problem.line, problem.code.as_str()), (1, "malformed_csv"), "{form}");
        assert!(problem.message.contains(name), "{form}: {}", problem.message);
    }
}

#[tokio::test]
async fn an_exported_workbook_that_libreoffice_saves_again_has_its_numbers_whole() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    assert_eq!(app.import("", SAMPLE_SHEET).await.status(), 200);
    let export = app.operate(Method::GET, "/v1/business-groups/abccompany/mappings.xlsx").send().await.unwrap();
    let libreoffice = LibreOffice::new();
    let file = libreoffice.keep("export.xlsx", &export.bytes().await.unwrap());

    let csv =
        String::from_utf8(libreoffice.save_as(&file, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true")).unwrap();
    // Where texts alone stand in quotes, quotes show that the numbers are texts.
    assert_eq!(csv.replace(['"', '\r'], ""), SAMPLE_SHEET.replace('\r', ""));
    let unquoted = libreoffice.save_as(&file, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false");
    assert!(String::from_utf8(unquoted).unwrap().contains("7635551111,bobsmith"));
    assert!(csv.contains("\"7635551111\""), "{csv}");

    for form in ["xlsx:Calc MS Excel 2007 XML", "csv:Text - txt - csv (StarCalc):59,34,65535,1"] {
        let report: serde_json::Value = app.import("", libreoffice.save_as(&file, form)).await.json().await.unwrap();
        assert_eq!((&report["unchanged"], &report["revision"]), (&3.into(), &1.into()), "{form}");
    }
}
