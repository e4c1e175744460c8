//! The connections of one replica to PostgreSQL: how they are made, what is asked of each before it is used, and when
//! all of them are given up for new ones.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use const_format::concatcp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool, Row};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::info;
use uuid::Uuid;

use crate::domain::postgres_url::PostgresUrl;
use crate::ports::mapping_store::EXPORTS_AT_ONCE;
use crate::ports::store_health::UnverifiedConnection;
use crate::store::error::OpenError;
use crate::store::record::Record;
use crate::store::sql::Sql;
use crate::store::trust;

/// Connections of one replica at most, without those of lookups and exports.
const MAX_CONNECTIONS: u32 = 24;

/// Connections of one replica for lookups at most: sign-ins don't wait for what administrators do.
const MAX_LOOKUPS: u32 = 8;

/// How long a call waits for a connection.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);

/// How long a connection may stand idle before it is tried when it is used again.
const TRY_AFTER_IDLE: Duration = Duration::from_secs(1);

/// The same for lookups, which a round trip costs more: what lies between may forget a connection that says nothing.
const TRY_LOOKUP_AFTER_IDLE: Duration = Duration::from_secs(30);

/// How long such a try may take.
const TRY_LIMIT: Duration = Duration::from_secs(1);

/// How often a read or the begin of a transaction is tried again on new connections.
const RETRIES: u32 = 2;

/// How long connections that were given up may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// How long a statement may run, in milliseconds. Imports lift it.
const STATEMENT_LIMIT: &str = "10000";

/// How long the server waits within a transaction for a connection that says nothing, in milliseconds: who has vanished
/// must not keep the lock of a group. Imports lift it.
const IDLE_LIMIT: &str = "5000";

/// What a session of the server's own is known by.
const SESSION: &str = "signline.session";

/// Why a server's connection is of no use.
#[derive(Debug, thiserror::Error)]
enum UnsuitableSession {
    #[error(
        "a pooler gives its sessions to whoever comes next: name the server itself in SIGNLINE_LISTEN_DATABASE_URL"
    )]
    Shared,
    #[error("it is a standby: the primary is needed")]
    Standby,
}

impl From<UnsuitableSession> for sqlx::Error {
    fn from(unsuitable: UnsuitableSession) -> Self {
        Self::Configuration(unsuitable.into())
    }
}

/// Whose the server's sessions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sessions {
    /// Each connection has one of its own.
    Own,
    /// A pooler lends one for each transaction. So nothing may be asked outside of one, and what is prepared may be
    /// somebody else's: all names are forgotten first.
    Pooled,
}

/// The statements that begin a transaction where sessions are pooled, each sent as one message. `READ WRITE` is what a
/// standby refuses.
const FORGET_NAMES: &str = " READ WRITE; DEALLOCATE ALL; SET LOCAL statement_timeout = ";
const LIMIT_IDLE: &str = concatcp!("; SET LOCAL idle_in_transaction_session_timeout = ", IDLE_LIMIT);
const READ_ONLY: &str = "; SET TRANSACTION READ ONLY";
const BEGIN_POOLED: &str = concatcp!("BEGIN ISOLATION LEVEL READ COMMITTED", FORGET_NAMES, STATEMENT_LIMIT, LIMIT_IDLE);
const BEGIN_SNAPSHOT_POOLED: &str =
    concatcp!("BEGIN ISOLATION LEVEL REPEATABLE READ", FORGET_NAMES, STATEMENT_LIMIT, LIMIT_IDLE, READ_ONLY);
const BEGIN_EXPORT_POOLED: &str =
    concatcp!("BEGIN ISOLATION LEVEL REPEATABLE READ", FORGET_NAMES, "0", LIMIT_IDLE, READ_ONLY);

