//! The running service: the real server on a port of its own, with an Entra simulator of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::rt::System;
use entra_sim::{Config, Simulator, Tenant};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};
use signline::api_keys::NewApiKey;
use signline::bootstrap::Service;
use signline::config::{DatabaseUrl, Settings};
use signline::domain::actor::{Actor, AuditContext, RightSource};
use signline::domain::api_key::Grant;
use signline::domain::application::Applications;
use signline::domain::authority::Authority;
use signline::domain::guid::Guid;
use signline::ports::clock::{Clock, SystemClock};
use tokio::sync::oneshot;

use crate::database::{Engine, TestDatabase};

/// How long a test waits at most for something that takes no time.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// The tenant of the sample company.
pub const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";

/// Tenants that Entra knows, and nobody is in.
const EMPTY_TENANTS: [&str; 2] = ["d4d4d4d4-0000-4000-8000-0000000000dd", "e5e5e5e5-0000-4000-8000-0000000000ee"];

/// The sample sheet.
pub const SAMPLE_SHEET: &str = "PhoneNumber,MEEmailAddress\r\n7635551111,bobsmith@abccompany.com\r\n\
     7635552222,johndavidson@abccompany.com\r\n7635553333,jenniferlewis@abccompany.com\r\n";

/// A running service.
pub struct TestApp {
    /// Where tokens come from.
    pub entra: Simulator,
    /// The secret of an operator's key.
    pub operator: String,
    /// `http://127.0.0.1:PORT`
    pub base: String,
    /// Where it keeps its data.
    pub database: TestDatabase,
    client: Client,
    running: Option<Running>,
}

