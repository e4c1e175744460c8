//! Excel workbooks (`.xlsx`): the first visible sheet is read as if it were that sheet's CSV.
//!
//! The way of a byte: [`spool`] (a zip archive is read from its end), [`package`] (is it a workbook at all), [`limits`]
//! (what it would cost), and only then calamine, whose cells become rows in [`sheet_rows`].

mod limits;
mod package;
mod sheet_rows;
mod spool;

use std::io::{Read, Seek};
use std::thread;

use calamine::{Reader, SheetType, SheetVisible, Xlsx};

use crate::import::problem::{Problem, ProblemCode};
use crate::import::workbook::sheet_rows::SheetRows;

pub(super) use crate::import::workbook::spool::Spool;

/// How many bytes of a file [`is_container`] looks at.
pub(super) const SIGNATURE_BYTES: u64 = 4;

/// Whether a file that starts so is a zip archive, as workbooks are, or a container of old Office, as locked workbooks
/// are: what is in it can only be told from the whole of it.
pub(super) fn is_container(start: &[u8]) -> bool {
    [package::ZIP, package::EMPTY_ZIP, package::OLD_OFFICE].iter().any(|signature| start.starts_with(signature))
}

/// A workbook whose first visible sheet can be read.
pub(super) struct Workbook<R> {
    book: Xlsx<R>,
    sheet: String,
}

/// Opens a file for which [`is_container`] holds; a [`Problem`] if it is not a workbook, or one that can't be read.
///
/// A thread that ends does so: the millions of small pieces of memory that hold the texts of a workbook lie together
/// then, away from those of the rows, and go back to the system when it is closed.
pub(super) fn open<R: Read + Seek + Send>(file: R) -> Result<Workbook<R>, Problem> {
    thread::scope(|scope| scope.spawn(|| open_here(file)).join()).unwrap_or_else(|_| Err(damaged(1)))
}

fn open_here<R: Read + Seek>(mut file: R) -> Result<Workbook<R>, Problem> {
    package::check(&mut file)?;
    limits::check(&mut file)?;
    let book = Xlsx::new(file).map_err(|_| damaged(1))?;
    let mut sheets = book.sheets_metadata().iter();
    let first = sheets.find(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    let sheet = first.map(|sheet| sheet.name.clone()).ok_or_else(no_sheet)?;
    Ok(Workbook { book, sheet })
}

impl<R: Read + Seek> Workbook<R> {
    /// The rows of the sheet.
    pub(super) fn rows(&mut self) -> Result<SheetRows<'_, R>, Problem> {
        self.book.worksheet_cells_reader(&self.sheet).map(SheetRows::new).map_err(|_| damaged(1))
    }
}

/// The problem of a workbook that stops making sense on a line.
pub(super) fn damaged(line: u64) -> Problem {
    malformed(
        line,
        "This workbook is damaged or not complete. Open it in Excel, save it as an Excel workbook (.xlsx) under a new \
         name, and upload that file.",
    )
}

fn no_sheet() -> Problem {
    malformed(1, "This workbook has no sheet to read. Put the two columns on its first sheet, and show that sheet.")
}

fn too_large(line: u64) -> Problem {
    malformed(
        line,
        "This workbook holds more than can be read. Copy the two columns into a new workbook, or save the sheet as \
         \"CSV UTF-8\", and upload that file.",
    )
}

fn malformed(line: u64, message: &str) -> Problem {
    Problem::of_line(line, ProblemCode::MalformedCsv, message)
}
