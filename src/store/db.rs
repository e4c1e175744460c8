//! The database, as all stores use it: where two engines become one. What only one of them does is asked of
//! [`Db::engine`]: exports, hearing of changes, migrations.
//!
//! A store asks it with [`Sql`], and changes it in a [`Tx`]. What is written differently in the two engines is in the
//! [`Dialect`].

mod row_writer;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::{PgTransaction, SqliteTransaction};
use tokio::task::spawn;
use tokio::time::{Instant, timeout_at};

use crate::domain::guid::Guid;
use crate::ports::clock::Clock;
use crate::ports::line_generations::LineGenerations;
use crate::ports::store_error::StoreError;
use crate::store::dialect::Dialect;
use crate::store::postgres::Postgres;
use crate::store::record::{AnyRow, Record};
use crate::store::sql::{Sql, sql};
use crate::store::sqlite::Sqlite;

/// How long a change may take that is not large, from its first look into the database to its end, and how long each
/// statement of a snapshot. A database answers in milliseconds, or says that it can't; but where the network has
/// forgotten a connection nobody ever answers.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// A database.
#[derive(Clone)]
pub(super) struct Db {
    engine: Engine,
    lines: Arc<LineGenerations>,
    clock: Arc<dyn Clock>,
}

/// The engine of a database.
#[derive(Clone)]
pub(super) enum Engine {
    /// A server.
    Postgres(Postgres),
    /// A file.
    Sqlite(Sqlite),
}

impl Db {
    /// The clock tells when a change has its turn.
    pub(super) fn new(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        Self { engine, lines: Arc::default(), clock }
    }

    /// The engine, for what only one of them does.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What is known of changes to lines.
    pub(super) fn lines(&self) -> &Arc<LineGenerations> {
        &self.lines
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is written differently in the two engines.
    pub(super) fn dialect(&self) -> &'static Dialect {
        match &self.engine {
            Engine::Postgres(_) => &Postgres::DIALECT,
            Engine::Sqlite(_) => &Sqlite::DIALECT,
        }
    }

    /// Reads rows in one statement. Where a connection was lost it is asked again, so the statement must change
    /// nothing.
    pub(super) async fn all<R: Record>(&self, sql: Sql) -> sqlx::Result<Vec<R>> {
        match &self.engine {
            Engine::Postgres(postgres) => postgres.all(&sql).await,
            Engine::Sqlite(sqlite) => sqlite.all(&sql).await,
        }
    }

    /// Reads a row in one statement that changes nothing.
    pub(super) async fn optional<R: Record>(&self, sql: Sql) -> sqlx::Result<Option<R>> {
        match &self.engine {
            Engine::Postgres(postgres) => postgres.optional(&sql).await,
            Engine::Sqlite(sqlite) => sqlite.optional(&sql).await,
        }
    }

    /// Reads the only column of a row in one statement that changes nothing.
    pub(super) async fn scalar<T>(&self, sql: Sql) -> sqlx::Result<Option<T>>
    where
        (T,): Record,
    {
        Ok(self.optional(sql).await?.map(|(value,)| value))
    }

    /// Whether there is a row, in one statement that changes nothing.
    pub(super) async fn exists(&self, sql: Sql) -> sqlx::Result<bool> {
        Ok(self.optional::<AnyRow>(sql).await?.is_some())
    }

    /// Reads a row for a sign-in: on connections of their own, so that it does not wait for what administrators do.
    pub(super) async fn look_up<R: Record>(&self, sql: Sql) -> sqlx::Result<Option<R>> {
        match &self.engine {
            Engine::Postgres(postgres) => postgres.look_up(&sql).await,
            Engine::Sqlite(sqlite) => sqlite.optional(&sql).await,
        }
    }

    /// Begins a transaction that changes something, and is soon over.
    pub(super) async fn begin(&self) -> sqlx::Result<Tx> {
        self.begin_by(deadline()).await
    }

