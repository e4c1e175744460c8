//! A company to import into, and services that are none.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::app::SAMPLE_SHEET;
use test_support::database::TestDatabase;

use crate::support::{Serving, client, operator_key, signline};

/// The exit statuses, as the help has them.
pub(crate) const DONE: Option<i32> = Some(0);
pub(crate) const ERROR: Option<i32> = Some(1);
pub(crate) const USAGE: Option<i32> = Some(2);
pub(crate) const REJECTED: Option<i32> = Some(3);
pub(crate) const STALE: Option<i32> = Some(4);
pub(crate) const UNCONFIRMED: Option<i32> = Some(5);

/// What a service that is none answers: a group, whose name a terminal would obey, and a preview.
pub(crate) const GROUP: &str = r#"{"name": "ABC \u001b[2J", "mapping_count": 1}"#;
pub(crate) const PREVIEW: &str = r#"{"id": "01a216af-3115-7536-8791-796723826d23", "state": "ready", "mode": "merge", "base_revision": 3, "added": 0,
    "changed": 0, "removed": 0, "unchanged": 1, "expires_at": "2026-11-27T07:08:29Z"}"#;

/// A running service with the sample company, a key, and a folder for files.
pub(crate) struct Company {
    pub(crate) serving: Serving,
    pub(crate) key: String,
    folder: TempDir,
    _database: TestDatabase,
}

impl Company {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::sqlite();
        let key = operator_key(database.url());
        // Who has the client's variables set can start the service nevertheless.
        let serving = Serving::start(&[
            ("SIGNLINE_DATABASE_URL", database.url()),
            ("SIGNLINE_API_KEY", "slk_not_mine"),
            ("SIGNLINE_URL", "https://signline.example.com"),
        ]);
        let company = Self { serving, key, folder: tempfile::tempdir().unwrap(), _database: database };
        let range = json!({"first": "+17635550000", "last": "+17635559999"});
        let group = json!({"id": "abccompany", "name": "ABC Company", "number_ranges": [range]});
        assert_eq!(company.call(Method::POST, "", Some(&group)).await.0, 201);
        company
    }

    /// The same, with the sample sheet in it.
    pub(crate) async fn with_sample() -> Self {
        let company = Self::new().await;
        let sheet = company.file("sample.csv", SAMPLE_SHEET);
        assert_eq!(company.import(&[sheet.to_str().unwrap(), "--apply"]).status.code(), DONE);
        company
    }

    /// The same, with so many mappings.
    pub(crate) async fn with_mappings(count: u32) -> Self {
        let company = Self::new().await;
        let sheet = company.file("mappings.csv", &sheet(0..count));
        assert_eq!(company.import(&[sheet.to_str().unwrap(), "--apply"]).status.code(), DONE);
        company
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    /// `signline import --business-group abccompany` with these arguments.
    pub(crate) fn import(&self, arguments: &[&str]) -> Output {
        self.command("import", arguments).output().unwrap()
    }

    /// `signline export --business-group abccompany` with these arguments.
    pub(crate) fn export(&self, arguments: &[&str]) -> Output {
        self.command("export", arguments).output().unwrap()
    }

    pub(crate) fn command(&self, name: &str, arguments: &[&str]) -> Command {
        command(name, arguments, &self.serving.base, &self.key)
    }

    pub(crate) fn import_from_stdin(&self, text: &str, arguments: &[&str]) -> Output {
        let mut command = self.command("import", &[&["-"], arguments].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// A call of the group's, by another client: the status and the body.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}/v1/business-groups{path}", self.serving.base);
        let call = client().request(method, url).bearer_auth(&self.key);
        let call = if let Some(body) = body { call.json(body) } else { call };
        let answer = call.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// How many mappings there are, and their revision.
    pub(crate) async fn mappings(&self) -> (u64, i64) {
        let (_, group) = self.call(Method::GET, "/abccompany", None).await;
        (group["mapping_count"].as_u64().unwrap(), group["revision"].as_i64().unwrap())
    }

    /// Somebody else changes a mapping.
    pub(crate) async fn change_one(&self) {
        let body = json!({"email": "somebody@abccompany.com"});
        let (status, _) = self.call(Method::PUT, "/abccompany/mappings/7635559999", Some(&body)).await;
        assert_eq!(status, 201);
    }
}

pub(crate) fn command(name: &str, arguments: &[&str], url: &str, key: &str) -> Command {
    let all = [&[name, "--business-group", "abccompany"], arguments].concat();
    // The client has no use for the service's settings, and none for a wrong one.
    signline(&all, &[("SIGNLINE_URL", url), ("SIGNLINE_API_KEY", key), ("SIGNLINE_LISTEN", "nowhere")])
}

/// Rows whose number and address have the row's number in them.
pub(crate) fn sheet(rows: impl IntoIterator<Item = u32>) -> String {
    let rows = rows.into_iter().map(|row| format!("763555{row:04},user{row}@abccompany.com\n"));
    std::iter::once("PhoneNumber,MEEmailAddress\n".to_owned()).chain(rows).collect()
}

/// The same rows with each address one row too low; the last one stands at the top.
pub(crate) fn slipped(count: u32) -> String {
    let rows = (0..count).map(|row| format!("763555{row:04},user{}@abccompany.com\n", (row + count - 1) % count));
    std::iter::once("PhoneNumber,MEEmailAddress\n".to_owned()).chain(rows).collect()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The import that a preview told how to apply.
pub(crate) fn preview_id(output: &Output) -> String {
    let text = stdout(output);
    let id = text.split("--preview ").nth(1).and_then(|rest| rest.split(' ').next());
    id.unwrap_or_else(|| panic!("no preview: {text}")).to_owned()
}

/// A service that answers each connection's one call as `answer` does: its address.
pub(crate) fn stub(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let call = read_call(&mut stream);
            answer(&call, &mut stream);
        }
    });
    format!("http://{address}")
}

/// An answer with a length.
pub(crate) fn whole_answer(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// Reads a call with the body that its length announces.
fn read_call(stream: &mut TcpStream) -> String {
    let mut call = Vec::new();
    let mut byte = [0];
    while !call.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
        call.push(byte[0]);
    }
    let head = String::from_utf8(call).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    head
}
