//! Databases for tests: each test has one of its own.

use std::env;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use signline::ports::clock::Clock;
use signline::store;
use signline::store::Stores;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

/// The variable that names the server, as `scripts/with-postgres` sets it.
const SERVER: &str = "TEST_POSTGRES_URL";

/// An empty database of its own.
pub struct TestDatabase {
    url: String,
    _directory: Option<TempDir>,
}

/// The engines that every store is tested on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A real PostgreSQL server.
    Postgres,
    /// SQLite in a file.
    Sqlite,
}

/// A clock that stands still before everything.
struct NoTime;

impl Clock for NoTime {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl TestDatabase {
    /// A database of this engine.
    pub async fn of(engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::postgres().await,
            Engine::Sqlite => Self::sqlite(),
        }
    }

    /// An SQLite file that goes with the value.
    ///
    /// # Panics
    /// If no file can be made.
    #[must_use]
    pub fn sqlite() -> Self {
        let directory = TempDir::new().expect("a directory for temporary files");
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        Self { url, _directory: Some(directory) }
    }

    /// A database on the temporary server, which takes it with it when it ends.
    ///
    /// # Panics
    /// If no server is named: a test that needs one is never passed over.
    pub async fn postgres() -> Self {
        let server = env::var(SERVER).unwrap_or_else(|_| {
            panic!("{SERVER} names no PostgreSQL server: run the tests by `make test`, or under scripts/with-postgres")
        });
        let name = format!("test_{}", Uuid::new_v4().simple());
        let options = PgConnectOptions::from_str(&server).expect("a URL of the server");
        let mut connection = PgConnection::connect_with(&options).await.expect("the server answers");
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await.expect("a database is created");
        connection.close().await.expect("the connection ends");
        let mut url = Url::parse(&server).expect("a URL of the server");
        url.set_path(&name);
        Self { url: url.into(), _directory: None }
    }

    /// Its URL, as `SIGNLINE_DATABASE_URL` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens it and brings it to the program's schema. Its clock never moves, so that the times of the callers count.
    ///
    /// # Panics
    /// If it can't be.
    pub async fn open(&self) -> Stores {
        self.open_at(Arc::new(NoTime)).await
    }

    /// Opens it with a clock of its own, with the current schema.
    ///
    /// # Panics
    /// If it can't be.
    pub async fn open_at(&self, clock: Arc<dyn Clock>) -> Stores {
        let stores = store::open(&self.url, clock).await.expect("the database opens");
        stores.health.migrate().await.expect("the migrations apply");
        stores
    }
}
