//! Files that a command writes: numbers and addresses stand in them, so a new one is its owner's alone, whatever the
//! umask. One that is written over keeps the mode that somebody gave it.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use tempfile::{Builder, NamedTempFile};

/// The mode of a new file.
const PRIVATE: u32 = 0o600;

/// The bits of a mode that say who may read, write and run a file.
const MODE_BITS: u32 = 0o777;

/// A file that is written beside its place, and put there whole: what breaks off leaves the place as it was.
pub(super) struct PrivateFile {
    beside: NamedTempFile,
    target: PathBuf,
    /// The mode of the file that it takes the place of.
    mode: Option<u32>,
}

impl PrivateFile {
    /// A file for a place.
    ///
    /// # Errors
    /// If the place can't be written to, or what is there is not a file.
    pub(super) fn create(file: &Path) -> io::Result<Self> {
        let (target, mode) = target(file)?;
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside =
            Builder::new().prefix(".signline-").permissions(Permissions::from_mode(PRIVATE)).tempfile_in(folder)?;
        Ok(Self { beside, target, mode })
    }

    /// Puts it in its place, once it is on the disk.
    ///
    /// # Errors
    /// If it can't be put there.
    pub(super) fn finish(self) -> io::Result<()> {
        let file: &File = self.beside.as_file();
        file.set_permissions(Permissions::from_mode(self.mode.unwrap_or(PRIVATE)))?;
        file.sync_all()?;
        self.beside.persist(&self.target).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.beside.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.beside.flush()
    }
}

/// Writes a file, or to the device or pipe that is there.
///
/// # Errors
/// If it can't be written.
pub(super) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(PRIVATE).open(file)?.write_all(bytes)
}

/// The file itself where a link leads to one, and its mode if it is there. What is there and is not a file can't be
/// replaced by one.
fn target(file: &Path) -> io::Result<(PathBuf, Option<u32>)> {
    match fs::metadata(file) {
        Ok(found) if found.is_file() => Ok((fs::canonicalize(file)?, Some(found.permissions().mode() & MODE_BITS))),
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Err(io::Error::other("is not a file; leave --output out to write to the standard output")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((file.to_owned(), None)),
        Err(error) => Err(error),
    }
}
