//! A connection that is given up when its client stands still.
//!
//! The framework sees to the head of the first request of a connection, and to idle connections. It waits for good for the
//! rest of a later head, for a client that does not read its answer, and for the end of a chunked body that nobody wants.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use actix_web::rt::time::Sleep;
use actix_web::rt::time::sleep;
use actix_web::rt::time::sleep_until;
use memchr::memmem;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;

/// How long a client may stand still.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// With the head of a request, from its first byte to its last.
    pub(super) head: Duration,
    /// With the bytes of an answer that it leaves where they are.
    pub(super) answer: Duration,
    /// How fast it must take an answer, in bytes a second, if it takes longer than that: who takes a byte now and then would
    /// keep what the answer is made of, such as a snapshot of the database.
    pub(super) answer_pace: u32,
    /// Between a head and its answer, while nothing comes and goes. Longer than any call; those with a body have shorter
    /// limits of their own.
    pub(super) call: Duration,
    /// After the answer to the last call, with bytes that nobody wants: long enough to read the answer.
    pub(super) end: Duration,
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What is written between a head and its body, and is no answer.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A connection, and the clock that is running on it. The usual call, whose head comes in one piece and whose answer is
/// taken at once, needs none.
pub(super) struct Watched<IO> {
    io: IO,
    patience: Patience,
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

impl<IO> Watched<IO> {
    pub(super) fn new(io: IO, patience: Patience) -> Self {
        Self {
            io,
            patience,
            reading: Reading::Nothing,
            tail: [0; END_OF_HEAD.len() - 1],
            read_clock: None,
            blocked: None,
            slack: patience.answer,
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
            Reading::Rest if self.read_clock.is_some() => self.read_clock = Some(Box::pin(sleep(self.patience.call))),
            Reading::Rest => {}
        }
    }

    fn begin_head(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.first().copied() else { return };
        // Not while an answer waits for its client: bytes that come meanwhile earn no time for it.
        if self.blocked.is_none() {
            self.slack = self.patience.answer;
        }
        if bytes.ends_with(END_OF_HEAD) && !is_line_end(first) {
            self.reading = Reading::Rest;
            return;
        }
        self.tail = [0; END_OF_HEAD.len() - 1];
        self.reading = Reading::Head;
        self.read_clock = Some(Box::pin(sleep(self.patience.head)));
        self.look_for_end_of_head(bytes);
    }

