//! Clients that stop in the middle and say nothing more: their connections end all the same, and others get their
//! places.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use rcgen::generate_simple_self_signed;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use signline::config::DatabaseUrl;
use signline::domain::authority::Authority;
use test_support::app::{SAMPLE_SHEET, TIMEOUT, TestApp};
use test_support::database::Engine;

const USER: &str = "bobsmith@abccompany.com";

/// What a body is announced as, and how much of it comes.
const BODIES: [(&str, &str); 5] = [
    ("transfer-encoding: chunked", ""),
    ("transfer-encoding: chunked", "5\r\nhel"),
    ("transfer-encoding: chunked", "5\r\nhello\r\n"),
    ("content-length: 100", ""),
    ("content-length: 100", "hel"),
];

fn connect(app: &TestApp) -> TcpStream {
    let connection = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).unwrap();
    connection.set_read_timeout(Some(TIMEOUT)).unwrap();
    connection
}

/// The requests that are answered before their body has come, and what with.
fn requests(token: &str) -> Vec<(String, &'static str)> {
    let mut requests = Vec::new();
    let cached = format!("GET /v1/me HTTP/1.1\r\nauthorization: Bearer {token}");
    for (call, status) in [
        ("GET /livez HTTP/1.1", "200"),
        ("GET /v1/me HTTP/1.1\r\nauthorization: Bearer x", "401"),
        ("POST /v1/business-groups HTTP/1.1", "401"),
        ("POST /nowhere HTTP/1.1", "404"),
        ("DELETE /v1/me HTTP/1.1", "405"),
        (&cached, "200"),
    ] {
        for (framing, body) in BODIES {
            for end in ["", "connection: close\r\n"] {
                requests.push((format!("{call}\r\nhost: x\r\n{framing}\r\n{end}\r\n{body}"), status));
            }
        }
    }
    requests
}

/// Sends a request and nothing more: how long the connection lives on, and what came over it.
fn time_until_gone(mut connection: impl Read + Write, request: &str) -> (Duration, String) {
    connection.write_all(request.as_bytes()).unwrap();
    let (begun, mut answer, mut bytes) = (Instant::now(), Vec::new(), [0; 4096]);
    loop {
        match connection.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("it is held for good: {request:?}"),
            Err(_) => break,
        }
    }
    (begun.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}

/// All at once, each on a connection of its own, each gone soon.
fn check_all<C: Read + Write + Send>(requests: &[(String, &str)], connection: impl Fn() -> C) {
    thread::scope(|scope| {
        for (request, status) in requests {
            let connection = connection();
            scope.spawn(move || {
                let (took, answer) = time_until_gone(connection, request);
                assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request:?}: {answer}");
                assert!(took < Duration::from_secs(15), "{request:?}: {took:?}");
            });
        }
    });
}

/// A service whose user has a line.
async fn app_with_a_line() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.import("", SAMPLE_SHEET).await;
    app
}

/// Sends a token twice: from then on it and its line are cached, and it is answered before any body has come.
fn fill_caches<C: Read + Write>(token: &str, connection: impl Fn() -> C) {
    let call = format!("GET /v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
    for _ in 0..2 {
        let (_, answer) = time_until_gone(connection(), &call);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

// proves T-74
#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_more_after_an_early_answer_does_not_keep_the_connection() {
    let app = app_with_a_line().await;
    let token = app.token(USER);
    fill_caches(&token, || connect(&app));
    check_all(&requests(&token), || connect(&app));
}

// proves T-74
#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_more_over_tls_does_not_keep_the_connection_either() {
    let folder = tempfile::tempdir().unwrap();
    let own = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, private_key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    fs::write(&certificate, own.cert.pem()).unwrap();
    fs::write(&private_key, own.signing_key.serialize_pem()).unwrap();
    // The line is set up by a service without TLS, on the same database and with the same Entra.
    let plain = app_with_a_line().await;
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.database_url = DatabaseUrl(plain.database.url().to_owned());
        settings.authority = Authority::parse(plain.entra.http_base()).unwrap();
        settings.tls.certificate = Some(certificate);
        settings.tls.private_key = Some(private_key);
    })
    .await;
    let (token, config) = (plain.token(USER), trusting(own.cert.der()));
    let connect_safely = || {
        let name = ServerName::try_from("localhost").unwrap();
        StreamOwned::new(ClientConnection::new(Arc::clone(&config), name).unwrap(), connect(&app))
    };
    fill_caches(&token, connect_safely);
    check_all(&requests(&token), connect_safely);
}

fn trusting(certificate: &CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

// proves T-74
#[tokio::test(flavor = "multi_thread")]
async fn empty_lines_instead_of_a_further_call_do_not_keep_the_connection() {
    let app = TestApp::start(Engine::Sqlite).await;
    let lines = ["\r\n", "\r\n\r\n", "\n\n\n", "\r\n\r\n\r\n\r\n"];
    thread::scope(|scope| {
        for lines in lines {
            let mut connection = connect(&app);
            scope.spawn(move || {
                connection.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
                let count = connection.read(&mut [0; 4096]).unwrap();
                assert!(count > 0);
                // A head has ten seconds.
                let (took, _) = time_until_gone(connection, lines);
                assert!((8..20).contains(&took.as_secs()), "{lines:?}: {took:?}");
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_kept_as_long_as_is_set_and_no_longer() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.limits.keep_alive = Duration::from_secs(4)).await;
    let mut connection = connect(&app);
    let call = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
    for _ in 0..2 {
        connection.write_all(call.as_bytes()).unwrap();
        assert!(connection.read(&mut [0; 4096]).unwrap() > 0, "it is still there");
        thread::sleep(Duration::from_secs(2));
    }
    let (took, answer) = time_until_gone(connection, call);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The framework's clock goes in half seconds.
    assert!((3..12).contains(&took.as_secs()), "{took:?}");
}

// proves T-74
#[tokio::test(flavor = "multi_thread")]
async fn places_that_stalled_clients_had_go_to_newcomers() {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let most = 8 * workers;
    let app = TestApp::start_with(Engine::Sqlite, |settings| settings.limits.connections = most).await;
    let stalled = |_| {
        let mut connection = connect(&app);
        let request = b"POST /v1/business-groups HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel";
        connection.write_all(request).unwrap();
        connection
    };
    let stalled: Vec<_> = (0..most + 8).map(stalled).collect();
    let mut newcomer = connect(&app);
    newcomer.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answer = [0; 4096];
    let count = newcomer.read(&mut answer).expect("they are locked out");
    assert!(answer[..count].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..count]));
    drop(stalled);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_pauses_for_longer_than_an_answered_call_may_is_not_cut() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    for expect in ["", "expect: 100-continue\r\n"] {
        let mut connection = connect(&app);
        let head = format!(
            "POST /v1/business-groups/abccompany/imports?apply=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             content-type: text/csv\r\n{expect}transfer-encoding: chunked\r\n\r\n",
            app.operator
        );
        connection.write_all(head.as_bytes()).unwrap();
        for part in SAMPLE_SHEET.as_bytes().chunks(SAMPLE_SHEET.len().div_ceil(2)) {
            thread::sleep(Duration::from_secs(3));
            connection.write_all(format!("{:x}\r\n", part.len()).as_bytes()).unwrap();
            connection.write_all(part).unwrap();
            connection.write_all(b"\r\n").unwrap();
        }
        let (_, answer) = time_until_gone(connection, "0\r\n\r\n");
        let answer = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
