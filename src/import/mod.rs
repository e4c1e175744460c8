//! Import of sheets: bytes in any form a spreadsheet writes them become good rows or a list of problems, and the good
//! rows a change of the group's mappings.
//!
//! The way of a byte: [`text`] (encoding, line ends), [`separator`], [`csv_rows`] behind [`quotes`], or for a workbook
//! [`workbook`]; then [`header`] and [`cell`], all led by [`reader`]; [`duplicates`] watches over the whole file;
//! [`service`] hands the rows to the store; [`backlog`] holds what has arrived and was not read yet.

mod backlog;
mod cell;
mod csv_rows;
mod duplicates;
mod file_kind;
mod header;
pub mod problem;
pub mod problem_csv;
mod quotes;
pub mod reader;
mod reading_thread;
mod rows;
mod separator;
pub mod service;
mod text;
mod workbook;

pub use problem::{Problem, ProblemCode, Problems};
pub use problem_csv::problems_csv;
pub use service::{ImportError, ImportPolicy, ImportReport, ImportRequest, Importer, problems_of};