impl Sessions {
    /// Begins a transaction.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Own => "BEGIN",
            Self::Pooled => BEGIN_POOLED,
        }
    }

    /// Begins a transaction that sees one state of the database to its end.
    pub(super) fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Own => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Pooled => BEGIN_SNAPSHOT_POOLED,
        }
    }

    /// Begins such a transaction whose statements take as long as their reader.
    pub(super) fn begin_export(self) -> &'static str {
        match self {
            Self::Own => self.begin_snapshot(),
            Self::Pooled => BEGIN_EXPORT_POOLED,
        }
    }
}

/// The pools of one replica.
pub(super) struct Pools {
    pub(super) calls: PgPool,
    pub(super) lookups: PgPool,
    /// For exports: a slow reader holds one for long.
    pub(super) exports: PgPool,
}

impl Pools {
    async fn close(&self) {
        self.exports.close().await;
        self.lookups.close().await;
        self.calls.close().await;
    }
}

/// How to connect, and the pools that are used now.
pub(super) struct Connections {
    sessions: Sessions,
    /// What a session of this replica's is known by.
    session: Uuid,
    /// For calls.
    options: PgConnectOptions,
    /// To the server itself.
    direct: PgConnectOptions,
    current: ArcSwap<Pools>,
}

impl Connections {
    /// Which connections are not verified.
    pub(super) fn unverified(&self) -> Vec<UnverifiedConnection> {
        let of = |variable, options: &PgConnectOptions| {
            trust::unverified_mode(options).map(|ssl_mode| UnverifiedConnection { variable, ssl_mode })
        };
        let listen = of("SIGNLINE_LISTEN_DATABASE_URL", &self.direct).filter(|_| self.sessions == Sessions::Pooled);
        of("SIGNLINE_DATABASE_URL", &self.options).into_iter().chain(listen).collect()
    }

    /// Connects once each way, to say what is wrong if something is. With `listen_url`, `url` is that of a pooler.
    pub(super) async fn open(url: &str, listen_url: Option<&str>) -> Result<Self, OpenError> {
        let session = Uuid::new_v4();
        let options = read(url).map_err(OpenError::Url)?;
        let own = [
            ("statement_timeout", STATEMENT_LIMIT),
            ("idle_in_transaction_session_timeout", IDLE_LIMIT),
            (SESSION, &session.to_string()),
        ];
        let (sessions, options, direct) = match listen_url {
            None => (Sessions::Own, options.clone().options(own), options.options(own)),
            // A pooler lets no settings pass, and remembers which statements it has seen.
            Some(listen_url) => {
                let direct = read(listen_url).map_err(OpenError::ListenUrl)?;
                let pooled = options.extra_float_digits(None).statement_cache_capacity(0);
                (Sessions::Pooled, pooled, direct.options(own))
            }
        };
        let current = ArcSwap::from_pointee(pools(sessions, session, &options));
        let connections = Self { sessions, session, options, direct, current };
        connections.try_to_connect().await?;
        Ok(connections)
    }

    /// A pool would only say that it has waited in vain, and not for what.
    async fn try_to_connect(&self) -> Result<(), OpenError> {
        let (place, encoding) = limited(self.connect_and_tell_place()).await.map_err(OpenError::Unreachable)?;
        check_encoding(encoding)?;
        if self.sessions == Sessions::Pooled {
            let direct = async { tell_place(&mut self.connect_directly().await?).await };
            let (direct, encoding) = limited(direct).await.map_err(OpenError::ListenUnreachable)?;
            check_encoding(encoding)?;
            if direct != place {
                let reason = "it leads to another database than SIGNLINE_DATABASE_URL";
                return Err(OpenError::ListenUnreachable(reason.to_owned()));
            }
        }
        Ok(())
    }

    async fn connect_and_tell_place(&self) -> sqlx::Result<(String, String)> {
        let mut connection = self.connect().await?;
        let mut transaction = connection.begin_with(self.sessions.begin()).await?;
        let place = tell_place(&mut transaction).await?;
        transaction.rollback().await?;
        // It has served its purpose, however it ends.
        drop(connection.close().await);
        Ok(place)
    }

    /// Whose the sessions of the pools are.
    pub(super) fn sessions(&self) -> Sessions {
        self.sessions
    }

