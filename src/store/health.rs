//! The database as a whole.

use async_trait::async_trait;

use crate::ports::store_error::StoreError;
use crate::ports::store_health::{StoreHealth, UnverifiedConnection};
use crate::store::db::{Db, Engine};
use crate::store::sql::sql;

const PING: &str = "SELECT group_key FROM business_groups LIMIT 1";

/// The health of a database.
pub(super) struct DbHealth(pub(super) Db);

#[async_trait]
impl StoreHealth for DbHealth {
    async fn migrate(&self) -> Result<(), StoreError> {
        let migrated = match self.0.engine() {
            Engine::Postgres(postgres) => postgres.migrate().await,
            Engine::Sqlite(sqlite) => sqlite.migrate().await,
        };
        migrated.map_err(StoreError::new)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.0.exists(sql(PING)).await?;
        Ok(())
    }

    fn unverified(&self) -> Vec<UnverifiedConnection> {
        match self.0.engine() {
            Engine::Postgres(postgres) => postgres.unverified(),
            // A file is on this machine.
            Engine::Sqlite(_) => Vec::new(),
        }
    }

    async fn close(&self) {
        match self.0.engine() {
            Engine::Postgres(postgres) => postgres.close().await,
            Engine::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
