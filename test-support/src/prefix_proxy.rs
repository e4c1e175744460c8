//! A proxy that serves a service below a path and takes that off, as `location /signline/ { proxy_pass http://service/;
//! }` does.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A proxy on a port of its own. It serves as long as its runtime lives.
pub struct PrefixProxy {
    /// Its port on 127.0.0.1.
    pub port: u16,
    upstream: Arc<OnceLock<SocketAddr>>,
}

impl PrefixProxy {
    /// A proxy that serves paths below `prefix`, such as `/signline`, and answers 404 to all others.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start(prefix: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let upstream = Arc::new(OnceLock::new());
        let known = Arc::clone(&upstream);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let upstream: Option<SocketAddr> = known.get().copied();
                tokio::spawn(async move {
                    // A client that goes away early is no matter of the proxy.
                    let _ = forward(client, upstream, prefix).await;
                });
            }
        });
        Self { port, upstream }
    }

    /// Says where the service is, once it is known.
    ///
    /// # Panics
    /// If that was said before.
    pub fn lead_to(&self, upstream: SocketAddr) {
        self.upstream.set(upstream).expect("it is said once");
    }
}

/// Forwards one call; the connection ends with it.
async fn forward(mut client: TcpStream, upstream: Option<SocketAddr>, prefix: &str) -> std::io::Result<()> {
    let (head, rest) = read_head(&mut client).await?;
    match (upstream, without_prefix(&head, prefix)) {
        (Some(upstream), Some(head)) => {
            let mut service = TcpStream::connect(upstream).await?;
            service.write_all(head.as_bytes()).await?;
            service.write_all(&rest).await?;
            copy_bidirectional(&mut client, &mut service).await.map(drop)
        }
        _ => client.write_all(b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await,
    }
}

/// The head of a request, and what of its body has come with it.
async fn read_head(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    const END: &[u8] = b"\r\n\r\n";
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
            let rest = bytes.split_off(end + END.len());
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The head as the service gets it: without the prefix, for one call; `None` if it is not below the prefix.
fn without_prefix(head: &str, prefix: &str) -> Option<String> {
    let (line, fields) = head.split_once("\r\n")?;
    let (method, target) = line.split_once(' ')?;
    let target = target.strip_prefix(prefix).filter(|target| target.starts_with('/'))?;
    let fields = fields.split("\r\n").filter(|field| !field.to_ascii_lowercase().starts_with("connection:"));
    let fields: Vec<_> = fields.collect();
    Some(format!("{method} {target}\r\nconnection: close\r\n{}", fields.join("\r\n")))
}
