//! The device code flow (RFC 8628).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::token_answer;
use crate::asked::Asked;
use crate::clock::now_seconds;
use crate::oauth_error::OAuthError;
use crate::pages::PICKED;
use crate::scopes::Scopes;
use crate::state::{DEVICE_CODE_SECONDS, Device, DeviceAnswer, State};
use crate::{error_answers, pages};

/// How often a device may ask, in seconds.
const INTERVAL_SECONDS: u32 = 1;

pub(crate) async fn begin(asked: Asked, state: Data<State>) -> HttpResponse {
    match begun(&asked, &state) {
        Ok(body) => token_answer(StatusCode::OK, &body),
        Err(error) => error_answers::to_json(&error, &asked),
    }
}

fn begun(asked: &Asked, state: &State) -> Result<Value, OAuthError> {
    let directory = asked.directory(&state.config)?;
    let client = state.config.application(asked.params.required("client_id")?);
    let client = client.ok_or_else(OAuthError::unknown_application)?;
    let scope = asked.params.required("scope")?;
    Scopes::read(&state.config, scope)?;
    let user_code = Uuid::new_v4().simple().to_string()[..9].to_uppercase();
    let device_code = state.add_device(Device {
        user_code: user_code.clone(),
        directory,
        client_id: client.client_id,
        scope: scope.to_owned(),
        ends: now_seconds() + DEVICE_CODE_SECONDS,
        answer: DeviceAnswer::Pending,
    });
    let page = format!("{}/devicelogin", asked.base());
    Ok(json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": DEVICE_CODE_SECONDS,
        "interval": INTERVAL_SECONDS,
        "message": format!("To sign in, open the page {page} and enter the code {user_code} to authenticate."),
    }))
}

/// Asks for the code, then who signs in, then says that it is done.
pub(crate) async fn page(asked: Asked, state: Data<State>) -> HttpResponse {
    let Some(user_code) = asked.params.get("user_code") else {
        return pages::page(StatusCode::OK, "Enter code", FORM);
    };
    let Some(directory) = state.directory_of_device(user_code) else {
        let text = "<p>That code is not known, was used before or has expired.</p>\n";
        return pages::page(StatusCode::BAD_REQUEST, "Enter code", &format!("{text}{FORM}"));
    };
    let Some(oid) = asked.params.get(PICKED) else {
        let users = directory.users(&state.config);
        return pages::picker("to sign in on another device", users, |oid| asked.link_with(PICKED, oid));
    };
    if oid == pages::DECLINED {
        state.answer_device(user_code, DeviceAnswer::Declined);
        return pages::page(StatusCode::OK, "Declined", "<p>You declined. You can close this page.</p>");
    }
    let Some((tenant, user)) = directory.user(&state.config, oid) else {
        return pages::page(StatusCode::BAD_REQUEST, "Sign-in failed", "<p>There is no such user.</p>");
    };
    state.answer_device(user_code, DeviceAnswer::SignedIn { tenant: tenant.id, user: user.oid });
    let text = "<p>You have signed in on your device. You can close this page.</p>";
    pages::page(StatusCode::OK, "Signed in", text)
}

const FORM: &str =
    "<form><label>Code <input name=\"user_code\" autofocus required></label> <button>Next</button></form>";
