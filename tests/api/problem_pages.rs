//! `/problems` explains each kind of problem, to people and to programs.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;
use signline::http::problem::ProblemKind;
use signline::import::ProblemCode;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::{json, problem, text};

/// What a browser sends.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn get(app: &TestApp, path: &str, accept: &str) -> Response {
    let answer = app.get(path).header("accept", accept).send().await.unwrap();
    assert_eq!(answer.headers().get("vary").map(|value| value.to_str().unwrap()), Some("Accept"), "{path}");
    answer
}

/// A page's text, if it may do nothing but be read.
async fn page(app: &TestApp, path: &str) -> String {
    let answer = get(app, path, BROWSER).await;
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let page = text(answer, 200).await;
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).unwrap().0;
    let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
    let expected = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!(policy, expected);
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text as a page has it.
fn shown(text: &str) -> String {
    let escaped = escaped(text);
    let parts = escaped.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

#[tokio::test]
async fn every_kind_of_problem_is_explained_in_both_forms() {
    let app = TestApp::start(Engine::Sqlite).await;
    for kind in ProblemKind::ALL {
        let path = kind.type_uri();
        let told = json(get(&app, path, "application/json").await, 200).await;
        assert_eq!((&told["type"], &told["slug"]), (&path.into(), &kind.slug().into()));
        assert_eq!((&told["status"], &told["title"]), (&kind.status().as_u16().into(), &kind.title().into()));
        assert_eq!((&told["meaning"], &told["remedy"]), (&kind.meaning().into(), &kind.remedy().into()));
        let members: Vec<_> = told["members"].as_array().unwrap().iter().collect();
        assert_eq!(members.iter().map(|member| member["name"].as_str().unwrap()).collect::<Vec<_>>(), kind.members());
        assert!(members.iter().all(|member| !member["meaning"].as_str().unwrap().is_empty()), "{told}");
        let example = &told["example"];
        assert_eq!((&example["type"], &example["status"]), (&told["type"], &told["status"]));
        assert_eq!(example["title"], told["title"]);

        let page = page(&app, path).await;
        for text in [kind.title(), kind.meaning(), kind.remedy()] {
            assert!(page.contains(&shown(text)), "{path}: {text}: {page}");
        }
        let detail = escaped(&example["detail"].to_string());
        assert!(page.contains(&detail), "{path}: {detail}: {page}");
    }
}

#[tokio::test]
async fn the_list_has_every_kind_and_every_code_of_a_file() {
    let app = TestApp::start(Engine::Sqlite).await;
    let told = json(get(&app, "/problems", "*/*").await, 200).await;
    let words = |list: &str, member: &str| -> Vec<String> {
        let items = told[list].as_array().unwrap().iter();
        items.map(|item| item[member].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words("problems", "slug"), ProblemKind::ALL.iter().map(|kind| kind.slug()).collect::<Vec<_>>());
    assert_eq!(words("import_codes", "code"), ProblemCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>());
    assert_eq!(words("import_codes", "remedy"), ProblemCode::ALL.iter().map(|code| code.remedy()).collect::<Vec<_>>());

    let page = page(&app, "/problems").await;
    for kind in ProblemKind::ALL {
        assert!(page.contains(&format!("href=\"problems/{}\"", kind.slug())), "{}", kind.slug());
    }
    for code in ProblemCode::ALL {
        assert!(
            page.contains(&format!("id=\"{}\"", code.as_str())) && page.contains(&shown(code.meaning())),
            "{code:?}"
        );
    }
}

#[tokio::test]
async fn a_caller_gets_a_page_only_by_asking_for_one() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (accept, expected) in [
        ("text/html", "text/html; charset=utf-8"),
        ("application/json;q=0.5, text/html", "text/html; charset=utf-8"),
        ("application/json, text/html;q=0.5", "application/json"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("image/png", "application/json"),
        ("", "application/json"),
    ] {
        for path in ["/problems", "/problems/not-found"] {
            assert_eq!(get(&app, path, accept).await.headers()["content-type"], expected, "{path}: {accept}");
        }
    }
    let unasked = app.get("/problems").send().await.unwrap();
    assert_eq!(unasked.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn a_kind_that_is_not_there_is_a_problem_that_says_where_all_are() {
    let app = TestApp::start(Engine::Sqlite).await;
    for path in ["/problems/nothing", "/problems/Not-Found", "/problems/%3Cscript%3E", "/problems/scientific_notation"]
    {
        for accept in [BROWSER, "application/json"] {
            let answer = app.get(path).header("accept", accept).send().await.unwrap();
            let problem = problem(answer, 404, "not-found").await;
            assert!(problem["detail"].as_str().unwrap().contains("GET /problems lists all"), "{problem}");
        }
    }
}
