//! The token endpoint: authorization code, refresh token, device code, client credentials.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ACCESS_CONTROL_ALLOW_HEADERS;
use actix_web::http::header::ACCESS_CONTROL_ALLOW_METHODS;
use actix_web::rt::time::sleep;
use actix_web::web::Bytes;
use actix_web::web::Data;
use actix_web::web::Path;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::answer::OAuthError;
use crate::answer::Params;
use crate::answer::open_to_all;
use crate::answer::token_answer;
use crate::clock::now_seconds;
use crate::config::Application;
use crate::config::Tenant;
use crate::config::User;
use crate::discovery::faulty;
use crate::discovery::tenant_not_found;
use crate::fault::Endpoint;
use crate::fault::Fault;
use crate::routes::Base;
use crate::state::DeviceAnswer;
use crate::state::Grant;
use crate::state::State;
use crate::token;
use crate::token::LIFETIME_SECONDS;
use crate::token::TokenBuilder;

/// The scopes that are no API's.
const OPENID_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The grant of RFC 8628, and the older name that some of Microsoft's libraries send.
const DEVICE_GRANTS: [&str; 2] = ["urn:ietf:params:oauth:grant-type:device_code", "device_code"];

pub(crate) async fn token(
    request: HttpRequest,
    tenant: Path<String>,
    body: Bytes,
    base: Data<Base>,
    state: Data<State>,
) -> HttpResponse {
    if let Some(fault) = state.fault(Endpoint::Token) {
        if let Fault::DelayMs(millis) = fault {
            sleep(Duration::from_millis(millis)).await;
        }
        if let Some(answer) = faulty(fault) {
            return answer;
        }
    }
    let params = Params::of(&request, &body);
    match answer(&state, &base.own, &tenant, &params) {
        Ok(body) => token_answer(StatusCode::OK, &body),
        Err(error) => error.to_json(),
    }
}

pub(crate) async fn preflight() -> HttpResponse {
    open_to_all(StatusCode::NO_CONTENT)
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "*"))
        .finish()
}

fn answer(state: &State, base: &str, tenant: &str, params: &Params) -> Result<Value, OAuthError> {
    let client = state.config.application(params.text("client_id")).ok_or(OAuthError::UNKNOWN_APPLICATION)?;
    check_secret(client, params)?;
    match params.text("grant_type") {
        "authorization_code" => tokens(state, base, client, &redeem_code(state, client, params)?, params),
        "refresh_token" => {
            let grant =
                state.refresh_token(params.text("refresh_token")).filter(|grant| grant.client_id == client.client_id);
            let mut grant = grant.ok_or(expired("The refresh token is not valid."))?;
            if let Some(scope) = params.get("scope") {
                scope.clone_into(&mut grant.scope);
            }
            grant.nonce = None;
            tokens(state, base, client, &grant, params)
        }
        grant if DEVICE_GRANTS.contains(&grant) => {
            tokens(state, base, client, &redeem_device(state, client, params)?, params)
        }
        "client_credentials" => app_token(state, base, tenant, client, params),
        _ => {
            Err(OAuthError { error: "unsupported_grant_type", number: 70003, text: "The grant type is not supported." })
        }
    }
}

fn check_secret(client: &Application, params: &Params) -> Result<(), OAuthError> {
    match (params.get("client_secret"), client.secret.as_deref()) {
        (Some(sent), Some(known)) if sent == known => Ok(()),
        (Some(_), _) => {
            Err(OAuthError { error: "invalid_client", number: 7_000_215, text: "Invalid client secret provided." })
        }
        (None, _) => Ok(()),
    }
}

fn expired(text: &'static str) -> OAuthError {
    OAuthError { error: "invalid_grant", number: 70008, text }
}

fn redeem_code(state: &State, client: &Application, params: &Params) -> Result<Grant, OAuthError> {
    let grant = state.take_code(params.text("code"));
    let grant = grant.ok_or(OAuthError {
        error: "invalid_grant",
        number: 54005,
        text: "The code is not valid or was redeemed before.",
    })?;
    if grant.ends < now_seconds() {
        return Err(expired("The provided authorization code has expired."));
    }
    if grant.client_id != client.client_id || grant.redirect_uri != params.text("redirect_uri") {
        let text = "The redirect URI or the application is not that of the authorization request.";
        return Err(OAuthError { error: "invalid_grant", number: 50011, text });
    }
    match &grant.challenge {
        Some(challenge) if !verifies(params.text("code_verifier"), &challenge.text, challenge.is_sha256) => {
            let text = "The code verifier does not match the code challenge of the authorization request.";
            Err(OAuthError { error: "invalid_grant", number: 501_481, text })
        }
        _ => Ok(grant),
    }
}

/// Whether a verifier belongs to a challenge (RFC 7636, section 4.6).
fn verifies(verifier: &str, challenge: &str, is_sha256: bool) -> bool {
    if !is_sha256 {
        return verifier == challenge;
    }
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes())) == challenge
}

