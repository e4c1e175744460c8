//! Microsoft's own libraries sign in against the simulator over TLS, and the service takes the tokens they get.
//!
//! `scripts/setup-microsoft-libraries` installs them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use entra_sim::{Config, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::app::{TENANT, applications, client_id};
use test_support::database::TestDatabase;

use crate::support::{Serving, client, operator_key};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn msal_for_python_signs_in_and_its_tokens_resolve() {
    let installed = installed();
    let mut command = Command::new(installed.join("python/bin/python"));
    command.arg(source().join("sign_in.py"));
    sign_in_and_resolve("maxuc-desktop", command).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn msal_for_node_signs_in_and_its_tokens_resolve() {
    let installed = installed();
    let mut command = Command::new(installed.join("node"));
    command.arg(source().join("sign_in.cjs")).env("NODE_PATH", installed.join("node_modules"));
    sign_in_and_resolve("maxuc-mobile", command).await;
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/microsoft_libraries")
}

/// Where the libraries are. Without them the test fails: it is never passed over.
fn installed() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/microsoft-libraries");
    let place = env::var_os("MICROSOFT_LIBRARIES").map_or_else(usual, PathBuf::from);
    assert!(
        place.join("installed").exists(),
        "Microsoft's libraries are missing: run scripts/setup-microsoft-libraries"
    );
    place
}

/// A service that trusts the simulator's TLS listener, whose certificate a development CA signed.
struct World {
    entra: Simulator,
    serving: Serving,
    ca_file: PathBuf,
    _folder: TempDir,
    _database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let entra = Simulator::start(Config::sample()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        fs::write(&ca_file, entra.ca_pem()).unwrap();
        let database = TestDatabase::sqlite();
        let secret = operator_key(database.url());
        let serving = Serving::start(&[
            ("SIGNLINE_DATABASE_URL", database.url()),
            ("SIGNLINE_AUTHORITY", entra.https_base()),
            ("SIGNLINE_APPLICATIONS", &applications(&entra)),
            ("SIGNLINE_API_CLIENT_ID", &client_id(&entra, "signline-api")),
            ("SSL_CERT_FILE", ca_file.to_str().unwrap()),
        ]);
        let world = Self { entra, serving, ca_file, _folder: folder, _database: database };
        world.set_up(&secret).await;
        world
    }

    async fn set_up(&self, secret: &str) {
        let groups = format!("{}/v1/business-groups", self.serving.base);
        let range = json!({"first": "+17635550000", "last": "+17635559999"});
        let group = json!({"id": "abccompany", "name": "ABC Company", "number_ranges": [range]});
        let tenant = json!({"tenant_id": TENANT});
        let mapping = json!({"email": "bobsmith@abccompany.com"});
        for call in [
            client().post(&groups).json(&group),
            client().put(format!("{groups}/abccompany/tenant")).json(&tenant),
            client().put(format!("{groups}/abccompany/mappings/7635551111")).json(&mapping),
        ] {
            assert!(call.bearer_auth(secret).send().await.unwrap().status().is_success());
        }
    }

    /// Lets a library sign in: the tokens it got in each way.
    fn sign_in(&self, application: &str, mut command: Command) -> Value {
        let settings = json!({
            "authority": format!("{}/{TENANT}", self.entra.https_base()),
            "client_id": client_id(&self.entra, application),
            "scopes": [format!("api://{}/Line.Read", client_id(&self.entra, "signline-api"))],
            "redirect_uri": "http://localhost:4711",
            "user_name": "Bob Smith",
            "ca_file": self.ca_file,
        });
        command.env("NODE_EXTRA_CA_CERTS", &self.ca_file).env("NO_PROXY", "localhost,127.0.0.1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(settings.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

async fn sign_in_and_resolve(application: &str, command: Command) {
    let world = World::new().await;
    let tokens = world.sign_in(application, command);
    for way in ["code", "silent", "device"] {
        for kind in ["id_token", "access_token"] {
            let token = tokens[way][kind].as_str().unwrap_or_else(|| panic!("no {kind} by {way}: {tokens}"));
            let me = client().get(format!("{}/v1/me", world.serving.base)).bearer_auth(token).send().await.unwrap();
            let line: Value = me.json().await.unwrap();
            assert_eq!(line["phone_number"], "+17635551111", "{kind} by {way}: {line}");
            assert_eq!(line["application"], application);
        }
    }
}
