//! Imports that are looked at before they are applied.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TIMEOUT, TestApp};
use test_support::database::Engine;

use crate::support::{CUT_OFF, json, on_server, problem, text};

const GROUP: &str = "/v1/business-groups/abccompany";
const HEADER: &str = "PhoneNumber,MEEmailAddress\n";

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

async fn upload(app: &TestApp, query: &str, file: impl Into<String>) -> Response {
    let call = app.operate(Method::POST, &format!("{GROUP}/imports{query}")).header("content-type", "text/csv");
    call.body(file.into()).send().await.unwrap()
}

async fn get(app: &TestApp, path: &str) -> Response {
    app.operate(Method::GET, &format!("{GROUP}{path}")).send().await.unwrap()
}

async fn post(app: &TestApp, path: &str) -> Response {
    app.operate(Method::POST, &format!("{GROUP}{path}")).send().await.unwrap()
}

/// A sheet of so many people.
fn people(count: u32) -> String {
    let rows = (0..count).map(|person| format!("763555{person:04},person{person}@abccompany.com\n"));
    std::iter::once(HEADER.to_owned()).chain(rows).collect()
}

#[tokio::test]
async fn a_file_is_uploaded_looked_at_and_applied() {
    let app = sample().await;
    let file = format!(
        "{HEADER}7635551111,bobsmith@abccompany.com\n7635552222,newjohn@abccompany.com\n7635554444,jenniferlewis@abccompany.com\n\
         7635555555,admin@abccompany.com\n"
    );
    let uploaded = upload(&app, "", file).await;
    let location = uploaded.headers()["location"].to_str().unwrap().to_owned();
    let preview = json(uploaded, 201).await;
    let id = preview["id"].as_str().unwrap();
    assert_eq!(location, format!("{GROUP}/imports/{id}"));
    for (member, expected) in [
        ("state", json!("ready")),
        ("mode", json!("replace")),
        ("base_revision", json!(1)),
        ("row_count", json!(4)),
        ("added", json!(1)),
        ("changed", json!(2)),
        ("removed", json!(0)),
        ("unchanged", json!(1)),
    ] {
        assert_eq!(preview[member], expected, "{member}");
    }
    assert!(preview["expires_at"].as_str().unwrap() > preview["created_at"].as_str().unwrap());
    assert!(preview.get("revision").is_none());
    assert_eq!(json(get(&app, &format!("/imports/{id}")).await, 200).await, preview);
    let expected = json!([
        {"kind": "changed", "phone_number": "+17635552222",
         "old_email": "johndavidson@abccompany.com", "new_email": "newjohn@abccompany.com"},
        {"kind": "changed", "phone_number": "+17635554444", "old_phone_number": "+17635553333",
         "old_email": "jenniferlewis@abccompany.com", "new_email": "jenniferlewis@abccompany.com"},
        {"kind": "added", "phone_number": "+17635555555", "old_email": null, "new_email": "admin@abccompany.com"},
    ]);
    let changes = json(get(&app, &format!("/imports/{id}/changes")).await, 200).await;
    assert_eq!((&changes["items"], &changes["next_cursor"]), (&expected, &Value::Null));
    assert_eq!(text(get(&app, "/mappings.csv").await, 200).await, SAMPLE_SHEET);

    let applied = json(post(&app, &format!("/imports/{id}/apply")).await, 200).await;
    assert_eq!((&applied["state"], &applied["revision"]), (&json!("applied"), &json!(2)));
    let again = json(post(&app, &format!("/imports/{id}/apply")).await, 200).await;
    assert_eq!(again, applied);
    assert_eq!(json(get(&app, "").await, 200).await["revision"], 2);
    let dropped = app.operate(Method::DELETE, &location).send().await.unwrap();
    problem(dropped, 409, "conflict").await;
}