    /// How to connect to the server itself.
    pub(super) fn direct(&self) -> &PgConnectOptions {
        &self.direct
    }

    /// A connection like those of the pools.
    pub(super) async fn connect(&self) -> sqlx::Result<PgConnection> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        if self.sessions == Sessions::Own {
            check(&mut connection, self.session).await?;
        }
        Ok(connection)
    }

    /// A connection to the server itself.
    pub(super) async fn connect_directly(&self) -> sqlx::Result<PgConnection> {
        if self.current.load().calls.is_closed() {
            return Err(sqlx::Error::PoolClosed);
        }
        let mut connection = PgConnection::connect_with(&self.direct).await?;
        check(&mut connection, self.session).await?;
        Ok(connection)
    }

    /// Asks the database for something that can be asked for again: where it is the connection that fails, as one does
    /// that stood idle while the server was restarted, it is asked on a new one.
    pub(super) async fn ask<T, F>(&self, limit: Duration, work: impl Fn(Arc<Pools>) -> F) -> sqlx::Result<T>
    where
        F: Future<Output = sqlx::Result<T>>,
    {
        let (deadline, mut retries) = (Instant::now() + limit, RETRIES);
        loop {
            let pools = self.current.load_full();
            match timeout_at(deadline, work(Arc::clone(&pools))).await {
                Ok(Err(error)) if is_lost(&error) && retries > 0 => {
                    retries -= 1;
                    self.renew(&pools);
                }
                Ok(answer) => return answer,
                Err(_) => {
                    // The server would have given up by itself: nobody may be there any more.
                    self.renew(&pools);
                    return Err(io::Error::from(io::ErrorKind::TimedOut).into());
                }
            }
        }
    }

    /// Reads rows in one statement, which is a transaction of its own where sessions are pooled.
    pub(super) async fn read<R: Record>(&self, pool: &PgPool, sql: &Sql) -> sqlx::Result<Vec<R>> {
        let query = sql.as_postgres()?;
        match self.sessions {
            Sessions::Own => query.fetch_all(pool).await,
            Sessions::Pooled => {
                let mut transaction = pool.begin_with(self.sessions.begin()).await?;
                // It is rolled back when it is dropped, with nobody waiting for that.
                query.fetch_all(&mut *transaction).await
            }
        }
    }

    /// Gives up all connections that there are. Whoever uses one goes on with it; nobody else will.
    pub(super) fn renew_all(&self) {
        self.renew(&self.current.load_full());
    }

    /// Gives up these connections, unless somebody has already.
    fn renew(&self, used: &Arc<Pools>) {
        if used.calls.is_closed() {
            return;
        }
        let renewed = Arc::new(pools(self.sessions, self.session, &self.options));
        if Arc::ptr_eq(&self.current.compare_and_swap(used, renewed), used) {
            info!("the connections to the database are made anew");
            let given_up = Arc::clone(used);
            tokio::spawn(async move {
                // What is still in use then is closed by who uses it.
                let _ = timeout(CLOSE_LIMIT, given_up.close()).await;
            });
        }
    }

    pub(super) async fn close(&self) {
        self.current.load_full().close().await;
    }
}

/// Reads a URL.
fn read(url: &str) -> Result<PgConnectOptions, String> {
    let url = PostgresUrl::parse(url).map_err(|error| format!("it {error}"))?;
    let options = PgConnectOptions::from_url(url.url()).map_err(|error| error.to_string())?;
    // In TLS an address has no brackets.
    let host = options.get_host().trim_start_matches('[').trim_end_matches(']').to_owned();
    trust::protect(options.host(&host), &url).map(|options| options.application_name("signline"))
}

