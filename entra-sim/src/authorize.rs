//! The authorize endpoint with its account picker, and the end of a session.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::Bytes;
use actix_web::web::Data;
use actix_web::web::Path;
use url::form_urlencoded;
use uuid::Uuid;

use crate::answer::OAuthError;
use crate::answer::Params;
use crate::answer::ResponseMode;
use crate::answer::send_back;
use crate::config::Application;
use crate::config::Config;
use crate::config::Tenant;
use crate::config::User;
use crate::discovery::tenant_not_found;
use crate::pages;
use crate::routes::Base;
use crate::state::Challenge;
use crate::state::Grant;
use crate::state::State;
use crate::token::TokenBuilder;

/// The parameter by which the picker's links say who was picked.
const PICKED: &str = "sim_user";

/// The cookie that remembers who signed in last, for `prompt=none`.
const SESSION: &str = "entra_sim_session";

/// A checked request.
struct Request<'a> {
    application: &'a Application,
    tenant: &'a str,
    params: &'a Params,
    redirect_uri: &'a str,
    mode: ResponseMode,
    wants_code: bool,
    wants_id_token: bool,
}

pub(crate) async fn authorize(
    request: HttpRequest,
    tenant: Path<String>,
    body: Bytes,
    base: Data<Base>,
    state: Data<State>,
) -> HttpResponse {
    let params = Params::of(&request, &body);
    let checked = match check(&state.config, &tenant, &params) {
        Ok(checked) => checked,
        Err(error) => return error.to_page(),
    };
    if !checked.wants_code && !checked.wants_id_token {
        return checked.refuse(OAuthError {
            error: "unsupported_response_type",
            number: 700_051,
            text: "The response type is not supported.",
        });
    }
    let session = request.cookie(SESSION).map(|cookie| cookie.value().to_owned());
    let silent = params.get("prompt") == Some("none");
    let picked = params.get(PICKED).map(str::to_owned).or_else(|| session.filter(|_| silent));
    match picked.as_deref() {
        Some(pages::DECLINED) => {
            checked.refuse(OAuthError { error: "access_denied", number: 65004, text: "The user declined." })
        }
        Some(oid) => match user_in(&state.config, checked.tenant, oid) {
            Some((tenant, user)) => checked.grant(&state, &base.own, tenant, user),
            None => OAuthError { error: "invalid_request", number: 50020, text: "The user is not in this tenant." }
                .to_page(),
        },
        None if silent => {
            checked.refuse(OAuthError { error: "login_required", number: 50058, text: "Nobody is signed in." })
        }
        None => checked.pick(&state.config, &request),
    }
}

fn check<'a>(config: &'a Config, tenant: &'a str, params: &'a Params) -> Result<Request<'a>, OAuthError> {
    if users_of(config, tenant).next().is_none() {
        return Err(tenant_not_found());
    }
    let application = config.application(params.text("client_id")).ok_or(OAuthError::UNKNOWN_APPLICATION)?;
    let redirect_uri = params.text("redirect_uri");
    if !application.may_redirect_to(redirect_uri) {
        let text = "The redirect URI does not match those of the application.";
        return Err(OAuthError { error: "invalid_request", number: 50011, text });
    }
    let wanted: Vec<_> = params.text("response_type").split(' ').collect();
    let wants_id_token = wanted.contains(&"id_token");
    let mode = match params.get("response_mode") {
        Some("query") => ResponseMode::Query,
        Some("form_post") => ResponseMode::FormPost,
        Some("fragment") => ResponseMode::Fragment,
        _ if wants_id_token => ResponseMode::Fragment,
        _ => ResponseMode::Query,
    };
    let wants_code = wanted.contains(&"code");
    Ok(Request { application, tenant, params, redirect_uri, mode, wants_code, wants_id_token })
}

