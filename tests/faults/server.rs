//! PostgreSQL servers that a test may break.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use test_support::app::TIMEOUT;

/// Where the server's programs are, as `scripts/with-postgres` says.
const PROGRAMS: &str = "TEST_POSTGRES_BIN";

/// A server with its data, and nobody else's.
pub(crate) struct Server {
    place: TempDir,
    pub(crate) port: u16,
    running: Option<Child>,
}

impl Server {
    /// A new, empty server that runs.
    pub(crate) async fn start() -> Self {
        let mut server = Self::without_data();
        let data = server.data();
        let made = postgres_program("initdb")
            .args(["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"])
            .args(["--pgdata".as_ref(), data.as_os_str()])
            .current_dir(server.place.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.run().await;
        server
    }

    /// A server that follows this one, and runs.
    pub(crate) async fn standby(&self) -> Self {
        let mut standby = Self::without_data();
        let copied = postgres_program("pg_basebackup")
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string(), "--username", "postgres"])
            .args(["--checkpoint", "fast", "--no-sync", "--write-recovery-conf"])
            .args(["--pgdata".as_ref(), standby.data().as_os_str()])
            .current_dir(standby.place.path())
            .output()
            .unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        standby.run().await;
        standby
    }

    /// Makes it take TLS from now on, with this chain and key, both PEM; it is restarted.
    pub(crate) async fn encrypt(&mut self, chain: &str, private_key: &str) {
        for (name, text) in [("server.crt", chain), ("server.key", private_key)] {
            let file = self.data().join(name);
            fs::write(&file, text).unwrap();
            // The server takes no key that others may read.
            own_file(&file);
        }
        let mut settings = fs::File::options().append(true).open(self.data().join("postgresql.conf")).unwrap();
        writeln!(settings, "ssl = on").unwrap();
        self.shut_down();
        self.run().await;
    }

    fn without_data() -> Self {
        let place = TempDir::new().unwrap();
        own(place.path());
        Self { place, port: free_port(), running: None }
    }

    fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    /// How it is reached.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs it, and waits until it answers.
    pub(crate) async fn run(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.place.path().join("log")).unwrap();
        let port = self.port.to_string();
        let options = ["fsync=off", "full_page_writes=off", "max_connections=300", "shared_buffers=32MB"];
        let mut command = postgres_program("postgres");
        command.args(["-h", "127.0.0.1", "-p", &port, "-k", "", "-D"]).arg(self.data());
        command.args(options.iter().flat_map(|option| ["-c", option]));
        command.current_dir(self.place.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.running = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while PgConnection::connect(&self.url()).await.is_err() {
            let ended = self.running.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < TIMEOUT, "the server does not start: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.place.path().join("log")).unwrap_or_default()
    }

    /// Runs statements.
    pub(crate) async fn execute(&self, statements: &'static str) {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        for statement in statements.split(';') {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
    }

    /// Makes a standby the primary.
    pub(crate) fn promote(&self) {
        let mut command = postgres_program("pg_ctl");
        command.args(["promote", "--wait", "--silent", "--pgdata"]).arg(self.data());
        let promoted = command.current_dir(self.place.path()).output().unwrap();
        assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
    }

    /// Ends it as an administrator does: sessions are told, and closed.
    pub(crate) fn shut_down(&mut self) {
        self.signal("-INT");
        self.running.take().unwrap().wait().unwrap();
    }

    /// Ends it as a power failure would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            // The postmaster first, or it would start others.
            let children = children(running.id());
            let _ = running.kill();
            signal("-KILL", &children);
            let _ = running.wait();
            // Where one is left, the next start finds the memory in use.
            while children.iter().any(|child| Path::new(&format!("/proc/{child}")).exists()) {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Stops all its processes until it is resumed.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
        signal("-STOP", &children(self.running.as_ref().unwrap().id()));
    }

    pub(crate) fn resume(&self) {
        signal("-CONT", &children(self.running.as_ref().unwrap().id()));
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        signal(name, &[self.running.as_ref().unwrap().id()]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Signals processes. One that has ended already is none.
pub(crate) fn signal(name: &str, processes: &[u32]) {
    if !processes.is_empty() {
        let processes = processes.iter().map(u32::to_string);
        Command::new("kill").arg(name).args(processes).stderr(Stdio::null()).status().unwrap();
    }
}

/// The processes whose parent this is.
fn children(parent: u32) -> Vec<u32> {
    let parent = parent.to_string();
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let is_child = |process: &u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // After the name in brackets: the state, and the parent.
        let after_name = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().nth(1).unwrap_or_default());
        after_name.is_some_and(|found| found == parent)
    };
    processes.filter(is_child).collect()
}

/// A program of the server's.
fn postgres_program(name: &str) -> Command {
    let programs = env::var(PROGRAMS).unwrap_or_else(|_| {
        panic!(
            "{PROGRAMS} names no programs of PostgreSQL: run the tests by `make test`, or under scripts/with-postgres"
        )
    });
    as_server(Command::new(Path::new(&programs).join(name)))
}

/// A command of a server's: none of them runs as root.
pub(crate) fn as_server(mut command: Command) -> Command {
    command.env_clear().env("PATH", "/usr/bin:/bin");
    if let Some((user, group)) = server_user() {
        command.uid(user).gid(group);
    }
    command
}

/// Gives a directory to the user that servers run as.
pub(crate) fn own(directory: &Path) {
    if let Some((user, group)) = server_user() {
        chown(directory, Some(user), Some(group)).unwrap();
    }
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
}

/// Gives a file to the user that servers run as, alone.
fn own_file(file: &Path) {
    if let Some((user, group)) = server_user() {
        chown(file, Some(user), Some(group)).unwrap();
    }
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The user that servers run as, if this is root.
fn server_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> u32 {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().expect("a user for servers")
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}
