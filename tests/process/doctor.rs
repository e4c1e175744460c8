//! `signline doctor`: what it says of a system that is well, and of each that is not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::str::FromStr;
use std::{fs, thread};

use entra_sim::{Config, Endpoint, Fault, Simulator};
use jiff::SignedDuration;
use jiff::fmt::rfc2822;
use serde_json::json;
use signline::ports::clock::{Clock, SystemClock};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use test_support::app::applications;
use test_support::database::{Engine, TestDatabase};
use url::Url;
use uuid::Uuid;

use crate::support::run;

/// A simulator, and a database with the program's schema.
struct World {
    entra: Simulator,
    database: TestDatabase,
}

impl World {
    async fn new(engine: Engine) -> Self {
        let database = TestDatabase::of(engine).await;
        database.open().await.health.close().await;
        Self { entra: Simulator::start(Config::sample()).await.unwrap(), database }
    }

    fn examine(&self) -> Report {
        self.examine_with(&[])
    }

    /// With other variables; they win.
    fn examine_with(&self, variables: &[(&str, &str)]) -> Report {
        let applications = applications(&self.entra);
        let mut all = vec![
            ("SIGNLINE_DATABASE_URL", self.database.url()),
            ("SIGNLINE_AUTHORITY", self.entra.http_base()),
            ("SIGNLINE_APPLICATIONS", &applications),
        ];
        all.extend(variables);
        Report::of(&run(&["doctor"], &all))
    }

