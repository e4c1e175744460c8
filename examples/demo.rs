//! Signline and a simulated Microsoft Entra in one process, with the sample company: `make demo`.
//!
//! Nothing else is needed. It does over HTTP what an operator and an administrator would do, says what it did, and stays
//! up until it is interrupted.

use std::error::Error;
use std::io::Write;
use std::io::stdout;
use std::net::SocketAddr;

use actix_web::rt::System;
use entra_sim::Config;
use entra_sim::Simulator;
use reqwest::Client;
use reqwest::Response;
use serde_json::Value;
use serde_json::json;
use signline::api_keys::NewApiKey;
use signline::bootstrap::Service;
use signline::config::DatabaseUrl;
use signline::config::Settings;
use signline::domain::actor::Actor;
use signline::domain::actor::Deed;
use signline::domain::api_key::Grant;
use signline::domain::application::Applications;
use signline::domain::authority::Authority;
use signline::ports::clock::Clock;
use signline::ports::clock::SystemClock;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where the two listen; any free port if these are taken.
const SIGNLINE_PORT: u16 = 8080;
const ENTRA_PORT: u16 = 8600;

const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
const USER: &str = "bobsmith@abccompany.com";

const SHEET: &str = "PhoneNumber,MEEmailAddress\n7635551111,bobsmith@abccompany.com\n\
    7635552222,johndavidson@abccompany.com\n7635553333,jenniferlewis@abccompany.com\n";

fn main() -> Result<()> {
    System::new().block_on(demo())
}

async fn demo() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let entra = start_entra().await?;
    let settings = settings(&entra, folder.path())?;
    let service = open(settings).await?;
    let new = NewApiKey { name: "demo".to_owned(), grant: Grant::Operator, expires_at: None };

    let deed = Deed { actor: Actor::command_line(), at: SystemClock.now(), request_id: None };
    let operator = service.api_keys().create(new, &deed).await?.secret;
    let base = format!("http://{}", service.address());

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = actix_web::rt::spawn(service.run(async {
        // Stopped, or the demonstration failed: both end it.
        let _ = stopped.await;
    }));
    let shown = show(&base, &operator, &entra).await;
    if shown.is_ok() {
        interrupted().await?;
    }
    let _ = stop.send(());
    running.await??;
    shown
}

async fn start_entra() -> Result<Simulator> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let usual = SocketAddr::from(([127, 0, 0, 1], ENTRA_PORT));
    match Simulator::start_on(Config::sample(), usual, any).await {
        Ok(entra) => Ok(entra),
        Err(_) => Ok(Simulator::start(Config::sample()).await?),
    }
}

fn settings(entra: &Simulator, folder: &std::path::Path) -> Result<Settings> {
    let id = |name: &str| entra.config().application_named(name).map(|application| application.client_id);
    let names = ["portal", "maxuc-mobile", "maxuc-desktop"];
    let applications: Vec<_> = names.iter().filter_map(|name| id(name).map(|id| format!("{name}={id}"))).collect();
    let mut settings = Settings::defaults()?;
    settings.listen = SocketAddr::from(([127, 0, 0, 1], SIGNLINE_PORT));
    settings.database_url = DatabaseUrl(format!("sqlite://{}", folder.join("signline.db").display()));
    settings.authority = Authority::parse(entra.http_base())?;
    settings.applications = Applications::parse(&applications.join(","))?;
    Ok(settings)
}

async fn open(mut settings: Settings) -> Result<Service> {
    if let Ok(service) = Service::open(&settings).await {
        return Ok(service);
    }
    settings.listen.set_port(0);
    Ok(Service::open(&settings).await?)
}

/// Sets the sample company up, signs a user in, and tells how to go on.
async fn show(base: &str, operator: &str, entra: &Simulator) -> Result<()> {
    let client = Client::builder().no_proxy().build()?;
    say(&format!("Signline listens on {base}, with an SQLite database that goes with this demo."))?;
    say(&format!("A simulated Microsoft Entra listens on {} and {}.\n", entra.http_base(), entra.https_base()))?;

    let group = json!({
        "id": "abccompany", "name": "ABC Company",
        "number_ranges": [{"first": "+17635550000", "last": "+17635559999"}],
    });
    let groups = format!("{base}/v1/business-groups");
    good(client.post(&groups).bearer_auth(operator).json(&group).send().await?).await?;
    say("1. created the business group abccompany with the numbers +17635550000 to +17635559999")?;

    let link = client.put(format!("{groups}/abccompany/tenant")).bearer_auth(operator);
    good(link.json(&json!({"tenant_id": TENANT})).send().await?).await?;
    say(&format!("2. linked it to the Microsoft tenant {TENANT}"))?;

    let import = client.post(format!("{groups}/abccompany/imports?apply=true")).bearer_auth(operator);
    let report = good(import.header("content-type", "text/csv").body(SHEET).send().await?).await?;
    say(&format!("3. uploaded the sample sheet of {} rows: {} added", report["row_count"], report["added"]))?;

    let token = entra.token(TENANT, USER, "portal")?.mint();
    let line = resolve(&client, base, &token).await?;
    say(&format!(
        "4. signed {USER} in to the portal; the token resolves to\n\n{}\n",
        serde_json::to_string_pretty(&line)?
    ))?;
    say(&next_steps(base, operator, &token, entra.http_base()))
}

/// Resolves a line. The signing keys are being fetched while the service starts; a call waits for them.
async fn resolve(client: &Client, base: &str, token: &str) -> Result<Value> {
    good(client.get(format!("{base}/v1/me")).bearer_auth(token).send().await?).await
}

async fn good(answer: Response) -> Result<Value> {
    let status = answer.status();
    let text = answer.text().await?;
    if status.is_success() { Ok(serde_json::from_str(&text)?) } else { Err(format!("{status}: {text}").into()) }
}

fn next_steps(base: &str, operator: &str, token: &str, entra: &str) -> String {
    format!(
        "To open:\n\n  {base}/docs/        all calls, to be tried out\n  {base}/readyz\n  {base}/metrics\n\n\
         To paste, as it stands:\n\n\
         # the line of the signed-in user (the token is good for an hour)\n\
         curl -H 'Authorization: Bearer {token}' {base}/v1/me\n\n\
         # Export All\n\
         curl -H 'Authorization: Bearer {operator}' {base}/v1/business-groups/abccompany/mappings.csv\n\n\
         # a new person, and she signs in\n\
         curl -X PUT -H 'Authorization: Bearer {operator}' -H 'Content-Type: application/json' \\\n  \
         -d '{{\"email\":\"admin@abccompany.com\"}}' {base}/v1/business-groups/abccompany/mappings/7635554444\n\
         curl -H \"Authorization: Bearer $(curl -s -H 'Content-Type: application/json' \\\n  \
         -d '{{\"tenant\":\"abccompany.com\",\"user\":\"admin@abccompany.com\",\"application\":\"maxuc-mobile\"}}' \\\n  \
         {entra}/_control/token)\" {base}/v1/me\n\n\
         It stays up until you press Ctrl-C."
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
