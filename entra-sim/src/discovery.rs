//! Discovery documents, key sets, and instance discovery.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::http::header::LOCATION;
use actix_web::rt::time::sleep;
use actix_web::web::Bytes;
use actix_web::web::Data;
use actix_web::web::Path;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;
use serde_json::json;

use crate::answer::OAuthError;
use crate::answer::open_to_all;
use crate::fault::Endpoint;
use crate::fault::Fault;
use crate::keys::PERSONAL_ACCOUNTS;
use crate::routes::Base;
use crate::state::State;

/// More than any answer that a client reads to its end.
const OVERSIZED_BYTES: usize = 2 * 1024 * 1024;

/// The path words that stand for no tenant in particular.
const SHARED: [&str; 2] = ["common", "organizations"];

pub(crate) async fn document(
    request: HttpRequest,
    tenant: Path<String>,
    base: Data<Base>,
    state: Data<State>,
) -> HttpResponse {
    state.count_fetch(Endpoint::Discovery);
    let version_2 = request.path().contains("/v2.0/");
    let Some(tenant) = path_word(&state, &tenant) else {
        return tenant_not_found().to_json();
    };
    let mut document = discovery(&base.own, &tenant, version_2);
    if let Some(Fault::ForeignJwksHost(host)) = state.fault(Endpoint::Discovery) {
        document["jwks_uri"] = json!(format!("{host}/{tenant}/discovery/v2.0/keys"));
    }
    answer(&state, Endpoint::Discovery, &document).await
}

pub(crate) async fn keys(base: Data<Base>, state: Data<State>) -> HttpResponse {
    state.count_fetch(Endpoint::Keys);
    let keys = state.key_set(&base.own);
    answer(&state, Endpoint::Keys, &keys).await
}

pub(crate) async fn instance(base: Data<Base>) -> HttpResponse {
    let host = base.own.split("://").nth(1).unwrap_or_default();
    open_to_all(StatusCode::OK).json(json!({
        "tenant_discovery_endpoint": format!("{}/common/v2.0/.well-known/openid-configuration", base.own),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }))
}

/// The error for a tenant that nobody knows.
pub(crate) fn tenant_not_found() -> OAuthError {
    OAuthError { error: "invalid_tenant", number: 90002, text: "The tenant was not found." }
}

/// The word that stands for the tenant in the URLs of its document: a domain becomes its GUID.
fn path_word(state: &State, tenant: &str) -> Option<String> {
    let shared = SHARED.iter().find(|word| word.eq_ignore_ascii_case(tenant)).map(|word| (*word).to_owned());
    let consumers = tenant.eq_ignore_ascii_case("consumers").then(|| PERSONAL_ACCOUNTS.to_owned());
    shared.or(consumers).or_else(|| state.config.tenant(tenant).map(|tenant| tenant.id.to_string()))
}

fn discovery(base: &str, tenant: &str, version_2: bool) -> Value {
    let named = if SHARED.contains(&tenant) { "{tenantid}" } else { tenant };
    let issuer = if version_2 { format!("{base}/{named}/v2.0") } else { format!("{base}/{named}/") };
    let keys = if version_2 { "discovery/v2.0/keys" } else { "discovery/keys" };
    json!({
        "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "jwks_uri": format!("{base}/{tenant}/{keys}"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{base}/{tenant}/oauth2/v2.0/logout"),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "email"],
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
    })
}

/// Answers with a document, or with the fault that was asked for.
async fn answer(state: &State, endpoint: Endpoint, document: &Value) -> HttpResponse {
    let fault = state.fault(endpoint);
    if let Some(Fault::DelayMs(millis)) = fault {
        sleep(Duration::from_millis(millis)).await;
    }
    if let Some(answer) = fault.and_then(faulty) {
        return answer;
    }
    let mut answer = open_to_all(StatusCode::OK);
    if let Some(text) = state.cache_control() {
        answer.insert_header((CACHE_CONTROL, text));
    }
    answer.json(document)
}

/// What a fault answers; `None` if it leaves the answer as it is.
pub(crate) fn faulty(fault: Fault) -> Option<HttpResponse> {
    match fault {
        Fault::DelayMs(_) | Fault::ForeignJwksHost(_) => None,
        Fault::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Some(HttpResponse::new(status))
        }
        Fault::BreakOff => {
            let half = stream::once(async { Ok(Bytes::from_static(b"{\"keys\": [")) });
            let broken = stream::once(async { Err(std::io::Error::other("broken off on demand")) });
            Some(HttpResponse::Ok().content_type("application/json").streaming(half.chain(broken)))
        }
        Fault::Garbage => Some(HttpResponse::Ok().content_type("text/html").body("<html>captive portal</html>")),
        Fault::Oversized => {
            Some(HttpResponse::Ok().content_type("application/json").body(" ".repeat(OVERSIZED_BYTES) + "{}"))
        }
        Fault::RedirectTo(url) => Some(HttpResponse::Found().insert_header((LOCATION, url)).finish()),
        Fault::Body(body) => Some(HttpResponse::Ok().content_type("application/json").body(body)),
    }
}
