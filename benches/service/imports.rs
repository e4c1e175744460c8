//! Imports and exports of a million rows beside `psql \copy` of the same rows, with sign-ins going on beside some of them.

use std::fmt::Write;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use test_support::database::{Engine, TestDatabase};

use crate::company::REGULARS;
use crate::figures::{Times, count, median};
use crate::pool::USERS;
use crate::service::{Launch, Service};
use crate::table::Table;
use crate::{Bench, Result, psql, sign_ins, table, tokens};

/// How often all of it is done; the table has the medians.
const LAPS: usize = 3;

/// Of a hundred rows, this one changes in the second sheet.
const CHANGED_OF_HUNDRED: usize = 7;

/// One step of a lap.
struct Step {
    what: &'static str,
    took: Duration,
    /// What it took the same rows by `\copy` in the same lap.
    yardstick: Option<Duration>,
    aim: &'static str,
    memory: Option<f64>,
    sign_ins: Option<Times>,
}

pub(crate) async fn run(bench: &Bench) -> Result<()> {
    let rows = table::whole(count(bench.settings.rows));
    let head = ["", "seconds", "of `\\copy`", "aim", "memory, most", "`/v1/me` meanwhile: calls, p50, p99, longest"];
    let table = Table::begin(&format!("{rows} rows, medians of {LAPS}"), &head)?;
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let mut laps = Vec::new();
        for _ in 0..LAPS {
            laps.push(lap(bench, engine).await?);
        }
        print(&table, engine, &laps)?;
    }
    Ok(())
}

fn print(table: &Table, engine: Engine, laps: &[Vec<Step>]) -> Result<()> {
    for (at, step) in laps.first().into_iter().flatten().enumerate() {
        let all = || laps.iter().filter_map(|lap| lap.get(at));
        let seconds = median(all().map(|step| step.took.as_secs_f64()));
        let ratios: Vec<_> =
            all().filter_map(|step| Some(step.took.as_secs_f64() / step.yardstick?.as_secs_f64())).collect();
        let ratio = if ratios.is_empty() { String::new() } else { format!("{:.2}", median(ratios)) };
        let memory = all().filter_map(|step| step.memory).reduce(f64::max).map_or_else(String::new, table::mebibytes);
        let meanwhile = all().next_back().and_then(|step| step.sign_ins.as_ref()).map_or_else(String::new, meanwhile);
        let name = format!("{engine:?}: {}", step.what);
        table.row(&name, &[format!("{seconds:.2}"), ratio, step.aim.to_owned(), memory, meanwhile])?;
    }
    Ok(())
}

fn meanwhile(times: &Times) -> String {
    let [p50, p99, longest] = [500, 990, 1000].map(|share| table::millis(times.within(share)));
    format!("{}, {p50}, {p99}, {longest}", times.count())
}

/// All steps once, in a database of their own.
async fn lap(bench: &Bench, engine: Engine) -> Result<Vec<Step>> {
    let (database, rows) = (TestDatabase::of(engine).await, bench.settings.rows);
    let service = Launch { database: database.url(), bench, core: None, settings: &[] }.start()?;
    service.found(&REGULARS, 0).await?;
    let sheet = REGULARS.sheet(rows);
    let timer = Timer(&service);
    let first = timer.step("import at once into an empty group", service.import(&REGULARS, sheet.clone())).await?.1;
    let again = timer.step("import of the same file again", service.import(&REGULARS, sheet.clone())).await?.1;
    let (changed, regulars) = (changed_sheet(&sheet), regulars(bench, &service)?);
    let (preview, apply) = replace(&timer, changed, &regulars).await?;
    let export = timer.step("export", service.export(&REGULARS, rows)).await?.1;
    let mut steps = vec![first, again, preview, apply, export];
    drop(service);
    if engine == Engine::Postgres {
        let copied = Copied::of(database.url(), &sheet)?;
        for step in &mut steps {
            step.yardstick = Some(copied.into);
        }
        if let [first, .., export] = &mut steps[..] {
            (first.aim, export.aim, export.yardstick) = ("1.50", "1.20", Some(copied.out));
        }
        steps.extend(copied.steps());
    }
    Ok(steps)
}

/// Measures the steps of a service.
struct Timer<'s>(&'s Service);

