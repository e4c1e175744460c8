//! How a replica hears of changes to lines that it has not made itself.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Connection;
use sqlx::Executor;
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use sqlx::postgres::PgNotification;
use sqlx::postgres::PgPoolOptions;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::sleep_until;
use tokio::time::timeout;
use tokio::time::timeout_at;
use tracing::info;
use tracing::warn;
use uuid::Uuid;

use crate::domain::guid::Guid;
use crate::ports::line_watch::LineWatch;
use crate::ports::store_error::StoreError;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::sqlite::Sqlite;

/// The time between two questions whether changes are still heard.
const HEARTBEAT: Duration = Duration::from_millis(200);

/// How long the answer is good for, from the question on. Also when the network falls silent, a change is known
/// everywhere within a second.
const LEASE: Duration = Duration::from_millis(800);

/// How long the answer may take.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// How long it may take to connect, and to read all generations.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(10);

/// The time to the next try after the connection was lost.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The channel that the triggers of the database tell of changes on; the payload is the tenant.
const CHANNEL: &str = "signline_lines_changed";

/// What the server's list of sessions calls the connection.
const APPLICATION: &str = "signline-listen";

/// What a replica says to itself on the channel begins with this.
const PROOF: &str = "proof ";

/// Why changes can't be heard.
#[derive(Debug, thiserror::Error)]
enum Deaf {
    #[error("the database does not answer in time")]
    Late,
    #[error("the connection was closed")]
    Closed,
    #[error(
        "a notification did not arrive: LISTEN needs a connection of its own, not one of a pooler in transaction mode"
    )]
    NothingArrives,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Listens to the notifications that the triggers of migration 4 send.
pub(super) struct PostgresLineWatch(pub(super) Postgres);

/// The linked tenants, each with its group and the generation of its lines.
type Generations = HashMap<Guid, (i64, i64)>;

#[async_trait]
impl LineWatch for PostgresLineWatch {
    async fn listen(&self) -> Infallible {
        let mut known = Generations::new();
        let mut told = false;
        loop {
            let Err(error) = self.listen_once(&mut known, &mut told).await;
            self.0.lines().distrust();
            if !told {
                warn!(%error, "changes of other replicas can't be heard; until they can, every line is looked up");
                told = true;
            }
            sleep(RETRY_AFTER).await;
        }
    }
}

impl PostgresLineWatch {
    /// Listens until the connection is lost. `told` says whether the log has it that nothing is heard.
    async fn listen_once(&self, known: &mut Generations, told: &mut bool) -> Result<Infallible, Deaf> {
        let mut listener = within(CATCH_UP_LIMIT, self.connect()).await??;
        self.prove(&mut listener).await?;
        within(CATCH_UP_LIMIT, self.catch_up(&mut listener, known)).await??;
        loop {
            let asked = Instant::now();
            within(ANSWER_LIMIT, listener.execute("SELECT 1")).await??;
            // The server sends what was committed before the question ahead of the answer.
            while let Some(notification) = listener.next_buffered() {
                self.hear(&notification);
            }
            self.0.lines().trust(asked.into_std(), LEASE);
            if std::mem::take(told) {
                info!("changes of other replicas are heard again");
            }
            while let Ok(received) = timeout_at(asked + HEARTBEAT, listener.try_recv()).await {
                self.hear(&received?.ok_or(Deaf::Closed)?);
            }
        }
    }

    /// A connection of its own: the pool's may all be busy just when this one is needed.
    async fn connect(&self) -> sqlx::Result<PgListener> {
        let options = self.0.options().clone().application_name(APPLICATION);
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&pool).await?;
        // A connection that is made anew behind our back would have missed something.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }

    /// Says something on another connection and waits until it is heard: a pooler can take a `LISTEN` and then give the
    /// connection to somebody else, and an address with several servers can lead to different ones.
    async fn prove(&self, listener: &mut PgListener) -> Result<(), Deaf> {
        let proof = format!("{PROOF}{}", Uuid::new_v4());
        let mut speaker = within(CATCH_UP_LIMIT, PgConnection::connect_with(self.0.options())).await??;
        let spoken = sqlx::query(Postgres::NOTIFY).bind(CHANNEL).bind(&proof).execute(&mut speaker);
        within(ANSWER_LIMIT, spoken).await??;
        // What it was for is done, however it ends.
        drop(speaker.close().await);
        let heard = async {
            loop {
                let notification = listener.try_recv().await?.ok_or(Deaf::Closed)?;
                if notification.payload() == proof {
                    return Ok(());
                }
                self.hear(&notification);
            }
        };
        timeout(ANSWER_LIMIT, heard).await.map_err(|_| Deaf::NothingArrives)?
    }

    /// Renews all tenants whose generation has changed while nothing was heard.
    async fn catch_up(&self, listener: &mut PgListener, known: &mut Generations) -> Result<(), Deaf> {
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as(Postgres::LINE_GENERATIONS).fetch_all(&mut *listener).await?;
        let mut current = Generations::with_capacity(rows.len());
        for (tenant, group_key, generation) in rows {
            current.insert(rows::guid(&tenant).map_err(StoreError::from)?, (group_key, generation));
        }
        let changed = current.iter().filter(|(tenant, generation)| known.get(tenant) != Some(generation));
        let gone = known.keys().filter(|tenant| !current.contains_key(tenant));
        for tenant in changed.map(|(tenant, _)| tenant).chain(gone) {
            self.0.lines().renew(*tenant);
        }
        *known = current;
        Ok(())
    }

    fn hear(&self, notification: &PgNotification) {
        let payload = notification.payload();
        match Guid::parse(payload) {
            Ok(tenant) => self.0.lines().renew(tenant),
            // Another replica's proof.
            Err(_) if payload.starts_with(PROOF) => {}
            Err(_) => self.0.lines().renew_all(),
        }
    }
}

/// Asks SQLite again and again whether another program has changed the file. What is changed here is known already.
pub(super) struct SqliteLineWatch(pub(super) Sqlite);

#[async_trait]
impl LineWatch for SqliteLineWatch {
    async fn listen(&self) -> Infallible {
        let (mut last, mut told) = (None, false);
        loop {
            let asked = Instant::now();
            match timeout(ANSWER_LIMIT, self.0.version_elsewhere()).await {
                Ok(Ok(version)) => {
                    if last.replace(version) != Some(version) {
                        self.0.lines().renew_all();
                    }
                    self.0.lines().trust(asked.into_std(), LEASE);
                    told = false;
                }
                Ok(Err(error)) if !told => {
                    warn!(%error, "the database does not tell whether it was changed; until it does, every line is looked up");
                    told = true;
                }
                // It was told already; or an import is being written, which takes its time.
                Ok(Err(_)) | Err(_) => {}
            }
            sleep_until(asked + HEARTBEAT).await;
        }
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Deaf> {
    timeout(limit, work).await.map_err(|_| Deaf::Late)
}
