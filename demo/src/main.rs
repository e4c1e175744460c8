//! Signline and a simulated Microsoft Entra in one process, with the sample company: `make demo`.
//!
//! Nothing else is needed. It does over HTTP what an operator and an administrator would do, says what it did, and
//! stays up until it is interrupted.

use std::error::Error;
use std::fs;
use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use actix_web::rt::System;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_sim::{Application, Config, Simulator};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, redirect};
use serde_json::{Value, json};
use signline::api_keys::NewApiKey;
use signline::bootstrap::Service;
use signline::config::{DatabaseUrl, Settings};
use signline::domain::actor::{Actor, AuditContext, RightSource};
use signline::domain::api_key::Grant;
use signline::domain::application::Applications;
use signline::domain::authority::Authority;
use signline::ports::clock::{Clock, SystemClock};
use tokio::signal::unix::{SignalKind, signal};
use url::{Url, form_urlencoded};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where the two listen; any free port if these are taken.
const SIGNLINE_PORT: u16 = 8080;
const ENTRA_PORT: u16 = 8600;
const ENTRA_TLS_PORT: u16 = 8643;

const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";
const USER: &str = "bobsmith@abccompany.com";
const PORTAL: &str = "portal";

/// Registered for the portal in the sample, with any port.
const REDIRECT_URI: &str = "http://localhost";

const SHEET: &str = "PhoneNumber,MEEmailAddress\n7635551111,bobsmith@abccompany.com\n\
    7635552222,johndavidson@abccompany.com\n7635553333,jenniferlewis@abccompany.com\n";

fn main() -> Result<()> {
    System::new().block_on(demo())
}

async fn demo() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("signline-demo-").tempdir()?;
    let entra = start_entra().await?;
    let ca_file = folder.path().join("ca.pem");
    fs::write(&ca_file, entra.ca_pem())?;
    let settings = settings(&entra, folder.path())?;
    let service = open(settings).await?;
    let new = NewApiKey { name: "demo".to_owned(), grant: Grant::Operator, expires_at: None };

    let context = AuditContext {
        actor: Actor::command_line(),
        right: RightSource::Lasting,
        at: SystemClock.now(),
        request_id: None,
    };
    let operator = service.api_keys().create(new, &context).await?.secret.to_string();
    let base = format!("http://{}", service.address());

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = actix_web::rt::spawn(service.run(async {
        // Stopped, or the demonstration failed: both end it.
        let _ = stopped.await;
    }));
    let demo = Demo { base, operator, entra, ca_file, client: client()? };
    let shown = demo.show().await;
    if shown.is_ok() {
        interrupted().await?;
    }
    let _ = stop.send(());
    running.await??;
    shown
}

async fn start_entra() -> Result<Simulator> {
    let [http, https] = [ENTRA_PORT, ENTRA_TLS_PORT].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    match Simulator::start_on(Config::sample(), http, https).await {
        Ok(entra) => Ok(entra),
        Err(_) => Ok(Simulator::start(Config::sample()).await?),
    }
}

