//! Exports that are read slowly, and everybody else meanwhile.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use test_support::app::{SAMPLE_SHEET, TIMEOUT, TestApp};
use test_support::database::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

use crate::support::{json, problem, text};

const USER: &str = "bobsmith@abccompany.com";

/// The group whose exports are read slowly.
const CRAWLING: &str = "/v1/business-groups/crawling";

/// How many exports one group may have at once.
const SHARE: usize = 2;

/// A service with the sample's company, and a group whose export is more than all buffers on the way hold.
async fn service(engine: Engine, answer: Duration) -> TestApp {
    let app = TestApp::start_with(engine, |settings| {
        settings.limits.answer = answer;
        settings.token_cache_capacity = 0;
        settings.mapping_cache_capacity = 0;
    })
    .await;
    app.sample_company().await;
    app.import("", SAMPLE_SHEET).await;
    let group = json!({"id": "crawling", "name": "Crawling",
        "number_ranges": [{"first": "+17632000000", "last": "+17632999999"}]});
    assert_eq!(app.operate_json(Method::POST, "/v1/business-groups", &group).await.status(), 201);
    let domain = [(); 3].map(|()| "d".repeat(60)).join(".");
    let rows = (0..24_000).map(|at| format!("763{},{}{at}@{domain}.example\r\n", 2_000_000 + at, "x".repeat(50)));
    let sheet = format!("PhoneNumber,MEEmailAddress\r\n{}", rows.collect::<String>());
    let upload =
        app.operate(Method::POST, &format!("{CRAWLING}/imports?apply=true")).header("content-type", "text/csv");
    json(upload.body(sheet).send().await.unwrap(), 200).await;
    app
}

/// Begins an export and reads no more than its head.
async fn begin(app: &TestApp, file: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut connection = socket.connect(app.base.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap();
    let head = format!("GET {CRAWLING}/{file} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", app.operator);
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    connection.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200", "{file}");
    connection
}

async fn export(app: &TestApp, path: &str) -> reqwest::Response {
    app.operate(Method::GET, path).send().await.unwrap()
}

/// Waits until the crawling group may export again.
async fn becomes_free(app: &TestApp) {
    let deadline = Instant::now() + TIMEOUT;
    while export(app, &format!("{CRAWLING}/mappings.csv")).await.status() != 200 {
        assert!(Instant::now() < deadline, "the group's share is never free again");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn check(engine: Engine) {
    let app = service(engine, Duration::from_mins(10)).await;
    let mut readers = Vec::new();
    for _ in 0..SHARE {
        readers.push(begin(&app, "mappings.csv").await);
    }
    for file in ["mappings.csv", "mappings.xlsx"] {
        let refused = export(&app, &format!("{CRAWLING}/{file}")).await;
        assert_eq!(refused.headers()["retry-after"], "5");
        let problem = problem(refused, 429, "too-many-requests").await;
        assert!(problem["detail"].as_str().unwrap().contains("this business group"), "{problem}");
    }
    for file in ["mappings.csv", "mappings.xlsx"] {
        let other = export(&app, &format!("/v1/business-groups/abccompany/{file}")).await;
        assert_eq!(other.status(), 200);
        assert!(!other.bytes().await.unwrap().is_empty());
    }
    for _ in 0..20 {
        assert_eq!(app.me(&app.token(USER)).await.status(), 200, "nobody's sign-in waits for an export");
    }
    let metrics = text(app.get("/metrics").send().await.unwrap(), 200).await;
    assert!(metrics.contains(r#"signline_refused_attempts_total{limit="exports"} 2"#), "{metrics}");
    drop(readers);
    becomes_free(&app).await;
}

// proves T-75
#[tokio::test]
async fn slow_exports_of_one_group_take_its_share_and_no_more_on_postgres() {
    check(Engine::Postgres).await;
}

// proves T-75
#[tokio::test]
async fn slow_exports_of_one_group_take_its_share_and_no_more_on_sqlite() {
    check(Engine::Sqlite).await;
}

// proves T-75
#[tokio::test]
async fn who_takes_nothing_of_an_export_is_cut_off_and_the_group_may_export_again() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = service(engine, Duration::from_secs(1)).await;
        let readers = [begin(&app, "mappings.csv").await, begin(&app, "mappings.csv").await];
        becomes_free(&app).await;
        let mut whole = 0;
        for mut reader in readers {
            let mut rest = Vec::new();
            // What is left in buffers comes, and then the end, or that it was cut off.
            let _ = reader.read_to_end(&mut rest).await;
            whole += usize::from(rest.ends_with(b"0\r\n\r\n"));
        }
        assert!(whole < SHARE, "it is free again because one was cut off, the other may have been in time");
    }
}
