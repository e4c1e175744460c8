//! The device code flow (RFC 8628).

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::web::Data;
use actix_web::web::Path;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use crate::answer::OAuthError;
use crate::answer::Params;
use crate::answer::token_answer;
use crate::authorize::user_in;
use crate::authorize::users_of;
use crate::clock::now_seconds;
use crate::pages;
use crate::routes::Base;
use crate::state::DEVICE_CODE_SECONDS;
use crate::state::Device;
use crate::state::DeviceAnswer;
use crate::state::State;

/// How often a device may ask, in seconds.
const INTERVAL_SECONDS: u32 = 1;

pub(crate) async fn begin(
    request: HttpRequest,
    tenant: Path<String>,
    body: Bytes,
    base: Data<Base>,
    state: Data<State>,
) -> HttpResponse {
    let params = Params::of(&request, &body);
    let Some(client) = state.config.application(params.text("client_id")) else {
        return OAuthError::UNKNOWN_APPLICATION.to_json();
    };
    let user_code = Uuid::new_v4().simple().to_string()[..9].to_uppercase();
    let device_code = state.add_device(Device {
        user_code: user_code.clone(),
        tenant: tenant.into_inner(),
        client_id: client.client_id,
        scope: params.text("scope").to_owned(),
        ends: now_seconds() + DEVICE_CODE_SECONDS,
        answer: DeviceAnswer::Pending,
    });
    let page = format!("{}/devicelogin", base.own);
    let body = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": DEVICE_CODE_SECONDS,
        "interval": INTERVAL_SECONDS,
        "message": format!("To sign in, open the page {page} and enter the code {user_code} to authenticate."),
    });
    token_answer(StatusCode::OK, &body)
}

/// Asks for the code, then who signs in, then says that it is done.
pub(crate) async fn page(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let params = Params::of(&request, b"");
    let user_code = params.text("user_code");
    let Some(tenant) = state.tenant_of_device(user_code) else {
        let form =
            "<form><label>Code <input name=\"user_code\" autofocus required></label> <button>Next</button></form>";
        return pages::page(StatusCode::OK, "Enter code", form);
    };
    match params.get("sim_user") {
        None => pages::picker("to sign in on another device", users_of(&state.config, &tenant), |oid| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("user_code", user_code)
                .append_pair("sim_user", oid)
                .finish();
            format!("/devicelogin?{query}")
        }),
        Some(pages::DECLINED) => {
            state.answer_device(user_code, DeviceAnswer::Declined);
            pages::page(StatusCode::OK, "Declined", "<p>You declined. You can close this page.</p>")
        }
        Some(oid) => match user_in(&state.config, &tenant, oid) {
            Some((_, user)) => {
                state.answer_device(user_code, DeviceAnswer::SignedIn { user: user.oid });
                pages::page(
                    StatusCode::OK,
                    "Signed in",
                    "<p>You have signed in on your device. You can close this page.</p>",
                )
            }
            None => pages::page(StatusCode::BAD_REQUEST, "Sign-in failed", "<p>There is no such user.</p>"),
        },
    }
}
