//! `signline doctor`: what is wrong with the settings, temporary files, the database, the keys or the clock, in plain
//! words.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use actix_web::rt::System;
use jiff::{SignedDuration, Timestamp};

use crate::cli::failure::{Failure, Status};
use crate::cli::terminal::{counted, print, shown};
use crate::config::Settings;
use crate::domain::application::Applications;
use crate::entra::EntraKeySetClient;
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::key_set_source::KeySetError;
use crate::ports::temporary_folder;
use crate::ports::temporary_folder::TemporaryFolderError;
use crate::store;
use crate::store::{DatabaseFacts, Examination, OpenError, SchemaFacts, TwoTimes};

/// How far two clocks may be apart before anybody is told: the `Date` of an answer has whole seconds, and takes its
/// way.
const NOTEWORTHY: SignedDuration = SignedDuration::from_secs(3);

/// How it stands with one thing.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    verdict: Verdict,
    subject: &'static str,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Problem,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

fn ok(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Ok, subject, text: text.into() }
}

fn warning(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Warning, subject, text: text.into() }
}

fn problem(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Problem, subject, text: text.into() }
}

/// Checks everything and prints a line for each check.
///
/// # Errors
/// If there is a problem.
pub(super) fn run(file: Option<&Path>) -> Result<(), Failure> {
    let findings = match Settings::load(file, env::vars_os()) {
        Ok(settings) => System::new().block_on(examine(&settings)),
        Err(error) => {
            let text = format!("{error}. Nothing else can be checked before it is corrected.");
            vec![problem("settings", text)]
        }
    };
    print(&report(&findings))?;
    match findings.iter().filter(|finding| finding.verdict == Verdict::Problem).count() as u64 {
        0 => Ok(()),
        count => Err(Failure::new(Status::Error, counted(count, "problem"))),
    }
}

fn report(findings: &[Finding]) -> String {
    let mut report = String::new();
    for Finding { verdict, subject, text } in findings {
        // A string takes every line.
        let _ = writeln!(report, "{:8} {subject:9} {}", verdict.word(), shown(text));
    }
    report
}

async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![of_settings(settings), of_temporary_files(temporary_folder::check())];
    let (database, mut clocks) = of_database(settings).await;
    findings.extend(database);
    let (keys, clock) = of_keys(settings).await;
    findings.push(keys);
    clocks.extend(clock);
    findings.push(of_clock(&clocks, settings.clock_skew));
    findings
}

fn of_settings(settings: &Settings) -> Finding {
    if settings.applications == Applications::default() {
        return warning(
            "settings",
            "SIGNLINE_APPLICATIONS is not set, so every token is refused. Set it to the client ids of your applications, \
             such as portal=CLIENT-ID.",
        );
    }
    if settings.authority.base().starts_with("http://") {
        let text = format!(
            "SIGNLINE_AUTHORITY is {}: whoever answers there can sign anybody in. Leave it out where real people sign in.",
            settings.authority.base()
        );
        return warning("settings", text);
    }
    ok("settings", "they can be read")
}

fn of_temporary_files(checked: Result<(), TemporaryFolderError>) -> Finding {
    let folder = temporary_folder::path();
    match checked {
        Ok(()) => ok("files", format!("temporary files can be written in {}", folder.display())),
        Err(error) => {
            let cause = error.source().map(|cause| format!(" ({cause})")).unwrap_or_default();
            let text = format!("{}{cause}: {error}. Correct the folder, or name another in TMPDIR.", folder.display());
            problem("files", text)
        }
    }
}

async fn of_database(settings: &Settings) -> (Vec<Finding>, Vec<Clocks>) {
    let listen_url = settings.listen_database_url.as_ref().map(|url| url.0.as_str());
    match store::examine(&settings.database_url.0, listen_url).await {
        Err(error @ OpenError::Encoding { .. }) => (vec![problem("database", format!("{error}."))], Vec::new()),
        Err(error) => {
            let text = format!(
                "{error}. Check that the database runs, that this machine reaches it, and host, user, password and name in \
                 SIGNLINE_DATABASE_URL."
            );
            (vec![problem("database", text)], Vec::new())
        }
        Ok(Examination::NoFile(file)) => {
            let text = format!(
                "There is no file {} yet. `signline serve` makes it; if it should be there, correct SIGNLINE_DATABASE_URL.",
                file.display()
            );
            (vec![warning("database", text)], Vec::new())
        }
        Ok(Examination::Damaged { file, why }) => {
            let text = format!(
                "{} is damaged, or no database: {why}. Stop the service, keep a copy of the file, and restore a backup: see \
                 docs/backup.md.",
                file.display()
            );
            (vec![problem("database", text)], Vec::new())
        }
        Ok(Examination::Found(facts)) => {
            let clocks = facts.time.map(|TwoTimes { there, here }| Clocks { place: "the database", there, here });
            let mut findings = vec![of_engine(&facts)];
            findings.extend(of_transport(&facts));
            findings.extend([of_rights(&facts), of_schema(&facts.schema), of_changes(&facts)]);
            (findings, clocks.into_iter().collect())
        }
    }
}

