//! The stores: business groups, mappings and API keys in PostgreSQL or SQLite.
//!
//! Each store asks a [`Db`], which has two engines; what only one engine does is in [`postgres`] and [`sqlite`]. A
//! statement stands beside the function that asks it. One suite of tests (`tests/store`) holds both engines to the same
//! contract.

mod api_keys;
mod audit;
mod bulk;
mod business_groups;
mod change_sets;
mod consents;
mod copy;
mod db;
mod dialect;
mod error;
mod examination;
mod examine_postgres;
mod examine_sqlite;
mod export;
mod health;
mod history;
mod imports;
mod insert;
mod line_watch;
mod locks;
mod look_up;
mod mapping_rows;
mod mapping_search;
mod mappings;
mod migrations;
mod names;
mod number_ranges;
mod pools;
mod postgres;
mod reassigned;
mod record;
mod refusals;
mod revisions;
mod rows;
mod sign_in_facts;
mod sql;
mod sqlite;
mod tenant_links;
mod trust;

use std::sync::Arc;

use crate::ports::api_key_store::ApiKeyStore;
use crate::ports::audit_log::AuditLog;
use crate::ports::business_group_store::BusinessGroupStore;
use crate::ports::clock::Clock;
use crate::ports::consent_store::ConsentStore;
use crate::ports::history_store::HistoryStore;
use crate::ports::import_store::ImportStore;
use crate::ports::line_generations::LineGenerations;
use crate::ports::line_watch::LineWatch;
use crate::ports::mapping_store::MappingStore;
use crate::ports::store_health::StoreHealth;
use crate::store::api_keys::DbApiKeys;
use crate::store::audit::DbAuditLog;
use crate::store::business_groups::DbBusinessGroups;
use crate::store::consents::DbConsents;
use crate::store::db::{Db, Engine};
pub use crate::store::error::OpenError;
pub use crate::store::examination::{DatabaseFacts, Examination, SchemaFacts, TwoTimes};
use crate::store::health::DbHealth;
use crate::store::history::DbHistory;
use crate::store::imports::DbImports;
use crate::store::mappings::DbMappings;
use crate::store::postgres::Postgres;
use crate::store::sqlite::Sqlite;

/// The stores of one database.
#[derive(Clone)]
pub struct Stores {
    /// Mappings.
    pub mappings: Arc<dyn MappingStore>,
    /// Imports.
    pub imports: Arc<dyn ImportStore>,
    /// The history of each group.
    pub history: Arc<dyn HistoryStore>,
    /// Business groups.
    pub business_groups: Arc<dyn BusinessGroupStore>,
    /// API keys.
    pub api_keys: Arc<dyn ApiKeyStore>,
    /// Consents.
    pub consents: Arc<dyn ConsentStore>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// The database as a whole.
    pub health: Arc<dyn StoreHealth>,
    /// What is known of changes to lines: those made through these stores, and those that the watch hears of.
    pub lines: Arc<LineGenerations>,
    /// Hears of changes to lines that are made elsewhere.
    pub line_watch: Arc<dyn LineWatch>,
}

/// Opens the database of a URL: the only place that chooses the engine. The schema is left as it is; see
/// [`StoreHealth::migrate`]. The clock tells when a change has its turn, which may be long after its call came.
///
/// # Errors
/// If the URL can't be read or the database can't be reached.
pub async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Stores, OpenError> {
    open_behind_pooler(url, None, clock).await
}

/// Opens the database of a URL that may be a pooler's, which lends sessions for one transaction at a time; then
/// `listen_url` is the address of the PostgreSQL server itself, for what needs a session: hearing of changes, and
/// migrations.
///
/// # Errors
/// If a URL can't be read or the database can't be reached.
pub async fn open_behind_pooler(
    url: &str,
    listen_url: Option<&str>,
    clock: Arc<dyn Clock>,
) -> Result<Stores, OpenError> {
    let engine = if url.starts_with("sqlite:") {
        Engine::Sqlite(Sqlite::open(url).await?)
    } else {
        Engine::Postgres(Postgres::open(url, listen_url).await?)
    };
    let db = Db::new(engine, clock);
    Ok(Stores {
        mappings: Arc::new(DbMappings(db.clone())),
        imports: Arc::new(DbImports(db.clone())),
        history: Arc::new(DbHistory(db.clone())),
        business_groups: Arc::new(DbBusinessGroups::new(db.clone())),
        api_keys: Arc::new(DbApiKeys(db.clone())),
        consents: Arc::new(DbConsents(db.clone())),
        audit: Arc::new(DbAuditLog(db.clone())),
        lines: Arc::clone(db.lines()),
        line_watch: line_watch::of(&db),
        health: Arc::new(DbHealth(db)),
    })
}

/// Finds out how it stands with the database of a URL, and changes nothing in it. With `listen_url`, the address of the
/// server itself, `url` is that of a pooler.
///
/// # Errors
/// If the URL can't be read or the database can't be reached.
pub async fn examine(url: &str, listen_url: Option<&str>) -> Result<Examination, OpenError> {
    if url.starts_with("sqlite:") {
        examine_sqlite::examine(url).await
    } else {
        examine_postgres::examine(url, listen_url).await.map(Box::new).map(Examination::Found)
    }
}
