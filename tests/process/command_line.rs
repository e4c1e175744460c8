//! Commands, settings, and the end by a signal.

use std::fs;
use std::time::Duration;

use serde_json::json;
use test_support::database::{Engine, TestDatabase};

use crate::support::{Serving, client, operator_key, run};

#[tokio::test]
async fn a_key_made_on_the_command_line_is_the_secret_and_a_line_break_and_works() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::of(engine).await;
        let serving = Serving::start(&[("SIGNLINE_DATABASE_URL", database.url())]);
        let made = run(
            &["api-key", "create", "--role", "operator", "--name", "first", "--expires-in", "90d"],
            &[("SIGNLINE_DATABASE_URL", database.url())],
        );
        let printed = String::from_utf8(made.stdout).unwrap();
        let secret = printed.strip_suffix('\n').unwrap();
        assert!(secret.starts_with("slk_") && secret.len() == 47 && !secret.contains('\n'));
        let answer = client().get(format!("{}/v1/api-keys", serving.base)).bearer_auth(secret).send().await.unwrap();
        let keys: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(keys["items"][0]["name"], "first");
        assert!(keys["items"][0]["expires_at"].is_string());
    }
}

#[tokio::test]
async fn a_wrong_command_says_what_is_wrong() {
    let database = TestDatabase::sqlite();
    let variables = [("SIGNLINE_DATABASE_URL", database.url())];
    for arguments in [
        &["api-key", "create", "--role", "king"][..],
        &["api-key", "create", "--role", "scim"],
        &["api-key", "create", "--role", "operator", "--business-group", "abc"],
        &["api-key", "create", "--role", "scim", "--business-group", "nobody"],
        &["api-key", "create", "--role", "operator", "--expires-in", "soon"],
        &["dance"],
    ] {
        let output = run(arguments, &variables);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_bad_setting_stops_the_start_with_one_line_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signline.toml");
    fs::write(&file, "lisen = '127.0.0.1:0'\n").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let database = TestDatabase::sqlite();
    for (variable, value, named) in [
        ("SIGNLINE_CLOCK_SKEW_SECONDS", "900", "SIGNLINE_CLOCK_SKEW_SECONDS"),
        ("SIGNLINE_LISTENING", "127.0.0.1:0", "SIGNLINE_LISTENING"),
        ("SIGNLINE_CONFIG", file.to_str().unwrap(), "lisen"),
        ("SIGNLINE_CONFIG", "/no/such/file.toml", "/no/such/file.toml"),
        ("SIGNLINE_DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/db", "SIGNLINE_DATABASE_URL"),
        ("SIGNLINE_LISTEN", &taken, "SIGNLINE_LISTEN"),
    ] {
        let mut variables = vec![(variable, value)];
        if variable != "SIGNLINE_DATABASE_URL" {
            variables.push(("SIGNLINE_DATABASE_URL", database.url()));
        }
        let output = run(&["serve"], &variables);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        // The log's own lines are JSON.
        let lines: Vec<_> = stderr.lines().filter(|line| !line.starts_with('{')).collect();
        assert_eq!(lines.len(), 1, "{stderr}");
        assert!(lines[0].contains(named) && !stderr.contains("hunter2"), "{stderr}");
    }
}

#[tokio::test]
async fn migrating_and_printing_the_document_end_well() {
    let database = TestDatabase::sqlite();
    for _ in 0..2 {
        let output = run(&["migrate"], &[("SIGNLINE_DATABASE_URL", database.url())]);
        assert!(output.status.success() && output.stdout.is_empty());
    }
    let printed = run(&["openapi"], &[]);
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), include_str!("../../openapi/signline.json"));
}

#[tokio::test]
async fn sigterm_ends_an_idle_service_well_within_a_second() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::of(engine).await;
        let serving = Serving::start(&[("SIGNLINE_DATABASE_URL", database.url())]);
        // A connection that is kept open must not hold it.
        let kept = client();
        assert!(kept.get(format!("{}/livez", serving.base)).send().await.unwrap().status().is_success());
        let (code, took, log) = serving.terminate();
        assert_eq!(code, Some(0), "{log}");
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert!(log.contains("stopped"), "{log}");
    }
}

#[tokio::test]
async fn the_log_tells_of_calls_and_holds_no_secret_address_or_number() {
    let database = TestDatabase::sqlite();
    let secret = operator_key(database.url());
    let variables = [("SIGNLINE_DATABASE_URL", database.url()), ("SIGNLINE_LOG", "debug")];
    let serving = Serving::start(&variables);
    let call = |method: reqwest::Method, path: &str| {
        client().request(method, format!("{}{path}", serving.base)).bearer_auth(&secret)
    };
    let group = json!({
        "id": "abccompany", "name": "ABC", "number_ranges": [{"first": "+17635550000", "last": "+17635559999"}],
    });
    call(reqwest::Method::POST, "/v1/business-groups").json(&group).send().await.unwrap();
    let mapping = "/v1/business-groups/abccompany/mappings/+17635551111";
    let body = json!({"email": "bobsmith@abccompany.com"});
    assert_eq!(call(reqwest::Method::PUT, mapping).json(&body).send().await.unwrap().status(), 201);
    let search = "/v1/business-groups/abccompany/mappings?q=bobsmith";
    call(reqwest::Method::GET, search).send().await.unwrap();
    client().get(format!("{}/v1/me", serving.base)).bearer_auth("eyJ.tokenpart.x").send().await.unwrap();
    let (_, _, log) = serving.terminate();
    assert!(log.contains("/v1/business-groups/{id}/mappings/{phone_number}"), "{log}");
    for secret in [&secret["slk_".len()..], "tokenpart", "bobsmith", "5551111"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
