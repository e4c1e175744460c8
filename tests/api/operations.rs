//! Probes, metrics, Swagger UI, and the graceful stop.

use std::time::{Duration, Instant};

use reqwest::Method;
use test_support::app::{SAMPLE_SHEET, TIMEOUT, TestApp};
use test_support::database::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{CUT_OFF, on_server, problem, text};

#[tokio::test]
async fn the_probes_tell_of_each_part() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        assert_eq!(text(app.get("/livez").send().await.unwrap(), 200).await, "ok\n");
        let lines = text(app.get("/readyz").send().await.unwrap(), 200).await;
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines[0], "store: ok");
        assert!(lines[1].starts_with("keys: ok, 2 fetched "), "{lines:?}");
    }
}

// proves T-84
#[tokio::test]
async fn calls_are_counted_by_route_and_never_by_path() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.import("", SAMPLE_SHEET).await;
    app.operate(Method::GET, "/v1/business-groups/abccompany/mappings/+17635551111").send().await.unwrap();
    app.get("/nowhere/bobsmith").send().await.unwrap();
    app.call(Method::from_bytes(b"BREW").unwrap(), "/v1/me").send().await.unwrap();
    let metrics = text(app.get("/metrics").send().await.unwrap(), 200).await;
    let route = "/v1/business-groups/{id}/mappings/{phone_number}";
    assert!(
        metrics.contains(&format!(r#"signline_http_requests_total{{method="GET",route="{route}",status="200"}} 1"#))
    );
    assert!(metrics.contains(r#"method="GET",route="unmatched",status="404""#));
    assert!(metrics.contains(r#"method="other""#));
    assert!(metrics.contains(r#"signline_import_rows_total{result="added"} 3"#));
    for secret in ["bobsmith", "7635551111", "BREW"] {
        assert!(!metrics.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn sign_ins_are_counted_and_timed_by_route_method_and_status() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.import("", SAMPLE_SHEET).await;
    let token = app.token("bobsmith@abccompany.com");
    for token in [&token, &token, "nonsense"] {
        app.me(token).await;
    }
    app.call(Method::HEAD, "/v1/me").bearer_auth(&token).send().await.unwrap();
    app.call(Method::POST, "/v1/me").bearer_auth(&token).send().await.unwrap();
    let metrics = text(app.get("/metrics").send().await.unwrap(), 200).await;
    for (method, status, count) in [("GET", 200, 2), ("GET", 401, 1), ("HEAD", 200, 1), ("POST", 405, 1)] {
        let labels = format!(r#"{{method="{method}",route="/v1/me",status="{status}"}} {count}"#);
        assert!(metrics.contains(&format!("signline_http_requests_total{labels}")), "{labels}\n{metrics}");
    }
    let timed = r#"signline_http_request_duration_seconds_count{method="GET",route="/v1/me"} 3"#;
    assert!(metrics.contains(timed), "{metrics}");
}

// proves T-93
#[tokio::test]
async fn swagger_ui_names_no_other_host() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert_eq!(app.get("/docs").send().await.unwrap().headers()["location"], "/docs/");
    let page = app.get("/docs/").send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
    let page = text(page, 200).await;
    let setup = text(app.get("/docs/swagger-initializer.js").send().await.unwrap(), 200).await;
    assert!(setup.contains("\"../openapi.json\""), "{setup}");
    for file in [page, setup] {
        assert!(!file.contains("https://") && !file.contains("http://"), "{file}");
    }
}

/// An open connection that has made one call and waits.
async fn idle_connection(app: &TestApp) -> TcpStream {
    let mut connection = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap();
    connection.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 1024];
    assert!(connection.read(&mut answer).await.unwrap() > 0);
    connection
}

#[tokio::test]
async fn an_idle_service_stops_within_a_second_and_closes_its_connections() {
    let mut app = TestApp::start(Engine::Sqlite).await;
    let mut idle = idle_connection(&app).await;
    let begun = Instant::now();
    app.stop();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_call_under_way_finishes_while_the_service_stops_and_is_not_ready() {
    let mut app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    let address = app.base.strip_prefix("http://").unwrap().to_owned();
    let mut idle = idle_connection(&app).await;

    let mut upload = TcpStream::connect(&address).await.unwrap();
    let (first, rest) = SAMPLE_SHEET.split_at(60);
    let head = format!(
        "POST /v1/business-groups/abccompany/imports?apply=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: text/csv\r\ncontent-length: {}\r\n\r\n{first}",
        app.operator,
        SAMPLE_SHEET.len()
    );
    upload.write_all(head.as_bytes()).await.unwrap();
    // The call is under way once the service has taken it up.
    let deadline = Instant::now() + TIMEOUT;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let thread = app.begin_stop().unwrap();
    loop {
        // A kept connection of the client's may be closed just when it is used: then it tries another.
        let Ok(ready) = app.get("/readyz").send().await else { continue };
        if ready.status() == 503 {
            assert_eq!(ready.headers()["connection"], "close");
            assert!(ready.text().await.unwrap().contains("about to stop"));
            break;
        }
        assert!(Instant::now() < deadline);
    }
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0, "an idle connection is closed at once");

    upload.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    upload.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""added":3"#), "{answer}");
    thread.join().unwrap();
    assert!(TcpStream::connect(&address).await.is_err());
}

// proves T-85
#[tokio::test]
async fn a_database_that_is_gone_is_told_without_its_secrets_and_its_return_needs_no_restart() {
    let app = TestApp::start(Engine::Postgres).await;
    app.sample_company().await;
    on_server(&app, "ALTER DATABASE {name} ALLOW_CONNECTIONS false").await;
    on_server(&app, CUT_OFF).await;
    for path in ["/v1/business-groups", "/v1/business-groups/abccompany/mappings.csv"] {
        let answer = app.operate(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.headers()["retry-after"], "1");
        let problem = problem(answer, 503, "unavailable").await.to_string();
        assert!(!problem.contains("postgres") && !problem.contains("terminat"), "{problem}");
    }
    let lines = text(app.get("/readyz").send().await.unwrap(), 503).await;
    assert!(lines.starts_with("store: the database "), "{lines}");
    assert_eq!(app.get("/livez").send().await.unwrap().status(), 200);

    on_server(&app, "ALTER DATABASE {name} ALLOW_CONNECTIONS true").await;
    let deadline = Instant::now() + TIMEOUT;
    while app.get("/readyz").send().await.unwrap().status() != 200 {
        assert!(Instant::now() < deadline, "it does not come back");
    }
    let group = app.operate(Method::GET, "/v1/business-groups/abccompany").send().await.unwrap();
    assert_eq!(group.status(), 200);
}

#[tokio::test]
async fn connections_that_broke_while_idle_cost_no_call() {
    let app = TestApp::start(Engine::Postgres).await;
    app.sample_company().await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    on_server(&app, CUT_OFF).await;
    for _ in 0..5 {
        let group = app.operate(Method::GET, "/v1/business-groups/abccompany").send().await.unwrap();
        assert_eq!(group.status(), 200);
    }
}
