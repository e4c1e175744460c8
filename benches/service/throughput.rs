//! Requests a second on one core: `/v1/me` beside what it can't beat.

use std::time::Duration;

use test_support::database::{Engine, TestDatabase};

use crate::bare::Bare;
use crate::company::{NEWCOMERS, REGULARS};
use crate::figures::{Round, Times, median};
use crate::load::Waiting;
use crate::pool::{Pool, USERS};
use crate::service::{Launch, Service, first_answer};
use crate::table::Table;
use crate::{Bench, ROUNDS, Result, openssl, table};

const HEAD: [&str; 11] =
    ["", "req/s", "core busy", "load busy", "req/s a core", "p50", "p99", "p99.9", "memory", "of its ceiling", "aim"];

/// What a row can't beat.
#[derive(Clone, Copy)]
pub(crate) enum Ceiling {
    /// The bare handler.
    Handler,
    /// The bare handler and one verification, one after the other.
    HandlerAndVerification,
}

impl Ceiling {
    /// Requests a second on one core; `None` if there is nothing to reckon it from.
    pub(crate) fn per_core(self, handler: f64, verifications: Option<f64>) -> Option<f64> {
        match self {
            Self::Handler => Some(handler),
            Self::HandlerAndVerification => verifications.map(|verify| 1.0 / (1.0 / handler + 1.0 / verify)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::HandlerAndVerification => "handler + RSA",
        }
    }
}

/// How the requests of a row are sent.
#[derive(Clone, Copy)]
enum Sending {
    /// Round and round, for the time of a round.
    Again,
    /// A part of them in each round, each once.
    Once,
}

struct Row<'a> {
    name: &'static str,
    requests: &'a [Vec<u8>],
    sending: Sending,
    status: u16,
    waiting: Waiting,
    ceiling: Ceiling,
    aim: &'static str,
    rounds: Vec<Round>,
    ratios: Vec<f64>,
    memory: f64,
}

impl<'a> Row<'a> {
    fn of(
        name: &'static str,
        (sending, requests): (Sending, &'a [Vec<u8>]),
        status: u16,
        ceiling: Ceiling,
        aim: &'static str,
    ) -> Self {
        let waiting = Waiting::Awake;
        Self {
            name,
            requests,
            sending,
            status,
            waiting,
            ceiling,
            aim,
            rounds: Vec::new(),
            ratios: Vec::new(),
            memory: 0.0,
        }
    }

    fn measure(&mut self, bench: &Bench, service: &Service, ceiling: Option<f64>) -> Result<()> {
        let (mut target, core) = (service.target(self.status), bench.cores.load);
        target.waiting = self.waiting;
        let round = match self.sending {
            Sending::Again => target.for_a_time(core, self.requests, bench.settings.round())?,
            Sending::Once => {
                let part = self.requests.len() / ROUNDS;
                target.each_once(core, &self.requests[part * self.rounds.len()..][..part])?
            }
        };
        self.ratios.extend(ceiling.map(|ceiling| round.per_core() / ceiling));
        self.rounds.push(round);
        self.memory = service.process.memory()?;
        Ok(())
    }

    fn print(&self, table: &Table) -> Result<()> {
        let ratio = if self.ratios.is_empty() { "?".to_owned() } else { format!("{:.2}", median(self.ratios.clone())) };
        let mut cells = cells(&self.rounds, self.memory);
        cells.push(format!("{ratio} of {}", self.ceiling.name()));
        cells.push(self.aim.to_owned());
        table.row(self.name, &cells)
    }
}

fn cells(rounds: &[Round], memory: f64) -> Vec<String> {
    let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
    let times = Times::of(rounds.iter().flat_map(|round| round.times.iter().copied()));
    let [p50, p99, p999] = [500, 990, 999].map(|share| table::millis(times.within(share)));
    let (per_second, per_core) = (table::whole(middle(Round::per_second)), table::whole(middle(Round::per_core)));
    let [busy, load] = [Round::busy, Round::load_busy].map(|share| table::percent(middle(share)));
    vec![per_second, busy, load, per_core, p50, p99, p999, table::mebibytes(memory)]
}

/// Prints a table for each engine.
pub(crate) async fn run(bench: &Bench, pool: &Pool) -> Result<()> {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        measure(bench, pool, engine).await?;
    }
    Ok(())
}

fn rows(pool: &Pool) -> [Row<'_>; 5] {
    use Ceiling::{Handler, HandlerAndVerification};
    use Sending::{Again, Once};
    [
        Row::of("`/v1/me`, repeated tokens", (Again, &pool.regulars), 200, Handler, "0.85"),
        Row::of("`/v1/me`, distinct tokens, known users", (Once, &pool.distinct), 200, HandlerAndVerification, "0.80"),
        Row {
            // Each is looked up in the database.
            waiting: Waiting::Asleep,
            ..Row::of("`/v1/me`, distinct tokens, new users", (Once, &pool.newcomers), 200, HandlerAndVerification, "")
        },
        Row::of("`/v1/me`, unknown key: 401", (Once, &pool.unknown_key), 401, Handler, ""),
        Row::of("`/v1/me`, wrong signature: 401", (Once, &pool.wrong_signature), 401, HandlerAndVerification, ""),
    ]
}

async fn measure(bench: &Bench, pool: &Pool, engine: Engine) -> Result<()> {
    let database = TestDatabase::of(engine).await;
    let launch = Launch { database: database.url(), bench, core: Some(bench.cores.server), settings: &[] };
    let mut service = launch.start()?;
    service.found(&REGULARS, USERS).await?;
    service.found(&NEWCOMERS, pool.newcomers.len()).await?;
    // The first sign-ins of the regulars pin their mappings.
    service.target(200).each_once(bench.cores.load, &pool.regulars)?;
    let request = pool.regulars.first().ok_or("no tokens")?;
    let body = first_answer(&mut service.process, service.address, request)?;
    let bare = Bare::start(bench.cores.server, &body)?;

    let (mut rows, mut handler, mut verifications) = (rows(pool), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let verified = openssl::verifications(bench.cores.server, bench.settings.seconds);
        verifications.extend(verified);
        for row in &mut rows {
            let round = bare.target().for_a_time(bench.cores.load, &pool.regulars, bench.settings.round())?;
            row.measure(bench, &service, row.ceiling.per_core(round.per_core(), verified))?;
            handler.push(round);
        }
    }

    let table = Table::begin(&format!("One core, {engine:?}"), &HEAD)?;
    table.row("bare actix-web handler, same request and length of answer", &cells(&handler, bare.process.memory()?))?;
    let verified = if verifications.is_empty() {
        "openssl is not installed".to_owned()
    } else {
        table::whole(median(verifications))
    };
    table.row("`openssl speed`: RSA-2048 verifications", &[String::new(), String::new(), String::new(), verified])?;
    rows.iter().try_for_each(|row| row.print(&table))
}

/// For other tables: a bare round and one of the service, and the ratio of the two.
pub(crate) fn beside_bare(
    bench: &Bench,
    (bare, service): (&Bare, &Service),
    requests: &[Vec<u8>],
    length: Duration,
) -> Result<(Round, f64)> {
    let handler = bare.target().for_a_time(bench.cores.load, requests, length)?;
    let round = service.target(200).for_a_time(bench.cores.load, requests, length)?;
    let ratio = round.per_core() / handler.per_core();
    Ok((round, ratio))
}
