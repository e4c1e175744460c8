//! An upload kept whole, so that it can be read from any place.

use std::io;
use std::io::{Read, Seek, SeekFrom};

use tempfile::SpooledTempFile;

/// What is kept in memory of an upload, in bytes. A larger one goes into a temporary file.
const MEMORY_BYTES: usize = 4 << 20;

/// An upload, in memory or in a temporary file that is gone with it.
pub(crate) struct Spool(SpooledTempFile);

impl Spool {
    /// Takes all of `source` in.
    ///
    /// # Errors
    /// If it can't be read, or there is no room for it.
    pub(crate) fn fill(mut source: impl Read) -> io::Result<Self> {
        let mut file = SpooledTempFile::new(MEMORY_BYTES);
        io::copy(&mut source, &mut file)?;
        file.rewind()?;
        Ok(Self(file))
    }
}

impl Read for Spool {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Spool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