/// The service's thread, and how to stop it.
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl TestApp {
    /// A service on a database of this engine.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    /// A service with other settings.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with(engine: Engine, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_publishing(engine, |_| Vec::new(), change).await
    }

    /// A service with other settings, and an Entra that publishes more keys from the start, as they stand.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_publishing(
        engine: Engine,
        keys: impl FnOnce(&Simulator) -> Vec<Value>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let database = TestDatabase::of(engine).await;
        let entra = Simulator::start(directories()).await.expect("the simulator starts");
        for key in keys(&entra) {
            entra.publish_jwk(key);
        }
        let mut settings = settings(&entra, &database);
        change(&mut settings);
        let (address, operator, running) = run(settings);
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().expect("a client");
        let app = Self { entra, operator, base: format!("http://{address}"), database, client, running: Some(running) };
        app.wait_until_ready().await;
        app
    }

    async fn wait_until_ready(&self) {
        let ready = async {
            while !self.get("/readyz").send().await.is_ok_and(|answer| answer.status().is_success()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        // A test may want keys that can't be had; the service listens all the same.
        let _ = tokio::time::timeout(Duration::from_secs(2), ready).await;
    }

    /// Stops the service gracefully and waits for its end.
    ///
    /// # Panics
    /// If it ended badly.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.stop.send(());
            running.thread.join().expect("the service ends well");
        }
    }

    /// Tells the service to stop, without waiting.
    pub fn begin_stop(&mut self) -> Option<JoinHandle<()>> {
        let running = self.running.take()?;
        let _ = running.stop.send(());
        Some(running.thread)
    }

    /// A call without a credential.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// A GET without a credential.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.call(Method::GET, path)
    }

    /// A call as operator.
    pub fn operate(&self, method: Method, path: &str) -> RequestBuilder {
        self.call(method, path).bearer_auth(&self.operator)
    }

    /// A call as operator with a JSON body.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn operate_json(&self, method: Method, path: &str, body: &Value) -> Response {
        self.operate(method, path).json(body).send().await.expect("an answer")
    }

    /// Creates the sample company with its range, and links its tenant.
    ///
    /// # Panics
    /// If that fails.
    pub async fn sample_company(&self) {
        let group = json!({
            "id": "abccompany", "name": "ABC Company",
            "number_ranges": [{"first": "+17635550000", "last": "+17635559999"}],
        });
        let created = self.operate_json(Method::POST, "/v1/business-groups", &group).await;
        assert_eq!(created.status(), 201);
        let tenant = json!({"tenant_id": TENANT});
        let linked = self.operate_json(Method::PUT, "/v1/business-groups/abccompany/tenant", &tenant).await;
        assert_eq!(linked.status(), 200);
    }

    /// Imports a file into the sample company.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn import(&self, query: &str, file: impl Into<reqwest::Body>) -> Response {
        let path = format!("/v1/business-groups/abccompany/imports?apply=true{query}");
        let call = self.operate(Method::POST, &path).header("content-type", "text/csv").body(file);
        call.send().await.expect("an answer")
    }

    /// A good token of a user of the sample company for the portal.
    ///
    /// # Panics
    /// If there is no such user.
    #[must_use]
    pub fn token(&self, user: &str) -> String {
        self.entra.token(TENANT, user, "portal").expect("a user").mint()
    }

    /// `GET /v1/me` with a token.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn me(&self, token: &str) -> Response {
        self.get("/v1/me").bearer_auth(token).send().await.expect("an answer")
    }

    /// A new API key: its secret.
    ///
    /// # Panics
    /// If it is not made.
    pub async fn api_key(&self, role: &str, group: Option<&str>) -> String {
        let mut body = json!({"name": role, "role": role});
        if let Some(group) = group {
            body["business_group"] = json!(group);
        }
        let created = self.operate_json(Method::POST, "/v1/api-keys", &body).await;
        assert_eq!(created.status(), 201);
        let created: Value = created.json().await.expect("JSON");
        created["secret"].as_str().expect("a secret").to_owned()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The sample, and the tenants without users that tests link or make up tokens of.
fn directories() -> Config {
    let mut config = Config::sample();
    config.tenants.extend(EMPTY_TENANTS.map(|id| Tenant {
        id: id.parse().expect("a GUID"),
        domain: format!("{id}.example"),
        users: Vec::new(),
    }));
    config
}

/// The settings of a service that trusts the simulator's plain listener.
fn settings(entra: &Simulator, database: &TestDatabase) -> Settings {
    let mut settings = Settings::defaults().expect("defaults");
    settings.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.database_url = DatabaseUrl(database.url().to_owned());
    settings.authority = Authority::parse(entra.http_base()).expect("an authority");
    settings.applications = Applications::parse(&applications(entra)).expect("applications");
    settings.api_client_id = Some(Guid::parse(&client_id(entra, "signline-api")).expect("a client id"));
    // A test is one caller that sends hundreds of bad credentials, and wants to be told what is wrong with each.
    settings.limits.failures_per_address = 0;
    settings.limits.failures_per_credential = 0;
    settings
}

/// The sample's applications, as `SIGNLINE_APPLICATIONS` takes them.
#[must_use]
pub fn applications(entra: &Simulator) -> String {
    let names = ["portal", "maxuc-mobile", "maxuc-desktop"];
    names.map(|name| format!("{name}={}", client_id(entra, name))).join(",")
}

/// The client id of an application of the sample.
///
/// # Panics
/// If there is no such application.
#[must_use]
pub fn client_id(entra: &Simulator, name: &str) -> String {
    entra.config().application_named(name).expect("an application").client_id.to_string()
}

/// Runs a service on a thread of its own, as the program does; gives its address and an operator's secret.
fn run(settings: Settings) -> (SocketAddr, String, Running) {
    let (stop, stopped) = oneshot::channel();
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        System::new().block_on(async move {
            let service = Service::open(&settings).await.expect("the service starts");
            let new = NewApiKey { name: "test".to_owned(), grant: Grant::Operator, expires_at: None };

            let context = AuditContext {
                actor: Actor::command_line(),
                right: RightSource::Lasting,
                at: SystemClock.now(),
                request_id: None,
            };
            let key = service.api_keys().create(new, &context).await.expect("a key");
            sender.send((service.address(), key.secret.to_string())).expect("somebody listens");
            let stop = async {
                // The test stops it, or is gone.
                let _ = stopped.await;
            };
            service.run(stop).await.expect("the service ends well");
        });
    });
    let (address, operator) = receiver.recv_timeout(TIMEOUT).expect("the service starts");
    (address, operator, Running { stop, thread })
}
