//! The server: listener, limits, and the graceful stop.

use std::future::ready;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_tls::accept::{TlsError, max_concurrent_tls_connect};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use actix_web::{App, web};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;
use tracing::{info, warn};
use utoipa_actix_web::AppExt;

use crate::http::docs::DocumentText;
use crate::http::observe::Observe;
use crate::http::routes::{POLICIES, routes};
use crate::http::services::Services;
use crate::http::timed_io::{TimedIo, Timeouts};
use crate::http::tls::ListenerTls;
use crate::http::unmatched::{KnownPaths, unmatched};
use crate::http::{console, docs, openapi};

/// How long the head of a request may take to arrive.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// How long a client may stand still between a head and its answer.
const CALL_LIMIT: Duration = Duration::from_mins(10);

/// How fast a client must take an answer that it can't take at once, in bytes a second: a group of a million people
/// exports in less than an hour then, over any line that somebody would work on.
const LEAST_PACE: u32 = 16 * 1024;

/// How long a client may take to close its side.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long calls under way may take when the service stops. Longer than any call but a large import, which then
/// changes nothing.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Connections that the kernel completes before a worker takes them.
const BACKLOG: u32 = 4096;

/// Listens on an address.
///
/// # Errors
/// If it is taken or not there.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// How connections are taken.
pub struct Connections {
    /// So many at once; further ones wait.
    pub most: usize,
    /// How long an idle one is kept.
    pub keep_alive: Duration,
    /// How long a client may leave an answer where it is.
    pub answer_limit: Duration,
    /// Over TLS; `None`: as they come.
    pub tls: Option<Arc<ListenerTls>>,
}

/// Serves until `stop` is ready and the calls under way have ended.
///
/// # Errors
/// If the workers could not be started.
pub async fn serve(
    listener: TcpListener,
    services: Data<Services>,
    Connections { most, keep_alive, answer_limit, tls }: Connections,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let drain = services.drain.clone();
    let timeouts = timeouts(answer_limit);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let server = Server::build().disable_signals().workers(workers);
    let server = server.max_concurrent_connections(most.div_ceil(workers));
    let server = match tls {
        None => server.listen("signline", listener, move || plain(services.clone(), (keep_alive, timeouts))),
        Some(tls) => {
            let config = tls.server_config().map_err(io::Error::other)?;
            // As many as there may be connections: the library would stop to listen while 256 clients say nothing.
            max_concurrent_tls_connect(most);
            server.listen("signline", listener, move || {
                over_tls(services.clone(), (keep_alive, timeouts), config.clone())
            })
        }
    }?
    .run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    stop.await;
    info!("stopping: calls under way may finish");
    drain.request_shutdown();
    if !drain.finished(STOP_LIMIT).await {
        warn!("calls were still under way after {} s and are broken off", STOP_LIMIT.as_secs());
    }
    handle.stop(false).await;
    running.await.map_err(io::Error::other)?
}

/// How long a client may stand still.
fn timeouts(answer: Duration) -> Timeouts {
    Timeouts { head: HEAD_LIMIT, answer, answer_pace: LEAST_PACE, call: CALL_LIMIT, end: DISCONNECT_LIMIT }
}

/// A worker's side of connections.
fn plain(
    services: Data<Services>,
    (keep_alive, timeouts): (Duration, Timeouts),
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    fn_service(move |stream: TcpStream| {
        let (peer, nodelay) = (stream.peer_addr(), stream.set_nodelay(true));
        ready(Ok(connection(TimedIo::new(stream, timeouts), peer, nodelay)))
    })
    .and_then(http(services, keep_alive))
}

/// The same, over TLS.
fn over_tls(
    services: Data<Services>,
    (keep_alive, timeouts): (Duration, Timeouts),
    config: ServerConfig,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = TlsError<io::Error, DispatchError>, InitError = ()>
{
    Acceptor::new(config)
        .map_err(TlsError::into_service_error)
        .and_then(fn_service(move |stream: TlsStream<TcpStream>| {
            let (peer, nodelay) = (stream.get_ref().0.peer_addr(), stream.get_ref().0.set_nodelay(true));
            ready(Ok(connection(TimedIo::new(stream, timeouts), peer, nodelay)))
        }))
        .and_then(http(services, keep_alive).map_err(TlsError::Service))
}

/// A connection as the framework takes it. One that could not be set not to delay is only slower.
fn connection<IO>(
    stream: TimedIo<IO>,
    peer: io::Result<SocketAddr>,
    _nodelay: io::Result<()>,
) -> (TimedIo<IO>, Protocol, Option<SocketAddr>) {
    (stream, Protocol::Http1, peer.ok())
}

/// HTTP on a connection.
fn http<IO: AsyncRead + AsyncWrite + Unpin + 'static>(
    services: Data<Services>,
    keep_alive: Duration,
) -> impl ServiceFactory<
    (TimedIo<IO>, Protocol, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = DispatchError,
    InitError = (),
> {
    let (ends, opens) = (services.drain.clone(), services.drain.clone());
    HttpService::build()
        .keep_alive(KeepAlive::Timeout(keep_alive))
        .client_request_timeout(HEAD_LIMIT)
        .client_disconnect_timeout(DISCONNECT_LIMIT)
        .graceful_shutdown_signal(move || ends.end_of_connection())
        .on_connect_ext(move |connection: &TimedIo<IO>, data| {
            data.insert(opens.connection());
            data.insert(connection.last_call());
        })
        .finish(map_config(application(services).into_factory().map_err(|error| error.error_response()), |()| {
            AppConfig::default()
        }))
}

/// The application: all calls, Swagger UI, the console, and what is around them.
pub fn application(
    services: Data<Services>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let document = openapi::document();
    let known = Data::new(KnownPaths::of(&document));
    let text = Data::new(DocumentText(openapi::document_text().unwrap_or_default().into()));
    App::new()
        .into_utoipa_app()
        .openapi(openapi::frame())
        .configure(routes)
        .into_app()
        .app_data(services.clone())
        .app_data(known)
        .app_data(text)
        .service(docs::pages(&services))
        .service(console::pages(&services))
        .default_service(web::to(unmatched))
        .wrap(Observe { services, policies: POLICIES })
}
