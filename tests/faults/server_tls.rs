//! PostgreSQL over TLS: which certificate is taken for the server's.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::server::Server;
use crate::support::run;

/// An authority, and its certificate in a file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(folder: &TempDir, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    /// The chain and the key of a server.
    fn certify(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

// proves T-90
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_verified_by_the_systems_authorities_or_by_those_that_are_named_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new(&folder, "ours.pem"), Authority::new(&folder, "other.pem"));
    let (chain, private_key) = ours.certify("localhost");
    let mut server = Server::start().await;
    server.encrypt(&chain, &private_key).await;
    let (ours, other) = (ours.file.to_str().unwrap(), other.file.to_str().unwrap());
    let named = |mode: &str, file: &str| format!("sslmode={mode}&sslrootcert={file}");
    for (host, query, system, is_taken) in [
        ("localhost", "sslmode=verify-full".to_owned(), ours, true),
        ("localhost", "sslrootcert=system".to_owned(), ours, true),
        ("localhost", "sslmode=verify-full".to_owned(), other, false),
        ("localhost", "sslrootcert=system".to_owned(), other, false),
        // The certificate has one name, and verify-ca asks for none.
        ("127.0.0.1", "sslmode=verify-full".to_owned(), ours, false),
        ("127.0.0.1", "sslmode=verify-ca".to_owned(), ours, true),
        ("localhost", "sslmode=verify-ca".to_owned(), other, false),
        // Who names a file trusts nobody else.
        ("localhost", named("verify-full", ours), other, true),
        ("localhost", named("verify-full", other), ours, false),
        ("localhost", named("verify-ca", other), ours, false),
        ("127.0.0.1", named("require", ours), other, true),
        ("127.0.0.1", named("require", other), ours, false),
        ("127.0.0.1", "sslmode=require".to_owned(), other, true),
    ] {
        let url = format!("postgres://postgres@{host}:{}/postgres?{query}", server.port);
        let output = run(&["migrate"], &[("SIGNLINE_DATABASE_URL", &url), ("SSL_CERT_FILE", system)]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), is_taken, "{host} {query} {system}: {stderr}");
        assert!(is_taken || stderr.contains("certificate"), "{host} {query} {system}: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_refused_where_it_must_be_verified() {
    let folder = tempfile::tempdir().unwrap();
    let (server, ours) = (Server::start().await, Authority::new(&folder, "ours.pem"));
    for query in ["sslmode=require", "sslmode=verify-full", "sslrootcert=system"] {
        let url = format!("{}?{query}", server.url());
        let authorities = ours.file.to_str().unwrap();
        let output = run(&["migrate"], &[("SIGNLINE_DATABASE_URL", &url), ("SSL_CERT_FILE", authorities)]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains("TLS"), "{query}: {stderr}");
    }
}
