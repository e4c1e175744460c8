//! A web server with a page, as an operator's portal has one: of another origin than the service.

use std::collections::HashMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};

/// The files that it serves, by their names.
type Files = HashMap<String, Vec<u8>>;

/// A server of its own; it ends when dropped.
pub(crate) struct PageServer {
    /// `http://localhost:PORT`
    pub(crate) origin: String,
    handle: ServerHandle,
}

/// A port that was taken for a server, before it is known what it serves.
pub(crate) struct TakenPort {
    listener: TcpListener,
    pub(crate) origin: String,
}

impl TakenPort {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        Self { listener, origin }
    }

    /// Serves files of the disk and settings below `/portal/`.
    pub(crate) fn serve(self, files: &[&Path], settings: Vec<u8>) -> PageServer {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut served: Files = files.iter().map(|path| (name(path), fs::read(path).unwrap())).collect();
        served.insert("settings.json".to_owned(), settings);
        let served = web::Data::new(served);
        let app = move || App::new().app_data(served.clone()).route("/portal/{name:.*}", web::get().to(file));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(self.listener).unwrap().run();
        let handle = server.handle();
        tokio::spawn(server);
        PageServer { origin: self.origin, handle }
    }
}

async fn file(files: web::Data<Files>, name: web::Path<String>) -> HttpResponse {
    let name = if name.is_empty() { "index.html" } else { name.as_str() };
    let media_type = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        _ => "application/json",
    };
    files.get(name).map_or_else(
        || HttpResponse::NotFound().finish(),
        |content| HttpResponse::Ok().content_type(media_type).body(content.clone()),
    )
}

impl Drop for PageServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}
