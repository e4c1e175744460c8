//! The whole service under load: `/v1/me` with distinct and with repeated tokens on both databases, beside a bare
//! actix-web handler on the same machine in the same run; then an import and an export of a million rows.
//!
//! The service runs in a process of its own, so that its memory can be read. The load comes from this process, on the
//! same processors: compare the figures of one run with each other, not with other machines'.

mod bare;
mod large;
mod load;
mod service;

use std::error::Error;
use std::io::Write;
use std::io::stdout;
use std::time::Duration;

use test_support::database::Engine;

use crate::load::Figures;
use crate::service::Measured;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Distinct tokens, and mapped users.
const USERS: usize = 5000;

/// Connections that the load comes over.
const CONNECTIONS: usize = 32;

fn main() -> Result<()> {
    if std::env::args().any(|argument| argument == bare::ARGUMENT) {
        return bare::serve();
    }
    actix_web::rt::System::new().block_on(run())
}

async fn run() -> Result<()> {
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let length = Duration::from_secs(seconds);
    say("| run | req/s | p50 | p99 | service memory |\n| --- | ---: | ---: | ---: | ---: |")?;
    let bare = bare::Bare::start()?;
    let request = load::request("/", "x");
    row("bare actix-web handler", load::run(bare.address, &[request], CONNECTIONS, length).await?, bare.memory())?;
    drop(bare);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        resolve(engine, length).await?;
    }
    large::run().await
}

async fn resolve(engine: Engine, length: Duration) -> Result<()> {
    let measured = Measured::start(engine).await?;
    measured.import(service::sheet(USERS)).await?;
    let tokens = measured.tokens(USERS);
    let requests: Vec<_> = tokens.iter().map(|token| load::request("/v1/me", token)).collect();
    // Each user's first sign-in pins her mapping, which is a write; it is not what is measured.
    load::once(measured.address, &requests, CONNECTIONS).await?;
    for (what, requests) in [("distinct tokens", &requests[..]), ("one token again and again", &requests[..1])] {
        let figures = load::run(measured.address, requests, CONNECTIONS, length).await?;
        row(&format!("`/v1/me`, {engine:?}, {what}"), figures, measured.memory())?;
    }
    Ok(())
}

fn row(what: &str, figures: Figures, memory: u64) -> Result<()> {
    let Figures { per_second, p50, p99, .. } = figures;
    say(&format!("| {what} | {per_second:.0} | {} µs | {} µs | {memory} MiB |", p50.as_micros(), p99.as_micros()))
}

fn say(text: &str) -> Result<()> {
    Ok(writeln!(stdout(), "{text}")?)
}
