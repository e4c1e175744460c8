//! A connection that is given up when its client stands still.
//!
//! The framework sees to the head of the first request of a connection, and to idle connections. It waits for good for
//! the rest of a later head, for a client that does not read its answer, and for the end of a chunked body that nobody
//! wants.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::time::{Sleep, sleep, sleep_until};
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// How long a client may stand still.
#[derive(Clone, Copy)]
pub(super) struct Timeouts {
    /// With the head of a request, from its first byte to its last.
    pub(super) head: Duration,
    /// With the bytes of an answer that it leaves where they are.
    pub(super) answer: Duration,
    /// How fast it must take an answer, in bytes a second, if it takes longer than that: who takes a byte now and then
    /// would keep what the answer is made of, such as a snapshot of the database.
    pub(super) answer_pace: u32,
    /// Between a head and its answer, while nothing comes and goes. Longer than any call; those with a body have
    /// shorter limits of their own.
    pub(super) call: Duration,
    /// After the answer to the last call, with bytes that nobody wants: long enough to read the answer.
    pub(super) end: Duration,
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What is written between a head and its body, and is not an answer.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A connection, and the clock that is running on it. The usual call, whose head comes in one piece and whose answer is
/// taken at once, needs none.
pub(super) struct TimedIo<IO> {
    io: IO,
    timeouts: Timeouts,
    reading: Reading,
    /// The last bytes of a head that is not complete; zeros before its first.
    tail: [u8; END_OF_HEAD.len() - 1],
    read_clock: Option<Pin<Box<Sleep>>>,
    blocked: Option<Blocked>,
    /// How much longer the client may leave the bytes of the answer where they are.
    slack: Duration,
    last_call: LastCall,
    /// When nothing more is read: the last call was answered.
    ends_at: Option<Instant>,
}

/// Bytes that the client does not take.
struct Blocked {
    since: Instant,
    clock: Pin<Box<Sleep>>,
}

/// Tells a connection that the call which is being answered is its last.
#[derive(Clone, Default)]
pub(super) struct LastCall(Rc<Cell<bool>>);

impl LastCall {
    /// What comes once the next answer is written is not read for long. For a body of no announced length, which the
    /// framework would read to an end that may never come.
    pub(super) fn announce(&self) {
        self.0.set(true);
    }
}

/// What is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Nothing: all that came was answered.
    Nothing,
    /// A head, of which a part has come.
    Head,
    /// What follows a head.
    Rest,
}

impl<IO> TimedIo<IO> {
    pub(super) fn new(io: IO, timeouts: Timeouts) -> Self {
        Self {
            io,
            timeouts,
            reading: Reading::Nothing,
            tail: [0; END_OF_HEAD.len() - 1],
            read_clock: None,
            blocked: None,
            slack: timeouts.answer,
            last_call: LastCall::default(),
            ends_at: None,
        }
    }

    /// For whoever knows which call is the last.
    pub(super) fn last_call(&self) -> LastCall {
        self.last_call.clone()
    }

    fn has_read(&mut self, bytes: &[u8]) {
        match self.reading {
            Reading::Nothing => self.begin_head(bytes),
            Reading::Head => self.look_for_end_of_head(bytes),
            Reading::Rest if self.read_clock.is_some() => self.read_clock = Some(Box::pin(sleep(self.timeouts.call))),
            Reading::Rest => {}
        }
    }

    fn begin_head(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.first().copied() else { return };
        // Not while an answer waits for its client: bytes that come meanwhile earn no time for it.
        if self.blocked.is_none() {
            self.slack = self.timeouts.answer;
        }
        if bytes.ends_with(END_OF_HEAD) && !is_line_end(first) {
            self.reading = Reading::Rest;
            return;
        }
        self.tail = [0; END_OF_HEAD.len() - 1];
        self.reading = Reading::Head;
        self.read_clock = Some(Box::pin(sleep(self.timeouts.head)));
        self.look_for_end_of_head(bytes);
    }

