//! What has arrived of an upload and was not read yet: an upload goes as fast as it comes, and not as fast as it is
//! read.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::Arc;
use std::{io, thread};

use bytes::{Buf, Bytes};
use tempfile::NamedTempFile;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::import::reading_thread;

/// What waits in memory at most, in bytes. If there is more, it and all that comes later waits in a temporary file.
const MEMORY_BYTES: usize = 4 << 20;

/// How many pieces wait to be written to the file at most.
const PIECES_UNWRITTEN: usize = 16;

/// Makes a backlog: where bytes go in, and the blocking reader that they come out of.
pub(super) fn new() -> (Backlog, BacklogReader) {
    let (sender, waiting) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(MEMORY_BYTES));
    (Backlog { sender, room, writer: None }, BacklogReader { waiting, next: None, file: None })
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
    writer: Option<Writer>,
}

impl Backlog {
    /// Takes bytes in. Once the reader is gone they are let go.
    ///
    /// # Errors
    /// If there is no temporary file. That it can't be written is told in the end.
    pub(super) async fn push(&mut self, bytes: Bytes) -> io::Result<()> {
        if self.sender.is_closed() {
            return Ok(());
        }
        if let Some(writer) = &self.writer {
            writer.push(bytes).await;
            return Ok(());
        }
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if let Ok(room) = self.room.clone().try_acquire_many_owned(size) {
            // An error says that the reader has seen enough.
            let _ = self.sender.send(Waiting::Bytes { bytes, _room: room });
        } else {
            self.writer.insert(Writer::start(self.sender.clone())?).push(bytes).await;
        }
        Ok(())
    }

    /// Ends the bytes.
    ///
    /// # Errors
    /// If there was no room for them.
    pub(super) async fn finish(self) -> io::Result<()> {
        match self.writer {
            Some(writer) => writer.finish().await,
            None => Ok(()),
        }
    }
}

/// A thread that writes bytes to a temporary file, because a disk may take its time.
struct Writer {
    pieces: mpsc::Sender<Bytes>,
    outcome: oneshot::Receiver<io::Result<()>>,
}

impl Writer {
    fn start(waiting: mpsc::UnboundedSender<Waiting>) -> io::Result<Self> {
        let (pieces, receiver) = mpsc::channel(PIECES_UNWRITTEN);
        let (tell, outcome) = oneshot::channel();
        // Not one of tokio's: they live on, and the C library would keep the memory of a whole file for each that has
        // read one.
        thread::Builder::new().spawn(move || {
            reading_thread::stand_back();
            // Nobody listens where the upload broke off.
            let _ = tell.send(write(receiver, &waiting));
        })?;
        Ok(Self { pieces, outcome })
    }

    async fn push(&self, bytes: Bytes) {
        // An error says that the file can't be written, which is told in the end.
        let _ = self.pieces.send(bytes).await;
    }

    async fn finish(self) -> io::Result<()> {
        drop(self.pieces);
        self.outcome.await.map_err(io::Error::other)?
    }
}

/// Writes all pieces to a temporary file, and tells the reader of each.
fn write(mut pieces: mpsc::Receiver<Bytes>, waiting: &mpsc::UnboundedSender<Waiting>) -> io::Result<()> {
    let mut file = NamedTempFile::new()?;
    let mut is_wanted = waiting.send(Waiting::File(file.reopen()?)).is_ok();
    while let Some(piece) = pieces.blocking_recv() {
        if is_wanted {
            file.write_all(&piece)?;
            is_wanted = waiting.send(Waiting::Written(piece.len() as u64)).is_ok();
        }
    }
    Ok(())
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
    use tokio::task::spawn_blocking;

    use super::*;

    /// Bytes that tell where they stand.
    fn pieces(count: u8) -> Vec<Bytes> {
        (0..count).map(|at| Bytes::from(vec![at; 100_000 + usize::from(at)])).collect()
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
        assert!(backlog.writer.is_none());
        backlog.finish().await.unwrap();
    }
}
