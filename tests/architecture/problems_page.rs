//! docs/problems.md has a row for each problem of a call, each code of a sheet and each check of a token, in their
//! order, and no other. What it says of a problem or a code, the program says too, at `/problems`.

use std::fs;
use std::path::Path;

use signline::auth::TokenCheck;
use signline::http::problem::ProblemKind;
use signline::import::ProblemCode;

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The cells of the rows of a section's table. Where they lead, the page alone says.
fn rows(section: &str) -> Vec<Vec<String>> {
    let page = text("docs/problems.md");
    let heading = format!("\n## {section}\n");
    let (_, rest) = page.split_once(&heading).unwrap_or_else(|| panic!("docs/problems.md has no section {section}"));
    let table = rest.split("\n## ").next().unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
    table.map(cells).collect()
}

fn cells(row: &str) -> Vec<String> {
    let row = row.strip_prefix("| ").and_then(|row| row.strip_suffix(" |"));
    row.expect("a row of a table").split(" | ").map(without_links).collect()
}

/// `[words](address)` as the words alone.
fn without_links(cell: &str) -> String {
    let Some((before, rest)) = cell.split_once('[') else { return cell.to_owned() };
    let link = rest.split_once("](").and_then(|(words, rest)| Some((words, rest.split_once(')')?.1)));
    let (words, after) = link.unwrap_or_else(|| panic!("{cell}: this is no link"));
    format!("{before}{words}{}", without_links(after))
}

#[test]
fn every_problem_of_a_call_has_its_row_which_says_what_the_program_says() {
    let rows = rows("Problems of a call");
    let table = ProblemKind::ALL.iter().map(|kind| {
        let (slug, status) = (format!("`{}`", kind.slug()), kind.status().as_u16().to_string());
        vec![slug, status, kind.meaning().to_owned(), kind.remedy().to_owned()]
    });
    assert_eq!(rows, table.collect::<Vec<_>>());
}

#[test]
fn every_code_of_a_sheet_has_its_row_which_says_what_the_program_says() {
    let table = ProblemCode::ALL
        .iter()
        .map(|code| vec![format!("`{}`", code.as_str()), code.meaning().to_owned(), code.remedy().to_owned()]);
    assert_eq!(rows("Codes of a sheet"), table.collect::<Vec<_>>());
}

#[test]
fn every_check_of_a_token_has_its_row() {
    let names: Vec<_> = rows("Checks of a token").into_iter().map(|mut cells| cells.swap_remove(0)).collect();
    assert_eq!(names, TokenCheck::ALL.iter().map(|check| format!("`{}`", check.name())).collect::<Vec<_>>());
}
