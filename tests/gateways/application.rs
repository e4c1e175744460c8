//! The application behind the gateway: it records what reaches it.

use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpServer};

/// More than any test sends.
const MAX_BODY_BYTES: usize = 16 << 20;

/// A request as it arrived.
pub(crate) struct Seen {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Seen {
    /// The headers that an application could take for Signline's, in order, in lower case.
    pub(crate) fn signline_headers(&self) -> Vec<(String, String)> {
        let mut found: Vec<_> = self.headers.iter().filter(|(name, _)| reads_as_signline(name)).cloned().collect();
        found.sort();
        found
    }
}

impl fmt::Debug for Seen {
    /// Without the body, which may be megabytes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {:?}", self.method, self.path, self.headers)
    }
}

/// Many applications read every character that is neither letter nor digit as an underscore.
fn reads_as_signline(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    name.starts_with("xsignline")
}

/// An application that runs until it is dropped.
pub(crate) struct Application {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    server: ServerHandle,
}

impl Application {
    pub(crate) fn start() -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let data = Data::from(Arc::clone(&seen));
        let server = HttpServer::new(move || {
            let limit = PayloadConfig::new(MAX_BODY_BYTES);
            App::new().app_data(limit).app_data(data.clone()).default_service(web::to(record))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { port, seen, server: handle }
    }

    /// What has reached it since it was last asked.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // The stop happens when the value is made; nobody needs to wait for its end.
        drop(self.server.stop(false));
    }
}

async fn record(request: HttpRequest, body: Bytes, seen: Data<Mutex<Vec<Seen>>>) -> &'static str {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), text(value.as_bytes())));
    let path = request.uri().to_string();
    let arrived = Seen { method: request.method().to_string(), path, headers: headers.collect(), body };
    seen.lock().unwrap().push(arrived);
    "the application"
}
