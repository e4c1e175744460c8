//! Imports of a million rows, with sign-ins going on beside them, and `psql \copy` of the same rows into the same table.

use std::fmt::Write;
use std::fs;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use test_support::database::Engine;

use crate::Result;
use crate::load;
use crate::load::Figures;
use crate::say;
use crate::service;
use crate::service::Measured;

/// Rows of the large import.
const MILLION: usize = 1_000_000;

/// Users who sign in meanwhile.
const USERS: usize = 500;

/// Of a hundred rows, this one changes in the second sheet.
const CHANGED_OF_HUNDRED: usize = 7;

/// Connections that sign-ins come over while an import runs, each with a pause between two.
const SIGN_INS: usize = 4;
const PAUSE: Duration = Duration::from_millis(5);

/// Prints the tables of the large imports.
pub(crate) async fn run() -> Result<()> {
    say("\n| a million rows | seconds | service memory, most | `/v1/me` meanwhile: calls, p50, p99, longest |")?;
    say("| --- | ---: | ---: | ---: |")?;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        imports(engine).await?;
    }
    Ok(())
}

async fn imports(engine: Engine) -> Result<()> {
    let measured = Measured::start(engine).await?;
    let name = format!("{engine:?}");
    let first = service::sheet(MILLION);
    row(&name, "import at once into an empty group", &measured, measured.import(first.clone()).await?, None)?;
    row(&name, "import of the same file again", &measured, measured.import(first).await?, None)?;

    let requests: Vec<_> = measured.tokens(USERS).iter().map(|token| load::request("/v1/me", token)).collect();
    // Each user's first sign-in pins her mapping, which is a write; it is not what is measured.
    load::once(measured.address, &requests, SIGN_INS).await?;
    let preview = measured.upload(changed_sheet());
    let ((id, took), beside) = load::beside(measured.address, &requests, SIGN_INS, PAUSE, preview).await?;
    row(&name, "preview of a replace, 1 % changed", &measured, took, Some(beside))?;
    let apply = measured.apply(&id);
    let (took, beside) = load::beside(measured.address, &requests, SIGN_INS, PAUSE, apply).await?;
    row(&name, "apply of it", &measured, took, Some(beside))?;
    row(&name, "export", &measured, measured.export(MILLION).await?, None)?;
    if engine == Engine::Postgres {
        let took = copy(measured.database_url())?;
        say(&format!(
            "| {name}: `psql \\copy` of the same rows into the same table | {:.1} | | |",
            took.as_secs_f64()
        ))?;
    }
    Ok(())
}

fn row(engine: &str, what: &str, measured: &Measured, took: Duration, beside: Option<Figures>) -> Result<()> {
    let beside = beside.map_or_else(String::new, |figures| {
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        let Figures { calls, p50, p99, longest, .. } = figures;
        format!("{calls}, {:.1} ms, {:.1} ms, {:.1} ms", millis(p50), millis(p99), millis(longest))
    });
    let (seconds, memory) = (took.as_secs_f64(), measured.peak_memory());
    say(&format!("| {engine}: {what} | {seconds:.1} | {memory} MiB | {beside} |"))
}

/// The first sheet, with another address in one row of a hundred.
fn changed_sheet() -> String {
    let mut sheet = String::with_capacity(40 * MILLION);
    for (at, line) in service::sheet(MILLION).lines().enumerate() {
        let changed = at > USERS && at % 100 == CHANGED_OF_HUNDRED;
        // Writing to a string can't fail.
        let _ = if changed { writeln!(sheet, "{}", line.replace("user", "new")) } else { writeln!(sheet, "{line}") };
    }
    sheet
}

/// Copies the same rows into a table with the same columns, indexes, checks and trigger.
fn copy(url: &str) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("rows.csv");
    fs::write(&file, service::sheet(MILLION).replace("\n763", "\n1763"))?;
    let group = "(SELECT group_key FROM business_groups WHERE id = 'abccompany')";
    psql(
        url,
        &format!(
            "CREATE TABLE copied (LIKE mappings INCLUDING ALL); \
         DO $$ BEGIN EXECUTE format('ALTER TABLE copied ALTER group_key SET DEFAULT %s', {group}); END $$; \
         ALTER TABLE copied ALTER updated_at SET DEFAULT 0; \
         CREATE TRIGGER copied_are_in_ranges AFTER INSERT ON copied REFERENCING NEW TABLE AS new_mappings \
         FOR EACH STATEMENT EXECUTE FUNCTION check_new_mappings()"
        ),
    )?;
    let begun = Instant::now();
    psql(url, &format!("\\copy copied (phone_number, email) FROM '{}' CSV HEADER", file.display()))?;
    Ok(begun.elapsed())
}

fn psql(url: &str, command: &str) -> Result<()> {
    let output =
        Command::new("psql").args([url, "--quiet", "--set", "ON_ERROR_STOP=1", "--command", command]).output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}
