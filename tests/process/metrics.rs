//! What Prometheus' own linter says of the metrics. `scripts/setup-promtool` installs it.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use entra_sim::{Config, Simulator};
use reqwest::Method;
use serde_json::json;
use test_support::app::{TENANT, applications};
use test_support::database::TestDatabase;

use crate::support::{Serving, client, operator_key};

const USER: &str = "bobsmith@abccompany.com";
const GROUP: &str = "/v1/business-groups/abccompany";

/// Where promtool is. Without it the test fails: it is never passed over.
fn promtool() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = env::split_paths(&path).map(|folder| folder.join("promtool"));
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/promtool/promtool");
    let found = installed.chain([fetched]).find(|file| file.is_file());
    found.expect("promtool is missing: run scripts/setup-promtool")
}

fn check(metrics: &str) -> Output {
    let mut command = Command::new(promtool());
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut linter = command.spawn().unwrap();
    linter.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    linter.wait_with_output().unwrap()
}

/// The metrics of a service that has had calls of every kind that is counted.
async fn metrics() -> String {
    let entra = Simulator::start(Config::sample()).await.unwrap();
    let database = TestDatabase::sqlite();
    let (operator, applications) = (operator_key(database.url()), applications(&entra));
    let serving = Serving::start(&[
        ("SIGNLINE_DATABASE_URL", database.url()),
        ("SIGNLINE_AUTHORITY", entra.http_base()),
        ("SIGNLINE_APPLICATIONS", applications.as_str()),
        ("SIGNLINE_MAX_FAILURES_PER_ADDRESS", "1"),
    ]);
    let call = async |method: Method, path: &str, credential: &str, body: String| {
        let call = client().request(method, format!("{}{path}", serving.base)).bearer_auth(credential);
        let media_type = if path.contains("/imports") { "text/csv" } else { "application/json" };
        call.header("content-type", media_type).body(body).send().await.unwrap().status().as_u16()
    };
    let range = json!({"first": "+17635550000", "last": "+17635559999"});
    let group = json!({"id": "abccompany", "name": "ABC", "number_ranges": [range]}).to_string();
    assert_eq!(call(Method::POST, "/v1/business-groups", &operator, group).await, 201);
    let link = json!({"tenant_id": TENANT}).to_string();
    assert_eq!(call(Method::PUT, &format!("{GROUP}/tenant"), &operator, link).await, 200);
    let sheet = format!("PhoneNumber,MEEmailAddress\n7635551111,{USER}\n");
    assert_eq!(call(Method::POST, &format!("{GROUP}/imports?apply=true"), &operator, sheet).await, 200);
    let token = entra.token(TENANT, USER, "portal").unwrap().mint();
    for _ in 0..2 {
        assert_eq!(call(Method::GET, "/v1/me", &token, String::new()).await, 200);
    }
    assert_eq!(call(Method::GET, "/nowhere", &token, String::new()).await, 404);
    for status in [401, 429] {
        assert_eq!(call(Method::GET, "/v1/me", "nonsense", String::new()).await, status);
    }
    client().get(format!("{}/metrics", serving.base)).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn prometheus_finds_nothing_wrong_with_the_metrics() {
    let metrics = metrics().await;
    for counted in [
        r#"signline_http_requests_total{method="GET",route="/v1/me",status="200"} 2"#,
        r#"signline_import_rows_total{result="added"} 1"#,
        "signline_refused_attempts_total{limit=",
        r#"signline_signing_key_fetches_total{result="failed"} 0"#,
        "signline_token_validations_total ",
        "signline_line_lookups_total ",
        "# TYPE signline_token_cache_entries gauge",
        "# TYPE signline_token_validations_total counter",
    ] {
        assert!(metrics.contains(counted), "{counted} is missing: {metrics}");
    }
    let output = check(&metrics);
    let said = [output.stdout, output.stderr].concat();
    assert_eq!((output.status.code(), String::from_utf8(said).unwrap().as_str()), (Some(0), ""), "{metrics}");
}

#[test]
fn the_linter_would_find_something() {
    let output = check("# TYPE signline_calls counter\nsignline_calls 1\n");
    assert_ne!((output.status.code(), output.stdout.is_empty() && output.stderr.is_empty()), (Some(0), true));
}
