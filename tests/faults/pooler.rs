//! PgBouncer in transaction mode between the service and its database.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use test_support::app::TIMEOUT;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::company::{CALM, Companies, PEOPLE, calm_number};
use crate::database::World;
use crate::server::{Server, as_server, free_port, own};
use crate::support::signline;

/// A pooler with few sessions, which many clients share.
struct Pooler {
    place: TempDir,
    port: u16,
    running: Child,
}

impl Pooler {
    /// One before a server. With `ignoring`, it takes settings for a session, and passes them over.
    async fn start(server: &Server, ignoring: bool) -> Self {
        let (place, port) = (TempDir::new().unwrap(), free_port());
        let ignored = if ignoring { "ignore_startup_parameters = options, extra_float_digits\n" } else { "" };
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 6\n\
             max_client_conn = 500\nserver_login_retry = 1\n{ignored}",
            server.port
        );
        fs::write(place.path().join("pgbouncer.ini"), settings).unwrap();
        own(place.path());
        let running = Self::run(&place);
        let mut pooler = Self { place, port, running };
        pooler.answers().await;
        pooler
    }

    fn run(place: &TempDir) -> Child {
        let log = fs::File::options().create(true).append(true).open(place.path().join("log")).unwrap();
        // What users install is beside what the system runs.
        let mut command = as_server(Command::new("pgbouncer"));
        command.env("PATH", "/usr/sbin:/usr/bin:/bin").arg("pgbouncer.ini").current_dir(place.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().unwrap_or_else(|error| panic!("PgBouncer is needed, which `make test` installs: {error}"))
    }

    async fn answers(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            let log = fs::read_to_string(self.place.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < TIMEOUT && self.running.try_wait().unwrap().is_none(), "{log}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn restart(&mut self) {
        self.running.kill().unwrap();
        self.running.wait().unwrap();
        self.running = Self::run(&self.place);
        self.answers().await;
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_through_a_pooler_in_transaction_mode() {
    let mut server = Server::start().await;
    let mut pooler = Pooler::start(&server, false).await;
    let (url, direct) = (pooler.url(), server.url());
    let settings = [("SIGNLINE_DATABASE_URL", url.as_str()), ("SIGNLINE_LISTEN_DATABASE_URL", direct.as_str())];
    let world = World::new(&direct, &settings, 2).await;
    let companies = &world.companies;
    let bases: Vec<_> = world.replicas.iter().map(|replica| replica.base.as_str()).collect();

    // Imports, exports and lists, many at a time, on more connections than the pooler has.
    for round in 0..3 {
        let files = bases.iter().enumerate().map(|(at, base)| import_and_export(companies, base, at, round));
        let lists = (0..24).map(|at| list(companies, bases[at % bases.len()]));
        tokio::join!(join_all(files), join_all(lists));
    }
    world.watch.recovered_since("under load", Instant::now()).await;

    pooler.restart().await;
    world.watch.recovered_since("after a restart of the pooler", Instant::now()).await;
    server.shut_down();
    server.run().await;
    world.watch.recovered_since("after a restart of the database behind it", Instant::now()).await;
    world.watch.finish().await;
}

/// Imports a sheet and exports it, on one of the replicas; each has numbers of its own for that.
async fn import_and_export(companies: &Companies, base: &str, replica: usize, round: usize) {
    let first = 6000 + 1000 * replica as u64;
    let row = |at: u64| format!("76355{},file{at}.{round}@otherco.example\r\n", 50_000 + at);
    let rows: String = (first..first + 1000).map(row).collect();
    companies.import(base, CALM, &format!("PhoneNumber,MEEmailAddress\r\n{rows}")).await;
    let path = format!("/v1/business-groups/{CALM}/mappings.csv");
    let sheet = companies.operate(base, Method::GET, &path).send().await.unwrap().text().await.unwrap();
    let end = format!(".{round}@otherco.example");
    assert!(sheet.contains(&rows), "round {round}: not all of {} is there", sheet.matches(&end).count());
}

/// Lists groups, keys, mappings and revisions.
async fn list(companies: &Companies, base: &str) {
    let group = format!("/v1/business-groups/{CALM}");
    for path in ["/v1/business-groups", "/v1/api-keys", &format!("{group}/mappings"), &format!("{group}/revisions")] {
        let answer = companies.operate(base, Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
}

// proves T-30
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_in_transaction_mode_is_refused_where_the_server_itself_is_not_named() {
    let server = Server::start().await;
    for ignoring in [false, true] {
        let pooler = Pooler::start(&server, ignoring).await;
        let serve = signline(&["serve"], &[("SIGNLINE_DATABASE_URL", &pooler.url())]).output().unwrap();
        let stderr = String::from_utf8(serve.stderr).unwrap();
        assert!(!serve.status.success() && stderr.contains("SIGNLINE_LISTEN_DATABASE_URL"), "{stderr}");
    }
}

// proves T-27
/// A session of ours that the pooler lends to somebody else keeps the name that we gave it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_deleted_through_the_pooler_is_gone_within_a_second() {
    let server = Server::start().await;
    let pooler = Pooler::start(&server, false).await;
    let (url, direct) = (pooler.url(), server.url());
    let settings = [("SIGNLINE_DATABASE_URL", url.as_str()), ("SIGNLINE_LISTEN_DATABASE_URL", direct.as_str())];
    let companies = Companies::found(&direct, &settings).await;
    let replica = companies.serve();
    let me = async |at: usize| {
        let token = &companies.calm[at].tokens[0];
        let call = companies.client.get(format!("{}/v1/me", replica.base)).bearer_auth(token);
        call.send().await.unwrap().status().as_u16()
    };
    for at in 0..PEOPLE {
        assert_eq!(me(at).await, 200);
        let options = PgConnectOptions::from_str(&url).unwrap().extra_float_digits(None);
        let mut script = PgConnection::connect_with(&options).await.unwrap();
        // Whoever set it, it stays with the session of the server.
        script.execute("SET application_name = 'signline'").await.unwrap();
        let number = calm_number(at);
        let delete = format!("DELETE FROM mappings WHERE phone_number = {}", number.trim_start_matches('+'));
        let deleted = script.execute(sqlx::raw_sql(AssertSqlSafe(delete))).await.unwrap();
        assert_eq!(deleted.rows_affected(), 1);
        let begun = Instant::now();
        while me(at).await != 404 {
            assert!(begun.elapsed() < Duration::from_secs(1), "{number} is still told");
            sleep(Duration::from_millis(5)).await;
        }
    }
}
