//! What stands between the service and its database: an address that can be moved, made slow, or cut.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// An address from which bytes go on to a server.
pub(crate) struct Forwarder {
    pub(crate) port: u16,
    way: watch::Sender<Way>,
}

/// Where bytes go, and how.
#[derive(Clone, Copy)]
struct Way {
    to: u16,
    delay: Duration,
    /// Connections made before this change are cut.
    cut: u64,
    /// Connections made before this change carry nothing more, and are not closed.
    silenced: u64,
    /// How often something was changed.
    change: u64,
}

impl Forwarder {
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (way, ways) = watch::channel(Way { to, delay: Duration::ZERO, cut: 0, silenced: 0, change: 1 });
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(forward(client, ways.clone()));
            }
        });
        Self { port, way }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn change(&self, change: impl Fn(&mut Way)) {
        self.way.send_modify(|way| {
            way.change += 1;
            change(way);
        });
    }

    /// Leads new connections to another server.
    pub(crate) fn lead_to(&self, port: u16) {
        self.change(|way| way.to = port);
    }

    /// Keeps each piece back for a time.
    pub(crate) fn delay(&self, delay: Duration) {
        self.change(|way| way.delay = delay);
    }

    /// Cuts all connections that there are.
    pub(crate) fn cut(&self) {
        self.change(|way| way.cut = way.change);
    }

    /// Lets nothing more through on the connections that there are, as a network does that has forgotten them.
    pub(crate) fn silence(&self) {
        self.change(|way| way.silenced = way.change);
    }
}

async fn forward(client: TcpStream, ways: watch::Receiver<Way>) {
    let way = *ways.borrow();
    let Ok(server) = TcpStream::connect(("127.0.0.1", way.to)).await else {
        return;
    };
    // Small pieces are to go at once.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut waiting = ways.clone();
    let cut = waiting.wait_for(|now| now.cut > way.change);
    let both = Arc::new(ways.clone());
    tokio::select! {
        () = carry(from_client, to_server, &both, way.change) => {}
        () = carry(from_server, to_client, &both, way.change) => {}
        _ = cut => {}
    }
}

/// Carries bytes one way until there are no more.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, ways: &watch::Receiver<Way>, made: u64) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let way = *ways.borrow();
        if way.silenced > made {
            std::future::pending::<()>().await;
        }
        sleep(way.delay).await;
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
