//! The companies of the scenarios, and the program that serves them.

use std::collections::HashMap;
use std::process::{Command, Stdio};

use entra_sim::{Config, Simulator, User};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;
use test_support::app::{TENANT, applications};
use uuid::Uuid;

use crate::support::{Serving, signline};

/// The company whose numbers are moved about.
pub(crate) const BUSY: &str = "abccompany";

/// The company in which nothing changes, and its tenant.
pub(crate) const CALM: &str = "otherco";
const CALM_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";

/// How many people each company has.
pub(crate) const PEOPLE: usize = 8;

/// How many tokens each of them has.
const TOKENS: usize = 4;

/// Somebody who signs in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) tokens: Vec<String>,
}

/// Two companies, their people, and how to serve them.
pub(crate) struct Companies {
    _entra: Simulator,
    pub(crate) secret: String,
    pub(crate) client: Client,
    pub(crate) busy: Vec<Person>,
    pub(crate) calm: Vec<Person>,
    variables: Vec<(&'static str, String)>,
    within: Within,
}

/// Where the program runs: nothing, or a command that runs another one.
pub(crate) type Within = Vec<String>;

impl Companies {
    /// Companies in an empty database, which `direct_url` leads to, and which is served with these settings.
    pub(crate) async fn found(direct_url: &str, settings: &[(&'static str, &str)]) -> Self {
        Self::found_within(Within::new(), direct_url, settings).await
    }

    /// The same, with a program that runs somewhere of its own.
    pub(crate) async fn found_within(within: Within, direct_url: &str, settings: &[(&'static str, &str)]) -> Self {
        let entra = Simulator::start(config()).await.unwrap();
        let mut variables: Vec<_> = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        variables.push(("SIGNLINE_LISTEN", "127.0.0.1:0".to_owned()));
        variables.push(("SIGNLINE_AUTHORITY", entra.http_base().to_owned()));
        variables.push(("SIGNLINE_APPLICATIONS", applications(&entra)));
        let people = |tenant: &str, email: fn(usize) -> String| {
            let token = |email: &str| entra.token(tenant, email, "portal").unwrap().mint();
            let person = |email: String| Person { tokens: (0..TOKENS).map(|_| token(&email)).collect(), email };
            (0..PEOPLE).map(email).map(person).collect()
        };
        let (busy, calm) = (people(TENANT, busy_email), people(CALM_TENANT, calm_email));
        let client = Client::builder().no_proxy().build().unwrap();
        let mut companies = Self { _entra: entra, secret: String::new(), client, busy, calm, variables, within };
        companies.secret = companies.operator_key(direct_url);
        let serving = companies.serve();
        companies.create(&serving.base, BUSY, TENANT, 0).await;
        companies.create(&serving.base, CALM, CALM_TENANT, 5000).await;
        companies.import(&serving.base, CALM, &calm_sheet()).await;
        companies
    }

    /// Starts a replica.
    pub(crate) fn serve(&self) -> Serving {
        let mut command = self.program(&["serve"]);
        command.envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())));
        Serving::run(command)
    }

    fn operator_key(&self, url: &str) -> String {
        let mut command = self.program(&["api-key", "create", "--role", "operator"]);
        let made = command.env("SIGNLINE_DATABASE_URL", url).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim_end().to_owned()
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let program = signline(arguments, &[]);
        let Some((first, rest)) = self.within.split_first() else {
            return program;
        };
        let mut command = Command::new(first);
        command.args(rest).arg(program.get_program()).args(program.get_args()).env_clear().stdin(Stdio::null());
        command
    }

    /// A call as operator.
    pub(crate) fn operate(&self, base: &str, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{base}{path}")).bearer_auth(&self.secret)
    }

    async fn create(&self, base: &str, id: &str, tenant: &str, first: u64) {
        let (first, last) = (number(first), number(first + 4999));
        let group = json!({"id": id, "name": id, "number_ranges": [{"first": first, "last": last}]});
        done(self.operate(base, Method::POST, "/v1/business-groups").json(&group)).await;
        let path = format!("/v1/business-groups/{id}/tenant");
        done(self.operate(base, Method::PUT, &path).json(&json!({"tenant_id": tenant}))).await;
    }

    /// Imports a sheet.
    pub(crate) async fn import(&self, base: &str, id: &str, sheet: &str) {
        done(self.upload(base, id, sheet)).await;
    }

    /// The call that imports a sheet.
    pub(crate) fn upload(&self, base: &str, id: &str, sheet: &str) -> RequestBuilder {
        let path = format!("/v1/business-groups/{id}/imports?apply=true&mode=merge");
        let call = self.operate(base, Method::POST, &path).header("content-type", "text/csv");
        call.body(sheet.to_owned())
    }
}

async fn done(call: RequestBuilder) {
    let answer = call.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

/// A number of the ranges.
pub(crate) fn number(at: u64) -> String {
    format!("+{}", 17_635_550_000 + at)
}

/// The number of a person of the calm company.
pub(crate) fn calm_number(at: usize) -> String {
    number(5000 + at as u64)
}

fn calm_email(at: usize) -> String {
    format!("calm{at}@otherco.example")
}

fn busy_email(at: usize) -> String {
    format!("busy{at}@abccompany.com")
}

fn calm_sheet() -> String {
    let rows = (0..PEOPLE).map(|at| format!("{},{}\r\n", calm_number(at), calm_email(at)));
    std::iter::once("PhoneNumber,MEEmailAddress\r\n".to_owned()).chain(rows).collect()
}

/// The sample with people of our own.
fn config() -> Config {
    let mut config = Config::sample();
    let user = |email: String| User {
        oid: Uuid::new_v4(),
        name: email.clone(),
        username: email.clone(),
        email: Some(email),
        guest_of: None,
        administrator: false,
        roles: HashMap::new(),
    };
    config.tenants[0].users.extend((0..PEOPLE).map(|at| user(busy_email(at))));
    config.tenants[1].users.extend((0..PEOPLE).map(|at| user(calm_email(at))));
    config
}
