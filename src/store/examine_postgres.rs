//! What is found out about a PostgreSQL database.

use jiff::Timestamp;
use sqlx::{Connection, PgConnection};

use crate::ports::clock::{Clock, SystemClock};
use crate::store::error::OpenError;
use crate::store::examination::{APPLIED, DatabaseFacts, SchemaFacts, TwoTimes};
use crate::store::line_watch;
use crate::store::migrations;
use crate::store::postgres::Postgres;

/// The oldest server that the tests run against, as `server_version_num` has it.
const OLDEST_TESTED: i32 = 150_000;

/// Whether the database has the program's list of migrations.
const HAS_SCHEMA: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";

const SERVER: &str = "SELECT current_setting('server_version'), current_setting('server_version_num')::int, \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// Why the server takes no changes, if it takes none.
const REFUSES_CHANGES: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 'the server is a standby' \
     WHEN current_setting('transaction_read_only')::boolean THEN 'default_transaction_read_only is on' END";

/// What must be allowed besides the tables: new tables for migrations, and temporary ones for imports.
const MISSING_RIGHTS: &str = "SELECT missing FROM (VALUES \
     ('CREATE on the schema ' || coalesce(current_schema(), 'public'), \
         coalesce(has_schema_privilege(current_schema(), 'CREATE'), FALSE)), \
     ('TEMPORARY on the database ' || current_database(), has_database_privilege(current_database(), 'TEMPORARY')) \
     ) AS needed (missing, granted) WHERE NOT granted";

/// What must be allowed on the program's tables: ownership for migrations, and the rest for each day. Nobody changes
/// the audit log.
const MISSING_RIGHTS_ON_TABLES: &str = "WITH own AS (SELECT oid, relname, relowner FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace \
         AND relname IN ('business_groups', 'number_ranges', 'mappings', 'api_keys', 'change_sets', 'changes', \
             'revisions', 'imports', 'audit_events', 'consent_keys', 'used_consent_states', 'consent_reports', \
             'first_sign_ins')) \
     SELECT 'ownership of ' || string_agg(relname, ' and ' ORDER BY relname) FROM own \
     WHERE NOT pg_has_role(relowner, 'USAGE') HAVING count(*) > 0 \
     UNION ALL \
     SELECT needed.what || ' on ' || string_agg(own.relname, ' and ' ORDER BY own.relname) \
     FROM own, (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS needed (what) \
     WHERE NOT (own.relname = 'audit_events' AND needed.what IN ('UPDATE', 'DELETE')) \
     AND NOT has_table_privilege(own.oid, needed.what) GROUP BY needed.what";

pub(super) async fn examine(url: &str, listen_url: Option<&str>) -> Result<DatabaseFacts, OpenError> {
    let engine = Postgres::open(url, listen_url).await?;
    let facts = facts(&engine).await;
    engine.close().await;
    facts.map_err(|error| OpenError::Unreachable(error.to_string()))
}

async fn facts(engine: &Postgres) -> sqlx::Result<DatabaseFacts> {
    let mut connection = engine.connections().connect_directly().await?;
    let (version, number, micros): (String, i32, i64) = sqlx::query_as(SERVER).fetch_one(&mut connection).await?;
    let here = SystemClock.now();
    let schema = schema(&mut connection).await.map_err(|error| in_the_servers_words(&error));
    let (refuses_changes,) = sqlx::query_as(REFUSES_CHANGES).fetch_one(&mut connection).await?;
    let mut missing_rights = texts(MISSING_RIGHTS, &mut connection).await?;
    missing_rights.extend(texts(MISSING_RIGHTS_ON_TABLES, &mut connection).await?);
    connection.close().await?;
    Ok(DatabaseFacts {
        engine: format!("PostgreSQL {version}"),
        place: place(engine),
        is_old: number < OLDEST_TESTED,
        refuses_changes,
        missing_rights,
        schema,
        unverified: engine.unverified(),
        hears_changes: line_watch::try_to_hear(engine).await,
        time: Timestamp::from_microsecond(micros).ok().map(|there| TwoTimes { there, here }),
    })
}

async fn schema(connection: &mut PgConnection) -> sqlx::Result<SchemaFacts> {
    let (has_schema,): (bool,) = sqlx::query_as(HAS_SCHEMA).fetch_one(&mut *connection).await?;
    let applied = if has_schema { sqlx::query_as(APPLIED).fetch_all(connection).await? } else { Vec::new() };
    Ok(SchemaFacts::new(&migrations::POSTGRES, &applied))
}

async fn texts(statement: &'static str, connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(statement).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(text,)| text).collect())
}

fn place(engine: &Postgres) -> String {
    let options = engine.connections().direct();
    let database = options.get_database().unwrap_or(options.get_username());
    let at = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    format!("database {database} at {at} as {}", options.get_username())
}

fn in_the_servers_words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |refusal| refusal.message().to_owned())
}