    fn look_for_end_of_head(&mut self, mut bytes: &[u8]) {
        // The framework skips empty lines before a head (RFC 9112, section 2.2): they are no end of one.
        if self.tail == [0; END_OF_HEAD.len() - 1] {
            bytes = &bytes[bytes.iter().take_while(|byte| is_line_end(**byte)).count()..];
        }
        let mut seam = self.tail.to_vec();
        seam.extend(bytes.iter().take(END_OF_HEAD.len() - 1));
        if memmem::find(&seam, END_OF_HEAD).is_some() || memmem::find(bytes, END_OF_HEAD).is_some() {
            self.reading = Reading::Rest;
            self.read_clock = Some(Box::pin(sleep(self.patience.call)));
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

    /// Nothing more is read from soon on. A client that says nothing wakes nobody: the clock must, so it runs from here on.
    fn end_soon(&mut self, context: &mut Context<'_>) {
        let ends_at = Instant::now() + self.patience.end;
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
        if self.slack < self.patience.answer {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            let earned = Duration::from_secs(1) * bytes / self.patience.answer_pace.max(1);
            self.slack = self.patience.answer.min(self.slack + earned);
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

impl<IO: AsyncRead + Unpin> AsyncRead for Watched<IO> {
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

impl<IO: AsyncWrite + Unpin> AsyncWrite for Watched<IO> {
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
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering;
    use std::task::Wake;
    use std::task::Waker;

    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::io::DuplexStream;
    use tokio::io::duplex;
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_millis(200),
        answer: Duration::from_millis(200),
        answer_pace: 200,
        call: Duration::from_millis(600),
        end: Duration::from_millis(200),
    };
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    fn connection() -> (DuplexStream, Watched<DuplexStream>) {
        let (client, server) = duplex(64);
        (client, Watched::new(server, PATIENCE))
    }

    async fn read(server: &mut Watched<DuplexStream>) -> io::Result<usize> {
        server.read(&mut [0; 64]).await
    }

    #[tokio::test]
    async fn a_later_head_that_comes_in_drops_is_given_up() {
        let (mut client, mut server) = connection();
        client.write_all(REQUEST).await.unwrap();
        assert_eq!(read(&mut server).await.unwrap(), REQUEST.len());
        server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let begun = Instant::now();
        let drip = tokio::spawn(async move {
            for byte in REQUEST {
                if client.write_all(&[*byte]).await.is_err() {
                    break;
                }
                sleep(PATIENCE.head / 5).await;
            }
        });
        let error = loop {
            if let Err(error) = read(&mut server).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= PATIENCE.head);
        drip.abort();
    }

    #[tokio::test]
    async fn a_head_in_pieces_is_known_to_be_complete_wherever_it_is_cut() {
        for cut in 1..REQUEST.len() {
            let (mut client, mut server) = connection();
            for part in [&REQUEST[..cut], &REQUEST[cut..]] {
                client.write_all(part).await.unwrap();
                read(&mut server).await.unwrap();
            }
            assert!(server.reading == Reading::Rest, "{cut}");
        }
    }

    #[tokio::test]
    async fn a_slow_body_or_handler_has_limits_of_its_own_and_a_dead_one_ends() {
        let (mut client, mut server) = connection();
        for part in [&REQUEST[..7], &REQUEST[7..]] {
            client.write_all(part).await.unwrap();
            read(&mut server).await.unwrap();
        }
        assert!(timeout(PATIENCE.head * 2, read(&mut server)).await.is_err());
        assert_eq!(read(&mut server).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_body_after_100_continue_is_no_head() {
        let (mut client, mut server) = connection();
        client.write_all(REQUEST).await.unwrap();
        read(&mut server).await.unwrap();
        server.write_all(CONTINUE).await.unwrap();
        client.write_all(b"half of a body").await.unwrap();
        read(&mut server).await.unwrap();
        assert!(timeout(PATIENCE.head * 2, read(&mut server)).await.is_err());
    }

    #[tokio::test]
    async fn an_idle_connection_is_no_matter_of_this_one() {
        let (_client, mut server) = connection();
        assert!(timeout(PATIENCE.call * 2, read(&mut server)).await.is_err());
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_its_answer_is_given_up() {
        let (_client, mut server) = connection();
        let begun = Instant::now();
        assert_eq!(server.write_all(&[b'x'; 100]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= PATIENCE.answer);
    }

    #[tokio::test]
    async fn what_comes_after_the_answer_to_the_last_call_is_not_read_for_long() {
        let (mut client, mut server) = connection();
        client.write_all(REQUEST).await.unwrap();
        read(&mut server).await.unwrap();
        server.last_call().announce();
        client.write_all(b"5\r\nchunk\r\n").await.unwrap();
        assert!(read(&mut server).await.is_ok(), "before its answer it is read");
        let begun = Instant::now();
        server.write_all(b"HTTP/1.1 413 Payload Too Large\r\n\r\n").await.unwrap();
        let endless = tokio::spawn(async move { while client.write_all(REQUEST).await.is_ok() {} });
        while read(&mut server).await.unwrap() > 0 {}
        assert!(begun.elapsed() >= PATIENCE.end);
        drop(server);
        endless.await.unwrap();
    }

    /// Knows whether the connection's task was woken.
    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    /// The framework reads until there is nothing more, writes the answer, and reads again only when it is woken.
    #[tokio::test]
    async fn after_the_answer_to_the_last_call_a_client_that_says_nothing_more_is_not_waited_for() {
        for body in [&b""[..], b"5\r\nchu", b"5\r\nchunk\r\n"] {
            let (mut client, mut server) = connection();
            client.write_all(&[REQUEST, body].concat()).await.unwrap();
            read(&mut server).await.unwrap();
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let (mut context, mut bytes) = (Context::from_waker(&waker), [0; 64]);
            assert!(Pin::new(&mut server).poll_read(&mut context, &mut ReadBuf::new(&mut bytes)).is_pending());
            server.last_call().announce();
            assert!(Pin::new(&mut server).poll_write(&mut context, b"HTTP/1.1 401 x\r\n\r\n").is_ready());
            assert!(!woken.0.load(Ordering::SeqCst));
            sleep(PATIENCE.end * 2).await;
            assert!(woken.0.load(Ordering::SeqCst), "the clock wakes the connection");
            let mut rest = ReadBuf::new(&mut bytes);
            assert!(Pin::new(&mut server).poll_read(&mut context, &mut rest).is_ready());
            assert!(rest.filled().is_empty(), "as if the client had ended it");
        }
    }

    #[tokio::test]
    async fn the_rest_of_100_continue_is_no_answer_either() {
        let (mut client, server) = duplex(7);
        let mut server = Watched::new(server, PATIENCE);
        server.reading = Reading::Rest;
        let taken = async {
            let mut bytes = [0; CONTINUE.len()];
            client.read_exact(&mut bytes).await.map(|_| bytes)
        };
        let (written, taken) = tokio::join!(server.write_all(CONTINUE), taken);
        written.unwrap();
        assert_eq!(taken.unwrap(), CONTINUE);
        assert!(server.reading == Reading::Rest);
    }

    #[tokio::test]
    async fn empty_lines_are_no_head_and_bring_no_time() {
        for lines in [&[&b"\r\n\r\n"[..]][..], &[b"\r\n"], &[b"\r\n", b"\r\n"], &[b"\n", b"\r\n\r\n\r\n"]] {
            let (mut client, mut server) = connection();
            for line in lines {
                client.write_all(line).await.unwrap();
                read(&mut server).await.unwrap();
            }
            let given_up = timeout(PATIENCE.head * 2, read(&mut server)).await.expect("it is given up");
            assert_eq!(given_up.unwrap_err().kind(), io::ErrorKind::TimedOut);
        }
        let (mut client, mut server) = connection();
        for part in [b"\r\n", REQUEST] {
            client.write_all(part).await.unwrap();
            read(&mut server).await.unwrap();
        }
        assert!(server.reading == Reading::Rest);
    }

    #[tokio::test]
    async fn a_client_that_takes_a_byte_now_and_then_is_given_up() {
        let (mut client, mut server) = connection();
        let drops = tokio::spawn(async move {
            while client.read_exact(&mut [0; 2]).await.is_ok() {
                sleep(PATIENCE.answer / 4).await;
            }
        });
        let error = timeout(PATIENCE.answer * 20, server.write_all(&[b'x'; 10_000])).await.expect("it is given up");
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(server);
        drops.await.unwrap();
    }

    #[tokio::test]
    async fn bytes_that_come_while_an_answer_waits_bring_no_time_for_it() {
        let (mut client, mut server) = connection();
        let waits = timeout(Duration::from_millis(1), server.write_all(&[b'x'; 65])).await;
        assert!(waits.is_err() && server.blocked.is_some());
        server.slack = PATIENCE.answer / 2;
        client.write_all(b"x\r\n\r\n").await.unwrap();
        assert_eq!(read(&mut server).await.unwrap(), 5);
        assert_eq!(server.slack, PATIENCE.answer / 2);
    }

    #[tokio::test]
    async fn how_slowly_one_answer_was_taken_does_not_count_for_the_next() {
        let (mut client, mut server) = connection();
        let slow = async {
            sleep(PATIENCE.answer * 3 / 4).await;
            client.read_exact(&mut [0; 65]).await.unwrap();
        };
        let (written, ()) = tokio::join!(server.write_all(&[b'x'; 65]), slow);
        written.unwrap();
        assert!(server.slack < PATIENCE.answer);
        client.write_all(REQUEST).await.unwrap();
        read(&mut server).await.unwrap();
        assert_eq!(server.slack, PATIENCE.answer);
    }

    #[tokio::test]
    async fn a_client_that_reads_slowly_is_not_given_up() {
        let (mut client, mut server) = connection();
        let slowly = async {
            for _ in 0..20 {
                sleep(PATIENCE.answer / 5).await;
                client.read_exact(&mut [0; 10]).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(server.write_all(&[b'x'; 200]), slowly);
        written.unwrap();
    }
}