/// New pools without any connection yet.
fn pools(sessions: Sessions, session: Uuid, options: &PgConnectOptions) -> Pools {
    // Tried only where it has stood idle, which saves a round trip for each call.
    let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE_LIMIT).test_before_acquire(false);
    let pool = pool.after_connect(move |connection, _| {
        Box::pin(async move {
            match sessions {
                Sessions::Own => check(connection, session).await,
                Sessions::Pooled => Ok(()),
            }
        })
    });
    let calls = tried(pool.clone(), TRY_AFTER_IDLE);
    let exports = options.clone();
    let exports = match sessions {
        Sessions::Own => exports.options([("statement_timeout", "0")]),
        Sessions::Pooled => exports,
    };
    Pools {
        exports: calls.clone().max_connections(EXPORTS_AT_ONCE).connect_lazy_with(exports),
        calls: calls.max_connections(MAX_CONNECTIONS).connect_lazy_with(options.clone()),
        lookups: tried(pool, TRY_LOOKUP_AFTER_IDLE).max_connections(MAX_LOOKUPS).connect_lazy_with(options.clone()),
    }
}

/// A pool that tries connections first which have stood idle.
fn tried(pool: PgPoolOptions, after: Duration) -> PgPoolOptions {
    pool.before_acquire(move |connection, about| {
        Box::pin(async move {
            if about.idle_for >= after {
                let late = |_| io::Error::from(io::ErrorKind::TimedOut);
                timeout(TRY_LIMIT, connection.ping()).await.map_err(late)??;
            }
            Ok(true)
        })
    })
}

/// Whether a new connection has a session of the server's own, and the server is the primary. One of a pooler would
/// have statements of others under the names of ours, and a standby can miss what was changed last.
async fn check(connection: &mut PgConnection, session: Uuid) -> sqlx::Result<()> {
    let statement = format!(
        "SELECT current_setting('{SESSION}', TRUE) IS NOT DISTINCT FROM '{session}' AS own, pg_is_in_recovery() AS standby"
    );
    // In the simple protocol, which prepares nothing.
    let row = connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
    match (row.try_get("own")?, row.try_get("standby")?) {
        (true, false) => Ok(()),
        (false, _) => Err(UnsuitableSession::Shared.into()),
        (true, true) => Err(UnsuitableSession::Standby.into()),
    }
}

/// Which database of which server this is, and the encoding of its texts.
async fn tell_place(connection: &mut PgConnection) -> sqlx::Result<(String, String)> {
    let statement = "SELECT current_database() || ' ' || pg_postmaster_start_time() AS place, \
         current_setting('server_encoding') AS encoding";
    let row = connection.fetch_one(sqlx::raw_sql(statement)).await?;
    Ok((row.try_get("place")?, row.try_get("encoding")?))
}

/// A database of another encoding takes most texts, and refuses, or changes, the first name that it has no letters for.
fn check_encoding(encoding: String) -> Result<(), OpenError> {
    let move_it =
        "Make one with `createdb --encoding UTF8 --template template0`, and move the data with pg_dump and pg_restore";
    if encoding == "UTF8" { Ok(()) } else { Err(OpenError::Encoding { encoding, move_it }) }
}

/// What connecting comes to, in words.
async fn limited<T>(connecting: impl Future<Output = sqlx::Result<T>>) -> Result<T, String> {
    let connected = timeout(ACQUIRE_LIMIT, connecting).await.map_err(|_| "it does not answer".to_owned())?;
    connected.map_err(|error| match error {
        // A pooler's way to say that it takes no settings for a session.
        sqlx::Error::Database(refusal) if refusal.message().contains("startup parameter") => {
            format!("{}: {}", refusal.message(), UnsuitableSession::Shared)
        }
        // The server's own words; beside them sqlx would write a line of the server's source.
        sqlx::Error::Database(refusal) => refusal.message().to_owned(),
        sqlx::Error::Configuration(unsuitable) => unsuitable.to_string(),
        error => error.to_string(),
    })
}

/// Whether it was the connection that failed.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        // Closed: given up by somebody else while it was waited for.
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed => true,
        // Shut down, crashed, not up yet; or a pooler has lost its server (class 08).
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| matches!(&*code, "57P01" | "57P02" | "57P03") || code.starts_with("08"))
        }
        _ => false,
    }
}
