//! All that runs: a simulated Entra, the service, the gateway and the application.

use entra_sim::{Config, Endpoint, Fault, Simulator};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use test_support::app::{TENANT, applications};
use test_support::database::TestDatabase;

use crate::application::Application;
use crate::cases::{Caller, Request};
use crate::gateway::{Gateway, Running};
use crate::support::{Serving, client, operator_key};
use crate::wire::{self, Answer};

/// Who has a line.
pub(crate) const BOB: &str = "bobsmith@abccompany.com";

/// Who is in the same tenant, and has none.
pub(crate) const JOHN: &str = "johndavidson@abccompany.com";

/// Who is in a tenant that no business group has linked.
const OLIVE: (&str, &str) = ("otherco.example", "admin@otherco.example");

const GROUP: &str = "/v1/business-groups/abccompany";

/// All of it, gone when dropped.
pub(crate) struct World {
    pub(crate) application: Application,
    gateway: Running,
    service: Option<Serving>,
    operator: String,
    entra: Simulator,
    /// One a caller, so that a cache can know it again.
    tokens: Vec<(Caller, Option<String>)>,
    _database: TestDatabase,
}

impl World {
    /// With a company in which Bob has a line.
    pub(crate) async fn start(gateway: &Gateway) -> Self {
        let world = Self::around(gateway, None).await;
        world.set_up().await;
        world
    }

    /// With an Entra whose keys can't be had.
    pub(crate) async fn without_keys(gateway: &Gateway) -> Self {
        Self::around(gateway, Some(Fault::Status(500))).await
    }

    async fn around(gateway: &Gateway, keys: Option<Fault>) -> Self {
        let entra = Simulator::start(Config::sample()).await.unwrap();
        if let Some(fault) = keys {
            entra.set_fault(Endpoint::Keys, fault);
        }
        let database = TestDatabase::sqlite();
        let operator = operator_key(database.url());
        let service = Serving::start(&[
            ("SIGNLINE_DATABASE_URL", database.url()),
            ("SIGNLINE_AUTHORITY", entra.http_base()),
            ("SIGNLINE_APPLICATIONS", &applications(&entra)),
            ("SIGNLINE_TRUSTED_PROXIES", "127.0.0.1"),
        ]);
        let port = service.base.rsplit(':').next().unwrap().parse().unwrap();
        let application = Application::start();
        let gateway = Running::start(gateway, port, application.port).await;
        let tokens = Caller::REFUSED
            .into_iter()
            .chain([Caller::WithLine])
            .map(|caller| (caller, token(&entra, caller)))
            .collect();
        Self { application, gateway, service: Some(service), operator, entra, tokens, _database: database }
    }

    async fn set_up(&self) {
        let range = json!({"first": "+17635550000", "last": "+17635559999"});
        let group = json!({"id": "abccompany", "name": "ABC Company", "number_ranges": [range]});
        self.operate(Method::POST, "/v1/business-groups", &group).await;
        self.operate(Method::PUT, &format!("{GROUP}/tenant"), &json!({"tenant_id": TENANT})).await;
        self.map("+17635551111", BOB).await;
    }

    /// Gives somebody a number.
    pub(crate) async fn map(&self, number: &str, email: &str) {
        self.operate(Method::PUT, &format!("{GROUP}/mappings/{number}"), &json!({"email": email})).await;
    }

    /// Takes Bob's number away.
    pub(crate) async fn unmap(&self) {
        self.operate(Method::DELETE, &format!("{GROUP}/mappings/+17635551111"), &Value::Null).await;
    }

    /// A call as operator, which must succeed.
    async fn operate(&self, method: Method, path: &str, body: &Value) {
        let call = client().request(method, format!("{}{path}", self.base())).bearer_auth(&self.operator);
        let call = if body.is_null() { call } else { call.json(body) };
        let answer = call.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
    }

    fn base(&self) -> &str {
        &self.service.as_ref().expect("the service runs").base
    }

    /// Ends the service as a power failure would.
    pub(crate) fn stop_service(&mut self) {
        self.service.take().expect("the service runs").kill();
    }

    fn token(&self, caller: Caller) -> Option<&str> {
        self.tokens.iter().find(|(whose, _)| *whose == caller).and_then(|(_, token)| token.as_deref())
    }

    /// A call through the gateway, with these header lines before the credential.
    pub(crate) async fn call(&self, caller: Caller, request: Request, mut lines: Vec<(String, String)>) -> Answer {
        lines.extend(self.token(caller).map(|token| ("Authorization".to_owned(), format!("Bearer {token}"))));
        let called = wire::call(self.gateway.port(), request.method, request.path, lines, &request.body()).await;
        called.unwrap_or_else(|error| panic!("{request:?}: {error}"))
    }

    /// A call of the service itself.
    pub(crate) async fn ask_service(&self, path: &str, caller: Caller) -> Response {
        let call = client().get(format!("{}{path}", self.base()));
        let call = self.token(caller).into_iter().fold(call, RequestBuilder::bearer_auth);
        call.send().await.unwrap()
    }

    /// What the application is told of Bob, in the order of the names.
    pub(crate) fn line(&self) -> Vec<(String, String)> {
        let user = self.entra.object_id(TENANT, BOB).unwrap().to_string();
        let headers = [
            ("application", "portal"),
            ("business-group", "abccompany"),
            ("phone-number", "+17635551111"),
            ("phone-number-national", "7635551111"),
            ("tenant", TENANT),
            ("user", &user),
        ];
        headers.map(|(name, value)| (format!("x-signline-{name}"), value.to_owned())).to_vec()
    }
}

/// A token, or what somebody sends in place of one.
fn token(entra: &Simulator, caller: Caller) -> Option<String> {
    let user = |tenant: &str, user: &str| entra.token(tenant, user, "portal").unwrap();
    match caller {
        Caller::Nobody => None,
        Caller::Nonsense => Some("nonsense".to_owned()),
        Caller::Expired => Some(user(TENANT, BOB).expires_in_seconds(-3600).mint()),
        Caller::Unlinked => Some(user(OLIVE.0, OLIVE.1).mint()),
        Caller::Unmapped => Some(user(TENANT, JOHN).mint()),
        Caller::WithLine => Some(user(TENANT, BOB).mint()),
    }
}
