//! A service that is killed in the middle of an import: the mappings are those before it or those after, nothing between.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use test_support::database::Engine;
use test_support::database::TestDatabase;

use crate::support::Serving;
use crate::support::client;
use crate::support::operator_key;

const ROWS: u64 = 60_000;

#[tokio::test]
async fn an_import_is_whole_or_not_at_all_on_sqlite() {
    kill_in_import(Engine::Sqlite).await;
}

#[tokio::test]
async fn an_import_is_whole_or_not_at_all_on_postgres() {
    kill_in_import(Engine::Postgres).await;
}

async fn kill_in_import(engine: Engine) {
    let database = TestDatabase::of(engine).await;
    let variables = [("SIGNLINE_DATABASE_URL", database.url())];
    let secret = operator_key(database.url());
    let serving = Serving::start(&variables);
    let group = json!({
        "id": "abccompany", "name": "ABC", "number_ranges": [{"first": "+17635500000", "last": "+17635599999"}],
    });
    let created = client().post(format!("{}/v1/business-groups", serving.base)).bearer_auth(&secret).json(&group);
    assert_eq!(created.send().await.unwrap().status(), 201);
    serving.kill();

    let mut before = 0;
    for (round, millis) in [50, 200, 400, 700, 1100].into_iter().enumerate() {
        let serving = Serving::start(&variables);
        let import = client().post(format!("{}/v1/business-groups/abccompany/imports?apply=true", serving.base));
        let import = import.bearer_auth(&secret).header("content-type", "text/csv").body(sheet(round));
        let answered = tokio::time::timeout(Duration::from_millis(millis), import.send()).await;
        let answered = answered.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success()));
        serving.kill();
        let after = read_all(&variables, &secret).await;
        let applied = after == (ROWS, round as u64 + 1) || after.0 == ROWS;
        assert!(applied || after.0 == before, "round {round}: {after:?} of {before}");
        assert!(!answered || after.0 == ROWS, "an import that was answered is lost");
        before = after.0;
    }
}

/// How many mappings there are, and the revision; the count, the export and the list agree.
async fn read_all(variables: &[(&str, &str)], secret: &str) -> (u64, u64) {
    let serving = Serving::start(variables);
    let get = async |path: &str| {
        let answer = client().get(format!("{}{path}", serving.base)).bearer_auth(secret).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    };
    let group: Value = serde_json::from_str(&get("/v1/business-groups/abccompany").await).unwrap();
    let export = get("/v1/business-groups/abccompany/mappings.csv").await;
    let count = group["mapping_count"].as_u64().unwrap();
    assert_eq!(export.lines().count() as u64 - 1, count);
    (count, group["revision"].as_u64().unwrap())
}

/// A sheet whose addresses are other ones in each round.
fn sheet(round: usize) -> String {
    let rows = (0..ROWS).map(|row| format!("76355{row:05},user{row}.{round}@abccompany.com\n"));
    std::iter::once("PhoneNumber,MEEmailAddress\n".to_owned()).chain(rows).collect()
}