fn of_engine(facts: &DatabaseFacts) -> Finding {
    let DatabaseFacts { engine, place, .. } = facts;
    if facts.is_old {
        let text =
            format!("{engine}, {place}, is older than PostgreSQL 15, which Signline is tested with. Upgrade it.");
        return warning("database", text);
    }
    ok("database", format!("{engine}, {place}"))
}

/// A line for each connection that is not verified, or one for all of them.
fn of_transport(facts: &DatabaseFacts) -> Vec<Finding> {
    if facts.unverified.is_empty() {
        return vec![ok("transport", "no connection leads to another machine unverified")];
    }
    facts.unverified.iter().map(|connection| warning("transport", format!("{connection}."))).collect()
}

fn of_rights(facts: &DatabaseFacts) -> Finding {
    if let Some(why) = &facts.refuses_changes {
        let text = format!(
            "The database takes no changes: {why}. SIGNLINE_DATABASE_URL must lead to a database that can be written."
        );
        return problem("rights", text);
    }
    if facts.missing_rights.is_empty() {
        return ok("rights", "everything that the program needs is allowed");
    }
    let text = format!(
        "The program needs what it may not do: {}. Make its role the owner of the database and of the tables.",
        facts.missing_rights.join(", ")
    );
    problem("rights", text)
}

fn of_schema(schema: &Result<SchemaFacts, String>) -> Finding {
    let schema = match schema {
        Ok(schema) => schema,
        Err(why) => return problem("schema", format!("It can't be told which migrations were applied: {why}.")),
    };
    let listed = |versions: &[i64]| {
        let numbers: Vec<_> = versions.iter().map(ToString::to_string).collect();
        format!("{} {}", if versions.len() == 1 { "migration" } else { "migrations" }, numbers.join(", "))
    };
    if !schema.unknown.is_empty() {
        let text = format!(
            "A newer program has brought the database to {}, which this one does not know. Run the newer program, or restore \
             the backup made before it.",
            listed(&schema.unknown)
        );
        return problem("schema", text);
    }
    if !schema.changed.is_empty() || !schema.unfinished.is_empty() {
        let odd: Vec<i64> = schema.changed.iter().chain(&schema.unfinished).copied().collect();
        let text = format!(
            "The database's {} is not as this program makes it. Restore a backup, or run the program that made it.",
            listed(&odd)
        );
        return problem("schema", text);
    }
    match (schema.applied, schema.pending.as_slice()) {
        (None, _) => {
            warning("schema", "The database is empty. `signline serve` or `signline migrate` makes the tables.")
        }
        (Some(_), []) => ok("schema", "no migration is pending"),
        (Some(_), pending) => {
            let text = format!(
                "{} to come. `signline serve` and `signline migrate` apply what is pending; make a backup before.",
                listed(pending)
            );
            warning("schema", text)
        }
    }
}

/// Whether replicas hear of each other's changes. Where they don't, all still works, and every line is looked up.
fn of_changes(facts: &DatabaseFacts) -> Finding {
    let schema_is_whole = facts.schema.as_ref().is_ok_and(|schema| schema.pending.is_empty());
    match &facts.hears_changes {
        Ok(()) => ok("changes", "changes that others make are heard of"),
        Err(_) if !schema_is_whole => warning("changes", "This can be checked once the migrations were applied."),
        Err(why) => {
            let text = format!(
                "Changes that others make are not heard of: {why}. Until they are, every line is looked up in the database."
            );
            warning("changes", text)
        }
    }
}

async fn of_keys(settings: &Settings) -> (Finding, Option<Clocks>) {
    let authority = settings.authority.base();
    let client = match EntraKeySetClient::new(&settings.authority) {
        Ok(client) => client,
        Err(error) => return (problem("keys", format!("TLS can't be set up: {error}")), None),
    };
    match client.fetch_dated().await {
        Ok((set, date)) => {
            let count = counted(set.keys.len() as u64, "signing key");
            let clocks = date.map(|there| Clocks { place: "the keys' host", there, here: SystemClock.now() });
            (ok("keys", format!("{count} fetched from {authority}")), clocks)
        }
        Err(error) => {
            let text = format!("{error}. {} Without keys nobody can sign in.", what_to_do(&error));
            (problem("keys", text), None)
        }
    }
}

