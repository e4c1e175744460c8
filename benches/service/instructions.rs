//! The instructions of one `/v1/me`, beside those of the bare handler and of the signature: SQLite, one worker, one connection,
//! and caches that are full.

use std::net::SocketAddr;
use std::path::Path;

use test_support::database::{Engine, TestDatabase};

use crate::answer::Caller;
use crate::bare::Bare;
use crate::callgrind::Counts;
use crate::company::{CROWD, Company, NEWCOMERS};
use crate::service::{Launch, first_answer};
use crate::table::Table;
use crate::{Bench, Result, callgrind, table, tokens};

/// Calls that are counted, and calls that go before them.
const CALLS: usize = 1000;
const BEFORE: usize = 100;

/// People who are known: each has signed in twice before.
const USERS: usize = 5000;

/// How many tokens are cached: fewer than have come.
const CAPACITY: &str = "4000";

/// Prints a table, and leaves for each row a file in `folder` that `callgrind_annotate` reads.
pub(crate) async fn run(bench: &Bench, folder: &Path) -> Result<()> {
    let mint = |company: &Company, count: usize| {
        let people: Vec<_> = (0..count).map(|user| company.person(user)).collect();
        tokens::long_sign_ins(&bench.entra, &people)
    };
    let seen = [mint(&CROWD, USERS)?, mint(&CROWD, USERS)?].concat();
    let (known_users, new_users) = (mint(&CROWD, BEFORE + CALLS)?, mint(&NEWCOMERS, BEFORE + CALLS)?);
    let known_token = vec![seen.last().ok_or("no token")?.clone(); BEFORE + CALLS];

    let (database, settings) = (TestDatabase::of(Engine::Sqlite).await, [("SIGNLINE_TOKEN_CACHE_CAPACITY", CAPACITY)]);
    let launch = Launch { database: database.url(), bench, core: Some(bench.cores.server), settings: &settings };
    let files = folder.join("service");
    let mut service = launch.start_counted(&files).await?;
    service.found(&CROWD, USERS).await?;
    service.found(&NEWCOMERS, BEFORE + CALLS).await?;
    send(service.address, &seen)?;
    let body = first_answer(&mut service.process, service.address, &known_token[0])?;
    let bare_files = folder.join("server");
    let bare = Bare::start_counted(bench.cores.server, &body, &bare_files)?;

    let title = format!("Instructions of `/v1/me` (SQLite, requests of {} bytes)", known_token[0].len());
    let head = ["", "all threads", "the worker", "of it the signature", "besides signature and handler"];
    let table = Table::begin(&title, &head)?;
    send(bare.address, &known_token[..BEFORE])?;
    let load = || send(bare.address, &known_token[BEFORE..]);
    let handler = callgrind::count(&bare.process, &bare_files, "bare", load)?;
    row(&table, "bare actix-web handler", &handler, None)?;
    for (file, name, requests) in [
        ("known-token", "a known token", &known_token),
        ("known-user", "a new token of a known user", &known_users),
        ("new-user", "a new token of a new user", &new_users),
    ] {
        send(service.address, &requests[..BEFORE])?;
        let load = || send(service.address, &requests[BEFORE..]);
        let counts = callgrind::count(&service.process, &files, file, load)?;
        row(&table, name, &counts, Some(&handler))?;
    }
    Ok(())
}

/// Sends each request once, over one connection.
fn send(address: SocketAddr, requests: &[Vec<u8>]) -> Result<()> {
    let mut caller = Caller::connect(address)?;
    for request in requests {
        caller.call(request, 200)?;
    }
    Ok(())
}

fn row(table: &Table, name: &str, counts: &Counts, handler: Option<&Counts>) -> Result<()> {
    let rest = handler.map(|handler| counts.worker.saturating_sub(counts.verification + handler.worker));
    let counts = [Some(counts.all), Some(counts.worker), Some(counts.verification), rest];
    table.row(name, &counts.map(|count| count.map_or_else(String::new, |count| table::whole(a_call(count)))))
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
fn a_call(count: u64) -> f64 {
    count as f64 / CALLS as f64
}