impl Timer<'_> {
    async fn step<T>(&self, what: &'static str, work: impl Future<Output = Result<T>>) -> Result<(T, Step)> {
        self.0.process.forget_peak()?;
        let begun = Instant::now();
        let outcome = work.await?;
        let step = Step::of(what, begun.elapsed());
        Ok((outcome, Step { memory: Some(self.0.process.peak_memory()?), ..step }))
    }
}

impl Step {
    fn of(what: &'static str, took: Duration) -> Self {
        Self { what, took, yardstick: None, aim: "", memory: None, sign_ins: None }
    }
}

/// A preview of a replace and the application of it, each with sign-ins beside it.
async fn replace(timer: &Timer<'_>, sheet: String, regulars: &Arc<Vec<Vec<u8>>>) -> Result<(Step, Step)> {
    let service = timer.0;
    let work = timer.step("preview of a replace, 1 % changed", service.preview(&REGULARS, sheet));
    let ((import, mut preview), times) = sign_ins::beside(service.address, regulars, work).await?;
    preview.sign_ins = Some(times);
    let work = timer.step("apply of it", service.apply(&REGULARS, &import));
    let ((_, mut apply), times) = sign_ins::beside(service.address, regulars, work).await?;
    apply.sign_ins = Some(times);
    Ok((preview, apply))
}

/// The sign-ins of people whose mappings are pinned: the first sign-in is a write, which is not what is measured.
fn regulars(bench: &Bench, service: &Service) -> Result<Arc<Vec<Vec<u8>>>> {
    let people: Vec<_> = (0..USERS.min(bench.settings.rows)).map(|user| REGULARS.person(user)).collect();
    let requests = tokens::sign_ins(&bench.entra, &people)?;
    service.target(200).each_once(bench.cores.load, &requests)?;
    Ok(Arc::new(requests))
}

/// The sheet with another address in one row of a hundred, but not in those of the people who sign in.
fn changed_sheet(sheet: &str) -> String {
    let mut changed = String::with_capacity(sheet.len());
    for (at, line) in sheet.lines().enumerate() {
        // Writing to a string can't fail.
        let _ = if at > USERS && at % 100 == CHANGED_OF_HUNDRED {
            writeln!(changed, "{}", line.replace("user", "peer"))
        } else {
            writeln!(changed, "{line}")
        };
    }
    changed
}

/// What `psql \copy` took for the same rows, in and out.
struct Copied {
    into: Duration,
    out: Duration,
}

impl Copied {
    /// Into a table with the same columns, indexes, checks and triggers, and out of the mappings in the order of an export.
    fn of(url: &str, sheet: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        let file = |name: &str| folder.path().join(name).display().to_string();
        fs::write(file("in.csv"), sheet.replace("\n763", "\n1763"))?;
        psql::run(url, LIKE_MAPPINGS)?;
        let copy = |command: String| {
            let begun = Instant::now();
            psql::run(url, &command).map(|()| begun.elapsed())
        };
        let into = copy(format!("\\copy copied (phone_number, email) FROM '{}' CSV HEADER", file("in.csv")))?;
        let group = format!("(SELECT group_key FROM business_groups WHERE id = '{}')", REGULARS.id);
        let ordered =
            format!("SELECT phone_number, email FROM mappings WHERE group_key = {group} ORDER BY phone_number");
        Ok(Self { into, out: copy(format!("\\copy ({ordered}) TO '{}' CSV HEADER", file("out.csv")))? })
    }

    fn steps(&self) -> [Step; 2] {
        [
            Step::of("`psql \\copy` of the same rows into the same kind of table", self.into),
            Step::of("`psql \\copy` of the same rows out, in order", self.out),
        ]
    }
}

/// An empty table as the mappings' is, whose rows belong to the one group there is.
const LIKE_MAPPINGS: &str = r"
CREATE TABLE copied (LIKE mappings INCLUDING ALL);
SELECT format('ALTER TABLE copied ALTER group_key SET DEFAULT %s', group_key) FROM business_groups \gexec
ALTER TABLE copied ALTER updated_at SET DEFAULT 0;
SELECT replace(pg_get_triggerdef(oid), ' ON public.mappings', ' ON copied')
    FROM pg_trigger WHERE tgrelid = 'mappings'::regclass AND NOT tgisinternal \gexec
";