fn what_to_do(error: &KeySetError) -> &'static str {
    match error {
        KeySetError::Unreachable { .. } => {
            "Check SIGNLINE_AUTHORITY, name resolution, the firewall, a proxy (HTTPS_PROXY), and SSL_CERT_FILE where \
             certificates are your own."
        }
        KeySetError::Status { .. } | KeySetError::TooLarge { .. } | KeySetError::Malformed { .. } => {
            "Check SIGNLINE_AUTHORITY, and whether a proxy or a portal answers in its place."
        }
    }
}

/// What time it was here and elsewhere, at about the same moment.
struct Clocks {
    place: &'static str,
    there: Timestamp,
    here: Timestamp,
}

impl Clocks {
    /// How far this machine's clock is ahead.
    fn ahead(&self) -> SignedDuration {
        self.here.duration_since(self.there)
    }
}

fn of_clock(clocks: &[Clocks], leeway: Duration) -> Finding {
    let Some(worst) = clocks.iter().max_by_key(|clocks| clocks.ahead().abs()) else {
        return warning("clock", "There was no other clock to compare this machine's with.");
    };
    let ahead = worst.ahead();
    if ahead.abs() <= NOTEWORTHY {
        return ok("clock", format!("it agrees with that of {}", worst.place));
    }
    let (seconds, place) = (ahead.abs().as_secs(), worst.place);
    let direction = if ahead.is_positive() { "ahead of" } else { "behind" };
    let apart = format!("This machine's clock is {seconds} s {direction} that of {place}.");
    let leeway = leeway.as_secs();
    if ahead.abs() > SignedDuration::from_secs(i64::try_from(leeway).unwrap_or(i64::MAX)) {
        let text = format!(
            "{apart} Tokens may be {leeway} s off (SIGNLINE_CLOCK_SKEW_SECONDS), so good ones are refused, or ended ones \
             taken. Set the clocks by NTP."
        );
        return problem("clock", text);
    }
    warning(
        "clock",
        format!("{apart} That is within the {leeway} s of SIGNLINE_CLOCK_SKEW_SECONDS. Set the clocks by NTP."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(place: &'static str, ahead: i64) -> Clocks {
        let there = Timestamp::from_second(1_790_000_000).unwrap();
        Clocks { place, there, here: there + SignedDuration::from_secs(ahead) }
    }

    #[test]
    fn the_clock_is_held_against_the_leeway_of_tokens() {
        let verdict = |ahead: i64| of_clock(&[clocks("x", 0), clocks("y", ahead)], Duration::from_mins(1));
        for (ahead, expected) in
            [(0, Verdict::Ok), (3, Verdict::Ok), (4, Verdict::Warning), (60, Verdict::Warning), (61, Verdict::Problem)]
        {
            assert_eq!(verdict(ahead).verdict, expected, "{ahead}");
            assert_eq!(verdict(-ahead).verdict, expected, "-{ahead}");
        }
        assert!(verdict(90).text.contains("90 s ahead of that of y"), "{}", verdict(90).text);
        assert!(verdict(-90).text.contains("90 s behind that of y"), "{}", verdict(-90).text);
        assert_eq!(of_clock(&[], Duration::ZERO).verdict, Verdict::Warning);
    }

    #[test]
    fn a_schema_of_another_program_is_a_problem_and_a_pending_one_a_warning() {
        let whole = SchemaFacts { applied: Some(4), ..SchemaFacts::default() };
        for (facts, expected) in [
            (whole.clone(), Verdict::Ok),
            (SchemaFacts { pending: vec![5, 6], ..whole.clone() }, Verdict::Warning),
            (SchemaFacts { pending: vec![1], ..SchemaFacts::default() }, Verdict::Warning),
            (SchemaFacts { unknown: vec![5], ..whole.clone() }, Verdict::Problem),
            (SchemaFacts { changed: vec![2], ..whole.clone() }, Verdict::Problem),
            (SchemaFacts { unfinished: vec![4], ..whole }, Verdict::Problem),
        ] {
            assert_eq!(of_schema(&Ok(facts.clone())).verdict, expected, "{facts:?}");
        }
        assert_eq!(of_schema(&Err("permission denied".to_owned())).verdict, Verdict::Problem);
    }

    #[test]
    fn a_report_is_one_line_a_check_whatever_is_in_it() {
        let findings = [ok("settings", "fine"), problem("database", "two\nlines")];
        assert_eq!(report(&findings), "ok       settings  fine\nproblem  database  two\\nlines\n");
    }
}
