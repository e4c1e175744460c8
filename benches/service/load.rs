//! A load: requests made beforehand, sent over kept connections, each when the answer before it has come.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::Result;

/// What a run showed.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) calls: usize,
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) longest: Duration,
}

impl Figures {
    fn of(mut times: Vec<Duration>, length: Duration) -> Self {
        times.sort_unstable();
        let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
        let at = |share| at(share).copied().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "counts of one run are small")]
        let per_second = times.len() as f64 / length.as_secs_f64();
        Self { calls: times.len(), per_second, p50: at(50), p99: at(99), longest: at(100) }
    }
}

/// A GET with a bearer token, as bytes.
pub(crate) fn request(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// Sends the requests round and round for a time, after a fifth of it to warm up.
pub(crate) async fn run(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    length: Duration,
) -> Result<Figures> {
    let requests = Arc::new(requests.to_vec());
    let begin = Instant::now() + length / 5;
    let end = begin + length;
    let sending = (0..connections).map(|first| {
        let requests = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut times = Vec::new();
            for at in (first..).step_by(connections) {
                let sent = Instant::now();
                if sent >= end {
                    break;
                }
                connection.call(&requests[at % requests.len()]).await?;
                if sent >= begin {
                    times.push(sent.elapsed());
                }
            }
            Ok::<_, std::io::Error>(times)
        })
    });
    let sending: Vec<_> = sending.collect();
    let mut times = Vec::new();
    for task in sending {
        times.extend(task.await??);
    }
    Ok(Figures::of(times, length))
}

/// Sends the requests round and round, with a pause after each, while something else goes on.
pub(crate) async fn beside<T>(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    pause: Duration,
    work: impl Future<Output = Result<T>>,
) -> Result<(T, Figures)> {
    let requests = Arc::new(requests.to_vec());
    let done = Arc::new(AtomicBool::new(false));
    let sending = (0..connections).map(|first| {
        let (requests, done) = (Arc::clone(&requests), Arc::clone(&done));
        tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut times = Vec::new();
            for at in (first..).step_by(connections) {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let sent = Instant::now();
                connection.call(&requests[at % requests.len()]).await?;
                times.push(sent.elapsed());
                tokio::time::sleep(pause).await;
            }
            Ok::<_, std::io::Error>(times)
        })
    });
    let sending: Vec<_> = sending.collect();
    let begun = Instant::now();
    let outcome = work.await;
    done.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in sending {
        times.extend(task.await??);
    }
    Ok((outcome?, Figures::of(times, begun.elapsed())))
}

/// Sends each request once.
pub(crate) async fn once(address: SocketAddr, requests: &[Vec<u8>], connections: usize) -> Result<()> {
    let chunks: Vec<_> = requests.chunks(requests.len().div_ceil(connections)).map(<[_]>::to_vec).collect();
    let sending = chunks.into_iter().map(|chunk| {
        tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            for request in &chunk {
                connection.call(request).await?;
            }
            Ok::<_, std::io::Error>(())
        })
    });
    for task in sending.collect::<Vec<_>>() {
        task.await??;
    }
    Ok(())
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 16 * 1024] })
    }

    /// Sends a request and reads its answer, which must be a 200 with a length.
    async fn call(&mut self, request: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(request).await?;
        let mut read = 0;
        loop {
            let more = self.stream.read(&mut self.buffer[read..]).await?;
            if more == 0 {
                return Err(std::io::Error::other("the connection was closed"));
            }
            read += more;
            match end_of_answer(&self.buffer[..read])? {
                Some(end) if end <= read => return Ok(()),
                _ => {}
            }
        }
    }
}

/// Where an answer ends, once its head is there.
fn end_of_answer(bytes: &[u8]) -> std::io::Result<Option<usize>> {
    let text = str::from_utf8(bytes).map_err(std::io::Error::other)?;
    let Some(head) = text.find("\r\n\r\n") else {
        return Ok(None);
    };
    if !text.starts_with("HTTP/1.1 200") {
        return Err(std::io::Error::other(text.to_owned()));
    }
    let length = text[..head].lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
    });
    length.map(|length| Some(head + 4 + length)).ok_or_else(|| std::io::Error::other("an answer without a length"))
}
