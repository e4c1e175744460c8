//! The running program.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;
use test_support::app::TIMEOUT;

/// The program with nothing set but what a test sets.
pub(crate) fn signline(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signline"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    signline(arguments, variables).output().unwrap()
}

/// A service in a process of its own; killed when dropped.
pub(crate) struct Serving {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) base: String,
    log: thread::JoinHandle<String>,
}

impl Serving {
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let mut all = vec![("SIGNLINE_LISTEN", "127.0.0.1:0"), ("SIGNLINE_AUTHORITY", "http://127.0.0.1:9")];
        all.extend(variables);
        Self::run(signline(&["serve"], &all))
    }

    /// Runs a command that serves.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        let address = loop {
            let line = lines.next().expect("the service ended at once").unwrap();
            log += &line;
            let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON in the log: {line}"));
            if event["message"] == "listening" {
                break event["address"].as_str().unwrap().to_owned();
            }
        };
        let log = thread::spawn(move || lines.map_while(Result::ok).fold(log, |log, line| log + "\n" + &line));
        Self { child, base: format!("http://{address}"), log }
    }

    /// Sends SIGTERM and waits for the end: the exit code, the time it took, the log.
    pub(crate) fn terminate(mut self) -> (Option<i32>, Duration, String) {
        let begun = Instant::now();
        let sent = Command::new("kill").arg(self.process().to_string()).status().unwrap();
        assert!(sent.success());
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < TIMEOUT, "it does not end");
            thread::sleep(Duration::from_millis(5));
        };
        let took = begun.elapsed();
        let log = std::mem::replace(&mut self.log, thread::spawn(String::new));
        (status.code(), took, log.join().unwrap())
    }

    /// Sends a signal, such as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a power failure would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes an operator's key with the program.
pub(crate) fn operator_key(url: &str) -> String {
    let made = run(&["api-key", "create", "--role", "operator"], &[("SIGNLINE_DATABASE_URL", url)]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().trim_end_matches('\n').to_owned()
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// A port that nobody listens on, for a program that can't be told to pick one.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
