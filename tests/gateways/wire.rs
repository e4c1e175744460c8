//! A client that writes header names as it likes, which libraries don't let it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take. A gateway may wait for a service that is gone.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The values of a header, whose name is given in lower case.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(field, _)| field.to_lowercase() == name).map(|(_, value)| value.trim()).collect()
    }
}

/// Sends a request with these header lines to a port of this machine; the connection ends with it.
pub(crate) async fn call(
    port: u16,
    method: &str,
    path: &str,
    mut lines: Vec<(String, String)>,
    body: &[u8],
) -> std::io::Result<Answer> {
    lines.insert(0, ("Host".to_owned(), "application.example".to_owned()));
    if !lines.iter().any(|(name, _)| name == "Connection") {
        lines.push(("Connection".to_owned(), "close".to_owned()));
    }
    if method == "POST" {
        lines.push(("Content-Length".to_owned(), body.len().to_string()));
    }
    let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = [format!("{method} {path} HTTP/1.1\r\n{}\r\n", lines.concat()).as_bytes(), body].concat();
    timeout(TIMEOUT, exchange(port, &request)).await.expect("there is an answer in time")
}

/// Who is refused gets the answer before the body is sent, so it is read meanwhile, and the rest may meet a closed
/// connection.
async fn exchange(port: u16, request: &[u8]) -> std::io::Result<Answer> {
    let (mut from, mut to) = TcpStream::connect(("127.0.0.1", port)).await?.into_split();
    let mut bytes = Vec::new();
    let (_, read) = tokio::join!(to.write_all(request), from.read_to_end(&mut bytes));
    match parse(&bytes) {
        Some(answer) => Ok(answer),
        None => Err(read.err().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into())),
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
