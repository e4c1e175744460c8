//! All paths, the same on both listeners.

use actix_web::web;
use actix_web::web::ServiceConfig;

use crate::admin_consent;
use crate::authorize;
use crate::control;
use crate::device;
use crate::discovery;
use crate::token_endpoint;

/// The listener that was asked: everything in an answer is under its base.
pub(crate) struct Base {
    pub(crate) own: String,
    pub(crate) http: String,
}

impl Base {
    /// Whether the plain listener was asked.
    pub(crate) fn is_plain(&self) -> bool {
        self.own == self.http
    }
}

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::scope("/_control").configure(control::routes))
        .route("/common/discovery/instance", web::get().to(discovery::instance))
        .route("/devicelogin", web::get().to(device::page))
        .service(
            web::resource([
                "/{tenant}/v2.0/.well-known/openid-configuration",
                "/{tenant}/.well-known/openid-configuration",
            ])
            .get(discovery::document),
        )
        .service(web::resource(["/{tenant}/discovery/v2.0/keys", "/{tenant}/discovery/keys"]).get(discovery::keys))
        .service(
            web::resource("/{tenant}/oauth2/v2.0/authorize")
                .route(web::get().to(authorize::authorize))
                .route(web::post().to(authorize::authorize)),
        )
        .service(
            web::resource("/{tenant}/oauth2/v2.0/token")
                .route(web::post().to(token_endpoint::token))
                .route(web::method(actix_web::http::Method::OPTIONS).to(token_endpoint::preflight)),
        )
        .route("/{tenant}/oauth2/v2.0/devicecode", web::post().to(device::begin))
        .route("/{tenant}/oauth2/v2.0/logout", web::get().to(authorize::logout))
        .service(web::resource(["/{tenant}/v2.0/adminconsent", "/{tenant}/adminconsent"]).get(admin_consent::consent));
}
