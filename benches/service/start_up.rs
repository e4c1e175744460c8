//! From the start of the program to its first answer, with a database that has been used before.

use std::time::{Duration, Instant};

use test_support::database::{Engine, TestDatabase};

use crate::company::REGULARS;
use crate::figures::Times;
use crate::service::{Launch, first_answer};
use crate::table::Table;
use crate::{Bench, Result, table, tokens};

/// Mappings that are there.
const MAPPINGS: usize = 10_000;

const STARTS: usize = 15;

pub(crate) async fn run(bench: &Bench) -> Result<()> {
    let title = format!("Start to the first 200 of `/v1/me`, {STARTS} starts");
    let table = Table::begin(&title, &["", "median", "least", "most", "aim"])?;
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let database = TestDatabase::of(engine).await;
        let launch = Launch { database: database.url(), bench, core: None, settings: &[] };
        let mut service = launch.start()?;
        service.found(&REGULARS, MAPPINGS).await?;
        let requests = tokens::sign_ins(&bench.entra, &[REGULARS.person(0)])?;
        let request = requests.first().ok_or("no token")?;
        first_answer(&mut service.process, service.address, request)?;
        drop(service);
        let starts: Result<Vec<Duration>> = (0..STARTS).map(|_| start(&launch, request)).collect();
        let times = Times::of(starts?);
        let [middle, least, most] = [500, 0, 1000].map(|share| table::millis(times.within(share)));
        table.row(&format!("{engine:?}"), &[middle, least, most, "150 ms".to_owned()])?;
    }
    Ok(())
}

fn start(launch: &Launch<'_>, request: &[u8]) -> Result<Duration> {
    let begun = Instant::now();
    let (mut process, address) = launch.spawn()?;
    first_answer(&mut process, address, request)?;
    Ok(begun.elapsed())
}
