//! Where an answer ends, and what a caller gets who waits for each.

use std::io;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use memchr::memmem;

/// Room for the longest answer that is read whole.
pub(crate) const ROOM: usize = 16 * 1024;

/// A GET with a token, as bytes.
pub(crate) fn request(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// The length of an answer's head and body, once the head is there; an error if its status is another.
pub(crate) fn length(bytes: &[u8], status: u16) -> io::Result<Option<(usize, usize)>> {
    let Some(head) = memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = str::from_utf8(&bytes[..head]).map_err(io::Error::other)?;
    let found = head.get("HTTP/1.1 ".len()..).and_then(|rest| rest.get(..3)).and_then(|text| text.parse().ok());
    if found != Some(status) {
        return Err(io::Error::other(format!(
            "not the {status} that was expected: {}",
            String::from_utf8_lossy(bytes)
        )));
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        if name.eq_ignore_ascii_case("content-length") { value.parse().ok() } else { None }
    });
    let length = length.ok_or_else(|| io::Error::other("an answer without a length"))?;
    Ok(Some((head.len() + 4, length)))
}

/// A connection that is kept.
pub(crate) struct Caller {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Caller {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; ROOM] })
    }

    /// Sends a request and waits for its answer, of which it gives the body.
    pub(crate) fn call(&mut self, request: &[u8], status: u16) -> io::Result<&[u8]> {
        self.stream.write_all(request)?;
        let mut read = 0;
        loop {
            let more = self.stream.read(&mut self.buffer[read..])?;
            if more == 0 {
                return Err(io::Error::other("the connection was closed"));
            }
            read += more;
            if let Some((head, body)) = length(&self.buffer[..read], status)?
                && head + body <= read
            {
                return Ok(&self.buffer[head..head + body]);
            }
        }
    }
}
