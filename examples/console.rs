//! The console to click through: Signline and a simulated Microsoft Entra, with the sample company: `make console`.
//!
//! Microsoft's library takes no authority without TLS, so the program `signline` runs in a process of its own that
//! trusts the simulator's certificate; `scripts/console` builds it. Nothing is left when it is interrupted.

use std::error::Error;
use std::io::{BufRead, BufReader, Write, stdout};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

use actix_web::rt::System;
use entra_sim::{Config, Simulator};
use reqwest::{Client, RequestBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where they listen; any free port if these are taken.
const SIGNLINE_ADDRESS: &str = "127.0.0.1:8080";
const ENTRA_PORT: u16 = 8600;
const ENTRA_TLS_PORT: u16 = 8643;

const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
const OPERATOR_TENANT: &str = "c3c3c3c3-0000-4000-8000-0000000000cc";

const SHEET: &str = "PhoneNumber,MEEmailAddress\n7635551111,bobsmith@abccompany.com\n\
    7635552222,johndavidson@abccompany.com\n7635553333,jenniferlewis@abccompany.com\n";

fn main() -> Result<()> {
    System::new().block_on(console())
}

async fn console() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("signline-console-").tempdir()?;
    let entra = start_entra().await?;
    let variables = variables(&entra, folder.path())?;
    let made = signline(&["api-key", "create", "--role", "operator"], &variables)?.output()?;
    let operator = String::from_utf8(made.stdout)?.trim_end().to_owned();
    let service = Service::start(&variables)?;
    let administrator = set_up(&service.base(), &operator).await?;
    say(&introduction(&entra, &service.base(), folder.path(), &operator, &administrator))?;
    interrupted().await?;
    service.stop()
}

async fn start_entra() -> Result<Simulator> {
    let [http, https] = [ENTRA_PORT, ENTRA_TLS_PORT].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    match Simulator::start_on(Config::sample(), http, https).await {
        Ok(entra) => Ok(entra),
        Err(_) => Ok(Simulator::start(Config::sample()).await?),
    }
}

/// The settings of the service.
fn variables(entra: &Simulator, folder: &Path) -> Result<Vec<(&'static str, String)>> {
    let ca_file = folder.join("ca.pem");
    fs::write(&ca_file, entra.ca_pem())?;
    let applications = ["portal", "maxuc-mobile", "maxuc-desktop"].map(|name| client_id(entra, name));
    let api = entra.config().application_named("signline-api").ok_or("the sample has an API")?;
    Ok(vec![
        ("SIGNLINE_DATABASE_URL", format!("sqlite://{}", folder.join("signline.db").display())),
        ("SIGNLINE_AUTHORITY", entra.https_base().to_owned()),
        ("SIGNLINE_APPLICATIONS", applications.into_iter().collect::<Result<Vec<_>>>()?.join(",")),
        ("SIGNLINE_API_CLIENT_ID", api.client_id.to_string()),
        ("SIGNLINE_OPERATOR_TENANT", OPERATOR_TENANT.to_owned()),
        ("SSL_CERT_FILE", ca_file.display().to_string()),
    ])
}

/// `NAME=CLIENT-ID`, as `SIGNLINE_APPLICATIONS` takes it.
fn client_id(entra: &Simulator, name: &str) -> Result<String> {
    let application = entra.config().application_named(name).ok_or("the sample has the application")?;
    Ok(format!("{name}={}", application.client_id))
}

/// The program, which lies beside this one's folder.
fn signline(arguments: &[&str], variables: &[(&str, String)]) -> Result<Command> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).map(PathBuf::from).ok_or("there is no folder of programs")?;
    let mut command = Command::new(folder.join("signline"));
    command.args(arguments).env_clear().envs(variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    Ok(command)
}

/// The running service.
struct Service {
    child: Child,
    address: SocketAddr,
}

