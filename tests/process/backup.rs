//! Backups by the databases' own tools, of a database that is being changed, and restored: into another place, and over
//! the database that a running service answers from. As docs/backup.md says it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use entra_sim::{Config, Simulator};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::app::{TENANT, TIMEOUT, applications};
use test_support::database::{Engine, TestDatabase};

use crate::support::{Serving, client, operator_key, run};

const GROUP: &str = "/v1/business-groups/abccompany";
const ROWS: usize = 2000;

/// A service on a database, and a key for it.
struct Company {
    url: String,
    secret: String,
    serving: Serving,
}

impl Company {
    /// The sample company on an empty database.
    async fn new(url: &str, variables: &[(&str, &str)]) -> Self {
        let secret = operator_key(url);
        let company = Self::on(url, secret, variables);
        let group = json!({
            "id": "abccompany", "name": "ABC", "number_ranges": [{"first": "+17635500000", "last": "+17635599999"}],
        });
        assert_eq!(company.send(company.call(Method::POST, "/v1/business-groups").json(&group)).await.0, 201);
        let tenant = json!({"tenant_id": TENANT});
        let link = company.call(Method::PUT, &format!("{GROUP}/tenant")).json(&tenant);
        assert_eq!(company.send(link).await.0, 200);
        company
    }

    /// A service on a database that has the company and the key.
    fn on(url: &str, secret: String, variables: &[(&str, &str)]) -> Self {
        let mut all = vec![("SIGNLINE_DATABASE_URL", url)];
        all.extend(variables);
        Self { url: url.to_owned(), secret, serving: Serving::start(&all) }
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        client().request(method, format!("{}{path}", self.serving.base)).bearer_auth(&self.secret)
    }

