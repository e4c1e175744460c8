//! The import of sheets: what is read from them, and what is said about those that are wrong. What is exported is read
//! back.
#![expect(clippy::unwrap_used, reason = "a test stops where its own premises fail")]

mod exported_workbooks;
mod good_files;
mod hostile_files;
mod hostile_workbooks;
mod kept_files;
mod problems;
mod properties;
mod quotes;
mod service;
mod workbook_files;
mod workbooks;

use signline::domain::phone_number::NumberingPlan;
use signline::import::reader;
use signline::import::reader::ReadFile;

fn us() -> NumberingPlan {
    NumberingPlan::of_region("US").unwrap()
}

/// Reads a file with the numbering plan of the United States.
fn read(file: impl AsRef<[u8]>) -> ReadFile {
    reader::read(file.as_ref(), us()).unwrap()
}

/// The good rows as (line, number, address).
fn rows_of(file: &ReadFile) -> Vec<(u32, String, String)> {
    file.rows.iter().map(|row| (row.line, row.phone_number.to_string(), row.email.to_string())).collect()
}

/// The problems as (line, column, code); no column is an empty text.
fn problems_of(file: &ReadFile) -> Vec<(u64, String, &'static str)> {
    let problems = file.problems.first.iter();
    problems.map(|p| (p.line, p.column.clone().unwrap_or_default().into_owned(), p.code.as_str())).collect()
}