#[tokio::test]
async fn a_preview_that_others_have_overtaken_names_them() {
    let app = sample().await;
    let preview = json(upload(&app, "", people(3)).await, 201).await;
    let put = app.operate(Method::PUT, &format!("{GROUP}/mappings/7635556666"));
    put.json(&json!({"email": "late@abccompany.com"})).send().await.unwrap();
    let id = preview["id"].as_str().unwrap();
    let stale = problem(post(&app, &format!("/imports/{id}/apply")).await, 409, "stale-import").await;
    assert_eq!((&stale["base_revision"], &stale["revision"]), (&json!(1), &json!(2)));
    let since = &stale["revisions"][0];
    assert_eq!((&since["revision"], &since["source"], &since["added"]), (&json!(2), &json!("api"), &json!(1)));
    assert!(since["actor"].as_str().unwrap().starts_with("test ("), "{stale}");
    assert!(since["at"].is_string());
}

// proves T-53
#[tokio::test]
async fn large_removals_are_confirmed_by_their_number() {
    let app = sample().await;
    json(upload(&app, "?apply=true", people(20)).await, 200).await;
    let refused = problem(upload(&app, "?apply=true", people(9)).await, 409, "confirm-removals").await;
    assert_eq!((&refused["removed"], &refused["mapping_count"]), (&json!(11), &json!(20)));
    problem(upload(&app, "?apply=true&confirm_removals=10", people(9)).await, 409, "confirm-removals").await;
    let preview = json(upload(&app, "", people(9)).await, 201).await;
    let apply = format!("/imports/{}/apply", preview["id"].as_str().unwrap());
    problem(post(&app, &apply).await, 409, "confirm-removals").await;
    assert_eq!(json(get(&app, "").await, 200).await["mapping_count"], 20);
    let applied = json(post(&app, &format!("{apply}?confirm_removals={}", preview["removed"])).await, 200).await;
    assert_eq!((&applied["removed"], &applied["revision"]), (&json!(11), &json!(3)));
    let merged = json(upload(&app, "?apply=true&mode=merge", people(1)).await, 200).await;
    assert_eq!(merged["removed"], 0);
}

/// The same sheet with the column of addresses so many rows too low; the last ones stand at the top.
fn slipped(count: u32, by: u32) -> String {
    let rows = (0..count).map(|person| {
        let whose = (person + count - by) % count;
        format!("763555{person:04},person{whose}@abccompany.com\n")
    });
    std::iter::once(HEADER.to_owned()).chain(rows).collect()
}

/// A sheet as a workbook.
fn workbook(sheet: &str) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for (row, line) in (0..).zip(sheet.lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            page.write(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

// proves T-55
#[tokio::test]
async fn a_column_that_slipped_is_confirmed_by_the_number_of_people_who_get_anothers_number() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        let first = json(upload(&app, "?apply=true", people(20)).await, 200).await;
        assert_eq!(first["reassigned"], 0);
        let right = text(get(&app, "/mappings.csv").await, 200).await;
        let wrong = slipped(20, 1);
        for mode in ["replace", "merge"] {
            for file in [wrong.clone().into_bytes(), workbook(&wrong)] {
                let upload = async |query: &str| {
                    let path = format!("{GROUP}/imports?mode={mode}{query}");
                    let call = app.operate(Method::POST, &path).header("content-type", "text/csv");
                    call.body(file.clone()).send().await.unwrap()
                };
                let refused = problem(upload("&apply=true").await, 409, "confirm-changes").await;
                assert_eq!((&refused["reassigned"], &refused["mapping_count"]), (&json!(20), &json!(20)));
                assert!(refused["detail"].as_str().unwrap().contains("confirm_changes=20"), "{refused}");
                assert!(refused.get("removed").is_none(), "{refused}");
                problem(upload("&apply=true&confirm_changes=19").await, 409, "confirm-changes").await;
                problem(upload("&apply=true&confirm_removals=20").await, 409, "confirm-changes").await;
                let preview = json(upload("").await, 201).await;
                assert_eq!((&preview["reassigned"], &preview["changed"]), (&json!(20), &json!(20)));
                let path = format!("/imports/{}", preview["id"].as_str().unwrap());
                assert_eq!(json(get(&app, &path).await, 200).await, preview);
                problem(post(&app, &format!("{path}/apply")).await, 409, "confirm-changes").await;
            }
        }
        assert_eq!(text(get(&app, "/mappings.csv").await, 200).await, right);
        let preview = json(upload(&app, "", wrong.clone()).await, 201).await;
        let apply = format!("/imports/{}/apply?confirm_changes=20", preview["id"].as_str().unwrap());
        let applied = json(post(&app, &apply).await, 200).await;
        assert_eq!((&applied["reassigned"], &applied["revision"]), (&json!(20), &json!(2)));
        // The way back is open: a restore asks nothing.
        json(post(&app, "/revisions/1/restore").await, 200).await;
        assert_eq!(text(get(&app, "/mappings.csv").await, 200).await, right);
        let at_once = json(upload(&app, "?apply=true&confirm_changes=20", wrong).await, 200).await;
        assert_eq!((&at_once["reassigned"], &at_once["revision"]), (&json!(20), &json!(4)));
    }
}

