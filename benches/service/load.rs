//! A load: requests made beforehand, sent over kept connections, each when the answer before it has come. One thread that
//! waits for all connections at once, so that it costs less than the server it measures.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use std::{io, thread};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::figures::Round;
use crate::process::{Process, own_processor_time};
use crate::{Result, answer, cores};

/// Connections that a load comes over.
const CONNECTIONS: usize = 32;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whom a load is sent to, and the status that it must answer with.
pub(crate) struct Target<'p> {
    pub(crate) process: &'p Process,
    pub(crate) address: SocketAddr,
    pub(crate) status: u16,
    pub(crate) waiting: Waiting,
}

/// What the load does until an answer comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// It looks again and again. A server whose every answer had to wake the load would pay for that, the more the slower
    /// it is.
    Awake,
    /// It sleeps: where a database needs the processor that the load is on.
    Asleep,
}

impl Target<'_> {
    /// Sends the requests round and round for a time, after a tenth of it to warm up.
    pub(crate) fn for_a_time(&self, core: usize, requests: &[Vec<u8>], length: Duration) -> Result<Round> {
        self.round(core, requests.iter().cycle(), Some(length / 10))?;
        self.round(core, requests.iter().cycle(), Some(length))
    }

    /// Sends each request once.
    pub(crate) fn each_once(&self, core: usize, requests: &[Vec<u8>]) -> Result<Round> {
        self.round(core, requests.iter(), None)
    }

    fn round<'r>(
        &self,
        core: usize,
        requests: impl Iterator<Item = &'r Vec<u8>> + Send,
        length: Option<Duration>,
    ) -> Result<Round> {
        let driven = thread::scope(|scope| {
            let load = scope.spawn(move || {
                cores::stay_on(core)?;
                let (server, load, begun) = (self.process.threads()?, own_processor_time()?, Instant::now());
                let times = self.drive(requests, length.map(|length| begun + length))?;
                let (wall, load) = (begun.elapsed(), own_processor_time()?.saturating_sub(load));
                Ok(Round { times, wall, load, server: self.process.threads()?.since(&server) })
            });
            load.join()
        });
        driven.map_err(|_| "the load broke off")?
    }

    /// Sends requests until there are no more, or until a time; gives how long each answer took.
    fn drive<'r>(
        &self,
        mut requests: impl Iterator<Item = &'r Vec<u8>>,
        end: Option<Instant>,
    ) -> Result<Vec<Duration>> {
        let mut poll = Poll::new()?;
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for request in requests.by_ref().take(CONNECTIONS) {
            let mut connection = Connection::open(self.address)?;
            poll.registry().register(&mut connection.stream, Token(connections.len()), Interest::READABLE)?;
            connection.send(request)?;
            connections.push(connection);
        }
        let (mut open, mut times) = (connections.len(), Vec::new());
        let mut events = Events::with_capacity(CONNECTIONS);
        while open > 0 {
            wait(&mut poll, &mut events, self.waiting)?;
            for event in &events {
                let connection = connections.get_mut(event.token().0).ok_or("an event of no connection")?;
                if !connection.has_answer(self.status)? {
                    continue;
                }
                let now = Instant::now();
                times.push(now - connection.sent);
                match requests.next().filter(|_| end.is_none_or(|end| now < end)) {
                    Some(request) => connection.send(request)?,
                    None => open -= 1,
                }
            }
        }
        Ok(times)
    }
}

/// Waits for events.
fn wait(poll: &mut Poll, events: &mut Events, waiting: Waiting) -> Result<()> {
    let begun = Instant::now();
    let at_most = if waiting == Waiting::Awake { Duration::ZERO } else { PATIENCE };
    while begun.elapsed() < PATIENCE {
        match poll.poll(events, Some(at_most)) {
            Ok(()) if events.is_empty() => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return Ok(done?),
        }
    }
    Err(format!("no answer within {} s", PATIENCE.as_secs()).into())
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    read: usize,
    sent: Instant,
}

impl Connection {
    fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream);
        Ok(Self { stream, buffer: vec![0; answer::ROOM], read: 0, sent: Instant::now() })
    }

    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        (self.read, self.sent) = (0, Instant::now());
        // There is nothing else in the connection's buffer, and a request is smaller than it.
        if self.stream.write(request)? == request.len() { Ok(()) } else { Err(io::Error::other("cut off")) }
    }

    /// Reads what has come. There is no further event for what is left unread, so it reads to the end of either.
    fn has_answer(&mut self, status: u16) -> io::Result<bool> {
        loop {
            match self.stream.read(&mut self.buffer[self.read..]) {
                Ok(0) => return Err(io::Error::other("the connection was closed")),
                Ok(more) => self.read += more,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            let length = answer::length(&self.buffer[..self.read], status)?;
            if length.is_some_and(|(head, body)| head + body <= self.read) {
                return Ok(true);
            }
        }
    }
}