    /// Begins such a transaction in a change that has begun already.
    pub(super) async fn begin_by(&self, deadline: Instant) -> sqlx::Result<Tx> {
        self.begin_with(Limit::By(deadline), self.change()).await
    }

    /// Begins a transaction that may take long, and wait long for another one of the same group.
    pub(super) async fn begin_large(&self) -> sqlx::Result<Tx> {
        let mut tx = self.begin_with(Limit::None, self.change()).await?;
        tx.run_each(self.dialect().before_large_change).await?;
        Ok(tx)
    }

    /// Begins a transaction that reads one state of the database, from its first read to its end.
    pub(super) async fn begin_snapshot(&self) -> sqlx::Result<Tx> {
        let snapshot = async {
            Ok(match &self.engine {
                Engine::Postgres(postgres) => Session::Postgres(postgres.begin_snapshot().await?),
                Engine::Sqlite(sqlite) => Session::Sqlite(sqlite.begin_snapshot().await?),
            })
        };
        self.begin_with(Limit::EachStatement, snapshot).await
    }

    async fn change(&self) -> sqlx::Result<Session> {
        Ok(match &self.engine {
            Engine::Postgres(postgres) => Session::Postgres(postgres.begin().await?),
            Engine::Sqlite(sqlite) => Session::Sqlite(sqlite.begin().await?),
        })
    }

    async fn begin_with(&self, limit: Limit, begin: impl Future<Output = sqlx::Result<Session>>) -> sqlx::Result<Tx> {
        let session = limit.keep(begin).await?;
        Ok(Tx { session, db: self.clone(), limit })
    }
}

/// A transaction. It is rolled back when it is dropped, and committed in one of three ways: [`Tx::commit_lines`] where it
/// may have changed somebody's line, [`Tx::commit_keys`] where it ends API keys, and [`Tx::commit_aside`] where it does neither.
pub(super) struct Tx {
    session: Session,
    db: Db,
    limit: Limit,
}

/// When a transaction is given up.
#[derive(Clone, Copy)]
enum Limit {
    /// At this time.
    By(Instant),
    /// When one statement takes longer than [`TIME_LIMIT`].
    EachStatement,
    /// Never by us.
    None,
}

impl Limit {
    /// Waits as long as the limit lets. What is given up then is rolled back, unless it is being committed.
    async fn keep<T>(self, work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        let deadline = match self {
            Self::By(deadline) => deadline,
            Self::EachStatement => deadline(),
            Self::None => return work.await,
        };
        timeout_at(deadline, work).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

/// A connection in a transaction.
enum Session {
    Postgres(PgTransaction<'static>),
    Sqlite(SqliteTransaction<'static>),
}

impl Session {
    async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Postgres(transaction) => transaction.commit().await,
            Self::Sqlite(transaction) => transaction.commit().await,
        }
    }
}

impl Tx {
    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.db.now()
    }

    /// What is written differently in the two engines.
    pub(super) fn dialect(&self) -> &'static Dialect {
        self.db.dialect()
    }

    /// Reads rows.
    pub(super) async fn all<R: Record>(&mut self, sql: Sql) -> sqlx::Result<Vec<R>> {
        let read = async {
            match &mut self.session {
                Session::Postgres(transaction) => sql.as_postgres()?.fetch_all(&mut **transaction).await,
                Session::Sqlite(transaction) => sql.as_sqlite()?.fetch_all(&mut **transaction).await,
            }
        };
        self.limit.keep(read).await
    }

    /// Reads a row, if there is one.
    pub(super) async fn optional<R: Record>(&mut self, sql: Sql) -> sqlx::Result<Option<R>> {
        let read = async {
            match &mut self.session {
                Session::Postgres(transaction) => sql.as_postgres()?.fetch_optional(&mut **transaction).await,
                Session::Sqlite(transaction) => sql.as_sqlite()?.fetch_optional(&mut **transaction).await,
            }
        };
        self.limit.keep(read).await
    }

