//! Discovery documents, key sets, and instance discovery.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::rt::time::sleep;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::answer::open_to_all;
use crate::asked::Asked;
use crate::directory::Directory;
use crate::fault::{Endpoint, Fault};
use crate::state::State;
use crate::{answer, error_answers};

pub(crate) async fn document(request: HttpRequest, asked: Asked, state: Data<State>) -> HttpResponse {
    state.count_fetch(Endpoint::Discovery);
    let version_2 = request.path().contains("/v2.0/");
    let directory = match asked.directory(&state.config) {
        Ok(directory) => directory,
        Err(error) => {
            return answer_or_fault(&state, Endpoint::Discovery, || error_answers::to_json(&error, &asked)).await;
        }
    };
    let mut document = discovery(asked.base(), directory, version_2);
    if let Some(Fault::ForeignJwksHost(host)) = state.fault(Endpoint::Discovery) {
        document["jwks_uri"] = json!(format!("{host}/{}/discovery/v2.0/keys", directory.word()));
    }
    answer(&state, Endpoint::Discovery, &document).await
}

pub(crate) async fn keys(request: HttpRequest, asked: Asked, state: Data<State>) -> HttpResponse {
    state.count_fetch(Endpoint::Keys);
    if let Err(error) = asked.directory(&state.config) {
        return error_answers::to_json(&error, &asked);
    }
    let version_2 = request.path().contains("/v2.0/");
    let mut keys = state.key_set(asked.base());
    if !version_2 {
        without_issuers(&mut keys);
    }
    answer(&state, Endpoint::Keys, &keys).await
}

/// As the key sets of v1.0 are.
fn without_issuers(keys: &mut Value) {
    let keys = keys["keys"].as_array_mut().into_iter().flatten();
    for key in keys.filter_map(Value::as_object_mut) {
        key.remove("issuer");
    }
}

pub(crate) async fn instance(asked: Asked) -> HttpResponse {
    let base = asked.base();
    let host = base.split("://").nth(1).unwrap_or_default();
    let document = json!({
        "tenant_discovery_endpoint": format!("{base}/common/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    });
    answer::json(&mut open_to_all(StatusCode::OK), &document)
}

fn discovery(base: &str, directory: Directory, version_2: bool) -> Value {
    let tenant = directory.word();
    let (named, region) = match directory {
        Directory::Shared(_) => ("{tenantid}", None),
        Directory::One(_) => (tenant.as_str(), Some("NA")),
    };
    let issuer = if version_2 { format!("{base}/{named}/v2.0") } else { format!("{base}/{named}/") };
    let keys = if version_2 { "discovery/v2.0/keys" } else { "discovery/keys" };
    json!({
        "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "jwks_uri": format!("{base}/{tenant}/{keys}"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": format!("{base}/oidc/userinfo"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{base}/{tenant}/oauth2/v2.0/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host",
            "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash",
            "c_hash", "email",
        ],
        "tenant_region_scope": region,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    })
}

/// Answers with a document, or with the fault that was asked for.
async fn answer(state: &State, endpoint: Endpoint, document: &Value) -> HttpResponse {
    answer_or_fault(state, endpoint, || {
        let mut answer = open_to_all(StatusCode::OK);
        if let Some(text) = state.cache_control() {
            answer.insert_header((CACHE_CONTROL, text));
        }
        answer::json(&mut answer, document)
    })
    .await
}

/// Answers, or with the fault that was asked for.
async fn answer_or_fault(state: &State, endpoint: Endpoint, answer: impl FnOnce() -> HttpResponse) -> HttpResponse {
    let fault = state.fault(endpoint);
    if let Some(Fault::DelayMs(millis)) = fault {
        sleep(Duration::from_millis(millis)).await;
    }
    fault.and_then(Fault::answer).unwrap_or_else(answer)
}
