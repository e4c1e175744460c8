//! The folder for temporary files, which large uploads and exported workbooks go through: whether it can be written.
//! What the start, `/readyz` and `signline doctor` tell of it comes from here.

use std::io::Write;
use std::path::PathBuf;
use std::{env, io};

use crate::ports::store_error::is_no_room;

/// How much is written to see that there is room, in bytes: a block of most file systems.
const TRIED_BYTES: usize = 4096;

/// Why no temporary file can be written.
#[derive(Debug, thiserror::Error)]
pub enum TemporaryFolderError {
    /// There is no room.
    #[error("the disk of the folder for temporary files is full: larger uploads and workbooks are refused")]
    Full,
    /// It is not there, or may not be written.
    #[error("the folder for temporary files can't be written: larger uploads and workbooks are refused")]
    NotWritable(#[source] io::Error),
}

/// Where temporary files are made: `TMPDIR`, or `/tmp`.
#[must_use]
pub fn path() -> PathBuf {
    env::temp_dir()
}

/// Writes a file there, which is gone at once. It waits for the disk.
///
/// # Errors
/// [`TemporaryFolderError`]
pub fn check() -> Result<(), TemporaryFolderError> {
    let written = tempfile::tempfile().and_then(|mut file| file.write_all(&[0; TRIED_BYTES]));
    written.map_err(|error| {
        if is_no_room(&error) { TemporaryFolderError::Full } else { TemporaryFolderError::NotWritable(error) }
    })
}