    /// Reads the row that there is.
    pub(super) async fn one<R: Record>(&mut self, sql: Sql) -> sqlx::Result<R> {
        self.optional(sql).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Reads the only column of a row, if there is one.
    pub(super) async fn scalar<T>(&mut self, sql: Sql) -> sqlx::Result<Option<T>>
    where
        (T,): Record,
    {
        Ok(self.optional(sql).await?.map(|(value,)| value))
    }

    /// Reads the only column of the row that there is.
    pub(super) async fn one_scalar<T>(&mut self, sql: Sql) -> sqlx::Result<T>
    where
        (T,): Record,
    {
        let (value,) = self.one(sql).await?;
        Ok(value)
    }

    /// Whether there is a row.
    pub(super) async fn exists(&mut self, sql: Sql) -> sqlx::Result<bool> {
        Ok(self.optional::<AnyRow>(sql).await?.is_some())
    }

    /// Changes rows; says how many.
    pub(super) async fn run(&mut self, sql: Sql) -> sqlx::Result<u64> {
        let change = async {
            Ok(match &mut self.session {
                Session::Postgres(transaction) => {
                    sql.as_postgres_change()?.execute(&mut **transaction).await?.rows_affected()
                }
                Session::Sqlite(transaction) => {
                    sql.as_sqlite_change()?.execute(&mut **transaction).await?.rows_affected()
                }
            })
        };
        self.limit.keep(change).await
    }

    /// Runs statements that are asked with nothing, such as those of a [`Dialect`].
    pub(super) async fn run_each(&mut self, statements: &[&'static str]) -> sqlx::Result<()> {
        for statement in statements {
            self.run(sql(statement)).await?;
        }
        Ok(())
    }

    /// Commits a change, and invalidates the generations of the tenants whose lines it may have changed, whatever
    /// becomes of it: a commit whose answer is lost may have happened.
    ///
    /// The commit runs on its own: a caller that goes away in the middle of it must not leave it committed and untold.
    pub(super) async fn commit_lines(self, tenants: impl IntoIterator<Item = Guid>) -> Result<(), StoreError> {
        let tenants: Vec<_> = tenants.into_iter().collect();
        self.commit_and(move |lines| invalidate_each(lines, tenants)).await
    }

    /// Commits a change that ends API keys, and may have changed the lines of these tenants.
    pub(super) async fn commit_keys(self, tenants: impl IntoIterator<Item = Guid>) -> Result<(), StoreError> {
        let tenants: Vec<_> = tenants.into_iter().collect();
        self.commit_and(move |lines| {
            lines.invalidate_keys();
            invalidate_each(lines, tenants);
        })
        .await
    }

    async fn commit_and(self, invalidate: impl FnOnce(&LineGenerations) + Send + 'static) -> Result<(), StoreError> {
        let Self { session, db, limit } = self;
        let committing = spawn(async move {
            let committed = session.commit().await;
            invalidate(&db.lines);
            committed
        });
        Ok(limit.keep(async { committing.await.map_err(io::Error::other)? }).await?)
    }

    /// Commits a change that decides nobody's line.
    pub(super) async fn commit_aside(self) -> Result<(), StoreError> {
        Ok(self.limit.keep(self.session.commit()).await?)
    }
}

fn invalidate_each(lines: &LineGenerations, tenants: Vec<Guid>) {
    for tenant in tenants {
        lines.invalidate(tenant);
    }
}

/// When a change is given up that begins now.
pub(super) fn deadline() -> Instant {
    Instant::now() + TIME_LIMIT
}

/// Waits for what a change needs beside its transaction.
///
/// # Errors
/// That of the work, or that it was waited for in vain.
pub(super) async fn until<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout_at(deadline, work).await.map_err(|_| StoreError::new(io::Error::from(io::ErrorKind::TimedOut)))?
}
