//! What has arrived of an upload and was not read yet: an upload goes as fast as it comes, and not as fast as it is read.

use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Write;
use std::sync::Arc;

use bytes::Buf;
use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// What waits in memory at most, in bytes. The rest waits in a temporary file.
const MEMORY_BYTES: usize = 4 << 20;

/// How much is written to the file at once, in bytes.
const WRITE_BYTES: usize = 1 << 20;

/// Makes a backlog: where bytes go in, and the blocking reader that they come out of.
pub(super) fn new() -> (Backlog, BacklogReader) {
    let (sender, waiting) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(MEMORY_BYTES));
    let backlog = Backlog { sender, room, file: None, unwritten: Vec::new() };
    (backlog, BacklogReader { waiting, next: None, file: None })
}

enum Waiting {
    /// Bytes, with the room that they take.
    Bytes { bytes: Bytes, _room: OwnedSemaphorePermit },
    /// So many more bytes of the file.
    Written(u64),
    /// The file, before the first bytes in it.
    File(File),
}

/// Where bytes go in. Without it the reader comes to an end.
pub(super) struct Backlog {
    sender: mpsc::UnboundedSender<Waiting>,
    room: Arc<Semaphore>,
    file: Option<NamedTempFile>,
    unwritten: Vec<u8>,
}

impl Backlog {
    /// Takes bytes in. Once the reader is gone they are let go.
    ///
    /// # Errors
    /// If there is no room in the temporary file.
    pub(super) async fn push(&mut self, bytes: Bytes) -> io::Result<()> {
        if self.sender.is_closed() {
            return Ok(());
        }
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        match self.room.clone().try_acquire_many_owned(size) {
            // What was put aside before comes first.
            Ok(room) if self.unwritten.is_empty() => self.send(Waiting::Bytes { bytes, _room: room }),
            _ => {
                self.unwritten.extend_from_slice(&bytes);
                if self.unwritten.len() >= WRITE_BYTES {
                    self.write().await?;
                }
            }
        }
        Ok(())
    }

    /// Ends the bytes.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(super) async fn finish(mut self) -> io::Result<()> {
        if self.unwritten.is_empty() { Ok(()) } else { self.write().await }
    }

    async fn write(&mut self) -> io::Result<()> {
        let (file, unwritten) = (self.file.take(), std::mem::take(&mut self.unwritten));
        let written = spawn_blocking(move || {
            let is_new = file.is_none();
            let mut file = file.map_or_else(NamedTempFile::new, Ok)?;
            file.write_all(&unwritten)?;
            let reader = if is_new { Some(file.reopen()?) } else { None };
            Ok::<_, io::Error>((file, reader, unwritten))
        });
        let (file, reader, mut unwritten) = written.await.map_err(io::Error::other)??;
        if let Some(reader) = reader {
            self.send(Waiting::File(reader));
        }
        self.send(Waiting::Written(unwritten.len() as u64));
        unwritten.clear();
        (self.file, self.unwritten) = (Some(file), unwritten);
        Ok(())
    }

    fn send(&self, waiting: Waiting) {
        // An error says that the reader has seen enough.
        let _ = self.sender.send(waiting);
    }
}

/// Where bytes come out, in the order in which they went in.
pub(super) struct BacklogReader {
    waiting: mpsc::UnboundedReceiver<Waiting>,
    next: Option<Waiting>,
    file: Option<File>,
}

impl Read for BacklogReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = match (&mut self.next, &mut self.file) {
                (Some(Waiting::Bytes { bytes, .. }), _) => {
                    let count = bytes.len().min(buffer.len());
                    bytes.copy_to_slice(&mut buffer[..count]);
                    count
                }
                (Some(Waiting::Written(left)), Some(file)) => {
                    let count = file.take(*left).read(buffer)?;
                    *left -= count as u64;
                    count
                }
                _ => 0,
            };
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            // What was read gives its room back before more is waited for.
            self.next = None;
            match self.waiting.blocking_recv() {
                Some(Waiting::File(file)) => self.file = Some(file),
                Some(next) => self.next = Some(next),
                None => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that tell where they stand.
    fn pieces(count: usize) -> Vec<Bytes> {
        (0..count).map(|at| Bytes::from(vec![(at % 251) as u8; 100_000 + at])).collect()
    }

    #[tokio::test]
    async fn what_goes_in_comes_out_however_late_it_is_read() {
        let pieces = pieces(130);
        let expected = pieces.concat();
        assert!(expected.len() > 2 * MEMORY_BYTES);
        for read_after in [0, 20, 100, 130] {
            let (mut backlog, mut reader) = new();
            let mut reading = None;
            let mut read_on = Some(move || {
                let mut read = Vec::new();
                reader.read_to_end(&mut read).map(|_| read)
            });
            for (at, piece) in pieces.iter().enumerate() {
                if at == read_after {
                    reading = read_on.take().map(spawn_blocking);
                }
                backlog.push(piece.clone()).await.unwrap();
            }
            backlog.finish().await.unwrap();
            let reading = reading.unwrap_or_else(|| spawn_blocking(read_on.take().unwrap()));
            assert!(reading.await.unwrap().unwrap() == expected, "{read_after}");
        }
    }

    #[tokio::test]
    async fn what_nobody_reads_any_more_is_let_go() {
        let (mut backlog, reader) = new();
        drop(reader);
        for piece in pieces(130) {
            backlog.push(piece).await.unwrap();
        }
        assert!(backlog.file.is_none() && backlog.unwritten.is_empty());
    }
}
