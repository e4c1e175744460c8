//! What the service tidies up by itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use test_support::app::TIMEOUT;
use test_support::database::TestDatabase;

use crate::support::{Serving, client, operator_key};

const GROUP: &str = "/v1/business-groups/abccompany";

async fn run(database: &TestDatabase, statements: &str) {
    let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
    connection.execute(sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))).await.unwrap();
}

/// Waits until a table has so many rows.
async fn wait_for_rows(database: &TestDatabase, table: &str, expected: i64) {
    let begun = Instant::now();
    loop {
        let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
        let statement = format!("SELECT count(*) FROM {table}");
        let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(statement)).fetch_one(&mut connection).await.unwrap();
        if count == expected {
            return;
        }
        assert!(begun.elapsed() < TIMEOUT, "{table} has {count} rows");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn expired_previews_states_and_old_history_go_and_the_mappings_stay() {
    let database = TestDatabase::sqlite();
    let secret = operator_key(database.url());
    let variables = [("SIGNLINE_DATABASE_URL", database.url()), ("SIGNLINE_HISTORY_DAYS", "30")];
    let serving = Serving::start(&variables);
    let call = |method: reqwest::Method, path: &str| {
        client().request(method, format!("{}{path}", serving.base)).bearer_auth(&secret)
    };
    let group = json!({
        "id": "abccompany", "name": "ABC", "number_ranges": [{"first": "+17635550000", "last": "+17635559999"}],
    });
    call(reqwest::Method::POST, "/v1/business-groups").json(&group).send().await.unwrap();
    for number in ["7635551111", "7635552222"] {
        let body = json!({"email": format!("u{number}@abccompany.com")});
        let put = call(reqwest::Method::PUT, &format!("{GROUP}/mappings/{number}")).json(&body);
        assert_eq!(put.send().await.unwrap().status(), 201);
    }
    let sheet = "PhoneNumber,MEEmailAddress\n7635553333,new@abccompany.com\n";
    for _ in 0..3 {
        let upload = call(reqwest::Method::POST, &format!("{GROUP}/imports")).header("content-type", "text/csv");
        assert_eq!(upload.body(sheet).send().await.unwrap().status(), 201);
    }
    serving.kill();

    // All but one of the previews, the first revision, and one of the used states are of long ago.
    run(
        &database,
        "INSERT INTO used_consent_states (nonce, expires_at) VALUES (zeroblob(16), 1), \
             (randomblob(16), 9000000000000000); \
         UPDATE imports SET expires_at = 1 WHERE id <> (SELECT max(id) FROM imports); \
         DROP TRIGGER revisions_never_change; UPDATE revisions SET at = 1 WHERE revision = 1",
    )
    .await;
    let serving = Serving::start(&variables);
    wait_for_rows(&database, "imports", 1).await;
    wait_for_rows(&database, "revisions", 1).await;
    wait_for_rows(&database, "used_consent_states", 1).await;
    let get = async |path: &str| -> Value {
        let answer = client().get(format!("{}{GROUP}{path}", serving.base)).bearer_auth(&secret).send().await.unwrap();
        answer.json().await.unwrap()
    };
    assert_eq!(get("").await["mapping_count"], 2);
    assert_eq!(get("/revisions").await["items"][0]["revision"], 2);
    let restore = client().post(format!("{}{GROUP}/revisions/1/restore", serving.base)).bearer_auth(&secret);
    assert_eq!(restore.send().await.unwrap().status(), 200, "the mappings before the oldest change can be told");
    let restore = client().post(format!("{}{GROUP}/revisions/0/restore", serving.base)).bearer_auth(&secret);
    assert_eq!(restore.send().await.unwrap().status(), 404);
}
