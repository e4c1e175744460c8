//! Every column of the business groups tells other replicas of its changes, or decides nobody's line.

use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use test_support::app::TIMEOUT;
use test_support::database::Engine;
use tokio::time::timeout;

use crate::support::*;

/// What a line does not depend on. A column that is new stands here, or the trigger `groups_change` is made anew with
/// it.
const DECIDES_NO_LINE: [&str; 4] = ["name", "created_at", "mapping_count", "history_from"];

/// Follows what a change has told, if it has told anything.
const END: &str = "the end";

struct Column {
    name: String,
    data_type: String,
}

#[tokio::test]
async fn every_column_of_a_group_is_watched_or_decides_no_line() {
    let world = World::new(Engine::Postgres).await;
    let group = world.group("abc").await;
    world.stores.business_groups.link_tenant(&group, guid(1), &context_at(1)).await.unwrap();
    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    let mut listener = PgListener::connect(world.database.url()).await.unwrap();
    listener.listen("signline_line_changes").await.unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT column_name::text AS name, data_type::text FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = 'business_groups' AND is_identity = 'NO'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let columns: Vec<Column> = columns.into_iter().map(|(name, data_type)| Column { name, data_type }).collect();
    assert!(columns.len() >= 11, "{}", columns.len());
    for column in &columns {
        let update = format!("UPDATE business_groups SET {} = {}", column.name, another_value(column));
        connection.execute(AssertSqlSafe(update)).await.unwrap_or_else(|error| panic!("{}: {error}", column.name));
        let end = sqlx::query("SELECT pg_notify('signline_line_changes', $1)").bind(END);
        end.execute(&mut connection).await.unwrap();
        let is_told = next(&mut listener).await != END;
        while is_told && next(&mut listener).await != END {}
        let is_listed = DECIDES_NO_LINE.contains(&column.name.as_str());
        assert_ne!(is_told, is_listed, "{}: watch it in the trigger groups_change, or list it here", column.name);
    }
    for listed in DECIDES_NO_LINE {
        assert!(columns.iter().any(|column| column.name == listed), "there is no column {listed}");
    }
}

/// What a column can be changed to from what it is.
fn another_value(column: &Column) -> String {
    match (column.name.as_str(), column.data_type.as_str()) {
        ("tenant_id", _) => format!("'{}'", guid(2)),
        ("identity_pinning", _) => "'off'".to_owned(),
        (name, "boolean") => format!("NOT {name}"),
        (name, "bigint") => format!("COALESCE({name}, 0) + 1"),
        (_, "text") => "'another'".to_owned(),
        (name, other) => panic!("{name}: say what another value of the type {other} is"),
    }
}

async fn next(listener: &mut PgListener) -> String {
    let notification = timeout(TIMEOUT, listener.recv()).await.expect("what was told arrives").unwrap();
    notification.payload().to_owned()
}
