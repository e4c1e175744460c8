//! TLS on the listener, and a certificate that is changed while the service runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use reqwest::{Certificate, Client};
use tempfile::TempDir;
use test_support::app::TIMEOUT;
use test_support::database::TestDatabase;

use crate::support::{Serving, run};

/// The two files of a listener.
pub(crate) struct Files {
    _folder: TempDir,
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: PathBuf,
}

impl Files {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, private_key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        Self { _folder: folder, certificate, private_key }
    }

    /// Puts a fresh certificate there; gives a client that trusts it, and no other.
    pub(crate) fn renew(&self) -> Client {
        let CertifiedKey { cert, signing_key } = fresh();
        fs::write(&self.certificate, cert.pem()).unwrap();
        fs::write(&self.private_key, signing_key.serialize_pem()).unwrap();
        let trusted = Certificate::from_pem(cert.pem().as_bytes()).unwrap();
        Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap()
    }

    fn start(&self, database: &TestDatabase) -> Serving {
        Serving::start(&[
            ("SIGNLINE_DATABASE_URL", database.url()),
            ("SIGNLINE_TLS_CERTIFICATE", text(&self.certificate)),
            ("SIGNLINE_TLS_PRIVATE_KEY", text(&self.private_key)),
        ])
    }
}

fn fresh() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn is_answered(client: &Client, url: &str) -> bool {
    client.get(url).send().await.is_ok_and(|answer| answer.status() == 200)
}

// proves T-92
#[tokio::test]
async fn a_new_certificate_is_read_at_sighup_and_a_bad_one_changes_nothing() {
    let (files, database) = (Files::new(), TestDatabase::sqlite());
    let first = files.renew();
    let serving = files.start(&database);
    let url = serving.base.replace("http://", "https://") + "/livez";
    let answer = first.get(&url).send().await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    assert_eq!(answer.text().await.unwrap(), "ok\n");

    let second = files.renew();
    assert!(!is_answered(&second, &url).await, "not before it is told");
    serving.signal("HUP");
    let deadline = Instant::now() + TIMEOUT;
    while !is_answered(&second, &url).await {
        assert!(Instant::now() < deadline, "the new certificate is not served");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_answered(&first, &url).await, "a connection that is open goes on");

    fs::write(&files.certificate, "no certificate").unwrap();
    serving.signal("HUP");
    fs::write(&files.certificate, fresh().cert.pem()).unwrap();
    serving.signal("HUP");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let fresh_connection = second.get(&url).header("connection", "close");
    assert_eq!(fresh_connection.send().await.unwrap().status(), 200);
    assert!(is_answered(&second, &url).await, "the old certificate is served on");

    let (code, _, log) = serving.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("was read again") && log.contains("the TLS certificate was not changed"), "{log}");
}

// proves T-71
#[tokio::test]
async fn who_speaks_no_tls_or_says_nothing_is_sent_away_and_others_are_served() {
    let (files, database) = (Files::new(), TestDatabase::sqlite());
    let client = files.renew();
    let serving = files.start(&database);
    let address = serving.base.strip_prefix("http://").unwrap();
    let silent: Vec<_> = (0..300).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    assert!(Client::builder().no_proxy().build().unwrap().get(&serving.base).send().await.is_err());
    let begun = Instant::now();
    assert!(is_answered(&client, &(serving.base.replace("http://", "https://") + "/livez")).await);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    drop(silent);
}

#[test]
fn a_certificate_that_cannot_be_used_stops_the_start_with_one_line() {
    let (files, database) = (Files::new(), TestDatabase::sqlite());
    files.renew();
    let foreign = files.certificate.with_file_name("foreign.pem");
    fs::write(&foreign, fresh().signing_key.serialize_pem()).unwrap();
    let (certificate, key, foreign) = (text(&files.certificate), text(&files.private_key), text(&foreign));
    for (certificate, key, named) in [
        ("/no/such/chain.pem", key, "SIGNLINE_TLS_CERTIFICATE"),
        (certificate, "/no/such/key.pem", "SIGNLINE_TLS_PRIVATE_KEY"),
        (key, key, "SIGNLINE_TLS_CERTIFICATE"),
        (certificate, certificate, "SIGNLINE_TLS_PRIVATE_KEY"),
        (certificate, foreign, "can't be used"),
        (certificate, "", "SIGNLINE_TLS_PRIVATE_KEY"),
    ] {
        let variables = [
            ("SIGNLINE_DATABASE_URL", database.url()),
            ("SIGNLINE_TLS_CERTIFICATE", certificate),
            ("SIGNLINE_TLS_PRIVATE_KEY", key),
        ];
        let output = run(&["serve"], &variables);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        let lines: Vec<_> = stderr.lines().filter(|line| !line.starts_with('{')).collect();
        assert_eq!(lines.len(), 1, "{stderr}");
        assert!(lines[0].contains(named), "{stderr}");
    }
}