fn redeem_device(state: &State, client: &Application, params: &Params) -> Result<Grant, OAuthError> {
    let code = params.text("device_code");
    let device = state.device(code).filter(|device| device.client_id == client.client_id);
    let unknown = OAuthError { error: "bad_verification_code", number: 70_018, text: "The device code is not known." };
    let device = device.ok_or(unknown)?;
    if device.ends < now_seconds() {
        return Err(OAuthError { error: "expired_token", number: 70_020, text: "The device code has expired." });
    }
    match device.answer {
        DeviceAnswer::Pending => {
            Err(OAuthError { error: "authorization_pending", number: 70016, text: "The user has not signed in yet." })
        }
        DeviceAnswer::Declined => {
            state.forget_device(code);
            Err(OAuthError { error: "authorization_declined", number: 70_019, text: "The user declined." })
        }
        DeviceAnswer::SignedIn { user } => {
            state.forget_device(code);
            Ok(Grant {
                user,
                client_id: client.client_id,
                scope: device.scope,
                redirect_uri: String::new(),
                nonce: None,
                challenge: None,
                ends: 0,
            })
        }
    }
}

/// The tokens of a grant.
fn tokens(
    state: &State,
    base: &str,
    client: &Application,
    grant: &Grant,
    params: &Params,
) -> Result<Value, OAuthError> {
    let gone = OAuthError { error: "invalid_grant", number: 50034, text: "The user is not in the directory any more." };
    let (tenant, user) = state.config.user(grant.user).ok_or(gone)?;
    let scopes: Vec<&str> = grant.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
    let mut body = json!({
        "token_type": "Bearer",
        "scope": grant.scope,
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": access_token(state, base, tenant, user, client, &scopes)?,
    });
    if scopes.contains(&"openid") {
        let mut token = TokenBuilder::new(base, tenant, user, client, state.signing_key());
        if let Some(nonce) = &grant.nonce {
            token = token.claim("nonce", nonce.as_str());
        }
        body["id_token"] = json!(token.mint());
    }
    if scopes.contains(&"offline_access") {
        body["refresh_token"] = json!(state.add_refresh_token(grant.clone()));
    }
    if params.get("client_info") == Some("1") {
        let info = json!({"uid": user.oid, "utid": user.guest_of.unwrap_or(tenant.id)}).to_string();
        body["client_info"] = json!(URL_SAFE_NO_PAD.encode(info));
    }
    Ok(body)
}

/// An access token for the API that the scopes name; for Graph, which they name otherwise, something opaque.
fn access_token(
    state: &State,
    base: &str,
    tenant: &Tenant,
    user: &User,
    client: &Application,
    scopes: &[&str],
) -> Result<String, OAuthError> {
    let Some((api, names)) = api_of(state, scopes)? else {
        return Ok(crate::state::secret("graph-"));
    };
    let token = TokenBuilder::new(base, tenant, user, client, state.signing_key()).access_token(api, &names);
    Ok(if api.access_token_version == 1 { token.v1().mint() } else { token.mint() })
}

/// The API among the scopes, with the names of the scopes it is asked for: `api://CLIENT-ID/NAME` or `CLIENT-ID/NAME`.
fn api_of<'s>(state: &'s State, scopes: &[&str]) -> Result<Option<(&'s Application, String)>, OAuthError> {
    let mut found: Option<(&Application, Vec<&str>)> = None;
    for scope in scopes.iter().filter(|scope| !OPENID_SCOPES.contains(scope)) {
        let Some((id, name)) = scope.trim_start_matches("api://").split_once('/') else { continue };
        let Some(api) = state.config.application(id) else { continue };
        let names = if name == ".default" { api.scopes.iter().map(String::as_str).collect() } else { vec![name] };
        if names.iter().any(|name| !api.scopes.iter().any(|known| known == name)) {
            return Err(OAuthError {
                error: "invalid_scope",
                number: 70011,
                text: "The scope is not one of the API's.",
            });
        }
        match &mut found {
            Some((_, all)) => all.extend(names),
            None => found = Some((api, names)),
        }
    }
    Ok(found.map(|(api, names)| (api, names.join(" "))))
}

/// An application's own token, without a user.
fn app_token(
    state: &State,
    base: &str,
    tenant: &str,
    client: &Application,
    params: &Params,
) -> Result<Value, OAuthError> {
    let needed =
        OAuthError { error: "invalid_client", number: 7_000_218, text: "The request must have a client secret." };
    params.get("client_secret").ok_or(needed)?;
    let tenant = state.config.tenant(tenant).ok_or(tenant_not_found())?;
    let scopes: Vec<&str> = params.text("scope").split(' ').collect();
    let wrong = OAuthError { error: "invalid_scope", number: 70011, text: "The scope must be an API's /.default." };
    let (api, _) = api_of(state, &scopes)?.ok_or(wrong)?;
    let (now, principal) = (now_seconds(), Uuid::new_v5(&tenant.id, client.client_id.as_bytes()));
    let payload = json!({
        "aud": api.client_id, "iss": format!("{base}/{}/v2.0", tenant.id), "iat": now, "nbf": now,
        "exp": now + LIFETIME_SECONDS, "azp": client.client_id, "azpacr": "1", "idtyp": "app", "oid": principal,
        "roles": ["Line.Read.All"], "sub": principal, "tid": tenant.id, "ver": "2.0",
    });
    let key = state.signing_key();
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": key.kid()});
    let token = token::sign(&key, &header.to_string(), &payload.to_string());
    Ok(
        json!({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS, "access_token": token}),
    )
}
