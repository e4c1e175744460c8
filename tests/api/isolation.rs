//! Who may call what: every call of the document with every kind of credential, checked against one table. What is
//! refused changes nothing and tells nothing, and what is another group's answers as what is not there.

use std::collections::BTreeMap;

use entra_sim::TokenBuilder;
use reqwest::Method;
use reqwest::RequestBuilder;
use reqwest::Response;
use serde_json::Value;
use serde_json::json;
use signline::domain::guid::Guid;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::Executor;
use sqlx::PgConnection;
use sqlx::SqliteConnection;
use test_support::app::SAMPLE_SHEET;
use test_support::app::TENANT;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::json;
use crate::support::problem;
use crate::support::text;

/// What somebody meets before their call is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Passes,
    /// The status and the slug of the problem.
    Refused(u16, &'static str),
}
use Gate::Passes;
use Gate::Refused;

const FORBIDDEN: Gate = Refused(403, "forbidden");
/// As a group that does not exist.
const HIDDEN: Gate = Refused(404, "not-found");

/// Who has a good credential. The columns of the table.
const HOLDERS: [&str; 16] = [
    "an operator",
    "the group's administrator",
    "another group's administrator",
    "a resolver",
    "the group's provisioning",
    "another group's provisioning",
    "a user of the group",
    "another group's user, who has the same address",
    "a guest of the group's tenant",
    "an operator who signed in",
    "the group's administrator who signed in",
    "another group's administrator who signed in",
    "a guest with the administrator's role in the group's tenant",
    "a user of the group with the operator's role",
    "a user of the operator's tenant",
    "an administrator of a tenant that is linked to no group",
];
type Gates = [Gate; HOLDERS.len()];

const EVERYBODY: Gates = [Passes; HOLDERS.len()];
const NOT_LINKED: Gate = Refused(403, "tenant-not-linked");
const GUEST: Gate = Refused(403, "guest-not-allowed");
const NO_MAPPING: Gate = Refused(404, "no-mapping");
const USERS: Gates = {
    // A right to administer neither gives a line nor takes one.
    let mut gates = [FORBIDDEN; HOLDERS.len()];
    (gates[6], gates[7], gates[8]) = (Passes, NO_MAPPING, GUEST);
    (gates[9], gates[10], gates[11], gates[12]) = (NOT_LINKED, Passes, NO_MAPPING, GUEST);
    (gates[13], gates[14], gates[15]) = (Passes, NOT_LINKED, NOT_LINKED);
    gates
};
const OPERATORS: Gates = administering(FORBIDDEN, FORBIDDEN);
/// Of a group: which there are is nobody else's business.
const OPERATORS_OF_A_GROUP: Gates = administering(FORBIDDEN, HIDDEN);
const ITS_ADMINISTRATORS: Gates = administering(Passes, HIDDEN);
/// Each sees their own group.
const ALL_ADMINISTRATORS: Gates = administering(Passes, Passes);

/// Operators pass. What meets administrators of the group and of another, by a key or by having signed in; nobody else
/// has a right.
const fn administering(its: Gate, anothers: Gate) -> Gates {
    let mut gates = [FORBIDDEN; HOLDERS.len()];
    (gates[0], gates[1], gates[2]) = (Passes, its, anothers);
    (gates[9], gates[10], gates[11]) = (Passes, its, anothers);
    // They have a role, which is worth nothing.
    (gates[12], gates[15]) = (GUEST, NOT_LINKED);
    gates
}