fn settings(entra: &Simulator, folder: &Path) -> Result<Settings> {
    let id = |name: &str| entra.config().application_named(name).map(|application| application.client_id);
    let names = [PORTAL, "maxuc-mobile", "maxuc-desktop"];
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

/// It follows no redirect: the portal reads the code from where it is sent.
fn client() -> Result<Client> {
    Ok(Client::builder().no_proxy().redirect(redirect::Policy::none()).build()?)
}

struct Demo {
    base: String,
    operator: String,
    entra: Simulator,
    ca_file: PathBuf,
    client: Client,
}

impl Demo {
    /// Sets the sample company up, signs a user in, and tells how to go on.
    async fn show(&self) -> Result<()> {
        let (base, http, https) = (&self.base, self.entra.http_base(), self.entra.https_base());
        say(&format!("Signline listens on {base}, with an SQLite database that goes with this demo."))?;
        say(&format!("A simulated Microsoft Entra listens on {http} and {https}.\n"))?;
        self.set_up().await?;
        let token = self.sign_in().await?;
        let line = good(self.client.get(format!("{base}/v1/me")).bearer_auth(&token).send().await?).await?;
        say(&format!(
            "4. signed {USER} in to the portal: authorize, code, ID token; it resolves to\n\n{}\n",
            serde_json::to_string_pretty(&line)?
        ))?;
        say(&self.to_open()?)?;
        say(&self.to_paste(&token))
    }

    async fn set_up(&self) -> Result<()> {
        let (client, operator) = (&self.client, &self.operator);
        let group = json!({
            "id": "abccompany", "name": "ABC Company",
            "number_ranges": [{"first": "+17635550000", "last": "+17635559999"}],
        });
        let groups = format!("{}/v1/business-groups", self.base);
        good(client.post(&groups).bearer_auth(operator).json(&group).send().await?).await?;
        say("1. created the business group abccompany with the numbers +17635550000 to +17635559999")?;

        let link = client.put(format!("{groups}/abccompany/tenant")).bearer_auth(operator);
        good(link.json(&json!({"tenant_id": TENANT})).send().await?).await?;
        say(&format!("2. linked it to the Microsoft tenant {TENANT}"))?;

        let import = client.post(format!("{groups}/abccompany/imports?apply=true")).bearer_auth(operator);
        let report = good(import.header("content-type", "text/csv").body(SHEET).send().await?).await?;
        say(&format!("3. uploaded the sample sheet of {} rows: {} added", report["row_count"], report["added"]))
    }

    fn portal(&self) -> Result<&Application> {
        Ok(self.entra.config().application_named(PORTAL).ok_or("the sample has a portal")?)
    }

    /// Where the portal sends a browser: the account picker, if nothing else is asked for.
    fn authorize_url(&self, more: &[(&str, &str)]) -> Result<Url> {
        let mut url = Url::parse(&format!("{}/{TENANT}/oauth2/v2.0/authorize", self.entra.http_base()))?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.portal()?.client_id.to_string())
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", "openid profile email")
            .extend_pairs(more);
        Ok(url)
    }

    /// Signs the user in as the portal would, by an authorization code with PKCE: the ID token. The parameter
    /// `sim_user` stands for the click on the picker's page.
    async fn sign_in(&self) -> Result<String> {
        let verifier = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let user = self.entra.object_id(TENANT, USER)?.to_string();
        let more = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256"), ("sim_user", &user)];
        let answer = self.client.get(self.authorize_url(&more)?).send().await?;
        let back = answer.headers().get(LOCATION).ok_or("authorize sent nobody back")?.to_str()?;
        let back = Url::parse(back)?;
        let code = back.query_pairs().find(|(name, _)| name == "code").ok_or("authorize gave no code")?.1;
        let portal = self.portal()?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &portal.client_id.to_string())
            .append_pair("client_secret", portal.secret.as_deref().unwrap_or_default())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &code)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("code_verifier", &verifier)
            .finish();
        let redeem = self.client.post(format!("{}/{TENANT}/oauth2/v2.0/token", self.entra.http_base()));
        let redeem = redeem.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let tokens = good(redeem.send().await?).await?;
        Ok(tokens["id_token"].as_str().ok_or("there is no ID token")?.to_owned())
    }

    fn to_open(&self) -> Result<String> {
        let (base, entra, picker) = (&self.base, self.entra.http_base(), self.authorize_url(&[])?);
        Ok(format!(
            "To open:\n\n  {base}/console/ the page of administrators: sign in with the key below\n  \
             {base}/docs/    all calls, to be tried out\n  {base}/readyz\n  {base}/metrics\n  \
             {entra}/         the simulated Entra\n\n\
             Its account picker, as the portal opens it; the code comes back in the address bar:\n\n  {picker}\n"
        ))
    }

    fn to_paste(&self, token: &str) -> String {
        let Self { base, operator, .. } = self;
        let (entra, https, ca_file) = (self.entra.http_base(), self.entra.https_base(), self.ca_file.display());
        format!(
            "To paste, as it stands:\n\n\
             # the operator's key, for the examples of docs/api.md\n\
             export KEY={operator}\n\n\
             # the line of the signed-in user (the token is good for an hour)\n\
             curl -H 'Authorization: Bearer {token}' {base}/v1/me; echo\n\n\
             # Export All\n\
             curl -H 'Authorization: Bearer {operator}' {base}/v1/business-groups/abccompany/mappings.csv\n\n\
             # a new person, who signs in\n\
             curl -X PUT -H 'Authorization: Bearer {operator}' -H 'Content-Type: application/json' \\\n  \
             -d '{{\"email\":\"admin@abccompany.com\"}}' {base}/v1/business-groups/abccompany/mappings/7635554444; echo\n\
             curl -H \"Authorization: Bearer $(curl -s -H 'Content-Type: application/json' \\\n  \
             -d '{{\"tenant\":\"abccompany.com\",\"user\":\"admin@abccompany.com\",\"application\":\"maxuc-mobile\"}}' \\\n  \
             {entra}/_control/token)\" {base}/v1/me; echo\n\n\
             # the simulated Entra over TLS, with the CA that it made for itself\n\
             curl --cacert {ca_file} {https}/{TENANT}/v2.0/.well-known/openid-configuration; echo\n\n\
             It stays up until you press Ctrl-C."
        )
    }
}

async fn good(answer: Response) -> Result<Value> {
    let status = answer.status();
    let text = answer.text().await?;
    if status.is_success() { Ok(serde_json::from_str(&text)?) } else { Err(format!("{status}: {text}").into()) }
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
