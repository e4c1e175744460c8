//! The control API, on the plain listener alone: `/_control/...`.

use std::collections::HashMap;

use actix_web::http::header::HeaderValue;
use actix_web::web::{Data, Json, ServiceConfig};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::base::Base;
use crate::fault::{Endpoint, Fault};
use crate::state::State;
use crate::token::TokenBuilder;

pub(crate) fn routes(config: &mut ServiceConfig) {
    let plain = |context: &actix_web::guard::GuardContext<'_>| {
        context.app_data::<Data<Base>>().is_some_and(|base| base.is_plain())
    };
    config.service(
        web::scope("")
            .guard(actix_web::guard::fn_guard(plain))
            .route("/rotate", web::post().to(rotate))
            .route("/withdraw/{kid}", web::post().to(withdraw))
            .route("/publish", web::post().to(publish))
            .route("/faults", web::post().to(set_fault))
            .route("/faults", web::delete().to(clear_faults))
            .route("/cache-control", web::post().to(set_cache_control))
            .route("/fetches", web::get().to(fetches))
            .route("/fetches", web::delete().to(reset_fetches))
            .route("/token", web::post().to(token)),
    );
}

/// What the caller can fix.
fn refused(why: &str) -> HttpResponse {
    HttpResponse::BadRequest().body(format!("{why}\n"))
}

async fn rotate(state: Data<State>) -> HttpResponse {
    match state.rotate_keys() {
        Ok(key) => HttpResponse::Ok().json(json!({"kid": key.kid()})),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

async fn withdraw(kid: web::Path<String>, state: Data<State>) -> HttpResponse {
    match state.withdraw_key(&kid) {
        Ok(true) => HttpResponse::NoContent().finish(),
        Ok(false) => HttpResponse::NotFound().body("there is no such key"),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

async fn publish(jwk: Json<Value>, state: Data<State>) -> HttpResponse {
    if !jwk.is_object() {
        return refused("a key is a JSON object");
    }
    state.publish(jwk.into_inner());
    HttpResponse::NoContent().finish()
}

/// `{"endpoint": "keys", "fault": {"status": 503}}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFault {
    endpoint: Endpoint,
    fault: Fault,
}

async fn set_fault(body: Json<SetFault>, state: Data<State>) -> HttpResponse {
    let SetFault { endpoint, fault } = body.into_inner();
    if let Err(wrong) = fault.check(endpoint) {
        return refused(wrong);
    }
    state.set_fault(endpoint, fault);
    HttpResponse::NoContent().finish()
}

async fn clear_faults(state: Data<State>) -> HttpResponse {
    state.clear_faults();
    HttpResponse::NoContent().finish()
}

/// The header's text as a JSON string, or null for none.
async fn set_cache_control(body: Json<Option<String>>, state: Data<State>) -> HttpResponse {
    let text = body.into_inner();
    if text.as_deref().is_some_and(|text| HeaderValue::from_str(text).is_err()) {
        return refused("that is not a header's text");
    }
    state.set_cache_control(text);
    HttpResponse::NoContent().finish()
}

async fn fetches(state: Data<State>) -> HttpResponse {
    let fetches = state.fetches();
    HttpResponse::Ok().json(json!({"discovery": fetches.discovery, "keys": fetches.keys}))
}

async fn reset_fetches(state: Data<State>) -> HttpResponse {
    state.reset_fetches();
    HttpResponse::NoContent().finish()
}

/// `{"tenant": "abccompany.com", "user": "bobsmith@abccompany.com", "application": "portal"}`, and if wanted
/// `"version": 1`, `"expires_in_seconds"` and `"claims"` (null takes a claim away).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MintToken {
    tenant: String,
    user: String,
    application: String,
    version: Option<u8>,
    expires_in_seconds: Option<i64>,
    #[serde(default)]
    claims: HashMap<String, Value>,
}

async fn token(body: Json<MintToken>, base: Data<Base>, state: Data<State>) -> HttpResponse {
    let tenant = state.config.tenant(&body.tenant);
    let user = tenant.and_then(|tenant| tenant.user(&body.user));
    let application = state.config.application_named(&body.application);
    let (Some(tenant), Some(user), Some(application)) = (tenant, user, application) else {
        return HttpResponse::NotFound().body("there is no such tenant, user or application\n");
    };
    let mut token = TokenBuilder::new(&base.own, tenant, user, application, state.signing_key());
    token = match body.version {
        Some(1) => token.v1(),
        Some(2) | None => token,
        Some(_) => return refused("a token is of version 1 or 2"),
    };
    if let Some(seconds) = body.expires_in_seconds {
        token = token.expires_in_seconds(seconds);
    }
    for (name, value) in &body.claims {
        token = if value.is_null() { token.without(name) } else { token.claim(name, value.clone()) };
    }
    HttpResponse::Ok().content_type("text/plain").body(token.mint())
}