#[tokio::test]
async fn a_sheet_that_removes_and_mixes_up_is_told_both_at_once() {
    let app = sample().await;
    json(upload(&app, "?apply=true", people(20)).await, 200).await;
    json(upload(&app, "?apply=true", people(10)).await, 200).await;
    let mixed_up = (10..16).map(|at| format!("763555{at:04},person{}@abccompany.com\n", at + 1));
    let file: String = std::iter::once(people(4)).chain(mixed_up).collect();
    let both = problem(upload(&app, "?apply=true", file.clone()).await, 409, "confirm-removals").await;
    assert_eq!((&both["removed"], &both["reassigned"]), (&json!(6), &json!(6)));
    let detail = both["detail"].as_str().unwrap();
    assert!(detail.contains("confirm_removals=6") && detail.contains("confirm_changes=6"), "{detail}");
    problem(upload(&app, "?apply=true&confirm_removals=6", file.clone()).await, 409, "confirm-changes").await;
    problem(upload(&app, "?apply=true&confirm_changes=6", file.clone()).await, 409, "confirm-removals").await;
    json(upload(&app, "?apply=true&confirm_removals=6&confirm_changes=6", file).await, 200).await;
}

// proves T-76
#[tokio::test]
async fn a_preview_that_newer_ones_have_pushed_out_says_so() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        let mut previews = Vec::new();
        for count in 1..=12 {
            let preview = json(upload(&app, "?mode=merge", people(count)).await, 201).await;
            previews.push(preview["id"].as_str().unwrap().to_owned());
        }
        for gone in &previews[..2] {
            for answer in
                [get(&app, &format!("/imports/{gone}")).await, post(&app, &format!("/imports/{gone}/apply")).await]
            {
                let problem = problem(answer, 404, "not-found").await;
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains("newer previews") && detail.contains("Upload the file again"), "{detail}");
            }
        }
        json(get(&app, &format!("/imports/{}", previews[2])).await, 200).await;
        json(post(&app, &format!("/imports/{}/apply", previews[11])).await, 200).await;
    }
}

#[tokio::test]
async fn a_dropped_or_unknown_import_is_not_found() {
    let app = sample().await;
    let preview = json(upload(&app, "?mode=merge", people(2)).await, 201).await;
    let id = preview["id"].as_str().unwrap();
    let path = format!("{GROUP}/imports/{id}");
    assert_eq!(app.operate(Method::DELETE, &path).send().await.unwrap().status(), 204);
    for unknown in [id, "0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c", "nonsense"] {
        problem(get(&app, &format!("/imports/{unknown}")).await, 404, "not-found").await;
        problem(get(&app, &format!("/imports/{unknown}/changes")).await, 404, "not-found").await;
        problem(post(&app, &format!("/imports/{unknown}/apply")).await, 404, "not-found").await;
        let dropped = app.operate(Method::DELETE, &format!("{GROUP}/imports/{unknown}")).send().await.unwrap();
        problem(dropped, 404, "not-found").await;
    }
}