    fn look_for_end_of_head(&mut self, mut bytes: &[u8]) {
        // The framework skips empty lines before a head (RFC 9112, section 2.2): they are not the end of one.
        if self.tail == [0; END_OF_HEAD.len() - 1] {
            bytes = &bytes[bytes.iter().take_while(|byte| is_line_end(**byte)).count()..];
        }
        let mut seam = self.tail.to_vec();
        seam.extend(bytes.iter().take(END_OF_HEAD.len() - 1));
        if memmem::find(&seam, END_OF_HEAD).is_some() || memmem::find(bytes, END_OF_HEAD).is_some() {
            self.reading = Reading::Rest;
            self.read_clock = Some(Box::pin(sleep(self.timeouts.call)));
            return;
        }
        let last = [&self.tail, bytes].concat();
        let (_, last) = last.split_at(last.len() - self.tail.len());
        self.tail.copy_from_slice(last);
    }

    fn has_written(&mut self, bytes: &[u8], context: &mut Context<'_>) {
        let is_answer = bytes.len() > CONTINUE.len() || !CONTINUE.ends_with(bytes);
        if !is_answer || self.ends_at.is_some() {
            return;
        }
        self.reading = Reading::Nothing;
        self.read_clock = None;
        if self.last_call.0.get() {
            self.end_soon(context);
        }
    }

    /// Nothing more is read from soon on. A client that says nothing wakes nobody: the clock must, so it runs from here
    /// on.
    fn end_soon(&mut self, context: &mut Context<'_>) {
        let ends_at = Instant::now() + self.timeouts.end;
        let mut clock = Box::pin(sleep_until(ends_at));
        // Whether it has gone off already is looked at when the task reads again.
        let _ = clock.as_mut().poll(context);
        (self.ends_at, self.read_clock) = (Some(ends_at), Some(clock));
    }

    /// The client has taken bytes of an answer. What it left lying before counts against it, and what it takes for it.
    fn has_taken(&mut self, bytes: usize) {
        if let Some(blocked) = self.blocked.take() {
            self.slack = self.slack.saturating_sub(blocked.since.elapsed());
        }
        if self.slack < self.timeouts.answer {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            let earned = Duration::from_secs(1) * bytes / self.timeouts.answer_pace.max(1);
            self.slack = self.timeouts.answer.min(self.slack + earned);
        }
    }

    /// The client does not read: an error once that has gone on for too long.
    fn poll_blocked(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let slack = self.slack;
        let begin = || Blocked { since: Instant::now(), clock: Box::pin(sleep(slack)) };
        let blocked = self.blocked.get_or_insert_with(begin);
        ready!(blocked.clock.as_mut().poll(context));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

impl<IO: AsyncRead + Unpin> AsyncRead for TimedIo<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ends_at.is_some_and(|ends_at| Instant::now() >= ends_at) {
            // As if the client had ended it: what is left of the answer is still written.
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut self.io).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                if self.ends_at.is_none() {
                    self.has_read(&buffer.filled()[before..]);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let Some(clock) = &mut self.read_clock else {
                    return Poll::Pending;
                };
                ready!(clock.as_mut().poll(context));
                if self.ends_at.is_some() {
                    Poll::Ready(Ok(()))
                } else {
                    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
                }
            }
        }
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for TimedIo<IO> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write(context, bytes) {
            Poll::Ready(written) => {
                self.has_taken(written.as_ref().copied().unwrap_or_default());
                self.has_written(bytes, context);
                Poll::Ready(written)
            }
            Poll::Pending => self.poll_blocked(context).map(Err),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_flush(context) {
            Poll::Ready(flushed) => {
                self.has_taken(0);
                Poll::Ready(flushed)
            }
            Poll::Pending => self.poll_blocked(context).map(Err),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_shutdown(context) {
            Poll::Ready(ended) => Poll::Ready(ended),
            // TLS has a last word, which waits as an answer does.
            Poll::Pending => self.poll_blocked(context).map(Err),
        }
    }
}

#[cfg(test)]
mod tests;
