//! What gateways ask about known tokens: forward-auth and introspection, beside `/v1/me` and the bare handler.

use test_support::database::{Engine, TestDatabase};

use crate::bare::Bare;
use crate::company::REGULARS;
use crate::figures::{Round, Times, median};
use crate::pool::USERS;
use crate::service::{Launch, first_answer};
use crate::table::Table;
use crate::{Bench, ROUNDS, Result, table, throughput, tokens};

const HEAD: [&str; 7] = ["", "req/s", "req/s a core", "p50", "p99", "of the handler, same request", "aim"];

/// A call that gateways make: its name, and how a sign-in becomes one.
struct Call {
    name: &'static str,
    request: fn(token: &str, key: &str) -> Vec<u8>,
    aim: &'static str,
}

const CALLS: [Call; 3] = [
    Call { name: "`/v1/me`", request: |token, _| crate::answer::request("/v1/me", token), aim: "0.85" },
    Call {
        name: "`/v1/forward-auth`",
        request: |token, _| crate::answer::request("/v1/forward-auth", token),
        aim: "0.80",
    },
    Call { name: "`/v1/introspect`", request: introspection, aim: "0.50" },
];

/// Each of these calls with a token of each regular, which is known by then.
pub(crate) async fn run(bench: &Bench) -> Result<()> {
    let people: Vec<_> = (0..USERS).map(|at| REGULARS.person(at)).collect();
    let sign_ins = tokens::sign_ins(&bench.entra, &people)?;
    for engine in [Engine::Postgres, Engine::Sqlite] {
        measure(bench, engine, &sign_ins).await?;
    }
    Ok(())
}

async fn measure(bench: &Bench, engine: Engine, sign_ins: &[Vec<u8>]) -> Result<()> {
    let database = TestDatabase::of(engine).await;
    let launch = Launch { database: database.url(), bench, core: Some(bench.cores.server), settings: &[] };
    let mut service = launch.start()?;
    service.found(&REGULARS, USERS).await?;
    // The first sign-ins pin the mappings.
    service.target(200).each_once(bench.cores.load, sign_ins)?;
    let table = Table::begin(&format!("Gateways, one core, {engine:?}: known tokens"), &HEAD)?;
    for call in CALLS {
        let requests: Vec<_> = sign_ins
            .iter()
            .filter_map(|sign_in| token(sign_in))
            .map(|token| (call.request)(token, service.secret()))
            .collect();
        let body = first_answer(&mut service.process, service.address, requests.first().ok_or("no tokens")?)?;
        let bare = Bare::start(bench.cores.server, &body)?;
        let (mut rounds, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (round, ratio) = throughput::beside_bare(bench, (&bare, &service), &requests, bench.settings.round())?;
            rounds.push(round);
            ratios.push(ratio);
        }
        table.row(call.name, &cells(&rounds, median(ratios), call.aim))?;
    }
    Ok(())
}

fn cells(rounds: &[Round], ratio: f64, aim: &str) -> Vec<String> {
    let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
    let times = Times::of(rounds.iter().flat_map(|round| round.times.iter().copied()));
    let [p50, p99] = [500, 990].map(|share| table::millis(times.within(share)));
    let (per_second, per_core) = (table::whole(middle(Round::per_second)), table::whole(middle(Round::per_core)));
    vec![per_second, per_core, p50, p99, format!("{ratio:.2}"), aim.to_owned()]
}

/// The token of a sign-in.
fn token(sign_in: &[u8]) -> Option<&str> {
    str::from_utf8(sign_in).ok()?.split_once("Bearer ")?.1.lines().next()
}

/// A question about a token, with the key as most clients send it.
fn introspection(token: &str, key: &str) -> Vec<u8> {
    let form = format!("token={token}");
    let head = "POST /v1/introspect HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded";
    format!("{head}\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{form}", form.len()).into_bytes()
}
