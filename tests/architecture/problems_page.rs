//! docs/problems.md has a row for each problem of a call, each code of a sheet and each check of a token, in their
//! order, and no other.

use std::fs;
use std::path::Path;

use signline::auth::TokenCheck;
use signline::http::problem::ProblemKind;

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The first cells of a section's table, and the second ones.
fn rows(section: &str) -> Vec<(String, String)> {
    let page = text("docs/problems.md");
    let heading = format!("\n## {section}\n");
    let (_, rest) = page.split_once(&heading).unwrap_or_else(|| panic!("docs/problems.md has no section {section}"));
    let table = rest.split("\n## ").next().unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = table.map(|row| row.split_once("` | ").unwrap_or_else(|| panic!("{row}: this is no row of a table")));
    cells.map(|(name, more)| (name.to_owned(), more.split(" |").next().unwrap_or_default().to_owned())).collect()
}

fn names(section: &str) -> Vec<String> {
    rows(section).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_problem_of_a_call_has_its_row() {
    let kinds = ProblemKind::ALL.iter().map(|kind| (kind.slug().to_owned(), kind.status().as_u16().to_string()));
    assert_eq!(rows("Problems of a call"), kinds.collect::<Vec<_>>());
}

#[test]
fn every_code_of_a_sheet_has_its_row() {
    let source = text("src/import/problem.rs");
    let codes = source.lines().filter_map(|line| line.split_once(" => \"")?.1.split('"').next());
    let codes: Vec<_> = codes.map(str::to_owned).collect();
    assert!(codes.len() > 10, "{codes:?}");
    assert_eq!(names("Codes of a sheet"), codes);
}

#[test]
fn every_check_of_a_token_has_its_row() {
    let checks: Vec<_> = TokenCheck::ALL.iter().map(|check| check.name().to_owned()).collect();
    assert_eq!(names("Checks of a token"), checks);
}
