//! `signline healthcheck`, as a container's health check runs it: with the variables of the service.

use std::process::Output;

use test_support::database::TestDatabase;

use crate::support::{Serving, free_port, run, signline};
use crate::tls::Files;

/// A proxy that nobody is behind.
const PROXIES: [(&str, &str); 3] =
    [("http_proxy", "http://127.0.0.1:9"), ("https_proxy", "http://127.0.0.1:9"), ("ALL_PROXY", "http://127.0.0.1:9")];

/// Asserts exit status 1 and one line on the standard error stream; gives it.
fn refused(output: &Output) -> String {
    let message = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), message.lines().count(), output.stdout.len()), (Some(1), 1, 0), "{message}");
    message
}

/// Serves with some variables, and asks with the same ones.
fn is_asked_as_it_listens(variables: &[(&str, &str)]) {
    let database = TestDatabase::sqlite();
    let mut all = vec![("SIGNLINE_DATABASE_URL", database.url()), ("SIGNLINE_AUTHORITY", "http://127.0.0.1:9")];
    all.extend(variables);
    all.extend(PROXIES);
    refused(&run(&["healthcheck"], &all));
    let serving = Serving::run(signline(&["serve"], &all));
    let output = run(&["healthcheck"], &all);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    // It has no signing keys.
    let message = refused(&run(&["healthcheck", "--ready"], &all));
    assert!(
        message.contains("503") && message.contains("keys: none yet") && message.contains("store: ok"),
        "{message}"
    );
    serving.kill();
    refused(&run(&["healthcheck"], &all));
}

#[test]
fn a_service_that_listens_everywhere_is_asked_without_a_proxy() {
    is_asked_as_it_listens(&[("SIGNLINE_LISTEN", &format!("0.0.0.0:{}", free_port()))]);
}

#[test]
fn a_service_with_tls_is_asked_over_tls() {
    let files = Files::new();
    files.renew();
    is_asked_as_it_listens(&[
        ("SIGNLINE_LISTEN", &format!("127.0.0.1:{}", free_port())),
        ("SIGNLINE_TLS_CERTIFICATE", files.certificate.to_str().unwrap()),
        ("SIGNLINE_TLS_PRIVATE_KEY", files.private_key.to_str().unwrap()),
    ]);
}

#[test]
fn settings_that_cant_be_read_and_a_port_that_nobody_knows_are_told() {
    assert!(refused(&run(&["healthcheck"], &[("SIGNLINE_LISTEN", "8080")])).contains("SIGNLINE_LISTEN"));
    assert!(refused(&run(&["healthcheck"], &[("SIGNLINE_LISTEN", "127.0.0.1:0")])).contains("port 0"));
}
