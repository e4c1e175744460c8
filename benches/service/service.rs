//! The service in a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use test_support::app::applications;

use crate::answer::Caller;
use crate::company::Company;
use crate::load::{Target, Waiting};
use crate::process::Process;
use crate::{Bench, Result, answer, callgrind, cores};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The pause between two attempts to reach a service that starts; longer where it starts under valgrind.
const PAUSE: Duration = Duration::from_micros(200);
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// How a service is started. Settings of the environment hold as well, such as `SIGNLINE_LOG`.
pub(crate) struct Launch<'a> {
    pub(crate) database: &'a str,
    pub(crate) bench: &'a Bench,
    /// The one core that it stays on; `None`: it has all of them.
    pub(crate) core: Option<usize>,
    pub(crate) settings: &'a [(&'a str, &'a str)],
}

impl Launch<'_> {
    /// Starts it, and does not wait until it listens. Its log goes to `/dev/null`: it is written, and nobody's time but the
    /// service's is spent on it.
    pub(crate) fn spawn(&self) -> Result<(Process, SocketAddr)> {
        self.serve(self.command())
    }

    fn serve(&self, mut program: Command) -> Result<(Process, SocketAddr)> {
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let child = program
            .arg("serve")
            .env("SIGNLINE_LISTEN", address.to_string())
            .env("SIGNLINE_AUTHORITY", self.bench.entra.http_base())
            .env("SIGNLINE_APPLICATIONS", applications(&self.bench.entra))
            // The loads are one caller each, and some of them send nothing good.
            .env("SIGNLINE_MAX_FAILURES_PER_ADDRESS", "0")
            .envs(self.settings.iter().copied())
            .stderr(Stdio::null())
            .spawn()?;
        Ok((Process(child), address))
    }

    fn command(&self) -> Command {
        let program = self.bench.settings.program();
        self.on(self.core.map_or_else(|| Command::new(program), |core| cores::pinned(core, program)))
    }

    /// The program, as this command starts it, on the database.
    fn on(&self, mut command: Command) -> Command {
        command.env("SIGNLINE_DATABASE_URL", self.database);
        command
    }

    /// Brings the database to the program's schema.
    pub(crate) fn migrate(&self) -> Result<()> {
        let status = self.command().arg("migrate").stderr(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err("the migrations failed".into()) }
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(&self) -> Result<Service> {
        self.start_as(self.command())
    }

    /// The same, with its instructions counted.
    ///
    /// It takes seconds, in which this thread must not stand still: the simulator, which has the keys, needs it.
    pub(crate) async fn start_counted(&self, files: &Path) -> Result<Service> {
        let (program, core) = (self.bench.settings.program(), self.bench.cores.server);
        let secret = self.secret()?;
        let (process, address) = self.serve(self.on(callgrind::counted(core, program, files)))?;
        let (ready, begun) = (answer::request("/readyz", "none"), Instant::now());
        while Caller::connect(address).and_then(|mut caller| caller.call(&ready, 200).map(drop)).is_err() {
            if begun.elapsed() > PATIENCE {
                return Err("the service does not start under valgrind".into());
            }
            sleep(LONG_PAUSE).await;
        }
        Ok(Service { process, address, secret, client: Client::builder().no_proxy().build()? })
    }

    /// The secret of a new operator's key.
    fn secret(&self) -> Result<String> {
        let key = self.command().args(["api-key", "create", "--role", "operator"]).stderr(Stdio::null()).output()?;
        Ok(String::from_utf8(key.stdout)?.trim().to_owned())
    }

    fn start_as(&self, program: Command) -> Result<Service> {
        let secret = self.secret()?;
        let (mut process, address) = self.serve(program)?;
        first_answer(&mut process, address, &answer::request("/readyz", "none"))?;
        Ok(Service { process, address, secret, client: Client::builder().no_proxy().build()? })
    }
}

/// Waits for the first 200 of a service that starts; gives the answer's body.
pub(crate) fn first_answer(process: &mut Process, address: SocketAddr, request: &[u8]) -> Result<String> {
    let begun = Instant::now();
    loop {
        let called = Caller::connect(address).and_then(|mut caller| caller.call(request, 200).map(<[u8]>::to_vec));
        match called {
            Ok(body) => return Ok(String::from_utf8(body)?),
            Err(error) if process.has_ended()? || begun.elapsed() > PATIENCE => {
                return Err(format!("the service does not start: {error}").into());
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// A service that is ready.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    secret: String,
    client: Client,
}

impl Service {
    /// As what a load is sent to that is answered with this status.
    pub(crate) fn target(&self, status: u16) -> Target<'_> {
        Target { process: &self.process, address: self.address, status, waiting: Waiting::Awake }
    }

    /// The secret of an operator's key.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(&self.secret)
    }

    /// Creates a company's group with all numbers of its area, and so many mappings.
    pub(crate) async fn found(&self, company: &Company, mappings: usize) -> Result<()> {
        let Company { id, tenant, area, identity_pinning } = company;
        let range = json!({"first": format!("+1{area}0000000"), "last": format!("+1{area}9999999")});
        let group = json!({"id": id, "name": id, "number_ranges": [range]});
        answer(self.call(Method::POST, "/v1/business-groups").json(&group)).await?;
        let pinning = json!({"identity_pinning": identity_pinning});
        answer(self.call(Method::PATCH, &format!("/v1/business-groups/{id}")).json(&pinning)).await?;
        let tenant = json!({"tenant_id": tenant});
        answer(self.call(Method::PUT, &format!("/v1/business-groups/{id}/tenant")).json(&tenant)).await?;
        if mappings > 0 {
            self.import(company, company.sheet(mappings)).await?;
        }
        Ok(())
    }

    /// Imports a sheet at once.
    pub(crate) async fn import(&self, company: &Company, sheet: String) -> Result<Value> {
        self.upload(company, "?apply=true", sheet).await
    }

    /// Uploads a sheet without applying it; gives the import's id.
    pub(crate) async fn preview(&self, company: &Company, sheet: String) -> Result<String> {
        let import = self.upload(company, "", sheet).await?;
        Ok(import["id"].as_str().ok_or("an import without an id")?.to_owned())
    }

    async fn upload(&self, company: &Company, query: &str, sheet: String) -> Result<Value> {
        let path = format!("/v1/business-groups/{}/imports{query}", company.id);
        answer(self.call(Method::POST, &path).header("content-type", "text/csv").body(sheet)).await
    }

    pub(crate) async fn apply(&self, company: &Company, import: &str) -> Result<Value> {
        answer(self.call(Method::POST, &format!("/v1/business-groups/{}/imports/{import}/apply", company.id))).await
    }

    /// Reads the whole export, which must have so many rows.
    pub(crate) async fn export(&self, company: &Company, rows: usize) -> Result<()> {
        let path = format!("/v1/business-groups/{}/mappings.csv", company.id);
        let mut answer = self.call(Method::GET, &path).send().await?.error_for_status()?;
        let mut lines = 0;
        while let Some(chunk) = answer.chunk().await? {
            lines += memchr::memchr_iter(b'\n', &chunk).count();
        }
        if lines == rows + 1 { Ok(()) } else { Err(format!("an export of {lines} lines").into()) }
    }
}

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
