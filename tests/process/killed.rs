//! A service that is killed at a random moment of an import: the mappings are those before it or those after, nothing
//! between, and what was answered is there.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use test_support::database::{Engine, TestDatabase};
use uuid::Uuid;

use crate::support::{Serving, client, operator_key};

const ROWS: u64 = 60_000;
const ROUNDS: usize = 6;
const GROUP: &str = "/v1/business-groups/abccompany";

// proves T-56
#[tokio::test]
async fn an_import_is_whole_or_not_at_all_on_sqlite() {
    kill_in_import(Engine::Sqlite).await;
}

// proves T-56
#[tokio::test]
async fn an_import_is_whole_or_not_at_all_on_postgres() {
    kill_in_import(Engine::Postgres).await;
}

// proves T-56
#[tokio::test]
async fn a_preview_is_applied_whole_or_not_at_all_on_sqlite() {
    kill_in_apply(Engine::Sqlite).await;
}

// proves T-56
#[tokio::test]
async fn a_preview_is_applied_whole_or_not_at_all_on_postgres() {
    kill_in_apply(Engine::Postgres).await;
}

/// A database with the sample company, and the program that serves it, again and again.
struct World {
    database: TestDatabase,
    secret: String,
}

impl World {
    async fn new(engine: Engine) -> Self {
        let database = TestDatabase::of(engine).await;
        let world = Self { secret: operator_key(database.url()), database };
        let serving = world.serve();
        let ranges = json!([{"first": "+17635500000", "last": "+17635599999"}]);
        let group = json!({"id": "abccompany", "name": "ABC", "number_ranges": ranges});
        let created = client().post(format!("{}/v1/business-groups", serving.base)).bearer_auth(&world.secret);
        assert_eq!(created.json(&group).send().await.unwrap().status(), 201);
        serving.kill();
        world
    }

    fn serve(&self) -> Serving {
        Serving::start(&[("SIGNLINE_DATABASE_URL", self.database.url())])
    }

    fn post(&self, serving: &Serving, path: &str) -> RequestBuilder {
        client().post(format!("{}{GROUP}{path}", serving.base)).bearer_auth(&self.secret)
    }

    async fn get(&self, serving: &Serving, path: &str) -> String {
        let call = client().get(format!("{}{GROUP}{path}", serving.base)).bearer_auth(&self.secret);
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// All mappings as a sheet; the count and the history must be theirs.
    async fn read_all(&self, serving: &Serving) -> String {
        let group: Value = serde_json::from_str(&self.get(serving, "").await).unwrap();
        let revisions: Value = serde_json::from_str(&self.get(serving, "/revisions?limit=1000").await).unwrap();
        let sheet = self.get(serving, "/mappings.csv").await;
        assert_eq!(group["mapping_count"], sheet.lines().count() - 1);
        let numbers: Vec<_> = revisions["items"].as_array().unwrap().iter().map(|item| &item["revision"]).collect();
        let expected: Vec<_> = (1..=group["revision"].as_i64().unwrap()).rev().map(Value::from).collect();
        assert_eq!(numbers, expected.iter().collect::<Vec<_>>(), "the history has gaps");
        sheet
    }
}

/// Sends a call and kills the service at a random moment of it; says whether it was answered well.
async fn kill_during(call: RequestBuilder, serving: Serving, longest: Duration) -> bool {
    let share = f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX);
    let answered = tokio::time::timeout(longest.mul_f64(share), call.send()).await;
    serving.kill();
    answered.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success()))
}

async fn kill_in_import(engine: Engine) {
    let world = World::new(engine).await;
    let mut before = sheet_of(0, 0);
    for round in 1..=ROUNDS {
        let serving = world.serve();
        let import = world.post(&serving, "/imports?apply=true").header("content-type", "text/csv");
        let file = sheet_of(round, ROWS);
        let answered = kill_during(import.body(file.clone()), serving, Duration::from_millis(1500)).await;
        let serving = world.serve();
        let after = world.read_all(&serving).await;
        serving.kill();
        assert!(after == file || after == before, "round {round}: neither the mappings before nor those after");
        assert!(!answered || after == file, "round {round}: an import that was answered is lost");
        before = after;
    }
}

async fn kill_in_apply(engine: Engine) {
    let world = World::new(engine).await;
    let mut before = sheet_of(0, 0);
    for round in 1..=ROUNDS {
        let serving = world.serve();
        let file = sheet_of(round, ROWS);
        let upload = world.post(&serving, "/imports").header("content-type", "text/csv").body(file.clone());
        let preview: Value = upload.send().await.unwrap().json().await.unwrap();
        let apply = format!("/imports/{}/apply", preview["id"].as_str().unwrap());
        let call = world.post(&serving, &apply);
        let answered = kill_during(call, serving, Duration::from_millis(1500)).await;
        let serving = world.serve();
        let after = world.read_all(&serving).await;
        assert!(after == file || after == before, "round {round}: neither the mappings before nor those after");
        assert!(!answered || after == file, "round {round}: an import that was applied is lost");
        // Whoever had no answer asks again, whatever the outcome of the first call.
        let again: Value = world.post(&serving, &apply).send().await.unwrap().json().await.unwrap();
        assert_eq!((&again["state"], &again["revision"]), (&json!("applied"), &json!(round)), "{again}");
        assert_eq!(world.read_all(&serving).await, file);
        serving.kill();
        before = file;
    }
}

/// A sheet as it is exported, whose addresses are other ones in each round.
fn sheet_of(round: usize, rows: u64) -> String {
    let rows = (0..rows).map(|row| format!("76355{row:05},user{row}.{round}@abccompany.com\r\n"));
    std::iter::once("PhoneNumber,MEEmailAddress\r\n".to_owned()).chain(rows).collect()
}
