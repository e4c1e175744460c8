//! The lists that say why a file was not taken.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::private_file;
use crate::cli::terminal::{Listing, counted, print, tell};
use crate::client::{FileProblem, Refusal, Revision};
use crate::domain::spreadsheet::guarded;

/// What the service told beside its refusal: on the standard output, or the problems in a file.
pub(super) fn print_refusal(refusal: &Refusal, csv: Option<&Path>) -> Result<(), Failure> {
    if !refusal.revisions.is_empty() {
        print(&revisions(&refusal.revisions))?;
    }
    print_problems(&refusal.problems, refusal.problem_count, csv)
}

/// The problems of a file, and how many more there are.
pub(super) fn print_problems(problems: &[FileProblem], count: Option<u64>, csv: Option<&Path>) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let listed = u64::try_from(problems.len()).unwrap_or(u64::MAX);
    let count = count.unwrap_or(listed).max(listed);
    match csv {
        Some(file) => {
            if let Err(fault) = write_csv(problems, file) {
                // A file that can't be written must not cost the list.
                print(&table(problems))?;
                return Err(fault);
            }
        }
        None => print(&table(problems))?,
    }
    if count > listed {
        tell(&format!("the first {listed} of {} are listed", counted(count, "problem")));
    }
    Ok(())
}

fn table(problems: &[FileProblem]) -> String {
    let mut listing = Listing::new(["LINE", "COLUMN", "VALUE", "MESSAGE"]);
    for problem in problems {
        let column = problem.column.as_deref().unwrap_or_default();
        listing.add([problem.line.to_string().as_str(), column, &problem.value, &problem.message]);
    }
    listing.text()
}

fn revisions(revisions: &[Revision]) -> String {
    let mut listing = Listing::new(["REVISION", "AT", "BY", "SOURCE", "ADDED", "CHANGED", "REMOVED"]);
    for revision in revisions {
        let counts = [revision.revision.unsigned_abs(), revision.added, revision.changed, revision.removed];
        let [number, added, changed, removed] = counts.map(|count| count.to_string());
        let at = revision.at.strftime("%F %T UTC").to_string();
        listing.add([number.as_str(), &at, &by(revision), &source(revision), &added, &changed, &removed]);
    }
    listing.text()
}

/// By which way a revision was made, and what it did if it changed no address.
fn source(revision: &Revision) -> String {
    let by = &revision.source;
    match (&revision.released_pin, &revision.lost_tenant, &revision.gained_tenant) {
        (Some(number), ..) => format!("{by}: pin of {number} released"),
        (_, Some(tenant), _) => format!("{by}: tenant {tenant} lost to another business group"),
        (.., Some(tenant)) => format!("{by}: tenant {tenant} taken over"),
        (None, None, None) => by.clone(),
    }
}

/// The same file that the service gives for `Accept: text/csv`.
fn write_csv(problems: &[FileProblem], file: &Path) -> Result<(), Failure> {
    let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = as_csv(problems).map_err(|error| fault(&error))?;
    private_file::write(file, &text).map_err(|error| fault(&error))?;
    tell(&format!("the problems are in {}", file.display()));
    Ok(())
}

fn as_csv(problems: &[FileProblem]) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    file.write_record(["line", "column", "value", "code", "message"])?;
    for problem in problems {
        let column = problem.column.as_deref().unwrap_or_default();
        let cells = [&problem.line.to_string(), column, &problem.value, &problem.code, &problem.message];
        file.write_record(cells.map(|cell| guarded(cell).into_owned()))?;
    }
    file.into_inner().map_err(|error| error.into_error().into())
}

/// Who made a revision. A key may be named like a person.
fn by(revision: &Revision) -> String {
    let actor = &revision.actor;
    match revision.actor_kind.as_deref() {
        Some("api-key") => format!("API key {actor}"),
        _ => actor.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_released_pin_is_told_with_its_number() {
        let revision = |released_pin| {
            let revision = json!({
                "revision": 2, "at": "2027-01-31T00:00:00Z", "actor": "Ann (k1)", "source": "api",
                "added": 0, "changed": 0, "removed": 0, "released_pin": released_pin,
            });
            revisions(&[serde_json::from_value(revision).unwrap()])
        };
        let line = revision(json!("+17635551111"));
        for word in ["api:", "+17635551111", "released"] {
            assert!(line.contains(word), "{line}");
        }
        assert!(!revision(json!(null)).contains("released"));
    }

    #[test]
    fn a_key_that_is_named_like_a_person_is_told_as_a_key() {
        let line = |kind: &str| {
            let revision = json!({
                "revision": 2, "at": "2027-01-31T00:00:00Z", "actor": "ann@abc.example (k1)", "actor_kind": kind,
                "source": "api", "added": 0, "changed": 0, "removed": 0, "released_pin": null,
            });
            by(&serde_json::from_value(revision).unwrap())
        };
        assert_eq!(line("api-key"), "API key ann@abc.example (k1)");
        assert_eq!(line("person"), "ann@abc.example (k1)");
    }

    #[test]
    fn a_tenant_that_passed_from_group_to_group_is_told_on_both_sides() {
        let revision = |name: &str| {
            let mut revision = json!({
                "revision": 2, "at": "2027-01-31T00:00:00Z", "actor": "Ann (k1)", "source": "api",
                "added": 0, "changed": 0, "removed": 0, "released_pin": null,
            });
            revision[name] = json!("a1a1a1a1-0000-4000-8000-0000000000aa");
            revisions(&[serde_json::from_value(revision).unwrap()])
        };
        for (name, word) in [("lost_tenant", "lost to another"), ("gained_tenant", "taken over")] {
            let line = revision(name).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(line.contains("a1a1a1a1"), "{line}");
            assert!(word.split(' ').all(|word| line.contains(word)), "{line}");
        }
    }
}