#[tokio::test]
async fn a_file_with_problems_is_not_kept_and_one_for_another_revision_neither() {
    let app = sample().await;
    problem(upload(&app, "", format!("{HEADER}763,a@abc.com\n")).await, 422, "import-rejected").await;
    let call = app.operate(Method::POST, &format!("{GROUP}/imports")).header("content-type", "text/csv");
    let moved = call.header("if-match", "\"7\"").body(people(1)).send().await.unwrap();
    problem(moved, 412, "revision-moved").await;
    let skipped =
        json(upload(&app, "?mode=merge&on_problem=skip", format!("{}763,a@abc.com\n", people(2))).await, 201).await;
    assert_eq!(
        (&skipped["state"], &skipped["problem_count"], &skipped["added"]),
        (&json!("ready"), &json!(1), &json!(2))
    );
    assert_eq!(skipped["problems"][0]["code"], "invalid_phone_number");
    let id = skipped["id"].as_str().unwrap();
    assert_eq!(json(get(&app, &format!("/imports/{id}")).await, 200).await["problem_count"], 1);
}

#[tokio::test]
async fn of_two_administrators_one_is_told_that_they_came_second() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        let (mine, theirs) = (upload(&app, "", people(3)).await, upload(&app, "", people(5)).await);
        let (mine, theirs) = (json(mine, 201).await, json(theirs, 201).await);
        let apply = |preview: &Value| format!("/imports/{}/apply", preview["id"].as_str().unwrap());
        let (first, second) = (apply(&mine), apply(&theirs));
        let (first, second) = tokio::join!(post(&app, &first), post(&app, &second));
        let statuses = [first.status().as_u16(), second.status().as_u16()];
        assert!(statuses == [200, 409] || statuses == [409, 200], "{statuses:?}");
        let loser = if statuses[0] == 409 { first } else { second };
        problem(loser, 409, "stale-import").await;
        let count = json(get(&app, "").await, 200).await["mapping_count"].as_u64().unwrap();
        assert_eq!(count, if statuses[0] == 200 { 3 } else { 5 });
    }
}

#[tokio::test]
async fn a_lost_database_connection_leaves_the_old_mappings_or_the_new() {
    const ROWS: u32 = 9000;
    let app = TestApp::start(Engine::Postgres).await;
    app.sample_company().await;
    json(upload(&app, "?apply=true", people(ROWS)).await, 200).await;
    let mut before = text(get(&app, "/mappings.csv").await, 200).await;
    for round in 0..6_u64 {
        let file = people(ROWS).replace("person", &format!("round{round}."));
        let preview = json(upload(&app, "", file.clone()).await, 201).await;
        let apply = format!("/imports/{}/apply", preview["id"].as_str().unwrap());
        let cut_off = async {
            tokio::time::sleep(Duration::from_millis(round * 25)).await;
            on_server(&app, CUT_OFF).await;
        };
        let (answer, ()) = tokio::join!(post(&app, &apply), cut_off);
        let answered = answer.status().is_success();
        assert!(answered || answer.status() == 503, "{}", answer.status());
        let whole = file.replace('\n', "\r\n");
        let after = settled(&app, &before, &whole).await;
        assert!(!answered || after == whole, "an import that was applied is lost");
        let again = json(post(&app, &apply).await, 200).await;
        assert_eq!(again["revision"], round + 2);
        before = whole;
    }
}

/// The mappings once the database answers again, which must be one or the other.
async fn settled(app: &TestApp, before: &str, after: &str) -> String {
    let begun = Instant::now();
    loop {
        let export = get(app, "/mappings.csv").await;
        if export.status().is_success()
            && let Ok(sheet) = export.text().await
        {
            assert!(sheet == before || sheet == after, "neither the mappings before nor those after");
            return sheet;
        }
        assert!(begun.elapsed() < TIMEOUT, "the database does not come back");
    }
}
