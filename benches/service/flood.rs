//! Memory under a flood of tokens, good and bad, far more than the caches may hold.

use test_support::database::{Engine, TestDatabase};

use crate::company::{NEWCOMERS, REGULARS};
use crate::figures::count;
use crate::pool::{Pool, USERS};
use crate::service::Launch;
use crate::table::Table;
use crate::{Bench, Result, table};

/// What each cache may hold.
const CAPACITY: usize = 10_000;

pub(crate) async fn run(bench: &Bench, pool: &Pool) -> Result<()> {
    let (database, capacity) = (TestDatabase::of(Engine::Postgres).await, CAPACITY.to_string());
    let settings = ["SIGNLINE_TOKEN_CACHE_CAPACITY", "SIGNLINE_MAPPING_CACHE_CAPACITY"].map(|name| (name, &*capacity));
    let core = Some(bench.cores.server);
    let service = Launch { database: database.url(), bench, core, settings: &settings }.start()?;
    service.found(&REGULARS, USERS).await?;
    service.found(&NEWCOMERS, pool.newcomers.len()).await?;

    let title = format!("A flood of tokens; both caches hold {} (PostgreSQL)", table::whole(count(CAPACITY)));
    let table = Table::begin(&title, &["after", "calls", "memory", "of that when full"])?;
    let (fill, more) = pool.newcomers.split_at(CAPACITY.min(pool.newcomers.len()));
    let steps = [
        ("one token of each of 500 users", 200, &pool.regulars[..]),
        ("as many new users as the caches hold", 200, fill),
        ("further new users, each with a token", 200, more),
        ("distinct tokens of known users", 200, &pool.distinct),
        ("wrong signatures", 401, &pool.wrong_signature),
        ("tokens of an unknown key", 401, &pool.unknown_key),
    ];
    let mut full = None;
    for (at, (name, status, requests)) in steps.into_iter().enumerate() {
        let round = service.target(status).each_once(bench.cores.load, requests)?;
        let memory = service.process.memory()?;
        if at == 1 {
            full = Some(memory);
        }
        let of_full = full.map_or_else(String::new, |full| format!("{:.2}", memory / full));
        table.row(name, &[table::whole(count(round.times.len())), format!("{memory:.1} MiB"), of_full])?;
    }
    Ok(())
}
