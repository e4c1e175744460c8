//! Imports over HTTP: what is taken, and that what is refused changes nothing.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{json, problem, text};

const IMPORTS: &str = "/v1/business-groups/abccompany/imports";
const HEADER: &str = "PhoneNumber,MEEmailAddress\n";

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

/// Asserts that the sample sheet is what is mapped, of revision 1.
async fn assert_unchanged(app: &TestApp) {
    let export = app.operate(Method::GET, "/v1/business-groups/abccompany/mappings.csv").send().await.unwrap();
    assert_eq!(export.headers()["etag"], "\"1\"");
    assert_eq!(text(export, 200).await, SAMPLE_SHEET);
}

fn codes(problem: &Value) -> Vec<(u64, String)> {
    let problems = problem["problems"].as_array().unwrap().iter();
    problems.map(|problem| (problem["line"].as_u64().unwrap(), problem["code"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn all_problems_of_a_file_are_told_and_nothing_is_changed() {
    let app = sample().await;
    let file = format!(
        "{HEADER}7.63555E+09,a@abc.com\n,b@abc.com\n7635554444,\n763555,c@abc.com\n7635555555,not an address\n\
         7635556666,=cmd@abc.com\n7635557777,d@abc.com\n7635557777,e@abc.com\n7635558888,d@abc.com\n9525551111,f@abc.com\n"
    );
    for mode in ["replace", "merge"] {
        let problem = problem(app.import(&format!("&mode={mode}"), file.clone()).await, 422, "import-rejected").await;
        let expected = [
            (2, "scientific_notation"),
            (3, "missing_phone_number"),
            (4, "missing_email"),
            (5, "invalid_phone_number"),
            (6, "invalid_email"),
            (7, "formula"),
            (9, "duplicate_phone_number"),
            (10, "duplicate_email"),
            (11, "number_not_assigned"),
        ];
        assert_eq!(codes(&problem), expected.map(|(line, code)| (line, code.to_owned())));
        assert_eq!(problem["problem_count"], expected.len());
    }
    assert_unchanged(&app).await;
}

#[tokio::test]
async fn problems_can_be_had_as_a_sheet() {
    let app = sample().await;
    let call = app.operate(Method::POST, &format!("{IMPORTS}?apply=true")).header("content-type", "text/csv");
    let answer = call.header("accept", "text/csv").body(format!("{HEADER}=1+1,a@abc.com\n")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let sheet = text(answer, 422).await;
    let mut lines = sheet.lines();
    assert_eq!(lines.next(), Some("line,column,value,code,message"));
    // A cell that a spreadsheet would run is disarmed.
    assert!(lines.next().unwrap().starts_with("2,PhoneNumber,'=1+1,"), "{sheet}");
}

#[tokio::test]
async fn an_empty_replace_is_refused_and_an_empty_merge_changes_nothing() {
    let app = sample().await;
    let refused = problem(app.import("", HEADER).await, 422, "import-rejected").await;
    assert_eq!(codes(&refused)[0].1, "no_rows");
    let merged = json(app.import("&mode=merge", HEADER).await, 200).await;
    assert_eq!((&merged["row_count"], &merged["revision"]), (&json!(0), &json!(1)));
    assert_unchanged(&app).await;
}

#[tokio::test]
async fn a_merge_names_addresses_that_belong_to_numbers_outside_the_file() {
    let app = sample().await;
    let file = format!("{HEADER}7635554444,bobsmith@abccompany.com\n7635555555,new@abccompany.com\n");
    let refused = problem(app.import("&mode=merge", file.clone()).await, 422, "import-rejected").await;
    assert_eq!(codes(&refused), [(2, "email_taken".to_owned())]);
    assert_unchanged(&app).await;
    let skipped = json(app.import("&mode=merge&on_problem=skip", file).await, 200).await;
    assert_eq!((&skipped["added"], &skipped["problem_count"]), (&json!(1), &json!(1)));
    assert_eq!(codes(&skipped), [(2, "email_taken".to_owned())]);
}

#[tokio::test]
async fn a_form_with_one_file_is_taken_and_any_other_form_refused() {
    let app = sample().await;
    let part = || Part::text(SAMPLE_SHEET).file_name("sheet.csv");
    let post = async |form: Form| {
        app.operate(Method::POST, &format!("{IMPORTS}?apply=true")).multipart(form).send().await.unwrap()
    };
    assert_eq!(json(post(Form::new().part("file", part())).await, 200).await["unchanged"], 3);
    let other = || Part::text(format!("{HEADER}7635559999,x@abc.com\n")).file_name("other.csv");
    problem(post(Form::new().part("a", other()).part("b", part())).await, 400, "malformed-request").await;
    problem(post(Form::new()).await, 400, "malformed-request").await;
    assert_unchanged(&app).await;
}

#[tokio::test]
async fn a_query_that_is_unclear_is_refused() {
    let app = sample().await;
    for (query, status, slug) in [
        ("?confirm_removals=1", 422, "invalid-request"),
        ("?confirm_changes=1", 422, "invalid-request"),
        ("?apply=true&confirm_changes=all", 400, "malformed-request"),
        ("?apply=true&on_problem=skip", 422, "invalid-request"),
        ("?apply=true&mode=mirror", 400, "malformed-request"),
        ("?apply=perhaps", 400, "malformed-request"),
        ("?apply=true&dry_run=true", 400, "malformed-request"),
    ] {
        let call = app.operate(Method::POST, &format!("{IMPORTS}{query}")).header("content-type", "text/csv");
        problem(call.body(SAMPLE_SHEET).send().await.unwrap(), status, slug).await;
    }
    for tag in ["7", "", "\"seven\"", "\"7-lzma\"", "\"1\", \"abc\"", "*, \"1\""] {
        let call = app.operate(Method::POST, &format!("{IMPORTS}?apply=true")).header("content-type", "text/csv");
        let refused = call.header("if-match", tag).body(SAMPLE_SHEET).send().await.unwrap();
        let refused = problem(refused, 400, "malformed-request").await;
        assert!(refused["detail"].as_str().unwrap().contains("If-Match"), "{refused}");
    }
    assert_unchanged(&app).await;
}

#[tokio::test]
async fn the_tag_of_an_export_counts_whatever_a_proxy_has_made_of_it() {
    let app = sample().await;
    let upload = async |tag: &str| {
        let call = app.operate(Method::POST, &format!("{IMPORTS}?apply=true")).header("content-type", "text/csv");
        call.header("if-match", tag).body(SAMPLE_SHEET).send().await.unwrap()
    };
    for as_is in [
        "\"N\"",
        "W/\"N\"",
        "\"N-gzip\"",
        "W/\"N-gzip\"",
        "\"N--gzip\"",
        "\"N-br\"",
        "\"N-zstd\"",
        "\"N;gzip\"",
        "\"9\", \"N\"",
    ] {
        json(upload(&as_is.replace('N', "1")).await, 200).await;
        problem(upload(&as_is.replace('N', "0")).await, 412, "revision-moved").await;
    }
    json(upload("*").await, 200).await;
    assert_unchanged(&app).await;
}

#[tokio::test]
async fn a_file_of_another_type_or_too_large_is_refused() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.max_import_bytes = 200).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    let post = |content_type: &str| {
        app.operate(Method::POST, &format!("{IMPORTS}?apply=true")).header("content-type", content_type.to_owned())
    };
    for content_type in ["application/json", "application/octet-stream", "text/plain", ""] {
        let answer = post(content_type).body(SAMPLE_SHEET).send().await.unwrap();
        problem(answer, 415, "unsupported-media-type").await;
    }
    let packed = post("text/csv").header("content-encoding", "gzip").body(SAMPLE_SHEET).send().await.unwrap();
    problem(packed, 415, "unsupported-media-type").await;
    let long = format!("{SAMPLE_SHEET}{}", "\r\n".repeat(100));
    problem(post("text/csv").body(long.clone()).send().await.unwrap(), 413, "too-large").await;
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(long)]);
    let streamed = post("text/csv").body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    problem(streamed, 413, "too-large").await;
    assert_unchanged(&app).await;
}

// proves T-53
#[tokio::test]
async fn an_upload_that_breaks_off_changes_nothing() {
    let app = sample().await;
    let address = app.base.strip_prefix("http://").unwrap();
    for length in [1, 40, 70] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {IMPORTS}?apply=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: text/csv\r\n\
             content-length: 5000\r\n\r\n",
            app.operator
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        connection
            .write_all(&format!("{HEADER}7635559999,new@abc.com\n7635559998,b@abc.com\n").as_bytes()[..length])
            .await
            .unwrap();
        connection.shutdown().await.unwrap();
        // The service may answer or just close; either way it has seen the end.
        let _ = connection.read_to_end(&mut Vec::new()).await;
    }
    assert_unchanged(&app).await;
}

#[tokio::test]
async fn two_replaces_at_once_leave_one_of_the_two_files() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        let (a, b) = (
            format!("{HEADER}7635551111,a@abc.com\n"),
            format!("{HEADER}7635551111,b@abc.com\n7635552222,a@abc.com\n"),
        );
        let (first, second) = tokio::join!(app.import("", a), app.import("", b));
        json(first, 200).await;
        json(second, 200).await;
        let export = app.operate(Method::GET, "/v1/business-groups/abccompany/mappings.csv").send().await.unwrap();
        let rows = text(export, 200).await.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert!(
            rows == ["7635551111,a@abc.com"] || rows == ["7635551111,b@abc.com", "7635552222,a@abc.com"],
            "{rows:?}"
        );
    }
}
