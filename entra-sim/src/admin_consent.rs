//! Admin consent: an administrator lets an application in for the whole organisation.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use url::form_urlencoded;

use crate::answer::OAuthError;
use crate::answer::Params;
use crate::answer::ResponseMode;
use crate::answer::send_back;
use crate::authorize::user_in;
use crate::authorize::users_of;
use crate::pages;
use crate::state::State;

/// Shows the administrators to pick from, then goes back to the application. As with Entra, `admin_consent=True` is there
/// after a refusal too, beside the error.
pub(crate) async fn consent(request: HttpRequest, tenant: Path<String>, state: Data<State>) -> HttpResponse {
    let params = Params::of(&request, b"");
    let Some(application) = state.config.application(params.text("client_id")) else {
        return OAuthError::UNKNOWN_APPLICATION.to_page();
    };
    let redirect_uri = params.text("redirect_uri");
    if tenant.eq_ignore_ascii_case("common") || !application.may_redirect_to(redirect_uri) {
        let text = "The redirect URI does not match those of the application, or the tenant is common.";
        return OAuthError { error: "invalid_request", number: 50011, text }.to_page();
    }
    let state_text = params.text("state").to_owned();
    let refuse = |error: OAuthError| {
        let parameters = [
            ("admin_consent", "True".to_owned()),
            ("error", error.error.to_owned()),
            ("error_description", error.description()),
            ("state", state_text.clone()),
        ];
        send_back(redirect_uri, ResponseMode::Query, &parameters)
    };
    match params.get("sim_user") {
        None => {
            let query: Vec<_> = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
            let intro = format!("to let {} in for the whole organisation", application.name);
            pages::picker(&intro, users_of(&state.config, &tenant), |oid| {
                let query = form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(&query)
                    .append_pair("sim_user", oid)
                    .finish();
                format!("{}?{query}", request.path())
            })
        }
        Some(oid) => match user_in(&state.config, &tenant, oid) {
            Some((tenant, user)) if user.administrator => {
                let parameters = [
                    ("admin_consent", "True".to_owned()),
                    ("tenant", tenant.id.to_string()),
                    ("scope", params.text("scope").to_owned()),
                    ("state", state_text.clone()),
                ];
                send_back(redirect_uri, ResponseMode::Query, &parameters)
            }
            Some(_) => refuse(OAuthError {
                error: "access_denied",
                number: 90094,
                text: "The permission needs an administrator's consent.",
            }),
            None => {
                refuse(OAuthError { error: "consent_required", number: 65004, text: "The user declined to consent." })
            }
        },
    }
}