impl Service {
    fn start(variables: &[(&str, String)]) -> Result<Self> {
        match Self::start_on(SIGNLINE_ADDRESS, variables) {
            Ok(service) => Ok(service),
            Err(_) => Self::start_on("127.0.0.1:0", variables),
        }
    }

    fn start_on(address: &str, variables: &[(&str, String)]) -> Result<Self> {
        let mut child =
            signline(&["serve"], variables)?.env("SIGNLINE_LISTEN", address).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("the service has no log")?).lines();
        let mut last = String::new();
        for line in lines.by_ref() {
            last = line?;
            let event: Value = serde_json::from_str(&last).unwrap_or_default();
            if let Some(address) = event["address"].as_str().filter(|_| event["message"] == "listening") {
                let address = address.parse()?;
                // It blocks when nobody reads its log.
                thread::spawn(move || lines.map_while(std::result::Result::ok).for_each(drop));
                return Ok(Self { child, address });
            }
        }
        child.wait()?;
        Err(last.into())
    }

    /// The name under which the simulator knows the console.
    fn base(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    fn stop(mut self) -> Result<()> {
        if let Some(process) = Pid::from_raw(self.child.id().try_into()?) {
            // It may have been interrupted with this program.
            let _ = kill_process(process, Signal::TERM);
        }
        self.child.wait()?;
        Ok(())
    }
}

/// Creates the company with its mappings, links its tenant, and makes its administrator's key: the secret.
async fn set_up(base: &str, operator: &str) -> Result<String> {
    let client = Client::builder().no_proxy().build()?;
    let groups = format!("{base}/v1/business-groups");
    let ranges = json!([{"first": "+17635550000", "last": "+17635559999"}]);
    let group = json!({"id": "abccompany", "name": "ABC Company", "number_ranges": ranges});
    let key = json!({"name": "ABC Company", "role": "business-group-admin", "business_group": "abccompany"});
    let call = |request: RequestBuilder| request.bearer_auth(operator).send();
    good(call(client.post(&groups).json(&group)).await?).await?;
    let tenant = json!({"tenant_id": TENANT});
    good(call(client.put(format!("{groups}/abccompany/tenant")).json(&tenant)).await?).await?;
    let import = client.post(format!("{groups}/abccompany/imports?apply=true")).header("Content-Type", "text/csv");
    good(call(import.body(SHEET)).await?).await?;
    let made = good(call(client.post(format!("{base}/v1/api-keys")).json(&key)).await?).await?;
    Ok(made["secret"].as_str().ok_or("the key has no secret")?.to_owned())
}

async fn good(answer: reqwest::Response) -> Result<Value> {
    let (status, text) = (answer.status(), answer.text().await?);
    if status.is_success() { Ok(serde_json::from_str(&text)?) } else { Err(format!("{status}: {text}").into()) }
}

fn introduction(entra: &Simulator, base: &str, folder: &Path, operator: &str, administrator: &str) -> String {
    let (https, print) = (entra.https_base(), entra.key_print());
    let (profile, ca_file) = (folder.join("profile"), folder.join("ca.pem"));
    format!(
        "The console:\n\n  {base}/console/\n\n\
         Sign in with Microsoft as Ada Admin (the administrator of ABC Company), Olga Operator (the operator) or Bob Smith\n\
         (a user, who sees their line), or with a key:\n\n  {administrator}    ABC Company\n  {operator}    the operator\n\n\
         The browser must trust the simulated Microsoft Entra, {https}. One of:\n\n  \
         - start Chromium, or Chrome, so that it trusts that certificate and no other:\n\n    \
         chromium --ignore-certificate-errors-spki-list={print} \\\n      --user-data-dir={} {base}/console/\n\n  \
         - open {https} once and go on past the warning\n  \
         - let the browser trust the CA in {}\n\n\
         It stays up until you press Ctrl-C; its data, and the CA, go with it.",
        profile.display(),
        ca_file.display(),
    )
}

async fn interrupted() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn say(text: &str) -> Result<()> {
    Ok(writeln!(stdout(), "{text}")?)
}
