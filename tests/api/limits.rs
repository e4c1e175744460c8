//! What one caller may ask of the service before others would feel it.

use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use signline::domain::trusted_proxies::TrustedProxies;
use test_support::app::{SAMPLE_SHEET, TENANT, TIMEOUT, TestApp};
use test_support::database::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{problem, text};

const USER: &str = "bobsmith@abccompany.com";

async fn app_with_limits(per_address: u32, per_credential: u32) -> TestApp {
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.limits.failures_per_address = per_address;
        settings.limits.failures_per_credential = per_credential;
        settings.limits.trusted_proxies = TrustedProxies::parse("127.0.0.1").unwrap();
    })
    .await;
    app.sample_company().await;
    app.import("", SAMPLE_SHEET).await;
    app
}

// proves T-60, T-62
#[tokio::test]
async fn bad_tokens_from_one_address_are_limited_and_good_ones_from_there_are_not() {
    let app = app_with_limits(20, 0).await;
    let cached = app.token(USER);
    assert_eq!(app.me(&cached).await.status(), 200);
    let mut statuses = Vec::new();
    for at in 0..60 {
        let answer = app.me(&format!("eyJ.{at}.x")).await;
        statuses.push(answer.status().as_u16());
        if answer.status() == 429 {
            assert_eq!(answer.headers()["retry-after"], "3");
            problem(answer, 429, "too-many-requests").await;
        }
    }
    assert!(statuses[..20].iter().all(|status| *status == 401), "{statuses:?}");
    assert!(statuses.iter().filter(|status| **status == 429).count() > 30, "{statuses:?}");

    assert_eq!(app.me(&cached).await.status(), 200, "a token that is cached");
    for _ in 0..10 {
        // A token that was never seen: each is another.
        let new =
            app.entra.token(TENANT, USER, "portal").unwrap().claim("nonce", uuid::Uuid::new_v4().to_string()).mint();
        assert_eq!(app.me(&new).await.status(), 200);
    }
    assert_eq!(app.operate(Method::GET, "/v1/business-groups").send().await.unwrap().status(), 200);
    let unknown = format!("slk_{}", "A".repeat(43));
    let refused = app.get("/v1/business-groups").bearer_auth(unknown).send().await.unwrap();
    problem(refused, 429, "too-many-requests").await;
    let metrics = text(app.get("/metrics").send().await.unwrap(), 200).await;
    assert!(metrics.contains(r#"signline_refused_attempts_total{limit="address"}"#), "{metrics}");
}

// proves T-60
#[tokio::test]
async fn a_credential_that_is_refused_again_and_again_is_limited_and_no_other() {
    let app = app_with_limits(0, 5).await;
    let expired = app.entra.token(TENANT, USER, "portal").unwrap().expires_in_seconds(-4000).mint();
    let revoked = format!("slk_{}", "B".repeat(43));
    for _ in 0..5 {
        problem(app.me(&expired).await, 401, "invalid-token").await;
        let refused = app.get("/v1/business-groups").bearer_auth(&revoked).send().await.unwrap();
        problem(refused, 401, "invalid-token").await;
    }
    problem(app.me(&expired).await, 429, "too-many-requests").await;
    let refused = app.get("/v1/business-groups").bearer_auth(&revoked).send().await.unwrap();
    problem(refused, 429, "too-many-requests").await;
    assert_eq!(app.me(&app.token(USER)).await.status(), 200);
    problem(app.me("eyJ.other.x").await, 401, "invalid-token").await;
}

// proves T-63
#[tokio::test]
async fn callers_behind_a_trusted_proxy_are_limited_each_for_themselves() {
    let app = app_with_limits(3, 0).await;
    let bad = async |from: &str, at: usize| {
        let call = app.get("/v1/me").bearer_auth(format!("eyJ.{at}.x")).header("x-forwarded-for", from);
        call.send().await.unwrap().status().as_u16()
    };
    for at in 0..3 {
        assert_eq!(bad("192.0.2.1", at).await, 401);
    }
    assert_eq!(bad("192.0.2.1", 3).await, 429);
    assert_eq!(bad("198.51.100.1, 192.0.2.1", 4).await, 429, "what they say themselves does not count");
    assert_eq!(bad("192.0.2.2", 5).await, 401);
}

// proves T-65
/// Sent as bytes: no client library writes them.
#[tokio::test]
async fn no_byte_that_a_caller_writes_makes_its_failures_the_proxys() {
    let app = app_with_limits(3, 0).await;
    let bad = async |lines: &[&[u8]], at: usize| {
        let mut connection = connect(&app).await;
        let mut head = format!("GET /v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer eyJ.{at}.x\r\n").into_bytes();
        for line in lines {
            head.extend([b"x-forwarded-for: ", *line, b"\r\n"].concat());
        }
        head.extend(b"connection: close\r\n\r\n");
        connection.write_all(&head).await.unwrap();
        answer(&mut connection).await[..12].to_owned()
    };
    for (at, lines) in [
        &[&b"\xff, 192.0.2.1"[..]][..],
        &[b"\xc3\xa4", b"192.0.2.1"],
        &[b"10.0.0.1, \x80", b"\xfe", b"192.0.2.1:4711"],
        &[b"\xff, ::ffff:192.0.2.1"],
        &[b"192.0.2.1"],
    ]
    .into_iter()
    .enumerate()
    {
        let expected = if at < 3 { "HTTP/1.1 401" } else { "HTTP/1.1 429" };
        assert_eq!(bad(lines, at).await, expected, "{lines:?}");
    }
    assert_eq!(bad(&[b"\xff, 192.0.2.2"], 10).await, "HTTP/1.1 401", "another caller");
    assert_eq!(bad(&[], 11).await, "HTTP/1.1 401", "the proxy itself");
}

// proves T-63
#[tokio::test]
async fn without_trusted_proxies_what_a_caller_says_of_their_address_does_not_count() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.limits.failures_per_address = 3).await;
    for at in 0..5 {
        let call = app.get("/v1/me").bearer_auth(format!("eyJ.{at}.x"));
        let answer = call.header("x-forwarded-for", format!("192.0.2.{at}")).send().await.unwrap();
        assert_eq!(answer.status(), if at < 3 { 401 } else { 429 });
    }
}

