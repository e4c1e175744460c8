//! How a replica hears of changes to lines and API keys that it has not made itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Connection;
use sqlx::postgres::{PgListener, PgNotification, PgPoolOptions};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tracing::{info, warn};
use uuid::Uuid;

use crate::domain::guid::Guid;
use crate::ports::line_generations::LineGenerations;
use crate::ports::line_watch::LineWatch;
use crate::store::db::{Db, Engine};
use crate::store::postgres::Postgres;
use crate::store::sqlite::Sqlite;

/// The time between two questions whether changes are still heard.
const HEARTBEAT: Duration = Duration::from_millis(200);

/// How long the answer is good for, from the question on. Also when the network falls silent, a change is known
/// everywhere within a second.
const LEASE: Duration = Duration::from_millis(800);

/// How long the answer may take.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// How long a notification may take, from its commit to here.
const PROOF_LIMIT: Duration = Duration::from_secs(2);

/// How long it may take to connect, and again to prove that something is heard.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The time to the next try after the connection was lost; doubled with each that fails.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_millis(3200);

/// The channel that the triggers of the database tell of changes on; the payload is the tenant, [`KEYS`], or `all`.
const CHANNEL: &str = "signline_line_changes";

/// What is told when an API key may be gone.
const KEYS: &str = "keys";

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
    #[error("a notification did not arrive: what is listened to and what is spoken to are not the same database")]
    NothingArrives,
    #[error("the database has no triggers that tell of changes, or they are switched off")]
    Untold,
    #[error("the tables are other ones than before: a backup was restored over them")]
    OtherTables,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Hears of the changes that are made elsewhere.
pub(super) fn of(db: &Db) -> Arc<dyn LineWatch> {
    let lines = Arc::clone(db.lines());
    match db.engine() {
        Engine::Postgres(postgres) => Arc::new(PostgresLineWatch { postgres: postgres.clone(), lines }),
        Engine::Sqlite(sqlite) => Arc::new(SqliteLineWatch { sqlite: sqlite.clone(), lines }),
    }
}

/// Listens to the notifications that the triggers of migrations 4, 10 and 16 send.
struct PostgresLineWatch {
    postgres: Postgres,
    lines: Arc<LineGenerations>,
}

/// Tries whether changes can be heard: why not, if not.
pub(super) async fn try_to_hear(postgres: &Postgres) -> Result<(), String> {
    PostgresLineWatch { postgres: postgres.clone(), lines: Arc::default() }.try_once().await
}

#[async_trait]
impl LineWatch for PostgresLineWatch {
    async fn listen(&self) -> Infallible {
        let mut lost = None;
        loop {
            let Err(error) = self.listen_once(&mut lost).await;
            self.lines.drop_lease();
            if lost.is_none() {
                warn!(%error, "changes of other replicas can't be heard; until they can, every line and every API key is looked up");
            }
            let pause = lost.unwrap_or(RETRY_FIRST);
            sleep(pause).await;
            lost = Some((pause * 2).min(RETRY_LONGEST));
        }
    }
}

impl PostgresLineWatch {
    /// Listens until the connection is lost. `lost` is the pause before the next try where the log has it already that
    /// nothing is heard.
    async fn listen_once(&self, lost: &mut Option<Duration>) -> Result<Infallible, Deaf> {
        let mut listener = within(CONNECT_LIMIT, self.connect()).await??;
        within(CONNECT_LIMIT, self.prove(&mut listener)).await??;
        // One that answers this too late to be trusted is no reason for what follows.
        let tables = tables_of_lines(&mut listener).await?;
        // What happened while nothing was heard is not known, nor whether this is still the database that it was: it
        // can be a standby that missed the last commits, or an older state of it. And the pools may have connections
        // to the server from before, which would go on to tell what was true there.
        if lost.is_some() {
            self.postgres.connections().renew_all();
        }
        self.lines.invalidate_all();
        loop {
            let asked = Instant::now();
            if tables_of_lines(&mut listener).await? != tables {
                return Err(Deaf::OtherTables);
            }
            // The server has sent what was committed and answered before the question.
            while let Some(notification) = listener.next_buffered() {
                self.hear(&notification);
            }
            self.lines.extend_lease(asked, LEASE);
            if lost.take().is_some() {
                info!("changes of other replicas are heard again");
            }
            while let Ok(received) = timeout_at(asked + HEARTBEAT, listener.try_recv()).await {
                self.hear(&received?.ok_or(Deaf::Closed)?);
            }
        }
    }