    async fn send(&self, call: RequestBuilder) -> (u16, String) {
        let answer = call.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn get(&self, path: &str) -> String {
        let (status, text) = self.send(self.call(Method::GET, path)).await;
        assert_eq!(status, 200, "{text}");
        text
    }

    fn upload(&self, sheet: String) -> RequestBuilder {
        let path = format!("{GROUP}/imports?apply=true");
        self.call(Method::POST, &path).header("content-type", "text/csv").body(sheet)
    }

    async fn revision(&self) -> usize {
        let group: Value = serde_json::from_str(&self.get(GROUP).await).unwrap();
        usize::try_from(group["revision"].as_u64().unwrap()).unwrap()
    }

    async fn wait_for_revision(&self, least: usize) -> usize {
        let begun = Instant::now();
        loop {
            let revision = self.revision().await;
            if revision >= least {
                return revision;
            }
            assert!(begun.elapsed() < TIMEOUT, "revision {revision}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asserts that the database is one moment of [`Load`], whole, and can be worked with; gives its revision.
    async fn assert_whole(&self) -> usize {
        let revision = self.revision().await;
        assert_eq!(self.get(&format!("{GROUP}/mappings.csv")).await, sheet(revision));
        let group: Value = serde_json::from_str(&self.get(GROUP).await).unwrap();
        assert_eq!(group["mapping_count"], ROWS);
        let revisions: Value = serde_json::from_str(&self.get(&format!("{GROUP}/revisions?limit=1000")).await).unwrap();
        assert_eq!(revisions["items"].as_array().unwrap().len(), revision);
        let events: Value = serde_json::from_str(&self.get("/v1/audit-events?limit=1000").await).unwrap();
        let imports = events["items"].as_array().unwrap().iter().filter(|event| event["action"] == "importMappings");
        assert_eq!(imports.count(), revision, "{events}");
        let undo = self.call(Method::POST, &format!("{GROUP}/revisions/1/restore"));
        assert_eq!(self.send(undo).await.0, 200);
        assert_eq!(self.get(&format!("{GROUP}/mappings.csv")).await, sheet(1));
        assert_eq!(self.send(self.upload(sheet(revision + 2))).await.0, 200);
        assert_eq!(self.revision().await, revision + 2, "numbering goes on");
        let report =
            run(&["doctor"], &[("SIGNLINE_DATABASE_URL", &self.url), ("SIGNLINE_AUTHORITY", "http://127.0.0.1:9")]);
        let report = String::from_utf8(report.stdout).unwrap();
        for subject in ["database", "rights", "schema", "changes"] {
            assert!(report.lines().any(|line| line.starts_with("ok ") && line.contains(subject)), "{report}");
        }
        revision
    }
}

/// The sheet that makes a revision: whoever reads rows of two has not read one moment.
fn sheet(revision: usize) -> String {
    let rows = (0..ROWS).map(|row| format!("76355{row:05},user{row}.{revision}@abccompany.com\r\n"));
    std::iter::once("PhoneNumber,MEEmailAddress\r\n".to_owned()).chain(rows).collect()
}

/// Uploads one sheet after the other, until it is stopped.
struct Load {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Load {
    fn on(company: &Arc<Company>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, company) = (Arc::clone(&stop), Arc::clone(company));
        let task = tokio::spawn(async move {
            let mut revision = company.revision().await;
            while !stopped.load(Ordering::Relaxed) {
                revision += 1;
                let (status, text) = company.send(company.upload(sheet(revision))).await;
                assert_eq!(status, 200, "{text}");
            }
        });
        Self { stop, task }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
    }
}

/// Runs a tool to its end, without holding up the load.
async fn tool(program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments);
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.unwrap().unwrap_or_else(|error| panic!("{program}: {error}; `make test` installs it"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
}

async fn dump(url: &str, file: &str) {
    tool("pg_dump", &["--format=custom", "--file", file, "--dbname", url]).await;
}

fn path_in(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

// proves T-58
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_a_live_postgres_database_is_one_moment_of_it() {
    let (database, folder) = (TestDatabase::postgres().await, tempfile::tempdir().unwrap());
    let company = Arc::new(Company::new(database.url(), &[]).await);
    let load = Load::on(&company);
    let before = company.wait_for_revision(2).await;
    let file = path_in(&folder, "signline.dump");
    dump(database.url(), &file).await;
    let after = company.revision().await;
    load.end().await;
    let elsewhere = TestDatabase::postgres().await;
    tool("pg_restore", &["--exit-on-error", "--no-owner", "--dbname", elsewhere.url(), &file]).await;
    let restored = Company::on(elsewhere.url(), company.secret.clone(), &[]).assert_whole().await;
    assert!((before..=after).contains(&restored), "{before} {restored} {after}");
}

// proves T-58
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_live_sqlite_file_is_one_moment_of_it() {
    let (database, folder) = (TestDatabase::sqlite(), tempfile::tempdir().unwrap());
    let file = database.url().strip_prefix("sqlite://").unwrap();
    let company = Arc::new(Company::new(database.url(), &[]).await);
    let load = Load::on(&company);
    let before = company.wait_for_revision(2).await;
    let copy = path_in(&folder, "copy.db");
    tool("sqlite3", &[file, &format!("VACUUM INTO '{copy}'")]).await;
    let after = company.revision().await;
    load.end().await;
    let url = format!("sqlite://{copy}");
    let restored = Company::on(&url, company.secret.clone(), &[]).assert_whole().await;
    assert!((before..=after).contains(&restored), "{before} {restored} {after}");
}

/// Two services on one database that know Bob's line; an older backup is restored over it.
struct Overwritten {
    entra: Simulator,
    database: TestDatabase,
    companies: Vec<Company>,
}

impl Overwritten {
    const BOB: &str = "bobsmith@abccompany.com";

    async fn new(engine: Engine, count: usize) -> Self {
        let (entra, database) = (Simulator::start(Config::sample()).await.unwrap(), TestDatabase::of(engine).await);
        let applications = applications(&entra);
        let variables = [("SIGNLINE_AUTHORITY", entra.http_base()), ("SIGNLINE_APPLICATIONS", applications.as_str())];
        let mut companies = vec![Company::new(database.url(), &variables).await];
        for _ in 1..count {
            companies.push(Company::on(database.url(), companies[0].secret.clone(), &variables));
        }
        let overwritten = Self { entra, database, companies };
        overwritten.give_bob("+17635551111").await;
        overwritten
    }

    async fn give_bob(&self, number: &str) {
        let company = &self.companies[0];
        let sheet = format!("PhoneNumber,MEEmailAddress\n{number},{}\n", Self::BOB);
        let (status, text) = company.send(company.upload(sheet)).await;
        assert_eq!(status, 200, "{text}");
    }

    async fn line_of_bob(&self, company: &Company) -> String {
        let token = self.entra.token(TENANT, Self::BOB, "portal").unwrap().mint();
        let answer = client().get(format!("{}/v1/me", company.serving.base)).bearer_auth(token).send().await.unwrap();
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap();
        answer["phone_number"].as_str().map_or_else(|| status.to_string(), str::to_owned)
    }

    /// Waits until every service answers with this line, for a second each at most; and goes on doing so.
    async fn assert_line(&self, number: &str, limit: Duration) {
        for company in &self.companies {
            let begun = Instant::now();
            let mut line = self.line_of_bob(company).await;
            while line != number && begun.elapsed() < limit {
                tokio::time::sleep(Duration::from_millis(20)).await;
                line = self.line_of_bob(company).await;
            }
            assert_eq!(line, number);
        }
    }
}

// proves T-31
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_run_while_a_dump_is_restored_over_their_database_answer_from_it() {
    let (world, folder) = (Overwritten::new(Engine::Postgres, 2).await, tempfile::tempdir().unwrap());
    let file = path_in(&folder, "signline.dump");
    world.assert_line("+17635551111", TIMEOUT).await;
    dump(world.database.url(), &file).await;
    world.give_bob("+17635552222").await;
    world.assert_line("+17635552222", TIMEOUT).await;
    let restore =
        ["--clean", "--if-exists", "--single-transaction", "--no-owner", "--dbname", world.database.url(), &file];
    tool("pg_restore", &restore).await;
    // Long enough: a busy machine is slow; that a line is not kept for good is what is tested.
    world.assert_line("+17635551111", TIMEOUT).await;
    world.give_bob("+17635553333").await;
    world.assert_line("+17635553333", TIMEOUT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_runs_while_sqlites_tool_restores_into_its_file_answers_from_it() {
    let (world, folder) = (Overwritten::new(Engine::Sqlite, 1).await, tempfile::tempdir().unwrap());
    let (file, copy) = (world.database.url().strip_prefix("sqlite://").unwrap(), path_in(&folder, "copy.db"));
    world.assert_line("+17635551111", TIMEOUT).await;
    tool("sqlite3", &[file, &format!("VACUUM INTO '{copy}'")]).await;
    assert!(Path::new(&copy).exists());
    world.give_bob("+17635552222").await;
    world.assert_line("+17635552222", TIMEOUT).await;
    tool("sqlite3", &[file, &format!(".restore '{copy}'")]).await;
    world.assert_line("+17635551111", TIMEOUT).await;
    world.give_bob("+17635553333").await;
    world.assert_line("+17635553333", TIMEOUT).await;
}
