//! A service that speaks TLS, a company with one line, and tokens of all kinds.

use std::time::{Duration, Instant};

use entra_sim::{Config, Simulator};
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use test_support::app::{TENANT, TIMEOUT, applications, client_id};
use test_support::database::TestDatabase;

use crate::support::{Serving, operator_key};
use crate::tls::Files;

/// Whose line it is.
pub(super) const BOB: &str = "bobsmith@abccompany.com";
/// Somebody of the company who has none.
pub(super) const ADA: &str = "admin@abccompany.com";

/// What runs.
pub(super) struct World {
    pub(super) entra: Simulator,
    /// The certificate of everything that speaks TLS here.
    pub(super) files: Files,
    /// A client that trusts it.
    pub(super) client: Client,
    serving: Serving,
    operator: String,
    _database: TestDatabase,
}

/// An API key as it was made.
pub(super) struct Key {
    id: String,
    pub(super) secret: String,
}

impl World {
    pub(super) async fn start() -> Self {
        let entra = Simulator::start(Config::sample()).await.unwrap();
        let (files, database) = (Files::new(), TestDatabase::sqlite());
        let client = files.renew();
        let operator = operator_key(database.url());
        let serving = Serving::start(&[
            ("SIGNLINE_DATABASE_URL", database.url()),
            ("SIGNLINE_AUTHORITY", entra.http_base()),
            ("SIGNLINE_APPLICATIONS", &applications(&entra)),
            ("SIGNLINE_API_CLIENT_ID", &client_id(&entra, "signline-api")),
            ("SIGNLINE_TLS_CERTIFICATE", files.certificate.to_str().unwrap()),
            ("SIGNLINE_TLS_PRIVATE_KEY", files.private_key.to_str().unwrap()),
        ]);
        let world = Self { entra, files, client, serving, operator, _database: database };
        world.wait_until_ready().await;
        world.set_up().await;
        world
    }

    async fn wait_until_ready(&self) {
        let deadline = Instant::now() + TIMEOUT;
        while !self.client.get(self.url("/readyz")).send().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(Instant::now() < deadline, "the service does not get ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The company with its tenant and Bob's line, and another one that has no tenant.
    async fn set_up(&self) {
        let groups = "/v1/business-groups";
        let range = json!({"first": "+17635550000", "last": "+17635559999"});
        let group = json!({"id": "abccompany", "name": "ABC Company", "number_ranges": [range]});
        self.operate(Method::POST, groups, &group).await;
        let other = json!({"id": "otherco", "name": "Other", "number_ranges": []});
        self.operate(Method::POST, groups, &other).await;
        self.operate(Method::PUT, &format!("{groups}/abccompany/tenant"), &json!({"tenant_id": TENANT})).await;
        self.map("7635551111", BOB).await;
    }

    /// An address of the service.
    pub(super) fn url(&self, path: &str) -> String {
        self.serving.base.replace("http://", "https://") + path
    }

    /// A call as operator that has to succeed.
    async fn operate(&self, method: Method, path: &str, body: &Value) -> Value {
        let call = self.client.request(method, self.url(path)).bearer_auth(&self.operator).json(body);
        let answer = call.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Gives somebody of the company a line.
    pub(super) async fn map(&self, number: &str, email: &str) {
        let path = format!("/v1/business-groups/abccompany/mappings/{number}");
        self.operate(Method::PUT, &path, &json!({"email": email})).await;
    }

    /// Takes a line away.
    pub(super) async fn unmap(&self, number: &str) {
        let path = format!("/v1/business-groups/abccompany/mappings/{number}");
        self.operate(Method::DELETE, &path, &Value::Null).await;
    }

    /// A new key that may ask about tokens: of this group's people, or of everybody.
    pub(super) async fn resolver(&self, group: Option<&str>) -> Key {
        let mut body = json!({"name": "a gateway", "role": "resolver"});
        if let Some(group) = group {
            body["business_group"] = json!(group);
        }
        let made = self.operate(Method::POST, "/v1/api-keys", &body).await;
        let text = |member: &str| made[member].as_str().unwrap().to_owned();
        Key { id: text("id"), secret: text("secret") }
    }

    pub(super) async fn revoke(&self, key: &Key) {
        self.operate(Method::DELETE, &format!("/v1/api-keys/{}", key.id), &Value::Null).await;
    }

    /// How often somebody asked about a token, and got an answer.
    pub(super) async fn introspections(&self) -> u64 {
        let counter = r#"signline_http_requests_total{method="POST",route="/v1/introspect",status="200"} "#;
        let metrics = self.client.get(self.url("/metrics")).send().await.unwrap().text().await.unwrap();
        let count = metrics.lines().find_map(|line| line.strip_prefix(counter));
        count.map_or(0, |count| count.parse().unwrap())
    }

    /// A token of somebody of the company for the portal.
    pub(super) fn token(&self, user: &str) -> String {
        self.entra.token(TENANT, user, "portal").unwrap().mint()
    }

    /// An access token of Bob's for Signline's API, which the portal has.
    pub(super) fn access_token(&self) -> String {
        let api = self.entra.config().application_named("signline-api").unwrap();
        self.entra.token(TENANT, BOB, "portal").unwrap().access_token(api, "Line.Read").mint()
    }

    /// A good token of somebody whose tenant belongs to no business group.
    pub(super) fn stranger(&self) -> String {
        self.entra.token("otherco.example", "admin@otherco.example", "portal").unwrap().mint()
    }

    /// Tokens that are not good, by what is wrong with them.
    pub(super) fn bad_tokens(&self) -> Map<String, Value> {
        let expired = self.entra.token(TENANT, BOB, "portal").unwrap().expires_in_seconds(-600).mint();
        let (bobs, adas) = (self.token(BOB), self.token(ADA));
        let (head, _) = bobs.rsplit_once('.').unwrap();
        let (_, signature) = adas.rsplit_once('.').unwrap();
        let forged = format!("{head}.{signature}");
        let bad = json!({"expired": expired, "forged": forged, "unknown": "2YotnFZFEjr1zCsicMWpAA"});
        bad.as_object().unwrap().clone()
    }
}