    async fn in_postgres(&self, statement: &str) {
        let options = PgConnectOptions::from_str(self.database.url()).unwrap();
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// What was printed: `(verdict, subject, text)`.
#[derive(Debug)]
struct Report {
    lines: Vec<(String, String, String)>,
    status: Option<i32>,
}

impl Report {
    fn of(output: &Output) -> Self {
        let printed = String::from_utf8(output.stdout.clone()).unwrap();
        let mut lines = Vec::new();
        for line in printed.lines() {
            let mut words = line.splitn(2, ' ');
            let verdict = words.next().unwrap().to_owned();
            let (subject, text) = words.next().unwrap().trim_start().split_once(' ').unwrap();
            lines.push((verdict, subject.to_owned(), text.trim_start().to_owned()));
        }
        Self { lines, status: output.status.code() }
    }

    /// Asserts the verdict of a check; gives its words.
    #[track_caller]
    fn says(&self, subject: &str, verdict: &str) -> &str {
        let line = self.lines.iter().find(|(_, found, _)| found == subject);
        let (found, _, text) = line.unwrap_or_else(|| panic!("nothing of {subject}: {self:?}"));
        assert_eq!(found, verdict, "{subject}: {text}");
        text
    }

    /// Asserts that nothing is a problem but these, and that the exit status says so.
    #[track_caller]
    fn has_problems(&self, subjects: &[&str]) {
        let found: Vec<_> = self.lines.iter().filter(|(verdict, ..)| verdict == "problem").collect();
        let found: Vec<_> = found.iter().map(|(_, subject, _)| subject.as_str()).collect();
        assert_eq!(found, subjects, "{self:?}");
        assert_eq!(self.status, Some(i32::from(!subjects.is_empty())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_is_well_has_a_line_for_each_check_and_no_problem() {
    for (engine, name) in [(Engine::Sqlite, "SQLite 3."), (Engine::Postgres, "PostgreSQL ")] {
        let report = World::new(engine).await.examine();
        report.has_problems(&[]);
        let subjects: Vec<_> = report.lines.iter().map(|(_, subject, _)| subject.as_str()).collect();
        let expected = ["settings", "files", "database", "transport", "rights", "schema", "changes", "keys", "clock"];
        assert_eq!(subjects, expected);
        assert!(report.says("database", "ok").starts_with(name), "{report:?}");
        for subject in ["files", "transport", "rights", "schema", "changes", "keys", "clock"] {
            report.says(subject, "ok");
        }
        // The simulator is asked in plain text.
        assert!(report.says("settings", "warning").contains("SIGNLINE_AUTHORITY"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_that_cant_be_read_is_named_and_ends_it() {
    let world = World::new(Engine::Sqlite).await;
    let report = world.examine_with(&[("SIGNLINE_CLOCK_SKEW_SECONDS", "900")]);
    report.has_problems(&["settings"]);
    assert!(report.says("settings", "problem").contains("SIGNLINE_CLOCK_SKEW_SECONDS"));
    let report = world.examine_with(&[("SIGNLINE_APPLICATIONS", "")]);
    report.has_problems(&[]);
    assert!(report.says("settings", "warning").contains("every token is refused"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cant_be_reached_is_told_without_its_password() {
    let world = World::new(Engine::Postgres).await;
    let mut wrong = Url::parse(world.database.url()).unwrap();
    wrong.set_password(Some("hunter2")).unwrap();
    wrong.set_path("no_such_database");
    for (url, why) in
        [(wrong.as_str(), "does not exist"), ("postgres://signline:hunter2@127.0.0.1:1/signline", "refused")]
    {
        let applications = applications(&world.entra);
        let output = run(
            &["doctor"],
            &[
                ("SIGNLINE_DATABASE_URL", url),
                ("SIGNLINE_AUTHORITY", world.entra.http_base()),
                ("SIGNLINE_APPLICATIONS", &applications),
            ],
        );
        let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!all.contains("hunter2"), "{all}");
        let report = Report::of(&output);
        report.has_problems(&["database"]);
        assert!(report.says("database", "problem").contains(why), "{report:?}");
        report.says("keys", "ok");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_password_is_not_shown_either() {
    let world = World::new(Engine::Postgres).await;
    let mut url = Url::parse(world.database.url()).unwrap();
    url.set_password(Some("hunter2")).unwrap();
    let output =
        run(&["doctor"], &[("SIGNLINE_DATABASE_URL", url.as_str()), ("SIGNLINE_AUTHORITY", "http://127.0.0.1:1")]);
    let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(all.contains("PostgreSQL") && !all.contains("hunter2"), "{all}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_there_is_told_and_not_made() {
    let world = World::new(Engine::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signline.db");
    let report = world.examine_with(&[("SIGNLINE_DATABASE_URL", &format!("sqlite://{}", file.display()))]);
    report.has_problems(&[]);
    assert!(report.says("database", "warning").contains("There is no file"));
    assert!(!file.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_not_utf_8_is_named_and_stops_the_start() {
    let world = World::new(Engine::Postgres).await;
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = format!("test_{}", Uuid::new_v4().simple());
        let create = "CREATE DATABASE {} ENCODING '{}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'";
        world.in_postgres(&create.replacen("{}", &name, 1).replacen("{}", encoding, 1)).await;
        let mut url = Url::parse(world.database.url()).unwrap();
        url.set_path(&name);
        is_refused_for_its_encoding(&world, url.as_str(), encoding);
        world.in_postgres(&format!("DROP DATABASE {name}")).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("old.db").display());
    let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("PRAGMA encoding = 'UTF-16le'; CREATE TABLE something (text)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    is_refused_for_its_encoding(&world, &url, "UTF-16le");
}

fn is_refused_for_its_encoding(world: &World, url: &str, encoding: &str) {
    let report = world.examine_with(&[("SIGNLINE_DATABASE_URL", url)]);
    report.has_problems(&["database"]);
    let message = report.says("database", "problem");
    assert!(
        message.contains(encoding) && message.contains("needs UTF-8") && !message.contains("Check that"),
        "{message}"
    );
    for command in ["serve", "migrate"] {
        let output = run(&[command], &[("SIGNLINE_DATABASE_URL", url), ("SIGNLINE_LISTEN", "127.0.0.1:0")]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}: {message}");
        assert!(message.contains(encoding) && message.contains("needs UTF-8"), "{command}: {message}");
    }
}

// proves T-90
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_to_another_machine_that_is_not_verified_is_told_here_and_at_the_start() {
    let world = World::new(Engine::Postgres).await;
    let mut url = Url::parse(world.database.url()).unwrap();
    // To the program it is another machine; to the system it is this one.
    url.set_host(Some("0.0.0.0")).unwrap();
    let report = world.examine_with(&[("SIGNLINE_DATABASE_URL", url.as_str())]);
    report.has_problems(&[]);
    let message = report.says("transport", "warning").to_owned();
    assert!(message.contains("SIGNLINE_DATABASE_URL") && message.contains("sslmode prefer"), "{message}");
    let output = run(&["migrate"], &[("SIGNLINE_DATABASE_URL", url.as_str())]);
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    assert!(log.contains(message.trim_end_matches('.')) && log.contains("WARN"), "{log}");
    let output = run(&["migrate"], &[("SIGNLINE_DATABASE_URL", world.database.url())]);
    assert!(!String::from_utf8(output.stderr).unwrap().contains("not verified"));
}

/// The path of an SQLite database.
fn file_of(database: &TestDatabase) -> String {
    database.url().strip_prefix("sqlite://").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_damaged_or_none_is_told() {
    let world = World::new(Engine::Sqlite).await;
    let file = file_of(&world.database);
    let mut bytes = fs::read(&file).unwrap();
    // The pages after the first, which is the list of tables.
    bytes[8192..].fill(0x5A);
    fs::write(&file, &bytes).unwrap();
    let report = world.examine();
    report.has_problems(&["database"]);
    assert!(report.says("database", "problem").contains("restore a backup"), "{report:?}");
    fs::write(&file, "PhoneNumber,MEEmailAddress\n".repeat(100)).unwrap();
    let report = world.examine();
    report.has_problems(&["database"]);
    assert!(report.says("database", "problem").contains("not a database"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_is_older_or_newer_than_the_program_is_told() {
    let world = World::new(Engine::Postgres).await;
    let none =
        World { entra: Simulator::start(Config::sample()).await.unwrap(), database: TestDatabase::postgres().await };
    let report = none.examine();
    report.has_problems(&[]);
    assert!(report.says("schema", "warning").contains("The database is empty"));
    world.in_postgres("DELETE FROM _sqlx_migrations WHERE version = 4").await;
    let report = world.examine();
    report.has_problems(&[]);
    assert!(report.says("schema", "warning").contains("migration 4 to come"), "{report:?}");
    let newer = "INSERT INTO _sqlx_migrations SELECT 9000, 'later', now(), TRUE, '', 0; \
                 UPDATE _sqlx_migrations SET checksum = '' WHERE version = 2";
    world.in_postgres(newer).await;
    let report = world.examine();
    report.has_problems(&["schema"]);
    assert!(report.says("schema", "problem").contains("migration 9000"), "{report:?}");
    world.in_postgres("DELETE FROM _sqlx_migrations WHERE version = 9000").await;
    let report = world.examine();
    report.has_problems(&["schema"]);
    assert!(report.says("schema", "problem").contains("migration 2 is not"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_that_are_missing_are_named() {
    let world = World::new(Engine::Postgres).await;
    let role = format!("role_{}", Uuid::new_v4().simple());
    world
        .in_postgres(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; \
             GRANT INSERT, UPDATE, DELETE ON mappings TO {role}"
        ))
        .await;
    let mut url = Url::parse(world.database.url()).unwrap();
    url.set_username(&role).unwrap();
    let report = world.examine_with(&[("SIGNLINE_DATABASE_URL", url.as_str())]);
    report.has_problems(&["rights"]);
    let message = report.says("rights", "problem").to_owned();
    for missing in ["CREATE on the schema public", "ownership of api_keys", "UPDATE on api_keys and business_groups"] {
        assert!(message.contains(missing), "{missing}: {message}");
    }
    assert!(!message.contains("SELECT on") && !message.contains("TEMPORARY"), "{message}");
    world.in_postgres(&format!("REVOKE SELECT ON _sqlx_migrations FROM {role}")).await;
    let report = world.examine_with(&[("SIGNLINE_DATABASE_URL", url.as_str())]);
    assert!(report.says("schema", "problem").contains("permission denied"), "{report:?}");
    world.in_postgres(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_no_changes_is_told() {
    let world = World::new(Engine::Postgres).await;
    let name = Url::parse(world.database.url()).unwrap().path().trim_start_matches('/').to_owned();
    world.in_postgres(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    let report = world.examine();
    report.has_problems(&["rights"]);
    assert!(report.says("rights", "problem").contains("default_transaction_read_only"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_takes_no_changes_is_told() {
    let world = World::new(Engine::Sqlite).await;
    let file = file_of(&world.database);
    // Somebody who may do everything, as containers often are, is not kept out by a file's mode: a lock is what is
    // left.
    let mut connection = sqlx::SqliteConnection::connect(world.database.url()).await.unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let lock = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let report = world.examine();
    report.has_problems(&["rights"]);
    report.says("rights", "problem");
    lock.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_that_are_not_told_are_a_warning() {
    let world = World::new(Engine::Postgres).await;
    world.in_postgres("ALTER TABLE business_groups DISABLE TRIGGER groups_change").await;
    let report = world.examine();
    report.has_problems(&[]);
    assert!(report.says("changes", "warning").contains("triggers"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_cant_be_had_are_told_with_the_reason() {
    let world = World::new(Engine::Sqlite).await;
    let elsewhere = Simulator::start(Config::sample()).await.unwrap();
    let no_rsa = json!({"keys": [{"kty": "EC", "kid": "k", "crv": "P-256", "x": "AA", "y": "AA"}]}).to_string();
    for (endpoint, fault, why) in [
        (Endpoint::Keys, Fault::Status(503), "status 503"),
        (Endpoint::Keys, Fault::Body(no_rsa), "no RSA key"),
        (Endpoint::Discovery, Fault::ForeignJwksHost(elsewhere.http_base().to_owned()), "jwks_uri is not on"),
        (Endpoint::Discovery, Fault::Garbage, "something other than expected"),
    ] {
        world.entra.set_fault(endpoint, fault);
        let report = world.examine();
        report.has_problems(&["keys"]);
        assert!(report.says("keys", "problem").contains(why), "{why}: {report:?}");
        report.says("clock", "warning");
        world.entra.clear_faults();
    }
    let report = world.examine_with(&[("SIGNLINE_AUTHORITY", "http://127.0.0.1:1")]);
    report.has_problems(&["keys"]);
    assert!(report.says("keys", "problem").contains("could not be reached"), "{report:?}");
}

/// An endpoint of keys whose clock is so many seconds ahead; it answers until the test's process ends.
fn keys_of_another_time(ahead: i64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let named = base.clone();
    thread::spawn(move || {
        let key = entra_sim::SigningKey::generate().unwrap().to_jwk(&format!("{named}/{{tenantid}}/v2.0"));
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 4096];
            let length = connection.read(&mut request).unwrap();
            let is_for_keys = String::from_utf8_lossy(&request[..length]).starts_with("GET /keys");
            let body = if is_for_keys {
                json!({ "keys": [key] })
            } else {
                json!({"issuer": format!("{named}/{{tenantid}}/v2.0"), "jwks_uri": format!("{named}/keys")})
            };
            let date = rfc2822::DateTimePrinter::new();
            let date =
                date.timestamp_to_rfc9110_string(&(SystemClock.now() + SignedDuration::from_secs(ahead))).unwrap();
            let body = body.to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {}\r\nConnection: close", body.len());
            connection.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        }
    });
    base
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_wrong_is_told() {
    let world = World::new(Engine::Sqlite).await;
    for (ahead, verdict, message) in
        [(0, "ok", "agrees"), (30, "warning", "behind that of"), (-600, "problem", "ahead of")]
    {
        let report = world.examine_with(&[("SIGNLINE_AUTHORITY", &keys_of_another_time(ahead))]);
        assert!(report.says("clock", verdict).contains(message), "{report:?}");
        report.has_problems(if verdict == "problem" { &["clock"] } else { &[] });
    }
}
