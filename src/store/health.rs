use async_trait::async_trait;

use crate::ports::store_error::StoreError;
use crate::ports::store_health::StoreHealth;
use crate::ports::store_health::UnverifiedConnection;
use crate::store::postgres::Postgres;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

macro_rules! store_health {
    ($name:ident, $engine:ty) => {
        /// A database as a whole.
        pub(super) struct $name(pub(super) $engine);

        #[async_trait]
        impl StoreHealth for $name {
            async fn migrate(&self) -> Result<(), StoreError> {
                self.0.migrate().await.map_err(StoreError::new)
            }

            async fn ping(&self) -> Result<(), StoreError> {
                let _: Option<(i64,)> = self.0.fetch_optional(|| sqlx::query_as(statements::PING)).await?;
                Ok(())
            }

            fn unverified(&self) -> Vec<UnverifiedConnection> {
                self.0.unverified()
            }

            async fn close(&self) {
                self.0.close().await;
            }
        }
    };
}

store_health!(PostgresHealth, Postgres);
store_health!(SqliteHealth, Sqlite);