impl Request<'_> {
    fn pick(&self, config: &Config, request: &HttpRequest) -> HttpResponse {
        let path = request.path().to_owned();
        let query: Vec<(String, String)> =
            form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        let hint = self.params.get("login_hint");
        let users = users_of(config, self.tenant).filter(|(tenant, user)| {
            hint.is_none_or(|hint| tenant.user(hint).is_none_or(|hinted| hinted.oid == user.oid))
        });
        pages::picker(&format!("to go on to {}", self.application.name), users, |oid| {
            let query =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).append_pair(PICKED, oid).finish();
            format!("{path}?{query}")
        })
    }

    fn refuse(&self, error: OAuthError) -> HttpResponse {
        let parameters =
            [("error", error.error.to_owned()), ("error_description", error.description()), ("state", self.state())];
        send_back(self.redirect_uri, self.mode, &parameters)
    }

    fn state(&self) -> String {
        self.params.text("state").to_owned()
    }

    fn grant(&self, state: &State, base: &str, tenant: &Tenant, user: &User) -> HttpResponse {
        let mut parameters = Vec::new();
        if self.wants_code {
            parameters.push(("code", state.add_code(self.to_grant(user.oid))));
        }
        if self.wants_id_token {
            let mut token = TokenBuilder::new(base, tenant, user, self.application, state.signing_key());
            if let Some(nonce) = self.params.get("nonce") {
                token = token.claim("nonce", nonce);
            }
            parameters.push(("id_token", token.mint()));
        }
        parameters.push(("state", self.state()));
        parameters.push(("session_state", Uuid::new_v4().to_string()));
        let mut answer = send_back(self.redirect_uri, self.mode, &parameters);
        let session = Cookie::build(SESSION, user.oid.to_string()).path("/").http_only(true).finish();
        // A cookie of a GUID is always well formed.
        let _ = answer.add_cookie(&session);
        answer
    }

    fn to_grant(&self, user: Uuid) -> Grant {
        let challenge = self.params.get("code_challenge").map(|text| Challenge {
            text: text.to_owned(),
            is_sha256: self.params.get("code_challenge_method") == Some("S256"),
        });
        Grant {
            user,
            client_id: self.application.client_id,
            scope: self.params.text("scope").to_owned(),
            redirect_uri: self.redirect_uri.to_owned(),
            nonce: self.params.get("nonce").map(str::to_owned),
            challenge,
            ends: 0,
        }
    }
}

/// Who can sign in under a path word: a tenant's users, or everybody.
pub(crate) fn users_of<'c>(config: &'c Config, tenant: &str) -> impl Iterator<Item = (&'c Tenant, &'c User)> + use<'c> {
    let shared = ["common", "organizations"].iter().any(|word| word.eq_ignore_ascii_case(tenant));
    let one = config.tenant(tenant).map(|tenant| tenant.id);
    let tenants = config.tenants.iter().filter(move |tenant| shared || Some(tenant.id) == one);
    tenants.flat_map(|tenant| tenant.users.iter().map(move |user| (tenant, user)))
}

/// The user of an object id, if she can sign in under the path word.
pub(crate) fn user_in<'c>(config: &'c Config, tenant: &str, oid: &str) -> Option<(&'c Tenant, &'c User)> {
    let oid = Uuid::try_parse(oid).ok()?;
    users_of(config, tenant).find(|(_, user)| user.oid == oid)
}

pub(crate) async fn logout(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let params = Params::of(&request, b"");
    let back = params.get("post_logout_redirect_uri");
    let registered = |uri: &&str| state.config.applications.iter().any(|application| application.may_redirect_to(uri));
    let mut answer = match back.filter(registered) {
        Some(uri) => HttpResponse::Found().insert_header((LOCATION, uri)).finish(),
        None => pages::page(StatusCode::OK, "Signed out", "<p>You signed out of your account.</p>"),
    };
    let mut session = Cookie::build(SESSION, "").path("/").finish();
    session.make_removal();
    let _ = answer.add_cookie(&session);
    answer
}
