//! A group's mappings as an Excel workbook, written row by row into temporary files.

use std::error::Error;
use std::fs::File;
use std::io;
use std::io::{BufWriter, ErrorKind, Seek, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use tokio::sync::mpsc;
use tokio::task::JoinError;

use crate::domain::phone_number::NumberingPlan;
use crate::export::{COLUMNS, cells};
use crate::ports::mapping_store::ExportedMapping;
use crate::ports::store_error::StoreError;

/// The most mappings that a sheet holds: its rows less the header.
pub const MAX_SHEET_ROWS: u32 = (1 << 20) - 1;

/// The spreadsheet's name for "what stands here is text": it neither shortens nor rounds it.
const TEXT: &str = "@";

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// The group has more mappings than [`MAX_SHEET_ROWS`].
    #[error("a sheet holds {MAX_SHEET_ROWS} mappings, and this business group has more")]
    TooManyRows,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error("the workbook could not be written: {0}")]
    Write(#[source] Box<dyn Error + Send + Sync>),
}

impl From<XlsxError> for WorkbookError {
    fn from(cause: XlsxError) -> Self {
        match cause {
            XlsxError::IoError(cause) | XlsxError::TempFileError(_, cause) => cause.into(),
            cause => Self::Write(cause.into()),
        }
    }
}

impl From<io::Error> for WorkbookError {
    fn from(cause: io::Error) -> Self {
        Self::Store(StoreError::of_temporary_file(cause))
    }
}

impl WorkbookError {
    /// The library writes rows without asking whether that went well, and stops short with a panic if it did not. By
    /// then its file is gone, and with it the want of room, so that only its words tell.
    pub(super) fn of_panic(cause: JoinError) -> Self {
        let Ok(panic) = cause.try_into_panic() else { return Self::Write("the writer was stopped".into()) };
        let words = panic.downcast_ref::<String>().map_or("", String::as_str);
        let kinds = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
        match kinds.into_iter().find(|kind| words.contains(&format!("{kind:?}"))) {
            Some(kind) => io::Error::from(kind).into(),
            None => Self::Write("the writer has panicked".into()),
        }
    }
}

/// Writes the workbook of all mappings that come through `chunks`; gives it as a file to be read from its start. The
/// same mappings are the same bytes, whenever they are written.
pub(super) fn write(
    plan: NumberingPlan,
    mut chunks: mpsc::Receiver<Vec<ExportedMapping>>,
) -> Result<File, WorkbookError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let text = Format::new().set_num_format(TEXT);
    let sheet = book.add_worksheet_with_constant_memory()?;
    write_header(sheet, &text)?;
    let mut row = 0;
    while let Some(chunk) = chunks.blocking_recv() {
        for mapping in &chunk {
            if row == MAX_SHEET_ROWS {
                return Err(WorkbookError::TooManyRows);
            }
            row += 1;
            let (number, email) = cells(plan, mapping);
            sheet.write_string_with_format(row, 0, number, &text)?.write_string(row, 1, email)?;
        }
    }
    let mut file = BufWriter::new(tempfile::tempfile()?);
    book.save_to_writer(&mut file)?;
    file.flush()?;
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}

/// The names of the columns. Cells that a person fills in below the last row are text as well.
fn write_header(sheet: &mut Worksheet, text: &Format) -> Result<(), XlsxError> {
    sheet.set_name("Mappings")?.set_column_format(0, text)?;
    for (column, (name, width)) in (0..).zip(COLUMNS.into_iter().zip([20, 45])) {
        sheet.set_column_width(column, width)?.write_string(0, column, name)?;
    }
    Ok(())
}
