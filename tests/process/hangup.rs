//! SIGHUP, which operators send to have files read again, and which ends nothing.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use test_support::app::TIMEOUT;
use test_support::database::TestDatabase;
use tokio::time::sleep;

use crate::support::{Serving, client, signline};

/// Whether somebody waits for the list of migrations.
const WAITS: &str =
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = '_sqlx_migrations'::regclass)";

#[tokio::test]
async fn a_hangup_without_tls_is_logged_and_ends_nothing() {
    let database = TestDatabase::sqlite();
    let serving = Serving::start(&[("SIGNLINE_DATABASE_URL", database.url())]);
    for _ in 0..3 {
        serving.signal("HUP");
        let answer = client().get(format!("{}/livez", serving.base)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let (code, _, log) = serving.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("SIGHUP") && log.contains("no TLS certificate"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hangup_while_it_starts_or_migrates_ends_nothing() {
    for command in ["serve", "migrate"] {
        let database = TestDatabase::postgres().await;
        database.open().await.health.close().await;
        let options = PgConnectOptions::from_str(database.url()).unwrap();
        let mut holder = PgConnection::connect_with(&options).await.unwrap();
        let mut lock = holder.begin().await.unwrap();
        sqlx::query("LOCK TABLE _sqlx_migrations").execute(&mut *lock).await.unwrap();
        let variables = [
            ("SIGNLINE_DATABASE_URL", database.url()),
            ("SIGNLINE_LISTEN", "127.0.0.1:0"),
            ("SIGNLINE_AUTHORITY", "http://127.0.0.1:9"),
        ];
        let mut child = signline(&[command], &variables).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        loop {
            let (waits,): (bool,) = sqlx::query_as(WAITS).fetch_one(&mut *lock).await.unwrap();
            if waits {
                break;
            }
            assert!(begun.elapsed() < TIMEOUT && child.try_wait().unwrap().is_none(), "{command} does not wait");
            sleep(Duration::from_millis(20)).await;
        }
        signal("HUP", child.id());
        lock.rollback().await.unwrap();
        let mut log = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.contains("\"listening\"") {
                signal("TERM", child.id());
            }
            log += &line;
        }
        assert_eq!(child.wait().unwrap().code(), Some(0), "{command}: {log}");
        assert!(log.contains("SIGHUP"), "{command}: {log}");
    }
}

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap().success());
}