/// Sends the head of an upload, and of its body no more than `body`.
async fn begin_upload(app: &TestApp, group: &str, framing: &str, body: &str) -> TcpStream {
    let head = format!(
        "POST /v1/business-groups/{group}/imports?apply=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: text/csv\r\n{framing}\r\n\r\n{body}",
        app.operator
    );
    let mut upload = connect(app).await;
    upload.write_all(head.as_bytes()).await.unwrap();
    upload
}

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// The answer's head, and what of the body has come with it.
async fn answer(connection: &mut TcpStream) -> String {
    let mut bytes = vec![0; 16 * 1024];
    let read = timeout(TIMEOUT, connection.read(&mut bytes)).await.expect("an answer").unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

// proves T-73
#[tokio::test]
async fn an_import_beyond_those_that_may_run_at_once_is_refused_before_its_body_is_read() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.limits.concurrent_imports = 1).await;
    app.sample_company().await;
    let (first, rest) = SAMPLE_SHEET.split_at(60);
    let length = format!("content-length: {}", SAMPLE_SHEET.len());
    let deadline = Instant::now() + TIMEOUT;
    let (mut under_way, refused) = loop {
        let mut under_way = begin_upload(&app, "abccompany", &length, first).await;
        // None of the body is sent: it would wait for it if it were read.
        let mut other = begin_upload(&app, "abccompany", "content-length: 1000", "").await;
        let soon = Duration::from_millis(300);
        let (taken, refused) = (timeout(soon, answer(&mut under_way)).await, timeout(soon, answer(&mut other)).await);
        if let (Err(_), Ok(refused)) = (taken, refused) {
            break (under_way, refused);
        }
        assert!(Instant::now() < deadline, "it is not refused");
    };
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("retry-after: 5") && refused.contains("too-many-requests"), "{refused}");
    under_way.write_all(rest.as_bytes()).await.unwrap();
    let taken = answer(&mut under_way).await;
    assert!(taken.starts_with("HTTP/1.1 200"), "{taken}");
    let deadline = Instant::now() + TIMEOUT;
    while app.import("", SAMPLE_SHEET).await.status() != 200 {
        assert!(Instant::now() < deadline, "there is room again");
    }
}

// proves T-73
#[tokio::test]
async fn an_upload_of_two_gigabytes_is_refused_without_being_read() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.max_import_bytes = 256 * 1024).await;
    app.sample_company().await;
    let mut announced = begin_upload(&app, "abccompany", "content-length: 2147483648", "").await;
    let refused = answer(&mut announced).await;
    assert!(refused.starts_with("HTTP/1.1 413") && refused.contains("too-large"), "{refused}");

    let mut endless = begin_upload(&app, "abccompany", "transfer-encoding: chunked", "").await;
    let rows = "7635551111,bobsmith@abccompany.com\r\n".repeat(1000);
    let chunk = format!("{:x}\r\n{rows}\r\n", rows.len());
    let mut sent = 0;
    while endless.write_all(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
        let mut byte = [0; 1];
        if endless.try_read(&mut byte).is_ok() {
            break;
        }
        assert!(sent < 64 * 1024 * 1024, "it reads on and on");
    }
    assert_eq!(app.import("", SAMPLE_SHEET).await.status(), 200);
}

// proves T-74
#[tokio::test]
async fn a_body_without_end_that_nobody_reads_is_cut_off_after_the_answer() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (request, status) in [("GET /livez", "200"), ("POST /v1/business-groups", "401"), ("POST /nowhere", "404")] {
        let mut connection = connect(&app).await;
        let head = format!("{request} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        let answer = answer(&mut connection).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains("connection: close"), "{answer}");
        let begun = Instant::now();
        // Chunks that look like the end of a head.
        while connection.write_all(b"4\r\n\r\n\r\n\r\n").await.is_ok() {
            assert!(begun.elapsed() < TIMEOUT, "{request}: it reads on and on");
        }
    }
}

