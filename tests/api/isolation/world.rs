//! Two groups that know nothing of each other, everybody who may come, and what the database holds.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use signline::domain::guid::Guid;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::isolation::credentials::{Bad, bad, holders};
use crate::isolation::table::Row;
use crate::isolation::table::Sent::{Asked, Csv, Json, Nothing, UsersToken};
use crate::support::json;

/// A call of the document.
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) method: Method,
    pub(super) path: String,
}

pub(super) fn operations() -> Vec<Operation> {
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

/// Two groups that know nothing of each other, and everybody who may come.
pub(super) struct World {
    pub(super) app: TestApp,
    engine: Engine,
    /// In the order of [`HOLDERS`](super::table::HOLDERS).
    pub(super) holders: Vec<String>,
    pub(super) bad: Vec<Bad>,
    /// A preview of each group.
    import: String,
    pub(super) foreign_import: String,
    /// A key that may be revoked.
    key: String,
}

pub(super) const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
pub(super) const OPERATOR_TENANT: &str = "d4d4d4d4-0000-4000-8000-0000000000dd";
pub(super) const UNLINKED_TENANT: &str = "e5e5e5e5-0000-4000-8000-0000000000ee";
pub(super) const UNKNOWN_IMPORT: &str = "0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c";

/// Tables that may change with an attempt that is refused.
const TELLS_OF_REFUSALS: [&str; 2] = ["audit_events", "first_sign_ins"];

/// What only the group itself and operators may read.
pub(super) const MARKS: [&str; 4] = ["abccompany", "ABC Company", "1763555", TENANT];
/// The same of the other group.
pub(super) const FOREIGN_MARKS: [&str; 4] = ["hushed", "Hush & Co", "4420794600", OTHER_TENANT];

impl World {
    pub(super) async fn new(engine: Engine) -> Self {
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
    pub(super) async fn prepare(&mut self) {
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
    pub(super) fn request(&self, operation: &Operation, group: &str) -> RequestBuilder {
        let path = operation.path.replace("/v1/api-keys/{id}", &format!("/v1/api-keys/{}", self.key));
        let path = path.replace("{id}", group).replace("{phone_number}", "+17635551111").replace("{revision}", "1");
        let path = path.replace("{import}", &self.import).replace("{path}", "orders/7");
        let mut path = path.replace("{slug}", "not-found");
        assert!(!path.contains('{'), "{path}: what stands there?");
        let sent = Row::of(&operation.name).sent;
        match sent {
            Csv(_) => path.push_str("?mode=merge"),
            Asked(query) => path = format!("{path}?{query}"),
            Nothing | Json(_) | UsersToken => {}
        }
        let call = self.app.call(operation.method.clone(), &path);
        match sent {
            Nothing | Asked(_) => call,
            UsersToken => call.form(&[("token", &self.holders[6])]),
            Json(body) => call.header("content-type", "application/json").body(body),
            Csv(body) => call.header("content-type", "text/csv").body(body),
        }
    }

    /// All that the database holds but what tells of refused attempts: the audit log, and first sign-ins, which count
    /// also where there is no line.
    pub(super) async fn state(&self) -> BTreeMap<String, String> {
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
