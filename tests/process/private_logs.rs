//! A whole story, at every level of the log, and what its log must not hold.

use entra_sim::{Config, Simulator};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response, redirect};
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TENANT, applications};
use test_support::database::{Engine, TestDatabase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::support::{Serving, client, operator_key};

const PASSWORD: &str = "hunter2-of-the-database";

const GROUP: &str = "/v1/business-groups/abccompany";

const CALLBACK: &str = "/v1/consent/callback";

/// Addresses and numbers of the story, in the forms in which they could be told.
const PERSONAL: [&str; 13] = [
    "bobsmith",
    "BobSmith",
    "johndavidson",
    "jenniferlewis",
    "newcomer",
    "nobody@",
    "5551111",
    "5552222",
    "5553333",
    "5554444",
    "5559876",
    "555-1111",
    PASSWORD,
];

struct Story {
    serving: Serving,
    entra: Simulator,
    _database: TestDatabase,
    operator: String,
    /// Tokens and keys that were sent or given out.
    credentials: Vec<String>,
}

impl Story {
    async fn begin(engine: Engine, level: &str) -> Self {
        let entra = Simulator::start(Config::sample()).await.unwrap();
        let database = TestDatabase::of(engine).await;
        let mut url = Url::parse(database.url()).unwrap();
        if engine == Engine::Postgres {
            // The server of the tests asks for none.
            url.set_password(Some(PASSWORD)).unwrap();
        }
        let operator = operator_key(database.url());
        let serving = Serving::start(&[
            ("SIGNLINE_DATABASE_URL", url.as_str()),
            ("SIGNLINE_AUTHORITY", entra.http_base()),
            ("SIGNLINE_APPLICATIONS", &applications(&entra)),
            ("SIGNLINE_LOG", level),
            ("SIGNLINE_MAX_FAILURES_PER_ADDRESS", "5"),
        ]);
        Self { serving, entra, _database: database, credentials: vec![operator.clone()], operator }
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let call = client().request(method, format!("{}{path}", self.serving.base)).bearer_auth(&self.operator);
        call.headers(map).body(body.to_owned()).send().await.unwrap()
    }

    async fn json(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = self.call(method, path, &[("content-type", "application/json")], &body.to_string()).await;
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    async fn import(&self, query: &str, sheet: &str) -> Value {
        let path = format!("{GROUP}/imports?{query}");
        let answer = self.call(Method::POST, &path, &[("content-type", "text/csv")], sheet).await;
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    async fn sign_in(&mut self, token: String) -> u16 {
        let answer = client().get(format!("{}/v1/me", self.serving.base)).bearer_auth(&token).send().await.unwrap();
        self.credentials.push(token);
        answer.status().as_u16()
    }

    async fn found_the_company(&self) {
        let range = json!({"first": "+17635550000", "last": "+17635559999"});
        let group = json!({"id": "abccompany", "name": "ABC", "number_ranges": [range]});
        self.json(Method::POST, "/v1/business-groups", group).await;
        self.json(Method::PUT, &format!("{GROUP}/tenant"), json!({"tenant_id": TENANT})).await;
    }

    /// Imports, good and bad, exports, single changes, history.
    async fn keep_mappings(&self) {
        assert_eq!(self.import("apply=true", SAMPLE_SHEET).await["added"], 3);
        let bad = "PhoneNumber,MEEmailAddress\n7635551111,bobsmith@abccompany.com\n7.63555E+09,bobsmith@abccompany.com\n\
                   763555-1111,BobSmith@\n1555987600,=nobody@abccompany.com\n\"7635552222,broken";
        assert!(self.import("apply=true", bad).await["problem_count"].as_u64().unwrap() > 2);
        let edited = SAMPLE_SHEET.replace("7635553333", "7635554444");
        let preview = self.import("", &edited).await;
        let import = format!("{GROUP}/imports/{}", preview["id"].as_str().unwrap());
        for path in
            [format!("{import}/changes"), format!("{GROUP}/mappings?q=bobsmith"), format!("{GROUP}/mappings.csv")]
        {
            assert_eq!(self.call(Method::GET, &path, &[], "").await.status(), 200, "{path}");
        }
        assert_eq!(self.call(Method::POST, &format!("{import}/apply"), &[], "").await.status(), 200);
        let mapping = format!("{GROUP}/mappings/+17635559876");
        self.json(Method::PUT, &mapping, json!({"email": "newcomer@abccompany.com"})).await;
        self.json(Method::PUT, &mapping, json!({"email": "bobsmith@abccompany.com"})).await;
        self.call(Method::DELETE, &mapping, &[], "").await;
        for path in ["mappings.xlsx", "revisions", "revisions/1/changes"] {
            assert_eq!(self.call(Method::GET, &format!("{GROUP}/{path}"), &[], "").await.status(), 200, "{path}");
        }
        assert_eq!(self.call(Method::POST, &format!("{GROUP}/revisions/1/restore"), &[], "").await.status(), 200);
        self.call(Method::GET, "/v1/audit-events", &[], "").await;
    }

    /// Calls that are wrong, with something personal in every place that there is.
    async fn make_mistakes(&self) {
        let json = [("content-type", "application/json")];
        self.call(Method::GET, "/bobsmith@abccompany.com/+17635551111?q=bobsmith", &[], "").await;
        self.call(Method::GET, &format!("{GROUP}/mappings/bobsmith"), &[], "").await;
        self.call(Method::GET, &format!("{GROUP}/mappings?cursor=bobsmith&limit=5551111"), &[], "").await;
        self.call(Method::PUT, &format!("{GROUP}/mappings/+17635551111"), &json, "{\"email\": bobsmith}").await;
        self.call(Method::PUT, &format!("{GROUP}/mappings/+17635551111"), &json, "{\"bobsmith\": \"5551111\"}").await;
        self.call(Method::POST, &format!("{GROUP}/imports?mode=bobsmith"), &[], "").await;
        self.call(Method::GET, "/livez", &[("x-request-id", "bobsmith@abccompany.com")], "").await;
        self.call(Method::GET, "/livez", &[("cookie", "session=bobsmith"), ("referer", "https://x/bobsmith")], "")
            .await;
        // What is not HTTP, and a head that is too long.
        for bytes in
            ["bobsmith@abccompany.com 5551111\r\n\r\n".to_owned(), format!("GET /{} ", "bobsmith".repeat(20_000))]
        {
            let mut connection = TcpStream::connect(self.serving.base.strip_prefix("http://").unwrap()).await.unwrap();
            let _ = connection.write_all(bytes.as_bytes()).await;
            let _ = connection.read(&mut [0; 1024]).await;
        }
    }

    /// Comes back from a consent link, twice, and once with a state that somebody made up.
    async fn consent(&mut self) {
        let consents = self.json(Method::GET, &format!("{GROUP}/consent"), Value::Null).await;
        let link = Url::parse(consents["items"][0]["link"].as_str().unwrap()).unwrap();
        let state = link.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let browser = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        for state in [&state, &state, &format!("{state}A")] {
            let back = format!("{CALLBACK}?state={state}&admin_consent=True&tenant={TENANT}");
            let answer = browser.get(format!("{}{back}", self.serving.base)).send().await.unwrap();
            assert_eq!(answer.status(), 303);
        }
        for email in ["bobsmith@abccompany.com", "nobody@abccompany.com", "bobsmith"] {
            self.call(Method::GET, &format!("{GROUP}/sign-in-check?email={email}"), &[], "").await;
        }
        self.credentials.push(format!("state.{state}"));
    }

    async fn sign_in_all(&mut self) {
        let of = |user: &str| self.entra.token(TENANT, user, "portal").unwrap();
        let bob = of("bobsmith@abccompany.com");
        let tokens = [
            (bob.clone().mint(), 200),
            (bob.clone().claim("oid", "0b0b0b0b-0000-4000-8000-0000000009ff").mint(), 409),
            (bob.clone().claim("email", "nobody@abccompany.com").mint(), 404),
            (bob.clone().expires_in_seconds(-4000).mint(), 401),
            (bob.clone().claim("aud", "5551111").mint(), 401),
            (bob.mint() + "A", 401),
        ];
        for (token, status) in tokens {
            assert_eq!(self.sign_in(token).await, status);
        }
        for at in 0..10 {
            self.sign_in(format!("eyJhbGciOiJub25lIn0.bobsmith-{at}.5551111")).await;
        }
    }

    /// Proofs of the tenant, good and bad, and where none belongs.
    async fn prove_the_tenant(&mut self) {
        let of = |user: &str| self.entra.token(TENANT, user, "portal").unwrap();
        let role = json!(["BusinessGroup.Admin"]);
        let good = of("johndavidson@abccompany.com").claim("roles", role.clone()).mint();
        let without_role = of("jenniferlewis@abccompany.com").mint();
        let expired = of("admin@abccompany.com").claim("roles", role).expires_in_seconds(-4000).mint();
        let path = format!("{GROUP}/tenant");
        for proof in [&without_role, &expired, &good] {
            let linked = self.json(Method::PUT, &path, json!({"tenant_id": TENANT, "proof": proof})).await;
            assert_eq!(linked["tenant_proven_at"].is_string(), proof == &good, "{linked}");
        }
        for body in [
            json!({"tenant_id": good, "proof": good}),
            json!({"tenant_id": TENANT, "proof": [good]}),
            json!({"tenant_id": TENANT, "proof": {&good: good}}),
            json!({"tenant_id": TENANT, &good: good}),
        ] {
            assert_eq!(self.json(Method::PUT, &path, body).await["status"], 422);
        }
        self.call(Method::PUT, &path, &[("content-type", "application/json")], &format!("{{\"proof\": {good}}}")).await;
        self.credentials.extend([good, without_role, expired]);
    }

    /// People who administer, and one who may not, each named by their address in the audit log.
    async fn administer_signed_in(&mut self) {
        let bob = self.entra.token(TENANT, "bobsmith@abccompany.com", "portal").unwrap();
        let administrator = bob.clone().claim("roles", json!(["BusinessGroup.Admin"])).mint();
        let mapping = format!("{GROUP}/mappings/+17635559876");
        for (token, path, status) in [
            (&administrator, "/v1/session", 200),
            (&administrator, mapping.as_str(), 404),
            (&administrator, "/v1/audit-events", 200),
            (&administrator, "/v1/business-groups/bobsmith", 404),
            (&bob.mint(), mapping.as_str(), 403),
        ] {
            let call = client().get(format!("{}{path}", self.serving.base)).bearer_auth(token);
            assert_eq!(call.send().await.unwrap().status(), status, "{path}");
        }
        let call = client().delete(format!("{}{GROUP}/tenant", self.serving.base)).bearer_auth(&administrator);
        assert_eq!(call.send().await.unwrap().status(), 204);
        self.credentials.push(administrator);
        let log = self.call(Method::GET, "/v1/audit-events", &[], "").await.text().await.unwrap();
        assert!(log.contains("bobsmith@abccompany.com (0b0b0b0b-"), "{log}");
    }

    async fn give_out_keys(&mut self) {
        let key = json!({"name": "console", "role": "business-group-admin", "business_group": "abccompany"});
        let created = self.json(Method::POST, "/v1/api-keys", key).await;
        let secret = created["secret"].as_str().unwrap().to_owned();
        let list = |secret: String| client().get(format!("{}{GROUP}/mappings", self.serving.base)).bearer_auth(secret);
        assert_eq!(list(secret.clone()).send().await.unwrap().status(), 200);
        self.call(Method::DELETE, &format!("/v1/api-keys/{}", created["id"].as_str().unwrap()), &[], "").await;
        assert!(list(secret.clone()).send().await.unwrap().status().is_client_error());
        self.credentials.push(secret);
    }
}

/// Parts of a credential that must stand nowhere: all but what is the same in all of them, or shown on purpose.
fn parts(credential: &str) -> Vec<&str> {
    let secret = credential.strip_prefix("slk_").map(|digits| vec![&digits[4..]]);
    secret.unwrap_or_else(|| credential.split('.').skip(1).filter(|part| part.len() > 6).collect())
}

async fn nothing_private_is_told(engine: Engine, level: &str) {
    let mut story = Story::begin(engine, level).await;
    story.found_the_company().await;
    story.keep_mappings().await;
    story.prove_the_tenant().await;
    story.make_mistakes().await;
    story.give_out_keys().await;
    story.consent().await;
    story.sign_in_all().await;
    story.administer_signed_in().await;
    let credentials = std::mem::take(&mut story.credentials);
    let (code, _, log) = story.serving.terminate();
    assert_eq!(code, Some(0));
    assert!(log.contains("answered") && log.contains("too many bad credentials"), "{level}");
    assert!(log.lines().count() > 20, "{level}");
    assert!(!log.contains(r#""level":"ERROR""#), "a caller's mistake is no fault of the service: {log}");
    let credentials = credentials.iter().flat_map(|credential| parts(credential));
    for secret in PERSONAL.into_iter().chain(credentials) {
        let lines_with_it: Vec<_> = log.lines().filter(|line| line.contains(secret)).take(3).collect();
        assert!(lines_with_it.is_empty(), "at {level}, {engine:?}, {secret} is in the log: {lines_with_it:#?}");
    }
}

// proves T-84
#[tokio::test]
async fn no_level_of_the_log_tells_an_address_a_number_a_token_or_a_secret_on_postgres() {
    for level in ["info", "debug", "trace"] {
        nothing_private_is_told(Engine::Postgres, level).await;
    }
}

// proves T-84
#[tokio::test]
async fn no_level_of_the_log_tells_an_address_a_number_a_token_or_a_secret_on_sqlite() {
    for level in ["info", "debug", "trace"] {
        nothing_private_is_told(Engine::Sqlite, level).await;
    }
}
