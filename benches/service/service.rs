//! The service in a process of its own, with its sample company.

use std::fmt::Write;
use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::net::SocketAddr;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use entra_sim::Config;
use entra_sim::Simulator;
use reqwest::Client;
use reqwest::Method;
use reqwest::RequestBuilder;
use serde_json::Value;
use serde_json::json;
use test_support::app::TENANT;
use test_support::app::applications;
use test_support::database::Engine;
use test_support::database::TestDatabase;

use crate::Result;

pub(crate) struct Measured {
    child: Child,
    pub(crate) address: SocketAddr,
    entra: Simulator,
    secret: String,
    client: Client,
    database: TestDatabase,
}

impl Measured {
    pub(crate) async fn start(engine: Engine) -> Result<Self> {
        let database = TestDatabase::of(engine).await;
        let entra = Simulator::start(Config::sample()).await?;
        let command = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_signline"));
            command.env("SIGNLINE_DATABASE_URL", database.url());
            command
        };
        let key = command().args(["api-key", "create", "--role", "operator"]).stderr(Stdio::null()).output()?;
        let mut child = command()
            .arg("serve")
            .env("SIGNLINE_LISTEN", "127.0.0.1:0")
            .env("SIGNLINE_AUTHORITY", entra.http_base())
            .env("SIGNLINE_APPLICATIONS", applications(&entra))
            .stderr(Stdio::piped())
            .spawn()?;
        let mut log = BufReader::new(child.stderr.take().ok_or("no log")?).lines();
        let address = loop {
            let event: Value = serde_json::from_str(&log.next().ok_or("the service ended")??)?;
            if let Some(address) = event["address"].as_str() {
                break address.parse()?;
            }
        };
        // Somebody has to read the log, or the service would wait for it.
        std::thread::spawn(move || log.count());
        let secret = String::from_utf8(key.stdout)?.trim().to_owned();
        let client = Client::builder().no_proxy().build()?;
        let measured = Self { child, address, entra, secret, client, database };
        measured.set_up().await?;
        Ok(measured)
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(&self.secret)
    }

    async fn set_up(&self) -> Result<()> {
        let range = json!({"first": "+17630000000", "last": "+17639999999"});
        let group = json!({"id": "abccompany", "name": "ABC Company", "number_ranges": [range]});
        self.call(Method::POST, "/v1/business-groups").json(&group).send().await?.error_for_status()?;
        let tenant = json!({"tenant_id": TENANT});
        let path = "/v1/business-groups/abccompany/tenant";
        self.call(Method::PUT, path).json(&tenant).send().await?.error_for_status()?;
        Ok(())
    }

    pub(crate) async fn import(&self, sheet: String) -> Result<Duration> {
        let begun = Instant::now();
        let call = self.call(Method::POST, &format!("{IMPORTS}?apply=true")).header("content-type", "text/csv");
        answer(call.body(sheet)).await?;
        Ok(begun.elapsed())
    }

    /// Uploads a sheet without applying it; gives the import's id.
    pub(crate) async fn upload(&self, sheet: String) -> Result<(String, Duration)> {
        let begun = Instant::now();
        let call = self.call(Method::POST, IMPORTS).header("content-type", "text/csv");
        let import = answer(call.body(sheet)).await?;
        Ok((import["id"].as_str().ok_or("no id")?.to_owned(), begun.elapsed()))
    }

    pub(crate) async fn apply(&self, id: &str) -> Result<Duration> {
        let begun = Instant::now();
        answer(self.call(Method::POST, &format!("{IMPORTS}/{id}/apply"))).await?;
        Ok(begun.elapsed())
    }

    pub(crate) fn database_url(&self) -> &str {
        self.database.url()
    }

    pub(crate) async fn export(&self, rows: usize) -> Result<Duration> {
        let begun = Instant::now();
        let path = "/v1/business-groups/abccompany/mappings.csv";
        let mut answer = self.call(Method::GET, path).send().await?.error_for_status()?;
        let mut lines = 0;
        while let Some(chunk) = answer.chunk().await? {
            lines += chunk.split(|byte| *byte == b'\n').count() - 1;
        }
        if lines == rows + 1 { Ok(begun.elapsed()) } else { Err(format!("{lines} lines").into()) }
    }

    /// Tokens of so many users.
    pub(crate) fn tokens(&self, count: usize) -> Vec<String> {
        let Ok(token) = self.entra.token(TENANT, "bobsmith@abccompany.com", "portal") else {
            return Vec::new();
        };
        let one = |user| {
            let oid = format!("0b0b0b0b-0000-4000-8000-{user:012}");
            token.clone().claim("email", address(user)).claim("oid", oid).expires_in_seconds(86_000).mint()
        };
        (0..count).map(one).collect()
    }

    pub(crate) fn memory(&self) -> u64 {
        resident_mib(self.child.id(), "VmRSS")
    }

    pub(crate) fn peak_memory(&self) -> u64 {
        resident_mib(self.child.id(), "VmHWM")
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const IMPORTS: &str = "/v1/business-groups/abccompany/imports";

async fn answer(call: RequestBuilder) -> Result<Value> {
    let answer = call.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    if status.is_success() {
        Ok(serde_json::from_str(&text)?)
    } else {
        Err(text.chars().take(500).collect::<String>().into())
    }
}

fn address(user: usize) -> String {
    format!("user{user}@abccompany.com")
}

/// A sheet of so many rows: numbers of the area 763 that the numbering plan has.
pub(crate) fn sheet(rows: usize) -> String {
    let mut sheet = String::from("PhoneNumber,MEEmailAddress\n");
    for user in 0..rows {
        // Writing to a string can't fail.
        let _ = writeln!(sheet, "763{},{}", 2_120_000 + user, address(user));
    }
    sheet
}

/// A figure of a process's memory, in MiB.
pub(crate) fn resident_mib(process: u32, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap_or_default();
    line.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap_or_default() / 1024
}
