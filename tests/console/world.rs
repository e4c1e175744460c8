//! What a story happens in: a simulated Entra over TLS, and the `signline` program that trusts it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::{fs, thread};

use entra_sim::{Config, Simulator};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::app::{TENANT, applications, client_id};
use test_support::database::{Engine, TestDatabase};
use test_support::prefix_proxy::PrefixProxy;

/// The tenant of the sample's operator.
pub(crate) const OPERATOR_TENANT: &str = "c3c3c3c3-0000-4000-8000-0000000000cc";

/// The sample company.
pub(crate) const GROUP: &str = "abccompany";

/// The setting that says where the service listens.
const LISTEN: &str = "SIGNLINE_LISTEN";

pub(crate) struct World {
    pub(crate) entra: Simulator,
    /// `http://localhost:PORT`, the address that the simulator knows as the console's; behind a proxy the proxy's, with
    /// the path.
    pub(crate) base: String,
    /// The secret of an operator's key.
    pub(crate) operator: String,
    client: Client,
    service: Mutex<Service>,
    variables: Vec<(String, String)>,
    _database: TestDatabase,
    _folder: TempDir,
}

impl World {
    pub(crate) async fn new(engine: Engine, differing: &[(&str, Option<&str>)], prefix: Option<&'static str>) -> Self {
        let entra = Simulator::start(Config::sample()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        fs::write(&ca_file, entra.ca_pem()).unwrap();
        let database = TestDatabase::of(engine).await;
        let operator = operator_key(database.url());
        let (applications, api) = (applications(&entra), client_id(&entra, "signline-api"));
        let mut variables = vec![
            (LISTEN, "127.0.0.1:0"),
            ("SIGNLINE_DATABASE_URL", database.url()),
            ("SIGNLINE_AUTHORITY", entra.https_base()),
            ("SIGNLINE_APPLICATIONS", &applications),
            ("SIGNLINE_API_CLIENT_ID", &api),
            ("SIGNLINE_OPERATOR_TENANT", OPERATOR_TENANT),
            ("SSL_CERT_FILE", ca_file.to_str().unwrap()),
        ];
        let proxy = match prefix {
            Some(prefix) => Some((PrefixProxy::start(prefix).await, prefix)),
            None => None,
        };
        let public = proxy.as_ref().map(|(proxy, prefix)| format!("http://localhost:{}{prefix}", proxy.port));
        variables.extend(public.iter().map(|url| ("SIGNLINE_PUBLIC_URL", url.as_str())));
        variables.retain(|(name, _)| !differing.iter().any(|(other, _)| other == name));
        variables.extend(differing.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
        let service = Service::start(&variables);
        if let Some((proxy, _)) = &proxy {
            proxy.lead_to(SocketAddr::from(([127, 0, 0, 1], service.port)));
        }
        let base = public.clone().unwrap_or_else(|| format!("http://localhost:{}", service.port));
        let client = Client::builder().no_proxy().build().unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let service = Mutex::new(service);
        Self { entra, base, operator, client, service, variables, _database: database, _folder: folder }
    }

    /// Ends the service, and starts it again where it was.
    pub(crate) fn restart(&self) {
        let mut service = self.service.lock().unwrap();
        service.end();
        let address = format!("127.0.0.1:{}", service.port);
        let others = self.variables.iter().filter(|(name, _)| name != LISTEN);
        let others = others.map(|(name, value)| (name.as_str(), value.as_str()));
        *service = Service::start(&others.chain([(LISTEN, address.as_str())]).collect::<Vec<_>>());
    }

    /// The console's page.
    pub(crate) fn console(&self) -> String {
        format!("{}/console/", self.base)
    }

    /// A call with an operator's key, beside the browser: its good answer.
    pub(crate) async fn operate(&self, method: Method, path: &str, body: Value) -> Value {
        let call = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.operator);
        let answer = call.json(&body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Creates a company of this id with the ten thousand numbers that begin so; the sample's are `+1763555`.
    pub(crate) async fn company(&self, id: &str, name: &str, beginning: &str) {
        let ranges = json!([{"first": format!("{beginning}0000"), "last": format!("{beginning}9999")}]);
        let group = json!({"id": id, "name": name, "number_ranges": ranges});
        self.operate(Method::POST, "/v1/business-groups", group).await;
    }

    /// Links the sample's tenant to a company.
    pub(crate) async fn link(&self, id: &str) {
        let path = format!("/v1/business-groups/{id}/tenant");
        self.operate(Method::PUT, &path, json!({"tenant_id": TENANT})).await;
    }

    /// Imports a sheet, whatever it takes away.
    pub(crate) async fn import(&self, id: &str, sheet: &str) {
        let url = format!("{}/v1/business-groups/{id}/imports?apply=true", self.base);
        let call = self.client.post(url).bearer_auth(&self.operator).header("content-type", "text/csv");
        let answer = call.body(sheet.to_owned()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// A token that is used beside the browser, and resolves.
    pub(crate) async fn sees(&self, token: &str) {
        let answer = self.client.get(format!("{}/v1/me", self.base)).bearer_auth(token).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// The secret of a new key.
    pub(crate) async fn key(&self, role: &str, group: &str) -> String {
        let new = json!({"name": "console", "role": role, "business_group": group});
        let made = self.operate(Method::POST, "/v1/api-keys", new).await;
        made["secret"].as_str().unwrap().to_owned()
    }
}

/// The program, killed when dropped.
struct Service {
    child: Child,
    port: u16,
}

impl Service {
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = signline(&["serve"], variables).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        let address = loop {
            let Some(line) = lines.next() else { panic!("the service ended at once: {log}") };
            let line = line.unwrap();
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["message"] == "listening" {
                break event["address"].as_str().unwrap().to_owned();
            }
            log += &line;
        };
        // It blocks when nobody reads its log.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port }
    }
}

impl Service {
    fn end(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

/// The program with nothing set but these variables.
fn signline(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signline"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

fn operator_key(url: &str) -> String {
    let arguments = ["api-key", "create", "--role", "operator"];
    let made = signline(&arguments, &[("SIGNLINE_DATABASE_URL", url)]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().trim_end().to_owned()
}
