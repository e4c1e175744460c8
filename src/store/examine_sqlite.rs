//! What is found out about an SQLite file.

use std::str::FromStr;

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::store::error::OpenError;
use crate::store::examination::{APPLIED, DatabaseFacts, Examination, SchemaFacts};
use crate::store::migrations;
use crate::store::sqlite;

/// Whether the database has the program's list of migrations.
const HAS_SCHEMA: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')";

/// Reads every page (<https://www.sqlite.org/pragma.html#pragma_quick_check>) and tells of the first fault.
const QUICK_CHECK: &str = "PRAGMA quick_check(1)";

pub(super) async fn examine(url: &str) -> Result<Examination, OpenError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|error| OpenError::Url(error.to_string()))?;
    let file = options.get_filename().to_owned();
    if !file.exists() {
        return Ok(Examination::NoFile(file));
    }
    // Not as the service opens it: nothing is made, and the journal stays as it is.
    let options = options.create_if_missing(false);
    let connect = async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let (verdict,): (String,) = sqlx::query_as(QUICK_CHECK).fetch_one(&mut connection).await?;
        Ok((connection, verdict))
    };
    let connected: sqlx::Result<(SqliteConnection, String)> = connect.await;
    let mut connection = match connected {
        Ok((connection, verdict)) if verdict == "ok" => connection,
        Ok((_, why)) => return Ok(Examination::Damaged { file, why }),
        Err(error) if is_damage(&error) => return Ok(Examination::Damaged { file, why: in_sqlites_words(&error) }),
        Err(error) => return Err(OpenError::Unreachable(in_sqlites_words(&error))),
    };
    sqlite::check_encoding(&mut connection).await?;
    let facts = facts(&mut connection, file.display().to_string()).await;
    facts.map(Box::new).map(Examination::Found).map_err(|error| OpenError::Unreachable(in_sqlites_words(&error)))
}

async fn facts(connection: &mut SqliteConnection, place: String) -> sqlx::Result<DatabaseFacts> {
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    let (has_schema,): (bool,) = sqlx::query_as(HAS_SCHEMA).fetch_one(&mut *connection).await?;
    let applied = if has_schema { sqlx::query_as(APPLIED).fetch_all(&mut *connection).await? } else { Vec::new() };
    let refuses_changes = try_to_write(connection).await.err().map(|error| in_sqlites_words(&error));
    Ok(DatabaseFacts {
        engine: format!("SQLite {version}"),
        place,
        // It is built into the program.
        is_old: false,
        refuses_changes,
        missing_rights: Vec::new(),
        schema: Ok(SchemaFacts::new(&migrations::SQLITE, &applied)),
        unverified: Vec::new(),
        // The service asks the file itself.
        hears_changes: Ok(()),
        time: None,
    })
}

/// Takes the lock for changes, which needs the right to them, and gives it back. A service that is just writing is
/// waited for.
async fn try_to_write(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    connection.begin_with("BEGIN IMMEDIATE").await?.rollback().await
}

/// `SQLITE_CORRUPT` or `SQLITE_NOTADB` (<https://www.sqlite.org/rescode.html>).
fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("11" | "26"))
}

fn in_sqlites_words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |refusal| refusal.message().to_owned())
}
