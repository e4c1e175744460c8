//! The server: listener, limits, and the graceful stop.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::KeepAlive;
use actix_server::Server;
use actix_service::IntoServiceFactory;
use actix_service::ServiceFactoryExt;
use actix_service::map_config;
use actix_web::App;
use actix_web::body::BoxBody;
use actix_web::dev::AppConfig;
use actix_web::dev::HttpServiceFactory;
use actix_web::dev::ServiceFactory;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::middleware::DefaultHeaders;
use actix_web::rt::net::TcpStream;
use actix_web::web;
use actix_web::web::Data;
use tracing::info;
use tracing::warn;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::Config;
use utoipa_swagger_ui::SwaggerUi;

use crate::http::observe::Observe;
use crate::http::openapi;
use crate::http::openapi::DocumentText;
use crate::http::routes::routes;
use crate::http::services::Services;
use crate::http::unmatched::KnownPaths;
use crate::http::unmatched::unmatched;

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long the head of a request may take to arrive.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// How long a client may take to close its side.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long calls under way may take when the service stops. Longer than any call but a large import, which then
/// changes nothing.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Serves until `stop` is ready and the calls under way have ended.
///
/// # Errors
/// If the workers could not be started.
pub async fn serve(listener: TcpListener, services: Data<Services>, stop: impl Future<Output = ()>) -> io::Result<()> {
    let drain = services.drain.clone();
    let server = Server::build()
        .disable_signals()
        .listen("signline", listener, {
            let services = services.clone();
            move || {
                let (ends, opens) = (services.drain.clone(), services.drain.clone());
                HttpService::build()
                    .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
                    .client_request_timeout(HEAD_LIMIT)
                    .client_disconnect_timeout(DISCONNECT_LIMIT)
                    .tcp_nodelay(true)
                    .graceful_shutdown_signal(move || ends.end_of_connection())
                    .on_connect_ext(move |_: &TcpStream, data| {
                        data.insert(opens.connection());
                    })
                    .finish(map_config(
                        application(services.clone()).into_factory().map_err(|error| error.error_response()),
                        |()| AppConfig::default(),
                    ))
                    .tcp()
            }
        })?
        .run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    stop.await;
    info!("stopping: calls under way may finish");
    drain.begin();
    if !drain.finished(STOP_LIMIT).await {
        warn!("calls were still under way after {} s and are broken off", STOP_LIMIT.as_secs());
    }
    handle.stop(false).await;
    running.await.map_err(io::Error::other)?
}

/// The application: all calls, Swagger UI, and what is around them.
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
    let text = Data::new(DocumentText(openapi::document_text().unwrap_or_default()));
    App::new()
        .into_utoipa_app()
        .openapi(openapi::frame())
        .configure(routes)
        .into_app()
        .app_data(services.clone())
        .app_data(known)
        .app_data(text)
        .service(swagger_ui())
        .default_service(web::to(unmatched))
        .wrap(Observe(services))
}

/// Swagger UI at `/docs/`, from the program itself: the policy keeps the page from asking any other host.
fn swagger_ui() -> impl HttpServiceFactory {
    const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'";
    let config = Config::new(["/openapi.json"]).validator_url("none");
    web::scope("/docs")
        .wrap(DefaultHeaders::new().add((CONTENT_SECURITY_POLICY, POLICY)))
        .service(web::redirect("", "/docs/"))
        .service(SwaggerUi::new("/{_:.*}").config(config))
}
