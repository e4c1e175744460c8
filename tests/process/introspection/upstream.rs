//! An application behind Apache, which answers with what it was told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// An application on a port of its own.
pub(super) struct Upstream {
    /// `http://127.0.0.1:PORT`
    pub(super) base: String,
    calls: Arc<AtomicUsize>,
}

impl Upstream {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        thread::spawn(move || {
            for call in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                // Who goes away early does not hear the answer.
                let _ = answer(call);
            }
        });
        Self { base, calls }
    }

    /// How many calls got through to it.
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// Answers with the head of the call.
fn answer(mut call: TcpStream) -> std::io::Result<()> {
    let mut head = String::new();
    for line in BufReader::new(&call).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        head += &line;
        head += "\n";
    }
    let length = head.len();
    write!(call, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{head}")
}
