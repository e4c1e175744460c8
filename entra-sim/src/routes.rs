//! All paths, the same on both listeners.

use actix_web::http::Method;
use actix_web::web;
use actix_web::web::ServiceConfig;

use crate::answer::preflight;
use crate::{admin_consent, authorize, control, device, discovery, home, token_endpoint, userinfo};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(home::page))
        .route("/error", web::get().to(home::error))
        .service(web::scope("/_control").configure(control::routes))
        .service(
            web::resource([
                "/{tenant}/v2.0/.well-known/openid-configuration",
                "/{tenant}/.well-known/openid-configuration",
            ])
            .route(web::get().to(discovery::document))
            .route(web::method(Method::OPTIONS).to(preflight)),
        )
        .service(
            web::resource("/common/discovery/instance")
                .route(web::get().to(discovery::instance))
                .route(web::method(Method::OPTIONS).to(preflight)),
        )
        .service(
            web::resource(["/{tenant}/discovery/v2.0/keys", "/{tenant}/discovery/keys"])
                .route(web::get().to(discovery::keys))
                .route(web::method(Method::OPTIONS).to(preflight)),
        )
        .service(
            web::resource("/{tenant}/oauth2/v2.0/authorize")
                .route(web::get().to(authorize::authorize))
                .route(web::post().to(authorize::authorize)),
        )
        .service(
            web::resource("/{tenant}/oauth2/v2.0/token")
                .route(web::post().to(token_endpoint::token))
                .route(web::method(Method::OPTIONS).to(preflight)),
        )
        .service(
            web::resource("/{tenant}/oauth2/v2.0/devicecode")
                .route(web::post().to(device::begin))
                .route(web::method(Method::OPTIONS).to(preflight)),
        )
        .service(
            web::resource("/oidc/userinfo")
                .route(web::get().to(userinfo::userinfo))
                .route(web::post().to(userinfo::userinfo))
                .route(web::method(Method::OPTIONS).to(preflight)),
        )
        .route("/devicelogin", web::get().to(device::page))
        .service(
            web::resource("/{tenant}/oauth2/v2.0/logout")
                .route(web::get().to(authorize::logout))
                .route(web::post().to(authorize::logout)),
        )
        .service(web::resource(["/{tenant}/v2.0/adminconsent", "/{tenant}/adminconsent"]).get(admin_consent::consent));
}
