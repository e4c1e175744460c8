//! The token endpoint: authorization code, refresh token, device code, client credentials.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::rt::time::sleep;
use actix_web::web::Data;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::answer::token_answer;
use crate::asked::{Asked, Params};
use crate::clock::now_seconds;
use crate::config::Application;
use crate::directory::Directory;
use crate::fault::{Endpoint, Fault};
use crate::oauth_error::OAuthError;
use crate::scopes::Scopes;
use crate::state::{Challenge, DeviceAnswer, Grant, State, secret};
use crate::token::{LIFETIME_SECONDS, TokenBuilder};
use crate::{client, error_answers, token};

/// The grant of RFC 8628, and the older name that some of Microsoft's libraries send.
const DEVICE_GRANTS: [&str; 2] = ["urn:ietf:params:oauth:grant-type:device_code", "device_code"];

pub(crate) async fn token(asked: Asked, state: Data<State>) -> HttpResponse {
    if let Some(fault) = state.fault(Endpoint::Token) {
        if let Fault::DelayMs(millis) = fault {
            sleep(Duration::from_millis(millis)).await;
        }
        if let Some(answer) = fault.answer() {
            return answer;
        }
    }
    match answer(&state, &asked) {
        Ok(body) => token_answer(StatusCode::OK, &body),
        Err(error) => error_answers::to_json(&error, &asked),
    }
}

fn answer(state: &State, asked: &Asked) -> Result<Value, OAuthError> {
    let (directory, params) = (asked.directory(&state.config)?, &asked.params);
    let client = client::identify(&state.config, asked)?;
    let grant = match params.required("grant_type")? {
        "authorization_code" => redeem_code(state, client, params)?,
        "refresh_token" => refreshed(state, client, params)?,
        grant if DEVICE_GRANTS.contains(&grant) => redeem_device(state, directory, client, params)?,
        "client_credentials" => {
            client::check_origin(asked, false)?;
            return app_token(state, asked.base(), directory, client, params);
        }
        _ => {
            let text = "The grant type is not supported.";
            return Err(OAuthError::new("unsupported_grant_type", 70003, text));
        }
    };
    if !directory.holds(grant.tenant) {
        return Err(other_tenant());
    }
    client::check_origin(asked, client.is_single_page(&grant.redirect_uri))?;
    tokens(state, asked.base(), client, &grant, params)
}

fn other_tenant() -> OAuthError {
    OAuthError::new("invalid_grant", 700_005, "The code or refresh token is for another tenant.")
}

fn expired(text: &'static str) -> OAuthError {
    OAuthError::new("invalid_grant", 70008, text)
}

fn redeem_code(state: &State, client: &Application, params: &Params) -> Result<Grant, OAuthError> {
    let (code, redirect_uri) = (params.required("code")?, params.required("redirect_uri")?);
    let text = "The code is not valid or was redeemed before.";
    let grant = state.take_code(code).ok_or(OAuthError::new("invalid_grant", 54005, text))?;
    if grant.ends < now_seconds() {
        return Err(expired("The provided authorization code has expired."));
    }
    if grant.client_id != client.client_id || grant.redirect_uri != redirect_uri {
        let text = "The redirect URI or the application is not that of the authorization request.";
        return Err(OAuthError::new("invalid_grant", 50011, text));
    }
    if !verifies(params.get("code_verifier"), grant.challenge.as_ref()) {
        let text = "The code verifier does not match the code challenge of the authorization request.";
        return Err(OAuthError::new("invalid_grant", 501_481, text));
    }
    Ok(grant)
}

fn refreshed(state: &State, client: &Application, params: &Params) -> Result<Grant, OAuthError> {
    let grant = state.refresh_token(params.required("refresh_token")?);
    let grant = grant.filter(|grant| grant.client_id == client.client_id);
    let mut grant = grant.ok_or(expired("The refresh token is not valid."))?;
    if let Some(scope) = params.get("scope") {
        scope.clone_into(&mut grant.scope);
    }
    grant.nonce = None;
    Ok(grant)
}

/// Whether a verifier belongs to a challenge (RFC 7636, section 4.6). Where there was no challenge there is no
/// verifier.
fn verifies(verifier: Option<&str>, challenge: Option<&Challenge>) -> bool {
    match (verifier, challenge) {
        (Some(verifier), Some(challenge)) if challenge.is_sha256 => {
            URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes())) == challenge.text
        }
        (verifier, challenge) => verifier == challenge.map(|challenge| challenge.text.as_str()),
    }
}

fn redeem_device(
    state: &State,
    directory: Directory,
    client: &Application,
    params: &Params,
) -> Result<Grant, OAuthError> {
    let code = params.required("device_code")?;
    let device = state.device(code).filter(|device| device.client_id == client.client_id);
    let unknown = OAuthError::new("bad_verification_code", 70_018, "The device code is not known.");
    let device = device.ok_or(unknown)?;
    if !directory.meets(device.directory) {
        return Err(other_tenant());
    }
    if device.ends < now_seconds() {
        return Err(OAuthError::new("expired_token", 70_020, "The device code has expired."));
    }
    match device.answer {
        DeviceAnswer::Pending => {
            Err(OAuthError::new("authorization_pending", 70016, "The user has not signed in yet."))
        }
        DeviceAnswer::Declined => {
            state.forget_device(code);
            Err(OAuthError::new("authorization_declined", 70_019, "The user declined."))
        }
        DeviceAnswer::SignedIn { tenant, user } => {
            state.forget_device(code);
            let (client_id, scope) = (client.client_id, device.scope);
            Ok(Grant {
                tenant,
                user,
                client_id,
                scope,
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
    let gone = OAuthError::new("invalid_grant", 50034, "The user is not in the directory any more.");
    let (tenant, user) = state.config.user(grant.user).ok_or(gone)?;
    let scopes = Scopes::read(&state.config, &grant.scope)?;
    let builder = || TokenBuilder::new(base, tenant, user, client, state.signing_key()).asked_for(&scopes);
    let access_token = match &scopes.api {
        Some(api) => builder().access_token(api.application, &api.scp()).of_its_version().mint(),
        None => state.add_graph_token(grant.clone()),
    };
    let mut body = json!({
        "token_type": "Bearer",
        "scope": grant.scope,
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": access_token,
    });
    if scopes.has("openid") {
        let mut token = builder();
        if let Some(nonce) = &grant.nonce {
            token = token.claim("nonce", nonce.as_str());
        }
        body["id_token"] = json!(token.mint());
    }
    if scopes.has("offline_access") {
        body["refresh_token"] = json!(state.add_refresh_token(grant.clone()));
    }
    if params.get("client_info") == Some("1") {
        let info = json!({"uid": state.config.home_oid(user), "utid": user.guest_of.unwrap_or(tenant.id)}).to_string();
        body["client_info"] = json!(URL_SAFE_NO_PAD.encode(info));
    }
    Ok(body)
}

/// An application's own token, without a user.
fn app_token(
    state: &State,
    base: &str,
    directory: Directory,
    client: &Application,
    params: &Params,
) -> Result<Value, OAuthError> {
    if client.secret.is_none() {
        let text = "The application is public: it has no token of its own.";
        return Err(OAuthError::new("unauthorized_client", 700_025, text));
    }
    let Directory::One(tenant) = directory else {
        let text = "An application signs in to one tenant: name it in the path.";
        return Err(OAuthError::new("invalid_request", 50059, text));
    };
    let access_token = match Scopes::read_default(&state.config, params.required("scope")?)? {
        Some(api) => token::of_application(base, tenant, client, api, &state.signing_key()),
        None => secret("graph-"),
    };
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": access_token,
    }))
}