// proves T-72
#[tokio::test]
async fn a_head_of_a_megabyte_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut connection = connect(&app).await;
    connection.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\nx-filler: ").await.unwrap();
    let filler = vec![b'x'; 64 * 1024];
    for _ in 0..16 {
        // It may have been cut off already.
        if connection.write_all(&filler).await.is_err() {
            break;
        }
    }
    let mut read = Vec::new();
    // A connection that was cut off while bytes were on their way may say so instead.
    let _ = timeout(TIMEOUT, connection.read_to_end(&mut read)).await.expect("it ends");
    assert!(read.is_empty() || read.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&read));
    let token = "x".repeat(100_000);
    problem(app.get("/v1/me").bearer_auth(&token).send().await.unwrap(), 401, "invalid-token").await;
}

/// How long it takes until the service ends a connection over which one byte a second comes.
async fn time_of_drip(mut connection: TcpStream) -> Duration {
    let begun = Instant::now();
    for byte in b"GET /livez HTTP/1.1\r\nhost: x\r\nx-filler: xxxxxxxxxxxxxxxxxx" {
        if connection.write_all(&[*byte]).await.is_err() {
            break;
        }
        let mut bytes = [0; 1024];
        if let Ok(read) = timeout(Duration::from_secs(1), connection.read(&mut bytes)).await {
            match read {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    }
    begun.elapsed()
}

// proves T-69
#[tokio::test]
async fn a_client_that_sends_its_request_in_drops_is_cut_off_also_if_it_was_quick_before() {
    let app = TestApp::start(Engine::Sqlite).await;
    let first = connect(&app).await;
    let mut later = connect(&app).await;
    later.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut later).await.starts_with("HTTP/1.1 200"));
    let (first, later) = tokio::join!(time_of_drip(first), time_of_drip(later));
    for took in [first, later] {
        assert!((8..25).contains(&took.as_secs()), "{took:?}");
    }
}

// proves T-69
#[tokio::test]
async fn a_body_that_comes_in_drops_is_cut_off() {
    let app = TestApp::start(Engine::Sqlite).await;
    let head = format!(
        "POST /v1/business-groups HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        app.operator
    );
    let mut connection = connect(&app).await;
    connection.write_all(head.as_bytes()).await.unwrap();
    let cut_off = answer(&mut connection).await;
    assert!(cut_off.starts_with("HTTP/1.1 408") && cut_off.contains("request-timeout"), "{cut_off}");
}

// proves T-70
#[tokio::test]
async fn connections_beyond_the_limit_wait_until_another_ends() {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.limits.connections = 8 * workers).await;
    let ask = async |connection: &mut TcpStream| {
        connection.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        timeout(Duration::from_millis(500), answer(connection)).await.is_ok()
    };
    let mut open = Vec::new();
    let waiting = loop {
        let mut connection = connect(&app).await;
        if !ask(&mut connection).await {
            break connection;
        }
        open.push(connection);
        assert!(open.len() <= 8 * workers, "{} connections", open.len());
    };
    drop(open);
    let mut waiting = waiting;
    assert!(answer(&mut waiting).await.starts_with("HTTP/1.1 200"));
}

// proves T-52, T-86
#[tokio::test]
async fn what_is_private_is_kept_by_no_cache_and_shown_by_no_page() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.import("", SAMPLE_SHEET).await;
    let group = "/v1/business-groups/abccompany";
    let paths = ["", "/mappings", "/mappings/+17635551111", "/mappings.csv", "/mappings.xlsx", "/revisions", "/none"];
    let paths = paths.map(|path| format!("{group}{path}"));
    let others = ["/v1/business-groups", "/v1/api-keys", "/v1/audit-events", "/v1/me", "/metrics", "/readyz"];
    for path in paths.iter().map(String::as_str).chain(others) {
        let headers = app.operate(Method::GET, path).send().await.unwrap().headers().clone();
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(!headers.contains_key("strict-transport-security"), "{path}: there is no TLS");
        if path != "/v1/me" {
            assert_eq!(headers["x-frame-options"], "DENY", "{path}");
            assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
            assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"), "{path}");
        }
    }
    let mine = app.me(&app.token(USER)).await.headers().clone();
    assert_eq!(
        (&mine["cache-control"], &mine["x-content-type-options"]),
        (&"no-store".parse().unwrap(), &"nosniff".parse().unwrap())
    );
    let key = json!({"name": "x", "role": "operator"});
    let created = app.operate_json(Method::POST, "/v1/api-keys", &key).await;
    assert_eq!(created.headers()["cache-control"], "no-store");
    let page = app.get("/docs/").send().await.unwrap().headers().clone();
    assert!(page["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(
        (&page["x-frame-options"], &page["referrer-policy"]),
        (&"DENY".parse().unwrap(), &"no-referrer".parse().unwrap())
    );
}