/// A good request, so that only the credential stands in its way.
#[derive(Clone, Copy)]
enum Sent {
    Nothing,
    Json(&'static str),
    Csv(&'static str),
    /// In the query.
    Asked(&'static str),
}
use Sent::Asked;
use Sent::Csv;
use Sent::Json;
use Sent::Nothing;

/// The operation, who may call it, what is sent, and what those are answered who may.
struct Row(&'static str, Gates, Sent, u16);

const TABLE: &[Row] = &[
    Row("live", EVERYBODY, Nothing, 200),
    Row("ready", EVERYBODY, Nothing, 200),
    Row("metrics", EVERYBODY, Nothing, 200),
    Row("openApiDocument", EVERYBODY, Nothing, 200),
    Row("getMappingsTemplate", EVERYBODY, Nothing, 200),
    Row("resolveLine", USERS, Nothing, 200),
    Row("getSession", EVERYBODY, Nothing, 200),
    Row("createBusinessGroup", OPERATORS, Json(r#"{"id": "new", "name": "New"}"#), 201),
    Row("listBusinessGroups", ALL_ADMINISTRATORS, Nothing, 200),
    Row("getBusinessGroup", ITS_ADMINISTRATORS, Nothing, 200),
    Row("updateBusinessGroup", ITS_ADMINISTRATORS, Json(r#"{"identity_pinning": "enforce"}"#), 200),
    // It has mappings, and stays.
    Row("deleteBusinessGroup", OPERATORS_OF_A_GROUP, Nothing, 409),
    Row("linkTenant", ITS_ADMINISTRATORS, Json(r#"{"tenant_id": "a1a1a1a1-0000-4000-8000-0000000000aa"}"#), 200),
    Row("unlinkTenant", ITS_ADMINISTRATORS, Nothing, 204),
    Row("listMappings", ITS_ADMINISTRATORS, Nothing, 200),
    Row("getMapping", ITS_ADMINISTRATORS, Nothing, 200),
    Row("putMapping", ITS_ADMINISTRATORS, Json(r#"{"email": "new@abccompany.com"}"#), 200),
    Row("deleteMapping", ITS_ADMINISTRATORS, Nothing, 204),
    Row("releasePin", ITS_ADMINISTRATORS, Nothing, 204),
    Row("exportMappings", ITS_ADMINISTRATORS, Nothing, 200),
    Row("exportWorkbook", ITS_ADMINISTRATORS, Nothing, 200),
    Row("importMappings", ITS_ADMINISTRATORS, Csv("PhoneNumber,MEEmailAddress\n7635554444,x@abccompany.com\n"), 201),
    Row("getImport", ITS_ADMINISTRATORS, Nothing, 200),
    Row("listImportChanges", ITS_ADMINISTRATORS, Nothing, 200),
    Row("applyImport", ITS_ADMINISTRATORS, Nothing, 200),
    Row("dropImport", ITS_ADMINISTRATORS, Nothing, 204),
    Row("listRevisions", ITS_ADMINISTRATORS, Nothing, 200),
    Row("listRevisionChanges", ITS_ADMINISTRATORS, Nothing, 200),
    Row("restoreRevision", ITS_ADMINISTRATORS, Nothing, 200),
    Row("listAuditEvents", ALL_ADMINISTRATORS, Nothing, 200),
    Row("listConsents", ITS_ADMINISTRATORS, Nothing, 200),
    // Without the state of a link that was made here it leads to a page that says so.
    Row("reportConsent", EVERYBODY, Nothing, 303),
    Row("checkSignIn", ITS_ADMINISTRATORS, Asked("email=bobsmith%40abccompany.com"), 200),
    Row(
        "createApiKey",
        ITS_ADMINISTRATORS,
        Json(r#"{"name": "new", "role": "scim", "business_group": "abccompany"}"#),
        201,
    ),
    Row("listApiKeys", ALL_ADMINISTRATORS, Nothing, 200),
    Row("revokeApiKey", ITS_ADMINISTRATORS, Nothing, 204),
];

impl Row {
    fn of(operation: &str) -> &'static Self {
        let row = TABLE.iter().find(|row| row.0 == operation);
        row.unwrap_or_else(|| panic!("{operation} has no row: who may call it?"))
    }

    /// Whether no credential is needed.
    fn is_public(&self) -> bool {
        self.1 == EVERYBODY && self.0 != "getSession"
    }
}

/// A call of the document.
struct Operation {
    name: String,
    method: Method,
    path: String,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::to_value(signline::http::openapi::document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let name = operation["operationId"].as_str().unwrap().to_owned();
            operations.push(Operation { name, method, path: path.clone() });
        }
    }
    operations
}

/// A credential that is none: how it is called, the headers that bear it, and the slug of its problem.
type Bad = (&'static str, Vec<String>, &'static str);

/// Two groups that know nothing of each other, and everybody who may come.
struct World {
    app: TestApp,
    engine: Engine,
    /// In the order of [`HOLDERS`].
    holders: Vec<String>,
    bad: Vec<Bad>,
    /// A preview of each group.
    import: String,
    foreign_import: String,
    /// A key that may be revoked.
    key: String,
}

const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
const OPERATOR_TENANT: &str = "d4d4d4d4-0000-4000-8000-0000000000dd";
const UNLINKED_TENANT: &str = "e5e5e5e5-0000-4000-8000-0000000000ee";
const UNKNOWN_IMPORT: &str = "0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c";

/// Tables that may change with an attempt that is refused.
const TELLS_OF_REFUSALS: [&str; 2] = ["audit_events", "first_sign_ins"];

/// What only the group itself and operators may read.
const MARKS: [&str; 4] = ["abccompany", "ABC Company", "1763555", TENANT];
/// The same of the other group.
const FOREIGN_MARKS: [&str; 4] = ["hushed", "Hush & Co", "4420794600", OTHER_TENANT];

impl World {
    async fn new(engine: Engine) -> Self {
        let app = TestApp::start_with(engine, |settings| {
            settings.operator_tenant = Some(Guid::parse(OPERATOR_TENANT).unwrap());
        });
        let app = app.await;
        app.sample_company().await;
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        let ranges = json!([{"first": "+442079460000", "last": "+442079460099"}]);
        let hushed = json!({"id": "hushed", "name": "Hush & Co", "number_ranges": ranges});
        json(app.operate_json(Method::POST, "/v1/business-groups", &hushed).await, 201).await;
        let tenant = json!({"tenant_id": OTHER_TENANT});
        json(app.operate_json(Method::PUT, "/v1/business-groups/hushed/tenant", &tenant).await, 200).await;
        let mapping = "/v1/business-groups/hushed/mappings/+442079460001";
        json(app.operate_json(Method::PUT, mapping, &json!({"email": "eve@hushed.example"})).await, 201).await;
        let (holders, bad) = (holders(&app).await, bad(&app).await);
        let foreign_import = preview(&app, "hushed", "+442079460002,x@hushed.example").await;
        let mut world = Self { app, engine, holders, bad, import: String::new(), foreign_import, key: String::new() };
        world.prepare().await;
        world
    }

    /// Brings the group back to where each call of the table can be made.
    async fn prepare(&mut self) {
        let group = "/v1/business-groups/abccompany";
        // An operator may have made it.
        self.app.operate(Method::DELETE, "/v1/business-groups/new").send().await.unwrap();
        let tenant = json!({"tenant_id": TENANT});
        json(self.app.operate_json(Method::PUT, &format!("{group}/tenant"), &tenant).await, 200).await;
        let mapping = json!({"email": "bobsmith@abccompany.com"});
        let put = self.app.operate_json(Method::PUT, &format!("{group}/mappings/7635551111"), &mapping).await;
        assert!(put.status().is_success(), "{}", put.status());
        self.import = preview(&self.app, "abccompany", "7635554444,x@abccompany.com").await;
        let key = json!({"name": "to be revoked", "role": "scim", "business_group": "abccompany"});
        let key = json(self.app.operate_json(Method::POST, "/v1/api-keys", &key).await, 201).await;
        key["id"].as_str().unwrap().clone_into(&mut self.key);
    }

    /// A good request for a call, without credential.
    fn request(&self, operation: &Operation, group: &str) -> RequestBuilder {
        let path = operation.path.replace("/v1/api-keys/{id}", &format!("/v1/api-keys/{}", self.key));
        let path = path.replace("{id}", group).replace("{phone_number}", "+17635551111").replace("{revision}", "1");
        let mut path = path.replace("{import}", &self.import);
        assert!(!path.contains('{'), "{path}: what stands there?");
        let sent = Row::of(&operation.name).2;
        match sent {
            Csv(_) => path.push_str("?mode=merge"),
            Asked(query) => path = format!("{path}?{query}"),
            Nothing | Json(_) => {}
        }
        let call = self.app.call(operation.method.clone(), &path);
        match sent {
            Nothing | Asked(_) => call,
            Json(body) => call.header("content-type", "application/json").body(body),
            Csv(body) => call.header("content-type", "text/csv").body(body),
        }
    }

    /// All that the database holds but what tells of refused attempts: the audit log, and first sign-ins, which count
    /// also where there is no line.
    async fn state(&self) -> BTreeMap<String, String> {
        match self.engine {
            Engine::Postgres => postgres_state(self.app.database.url()).await,
            Engine::Sqlite => sqlite_state(self.app.database.url()).await,
        }
    }
}

async fn preview(app: &TestApp, group: &str, row: &str) -> String {
    let path = format!("/v1/business-groups/{group}/imports?mode=merge");
    let call = app.operate(Method::POST, &path).header("content-type", "text/csv");
    let import = call.body(format!("PhoneNumber,MEEmailAddress\n{row}\n")).send().await.unwrap();
    json(import, 201).await["id"].as_str().unwrap().to_owned()
}

async fn holders(app: &TestApp) -> Vec<String> {
    let token = |tenant, user| app.entra.token(tenant, user, "portal").unwrap();
    let same_address = token(OTHER_TENANT, "bobsmith@otherco.example");
    assert_eq!(same_address.payload()["email"], "bobsmith@abccompany.com");
    let bob = token(TENANT, "bobsmith@abccompany.com");
    let gus = token(TENANT, "gus@otherco.example");
    let with = |token: &TokenBuilder, role: &str| token.clone().claim("roles", json!([role])).mint();
    let (administrator, operator) = ("BusinessGroup.Admin", "Operator");
    vec![
        app.operator.clone(),
        app.api_key("business-group-admin", Some("abccompany")).await,
        app.api_key("business-group-admin", Some("hushed")).await,
        app.api_key("resolver", None).await,
        app.api_key("scim", Some("abccompany")).await,
        app.api_key("scim", Some("hushed")).await,
        bob.mint(),
        same_address.mint(),
        gus.mint(),
        with(&in_tenant(app, &bob, OPERATOR_TENANT), operator),
        with(&bob, administrator),
        with(&same_address, administrator),
        with(&gus, administrator),
        with(&bob, operator),
        in_tenant(app, &bob, OPERATOR_TENANT).mint(),
        with(&in_tenant(app, &bob, UNLINKED_TENANT), administrator),
    ]
}

/// The same person's token, of another tenant.
fn in_tenant(app: &TestApp, token: &TokenBuilder, tenant: &str) -> TokenBuilder {
    token.clone().claim("tid", tenant).claim("iss", format!("{}/{tenant}/v2.0", app.entra.http_base()))
}

async fn bad(app: &TestApp) -> Vec<Bad> {
    let good = &app.operator;
    let last = if good.ends_with('A') { 'B' } else { 'A' };
    let token = || app.entra.token(TENANT, "bobsmith@abccompany.com", "portal").unwrap();
    let stranger = entra_sim::SigningKey::generate().unwrap();
    let bearer = |credential: &str| vec![format!("Bearer {credential}")];
    let unsent = "unauthenticated";
    let invalid = "invalid-token";
    vec![
        ("none", vec![], unsent),
        ("another scheme", vec![format!("Basic {good}")], unsent),
        ("a scheme alone", vec!["Bearer".to_owned()], unsent),
        ("a key without scheme", vec![good.clone()], unsent),
        ("garbage", bearer("garbage"), invalid),
        ("two credentials", vec![format!("Bearer {good}"); 2], invalid),
        ("two in one header", bearer(&format!("{good}, Bearer {good}")), invalid),
        ("a key that was never made", bearer(&format!("slk_{}", "A".repeat(43))), invalid),
        ("a key with another last letter", bearer(&format!("{}{last}", &good[..good.len() - 1])), invalid),
        ("a key cut short", bearer(&good[..good.len() - 1]), invalid),
        ("a key and more", bearer(&format!("{good}A")), invalid),
        ("a key in capitals", bearer(&good.to_uppercase()), invalid),
        ("a prefix alone", bearer("slk_"), invalid),
        ("an expired key", bearer(&expired_key(app).await), invalid),
        ("a revoked key", bearer(&revoked_key(app).await), invalid),
        ("a key of a group that is gone", bearer(&key_of_a_group_that_is_gone(app).await), invalid),
        ("a token that has expired", bearer(&token().expires_in_seconds(-3600).mint()), invalid),
        ("a token that somebody else signed", bearer(&token().signed_by(&stranger).mint()), invalid),
        ("a token that nobody signed", bearer(&token().header("alg", "none").mint()), invalid),
        ("a token for another application", bearer(&token().claim("aud", OTHER_TENANT).mint()), invalid),
        ("a token of an unverified address", bearer(&token().claim("xms_edov", false).mint()), invalid),
    ]
}

/// A new operator's key: its id and its secret.
async fn operators_key(app: &TestApp) -> (String, String) {
    let body = json!({"name": "short-lived", "role": "operator"});
    let key = json(app.operate_json(Method::POST, "/v1/api-keys", &body).await, 201).await;
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let call = app.get("/v1/api-keys").bearer_auth(text("secret"));
    json(call.send().await.unwrap(), 200).await;
    (text("id"), text("secret"))
}

async fn expired_key(app: &TestApp) -> String {
    let (id, secret) = operators_key(app).await;
    let statement = format!("UPDATE api_keys SET expires_at = created_at + 1 WHERE id = '{id}'");
    let url = app.database.url();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.unwrap();
    }
    secret
}

async fn revoked_key(app: &TestApp) -> String {
    let (id, secret) = operators_key(app).await;
    let revoked = app.operate(Method::DELETE, &format!("/v1/api-keys/{id}")).send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    secret
}

async fn key_of_a_group_that_is_gone(app: &TestApp) -> String {
    let gone = json!({"id": "gone", "name": "Gone"});
    json(app.operate_json(Method::POST, "/v1/business-groups", &gone).await, 201).await;
    let key = app.api_key("business-group-admin", Some("gone")).await;
    let deleted = app.operate(Method::DELETE, "/v1/business-groups/gone").send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    key
}

async fn postgres_state(url: &str) -> BTreeMap<String, String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let tables: Vec<(String,)> = sqlx::query_as(tables).fetch_all(&mut connection).await.unwrap();
    let mut state = BTreeMap::new();
    for (table,) in tables.into_iter().filter(|(table,)| !TELLS_OF_REFUSALS.contains(&table.as_str())) {
        let rows = format!("SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM {table} t");
        let (rows,): (String,) = sqlx::query_as(AssertSqlSafe(rows)).fetch_one(&mut connection).await.unwrap();
        state.insert(table, rows);
    }
    state
}

async fn sqlite_state(url: &str) -> BTreeMap<String, String> {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let tables = "SELECT m.name, group_concat('quote(' || c.name || ')', ' || '','' || ') \
         FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' GROUP BY m.name";
    let tables: Vec<(String, String)> = sqlx::query_as(tables).fetch_all(&mut connection).await.unwrap();
    let mut state = BTreeMap::new();
    // What SQLite keeps for itself counts audit events too.
    for (table, columns) in tables
        .into_iter()
        .filter(|(table, _)| !TELLS_OF_REFUSALS.contains(&table.as_str()) && table != "sqlite_sequence")
    {
        let rows = format!("SELECT {columns} FROM {table} ORDER BY 1");
        let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap();
        state.insert(table, rows.into_iter().map(|(row,)| row).collect::<Vec<_>>().join(" "));
    }
    state
}

/// Asserts that an answer is a problem of this kind, and tells nothing of either group.
async fn assert_refused(answer: Response, (status, slug): (u16, &str), what: &str) {
    let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let expected = match slug {
        "unauthenticated" => Some("Bearer"),
        "invalid-token" => Some(r#"Bearer error="invalid_token""#),
        _ => None,
    };
    assert_eq!(challenge.as_deref(), expected, "{what}");
    assert_eq!(answer.status().as_u16(), status, "{what}");
    let text = problem(answer, status, slug).await.to_string();
    for mark in MARKS.into_iter().chain(FOREIGN_MARKS) {
        assert!(!text.contains(mark), "{what}: {text}");
    }
}

/// What the holder must not read in an answer that they get.
fn foreign_marks(holder: usize) -> &'static [&'static str] {
    match holder {
        0 | 3 | 9 => &[],
        2 | 5 | 7 | 11 => &MARKS,
        _ => &FOREIGN_MARKS,
    }
}

async fn refuse_bad_credentials(world: &World, operation: &Operation) {
    let row = Row::of(&operation.name);
    for (name, headers, slug) in &world.bad {
        let what = format!("{} with {name}", operation.name);
        let with = |call: RequestBuilder| {
            headers.iter().fold(call, |call, header| call.header("authorization", header)).send()
        };
        let answer = with(world.request(operation, "abccompany")).await.unwrap();
        if row.is_public() {
            assert_eq!(answer.status(), row.3, "{what}");
            continue;
        }
        assert_refused(answer, (401, slug), &what).await;
        assert_head(world, operation, 401, &what, with).await;
    }
}

/// HEAD is answered as GET, without the body.
async fn assert_head<F: Future<Output = reqwest::Result<Response>>>(
    world: &World,
    operation: &Operation,
    status: u16,
    what: &str,
    with: impl Fn(RequestBuilder) -> F,
) {
    if operation.method == Method::GET {
        let Operation { name, path, .. } = operation;
        let head = Operation { name: name.clone(), method: Method::HEAD, path: path.clone() };
        let answer = with(world.request(&head, "abccompany")).await.unwrap();
        assert_eq!(answer.status(), status, "HEAD: {what}");
        assert_eq!(text(answer, status).await, "");
    }
}

async fn refuse_those_without_right(world: &World, operation: &Operation) {
    for (at, gate) in Row::of(&operation.name).1.into_iter().enumerate() {
        let Refused(status, slug) = gate else { continue };
        let what = format!("{} by {}", operation.name, HOLDERS[at]);
        let with = |call: RequestBuilder| call.bearer_auth(&world.holders[at]).send();
        let answer = with(world.request(operation, "abccompany")).await.unwrap();
        assert_refused(answer, (status, slug), &what).await;
        assert_head(world, operation, status, &what, with).await;
    }
}

async fn let_those_pass_who_may(world: &mut World, operation: &Operation) {
    let row = Row::of(&operation.name);
    for (at, gate) in row.1.into_iter().enumerate() {
        if gate != Passes {
            continue;
        }
        world.prepare().await;
        let what = format!("{} by {}", operation.name, HOLDERS[at]);
        let answer = world.request(operation, "abccompany").bearer_auth(&world.holders[at]).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
        assert_eq!(status, row.3, "{what}: {text}");
        // Their own address, which says that they are of another company.
        let text = if operation.name == "getSession" { text.replace("bobsmith@abccompany.com", "") } else { text };
        // The same where the log tells that they have proven their tenant.
        let text = text.replace("bobsmith@abccompany.com (0c0c0c0c-0000-4000-8000-000000000001)", "");
        // The document bears examples.
        if !row.is_public() {
            for mark in foreign_marks(at) {
                assert!(!text.contains(mark), "{what}: {text}");
            }
        }
    }
}

async fn hold_against_the_table(engine: Engine) {
    let mut world = World::new(engine).await;
    let operations = operations();
    for row in TABLE {
        assert!(operations.iter().any(|operation| operation.name == row.0), "{} is not a call of the document", row.0);
    }
    for operation in &operations {
        world.prepare().await;
        let before = world.state().await;
        assert!(before.len() >= 7 && before["mappings"].contains("bobsmith"));
        refuse_bad_credentials(&world, operation).await;
        refuse_those_without_right(&world, operation).await;
        let after = world.state().await;
        let changed: Vec<_> = before.iter().filter(|(table, rows)| after.get(*table) != Some(*rows)).collect();
        assert!(changed.is_empty(), "{}: what was refused has changed {changed:?}", operation.name);
        let_those_pass_who_may(&mut world, operation).await;
    }
}

#[tokio::test]
async fn every_call_is_open_to_those_it_is_for_and_to_nobody_else_on_postgres() {
    hold_against_the_table(Engine::Postgres).await;
}

#[tokio::test]
async fn every_call_is_open_to_those_it_is_for_and_to_nobody_else_on_sqlite() {
    hold_against_the_table(Engine::Sqlite).await;
}

/// What is the request's own: whether the connection closes depends on how much of the body has arrived.
const OF_THE_REQUEST: [&str; 3] = ["date", "x-request-id", "connection"];

/// All of an answer that is not the request's own.
async fn read_answer(answer: Response) -> (u16, BTreeMap<String, String>, Value) {
    let status = answer.status().as_u16();
    let headers = answer.headers().iter().filter(|(name, _)| !OF_THE_REQUEST.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let mut body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    body.as_object_mut().unwrap().remove("request_id").expect("a request id");
    (status, headers, body)
}

#[tokio::test]
async fn another_group_answers_as_one_that_was_never_there() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let world = World::new(engine).await;
        let mut compared = 0;
        for operation in operations().iter().filter(|operation| operation.path.starts_with("/v1/business-groups/{id}"))
        {
            for (at, gate) in Row::of(&operation.name).1.into_iter().enumerate() {
                let ask = async |group| {
                    read_answer(world.request(operation, group).bearer_auth(&world.holders[at]).send().await.unwrap())
                        .await
                };
                // An administrator is told of their own group that they may not.
                let is_their_own = HOLDERS[at].starts_with("the group's administrator");
                if gate != Passes && !is_their_own {
                    let what = format!("{} by {}", operation.name, HOLDERS[at]);
                    let there = ask("abccompany").await;
                    for group in ["nobody", "gone", "not%20a%20slug"] {
                        assert_eq!(ask(group).await, there, "{what}");
                    }
                    compared += 1;
                }
            }
        }
        assert!(compared > 100, "{compared}");
    }
}

/// The group's own administrator asks for what is the other's, and for what is nobody's.
#[tokio::test]
async fn what_is_another_groups_answers_as_what_is_not_there() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let world = World::new(engine).await;
        let before = world.state().await;
        let group = "/v1/business-groups/abccompany";
        let (theirs, nobodys) = ("+442079460001", "+442079460101");
        let foreign = &world.foreign_import;
        let email = json!({"email": "eve@abccompany.com"});
        for (method, path, foreign, missing, body) in [
            (Method::GET, "/imports/{}", foreign.as_str(), UNKNOWN_IMPORT, &Value::Null),
            (Method::GET, "/imports/{}/changes", foreign, UNKNOWN_IMPORT, &Value::Null),
            (Method::POST, "/imports/{}/apply", foreign, UNKNOWN_IMPORT, &Value::Null),
            (Method::DELETE, "/imports/{}", foreign, UNKNOWN_IMPORT, &Value::Null),
            (Method::GET, "/mappings/{}", theirs, nobodys, &Value::Null),
            (Method::PUT, "/mappings/{}", theirs, nobodys, &email),
            (Method::DELETE, "/mappings/{}", theirs, nobodys, &Value::Null),
            (Method::DELETE, "/mappings/{}/pin", theirs, nobodys, &Value::Null),
        ] {
            let ask = async |thing: &str| {
                let path = format!("{group}{}", path.replace("{}", thing));
                let call = world.app.call(method.clone(), &path).bearer_auth(&world.holders[1]);
                let call = if body.is_null() { call } else { call.json(body) };
                read_answer(call.send().await.unwrap()).await
            };
            let answer = ask(foreign).await;
            assert_eq!(answer, ask(missing).await, "{method} {path}");
            assert_eq!(answer.0, if method == Method::PUT { 422 } else { 404 }, "{method} {path}");
        }
        let events = async |of: &str| {
            let path = format!("/v1/audit-events?business_group={of}");
            read_answer(world.app.get(&path).bearer_auth(&world.holders[1]).send().await.unwrap()).await
        };
        assert_eq!(events("hushed").await, events("nobody").await);
        assert_eq!(world.state().await, before);
    }
}

#[tokio::test]
async fn a_file_with_another_groups_number_tells_no_more_of_it_than_of_nobodys() {
    let world = World::new(Engine::Sqlite).await;
    let upload = async |number: &str| {
        let path = "/v1/business-groups/abccompany/imports?mode=merge&apply=true";
        let call = world.app.call(Method::POST, path).bearer_auth(&world.holders[1]).header("content-type", "text/csv");
        let call = call.body(format!("PhoneNumber,MEEmailAddress\n{number},eve@abccompany.com\n"));
        let (status, _, body) = read_answer(call.send().await.unwrap()).await;
        (status, body.to_string().replace(number, "N"))
    };
    let answer = upload("+442079460001").await;
    assert_eq!(answer, upload("+442079460101").await);
    assert_eq!(answer.0, 422);
    // A tenant that is taken is not said to be whose.
    let taken = json!({"tenant_id": OTHER_TENANT});
    let call = world.app.call(Method::PUT, "/v1/business-groups/abccompany/tenant").bearer_auth(&world.holders[1]);
    let text = problem(call.json(&taken).send().await.unwrap(), 409, "tenant-taken").await.to_string();
    assert!(!FOREIGN_MARKS.iter().any(|mark| text.contains(mark)), "{text}");
}
