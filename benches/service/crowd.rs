//! A crowd that signs in: many people, each with several long tokens that come once, and a cache of tokens that is full.

use test_support::database::{Engine, TestDatabase};

use crate::bare::Bare;
use crate::company::CROWD;
use crate::figures::{Round, Times, median};
use crate::service::{Launch, first_answer};
use crate::table::Table;
use crate::throughput::Ceiling;
use crate::{Bench, ROUNDS, Result, openssl, table, tokens};

const USERS: usize = 5000;

/// Tokens that come before the rounds, and how many of them are cached: the cache is full from then on.
const BEFORE: usize = 20_000;
const CAPACITY: &str = "20000";

/// Tokens of all rounds together.
const TOKENS: usize = 40_000;

pub(crate) async fn run(bench: &Bench) -> Result<()> {
    let people: Vec<_> = (0..BEFORE + TOKENS).map(|at| CROWD.person(at % USERS)).collect();
    let requests = tokens::long_sign_ins(&bench.entra, &people)?;
    let bytes = requests.first().map_or(0, Vec::len);
    let title = format!("A crowd: {USERS} users, each with {} tokens, requests of {bytes} bytes", people.len() / USERS);
    let head = ["", "req/s", "core busy", "req/s a core", "handler", "p50", "p99", "memory", "of handler + RSA"];
    let table = Table::begin(&title, &head)?;
    for engine in [Engine::Postgres, Engine::Sqlite] {
        measure(bench, &table, engine, &requests).await?;
    }
    Ok(())
}

async fn measure(bench: &Bench, table: &Table, engine: Engine, requests: &[Vec<u8>]) -> Result<()> {
    let (database, core) = (TestDatabase::of(engine).await, bench.cores.load);
    let settings = [("SIGNLINE_TOKEN_CACHE_CAPACITY", CAPACITY)];
    let launch = Launch { database: database.url(), bench, core: Some(bench.cores.server), settings: &settings };
    let mut service = launch.start()?;
    service.found(&CROWD, USERS).await?;
    let (before, requests) = requests.split_at(BEFORE);
    let body = first_answer(&mut service.process, service.address, &before[0])?;
    let bare = Bare::start(bench.cores.server, &body)?;
    service.target(200).each_once(core, &before[1..])?;

    let (mut rounds, mut handlers, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for part in requests.chunks(TOKENS / ROUNDS) {
        let verified = openssl::verifications(bench.cores.server, bench.settings.seconds);
        let handler = bare.target().for_a_time(core, part, bench.settings.round())?.per_core();
        let round = service.target(200).each_once(core, part)?;
        let ceiling = Ceiling::HandlerAndVerification.per_core(handler, verified);
        ratios.extend(ceiling.map(|ceiling| round.per_core() / ceiling));
        handlers.push(handler);
        rounds.push(round);
    }
    let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
    let times = Times::of(rounds.iter().flat_map(|round| round.times.iter().copied()));
    let cells = [
        table::whole(middle(Round::per_second)),
        table::percent(middle(Round::busy)),
        table::whole(middle(Round::per_core)),
        table::whole(median(handlers)),
        table::millis(times.within(500)),
        table::millis(times.within(990)),
        table::mebibytes(service.process.memory()?),
        if ratios.is_empty() { "?".to_owned() } else { format!("{:.2}", median(ratios)) },
    ];
    table.row(&format!("{engine:?}"), &cells)
}