    async fn try_once(&self) -> Result<(), String> {
        let heard = async {
            let mut listener = within(CONNECT_LIMIT, self.connect()).await??;
            within(CONNECT_LIMIT, self.prove(&mut listener)).await?
        };
        heard.await.map_err(|error: Deaf| error.to_string())
    }

    /// A connection of its own: the pool's may all be busy just when this one is needed.
    async fn connect(&self) -> sqlx::Result<PgListener> {
        let options = self.postgres.connections().direct().clone().application_name(APPLICATION);
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&pool).await?;
        // A connection that is made anew behind our back would have missed something.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }

    /// Says something on a connection like those of calls and waits until it is heard: an address with several servers
    /// can lead to different ones, and that of a pooler to another than what is listened to. And the database must have
    /// the triggers, which one that was put back from a backup of an earlier version has not.
    async fn prove(&self, listener: &mut PgListener) -> Result<(), Deaf> {
        let proof = format!("{PROOF}{}", Uuid::new_v4());
        let connections = self.postgres.connections();
        let mut speaker = connections.connect().await?;
        let mut transaction = speaker.begin_with(connections.sessions().begin()).await?;
        let tells = sqlx::query_as(Postgres::TELLS_OF_LINE_CHANGES).fetch_one(&mut *transaction);
        let (true,) = tells.await? else {
            return Err(Deaf::Untold);
        };
        sqlx::query(Postgres::NOTIFY).bind(CHANNEL).bind(&proof).execute(&mut *transaction).await?;
        transaction.commit().await?;
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
        timeout(PROOF_LIMIT, heard).await.map_err(|_| Deaf::NothingArrives)?
    }

    fn hear(&self, notification: &PgNotification) {
        let payload = notification.payload();
        match Guid::parse(payload) {
            Ok(tenant) => self.lines.invalidate(tenant),
            // Another replica's proof.
            Err(_) if payload == KEYS => self.lines.invalidate_keys(),
            Err(_) if payload.starts_with(PROOF) => {}
            // "all", or anything that is not understood.
            Err(_) => self.lines.invalidate_all(),
        }
    }
}

/// Asks SQLite again and again whether another program has changed the file. What is changed here is known already.
struct SqliteLineWatch {
    sqlite: Sqlite,
    lines: Arc<LineGenerations>,
}

#[async_trait]
impl LineWatch for SqliteLineWatch {
    async fn listen(&self) -> Infallible {
        let (mut last, mut warned) = (None, false);
        loop {
            let asked = Instant::now();
            match timeout(ANSWER_LIMIT, self.sqlite.version_elsewhere()).await {
                Ok(Ok(version)) => {
                    if last.replace(version) != Some(version) {
                        self.lines.invalidate_all();
                    }
                    self.lines.extend_lease(asked, LEASE);
                    warned = false;
                }
                Ok(Err(error)) if !warned => {
                    warn!(%error, "the database does not tell whether it was changed; until it does, every line and every API key is looked up");
                    warned = true;
                }
                // It was warned of already; or an import is being written, which takes its time.
                Ok(Err(_)) | Err(_) => {}
            }
            sleep_until(asked + HEARTBEAT).await;
        }
    }
}

/// Which tables lines are read from. A backup that is restored over them brings others of the same names, and tells
/// nobody.
async fn tables_of_lines(listener: &mut PgListener) -> Result<Vec<Option<i64>>, Deaf> {
    let asked = sqlx::query_as(Postgres::TABLES_OF_LINES).fetch_one(listener);
    let (tables,) = within(ANSWER_LIMIT, asked).await??;
    Ok(tables)
}

async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Deaf> {
    timeout(limit, work).await.map_err(|_| Deaf::Late)
}
