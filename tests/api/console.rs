//! The console as browsers get it.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::{Method, Response};
use serde_json::json;
use signline::domain::guid::Guid;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::console_files::{ConsoleFile, console_files, loaded_with_each_view};
use crate::support::{json, problem, text};

/// What the page may weigh besides Microsoft's library, in bytes.
const BUDGET: usize = 160_000;

async fn fetch(app: &TestApp, path: &str) -> Response {
    app.get(&format!("/console/{path}")).send().await.unwrap()
}

#[tokio::test]
async fn the_console_stands_in_a_folder() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert_eq!(app.get("/console").send().await.unwrap().headers()["location"], "/console/");
    let page = text(fetch(&app, "").await, 200).await;
    assert!(page.contains("<script type=\"module\" src=\"js/main.js\">"), "{page}");
    let head = app.call(Method::HEAD, "/console/").send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), head.headers()["content-type"].as_bytes()),
        (200, &b"text/html; charset=utf-8"[..])
    );
    let posted = app.call(Method::POST, "/console/").send().await.unwrap();
    assert_eq!(posted.headers()["allow"], "GET, HEAD");
    problem(posted, 405, "method-not-allowed").await;
}

#[tokio::test]
async fn every_file_of_the_page_is_served_as_it_stands() {
    let app = TestApp::start(Engine::Sqlite).await;
    let files = console_files();
    assert!(files.len() > 30, "{}", files.len());
    for ConsoleFile { path, bytes } in &files {
        let answer = fetch(&app, path).await;
        let headers = answer.headers().clone();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(headers["content-type"], media_type(path), "{path}");
        assert_eq!(headers["cache-control"], "no-cache", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(headers.contains_key("content-security-policy"), "{path}");
        assert!(answer.bytes().await.unwrap() == bytes.as_slice(), "{path}");
    }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').unwrap().1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_file_that_has_not_changed_is_not_sent_again() {
    let app = TestApp::start(Engine::Sqlite).await;
    let tag = fetch(&app, "style.css").await.headers()["etag"].clone();
    let ask = |known: &str, coding: &str| {
        app.get("/console/style.css").header("if-none-match", known).header("accept-encoding", coding).send()
    };
    let known = tag.to_str().unwrap();
    for (sent, coding, status) in [
        (known, "identity", 304),
        ("*", "identity", 304),
        (&format!("\"other\", W/{known}"), "identity", 304),
        ("\"other\"", "identity", 200),
        // The packed file is another one.
        (known, "gzip", 200),
    ] {
        let answer = ask(sent, coding).await.unwrap();
        assert_eq!(answer.status(), status, "{sent} {coding}");
        assert_eq!(answer.headers()["vary"], "Accept-Encoding");
        assert!(answer.headers().contains_key("content-security-policy"), "{sent} {coding}");
    }
}

#[tokio::test]
async fn who_takes_gzip_gets_it_packed() {
    let app = TestApp::start(Engine::Sqlite).await;
    let plain = fetch(&app, "style.css").await.bytes().await.unwrap();
    for (coding, is_packed) in [("gzip, deflate, br", true), ("gzip;q=0", false), ("br", false), ("*", false)] {
        let answer = app.get("/console/style.css").header("accept-encoding", coding).send().await.unwrap();
        assert_eq!(answer.headers().get("content-encoding").is_some(), is_packed, "{coding}");
        let sent = answer.bytes().await.unwrap();
        let mut unpacked = Vec::new();
        if is_packed {
            GzDecoder::new(&sent[..]).read_to_end(&mut unpacked).unwrap();
        } else {
            unpacked.extend_from_slice(&sent);
        }
        assert_eq!(unpacked, plain, "{coding}");
    }
}

#[tokio::test]
async fn what_is_no_part_of_the_page_is_not_served() {
    let app = TestApp::start(Engine::Sqlite).await;
    for path in [
        "package.json",
        "package-lock.json",
        "none.js",
        "js",
        "js/",
        "../Cargo.toml",
        "%2e%2e/Cargo.toml",
        "js/../../Cargo.toml",
        "%2fetc%2fpasswd",
    ] {
        problem(fetch(&app, path).await, 404, "not-found").await;
    }
}

// proves T-94
#[tokio::test]
async fn the_page_may_ask_the_service_and_the_authority_alone() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = fetch(&app, "").await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    let directives: Vec<_> = policy.split("; ").collect();
    let connect = format!("connect-src 'self' {}", app.entra.http_base());
    for wanted in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        &connect,
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(directives.contains(&wanted), "{wanted}\n{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn the_page_is_told_what_it_has_to_know_and_no_more() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.api_client_id = None).await;
    let config = json(fetch(&app, "config.json").await, 200).await;
    let first = &config["applications"][0];
    assert_eq!(config["application"], first["name"]);
    assert_eq!(config["authority"], app.entra.http_base());
    let members: Vec<_> = config.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        ["authority", "application", "applications", "api_scope", "default_region", "unproven_tenants"]
    );
    assert_eq!((&config["api_scope"], &config["default_region"]), (&json!(null), &json!("US")));

    let api = "c0ffee00-1111-4222-8333-000000000004";
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.console_application = Some("maxuc-mobile".to_owned());
        settings.api_client_id = Some(Guid::parse(api).unwrap());
    })
    .await;
    let config = json(fetch(&app, "config.json").await, 200).await;
    assert_eq!(config["application"], "maxuc-mobile");
    assert_eq!(config["api_scope"], format!("api://{api}/Line.Read"));
}

/// As the browser loads it: a view's own modules are fetched when it is opened.
#[tokio::test]
async fn the_page_loads_less_than_its_budget_besides_microsofts_library() {
    let app = TestApp::start(Engine::Sqlite).await;
    let config = fetch(&app, "config.json").await.bytes().await.unwrap().len();
    let views = loaded_with_each_view();
    assert!(views.len() > 10, "{views:?}");
    for (view, bytes) in views {
        assert!(bytes + config < BUDGET, "{view}: {} bytes are loaded of {BUDGET}", bytes + config);
    }
}

/// All views opened one after the other, as they come over the wire.
#[tokio::test]
async fn all_of_the_page_comes_packed_far_below_its_budget() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut bytes = 0;
    // No page loads the licence of a library.
    let is_loaded = |file: &&ConsoleFile| !file.is_of_microsoft() && !file.path.ends_with("LICENSE.txt");
    for file in console_files().iter().filter(is_loaded) {
        let path = format!("/console/{}", file.path);
        bytes += app.get(&path).header("accept-encoding", "gzip").send().await.unwrap().bytes().await.unwrap().len();
    }
    assert!(bytes < BUDGET * 3 / 5, "{bytes}");
}
