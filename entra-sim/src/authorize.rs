//! The authorize endpoint with its account picker, and the end of a session.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use uuid::Uuid;

use crate::answer::{ResponseMode, send_back};
use crate::asked::Asked;
use crate::config::{Application, Tenant, User};
use crate::directory::Directory;
use crate::oauth_error::OAuthError;
use crate::pages::PICKED;
use crate::scopes::Scopes;
use crate::state::{Challenge, Grant, State};
use crate::token::TokenBuilder;
use crate::{error_answers, pages};

/// The cookie that remembers who signed in last, for `prompt=none`.
const SESSION: &str = "entra_sim_session";

/// How long a code challenge is (RFC 7636, section 4.2).
const CHALLENGE_LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

/// A request whose application and redirect URI are known to be good.
struct Request<'a> {
    asked: &'a Asked,
    state: &'a State,
    directory: Directory,
    application: &'a Application,
    redirect_uri: &'a str,
}

/// What is asked for, and how it goes back.
struct Wanted<'a> {
    scopes: Scopes<'a, 'a>,
    code: bool,
    id_token: bool,
    challenge: Option<Challenge>,
}

pub(crate) async fn authorize(asked: Asked, state: Data<State>) -> HttpResponse {
    match Request::read(&asked, &state) {
        Ok(request) => request.answer(),
        // Nobody knows yet that the address in the request is the application's.
        Err(error) => error_answers::to_page(&error, &asked),
    }
}

impl<'a> Request<'a> {
    fn read(asked: &'a Asked, state: &'a State) -> Result<Self, OAuthError> {
        let directory = asked.directory(&state.config)?;
        let application = state.config.application(asked.params.required("client_id")?);
        let application = application.ok_or_else(OAuthError::unknown_application)?;
        let redirect_uri = asked.params.required("redirect_uri")?;
        if !application.may_redirect_to(redirect_uri) {
            let text = "The redirect URI does not match those of the application.";
            return Err(OAuthError::new("invalid_request", 50011, text));
        }
        Ok(Self { asked, state, directory, application, redirect_uri })
    }

    fn answer(&self) -> HttpResponse {
        let wanted = match self.wanted() {
            Ok(wanted) => wanted,
            Err(error) => return self.refuse(&error),
        };
        if let Some(oid) = self.asked.params.get(PICKED) {
            return self.picked(oid, &wanted);
        }
        if self.asked.params.get("prompt") != Some("none") {
            let intro = format!("to go on to {}", self.application.name);
            let users = self.users_hinted_at().into_iter();
            return pages::picker(&intro, users, |oid| self.asked.link_with(PICKED, oid));
        }
        match self.who_is_signed_in() {
            Some((tenant, user)) => self.grant(tenant, user, &wanted),
            None => self.refuse(&OAuthError::new("login_required", 50058, "Nobody who fits is signed in.")),
        }
    }

    fn picked(&self, oid: &str, wanted: &Wanted<'_>) -> HttpResponse {
        if oid == pages::DECLINED {
            return self.refuse(&OAuthError::new("access_denied", 65004, "The user declined."));
        }
        let Some((tenant, user)) = self.directory.user(&self.state.config, oid) else {
            let error = OAuthError::new("invalid_request", 50020, "The user is not in this tenant.");
            return error_answers::to_page(&error, self.asked);
        };
        self.grant(tenant, user, wanted)
    }

    fn wanted(&self) -> Result<Wanted<'a>, OAuthError> {
        let params = &self.asked.params;
        let (code, id_token) = self.response_type();
        let rest = params.text("response_type").split(' ').any(|word| !["code", "id_token"].contains(&word));
        if rest {
            params.required("response_type")?;
            let text = "The response type is not supported.";
            return Err(OAuthError::new("unsupported_response_type", 700_051, text));
        }
        if id_token {
            params.required("nonce")?;
        }
        let mode = params.get("response_mode");
        if mode.is_some_and(|mode| mode_named(mode).is_none()) || (id_token && mode == Some("query")) {
            let text = "The response mode is not one of this response type.";
            return Err(OAuthError::new("invalid_request", 70007, text));
        }
        let scopes = Scopes::read(&self.state.config, params.required("scope")?)?;
        Ok(Wanted { scopes, code, id_token, challenge: self.challenge()? })
    }

    /// Whether a code and whether an ID token is asked for.
    fn response_type(&self) -> (bool, bool) {
        let has = |wanted: &str| self.asked.params.text("response_type").split(' ').any(|word| word == wanted);
        (has("code"), has("id_token"))
    }

    fn challenge(&self) -> Result<Option<Challenge>, OAuthError> {
        let params = &self.asked.params;
        let is_sha256 = match params.get("code_challenge_method") {
            Some("S256") => true,
            Some("plain") | None => false,
            Some(_) => {
                let text = "The code challenge method is neither S256 nor plain.";
                return Err(OAuthError::new("invalid_request", 9_002_313, text));
            }
        };
        let Some(text) = params.get("code_challenge") else {
            if self.application.is_single_page(self.redirect_uri) {
                let text = "Proof Key for Code Exchange is required for cross-origin authorization code redemption.";
                return Err(OAuthError::new("invalid_request", 9_002_325, text));
            }
            return Ok(None);
        };
        if !CHALLENGE_LENGTHS.contains(&text.len()) {
            let text = "The code challenge has not 43 to 128 characters.";
            return Err(OAuthError::new("invalid_request", 501_491, text));
        }
        Ok(Some(Challenge { text: text.to_owned(), is_sha256 }))
    }

    /// Who can be picked: all, or the one whom the request hints at.
    fn users_hinted_at(&self) -> Vec<(&'a Tenant, &'a User)> {
        let all: Vec<_> = self.directory.users(&self.state.config).collect();
        let hinted: Vec<_> = all.iter().copied().filter(|(_, user)| self.hints_at(user)).collect();
        if hinted.is_empty() { all } else { hinted }
    }

    fn hints_at(&self, user: &User) -> bool {
        self.asked.params.get("login_hint").is_none_or(|hint| user.is_called(hint))
    }

    /// Who signed in before, if they are in the tenant and the one whom the request hints at.
    fn who_is_signed_in(&self) -> Option<(&'a Tenant, &'a User)> {
        let oid = self.asked.cookie(SESSION)?;
        self.directory.user(&self.state.config, &oid).filter(|(_, user)| self.hints_at(user))
    }

    fn mode(&self) -> ResponseMode {
        let (_, id_token) = self.response_type();
        let usual = if id_token { ResponseMode::Fragment } else { ResponseMode::Query };
        let asked_for = self.asked.params.get("response_mode").and_then(mode_named);
        asked_for.filter(|mode| !id_token || *mode != ResponseMode::Query).unwrap_or(usual)
    }

    fn refuse(&self, error: &OAuthError) -> HttpResponse {
        send_back(self.redirect_uri, self.mode(), &error_answers::to_parameters(error, self.asked))
    }

    fn grant(&self, tenant: &Tenant, user: &User, wanted: &Wanted<'_>) -> HttpResponse {
        let mut parameters = Vec::new();
        if wanted.code {
            parameters.push(("code", self.state.add_code(self.to_grant(tenant, user, wanted))));
        }
        if wanted.id_token {
            let token = TokenBuilder::new(self.asked.base(), tenant, user, self.application, self.state.signing_key());
            let token = token.asked_for(&wanted.scopes);
            parameters.push(("id_token", token.claim("nonce", self.asked.params.text("nonce")).mint()));
        }
        parameters.extend(self.asked.params.pair("state"));
        parameters.push(("session_state", Uuid::new_v4().to_string()));
        let mut answer = send_back(self.redirect_uri, self.mode(), &parameters);
        let session = Cookie::build(SESSION, user.oid.to_string()).path("/").http_only(true).finish();
        // A cookie of a GUID is always well formed.
        let _ = answer.add_cookie(&session);
        answer
    }

    fn to_grant(&self, tenant: &Tenant, user: &User, wanted: &Wanted<'_>) -> Grant {
        let params = &self.asked.params;
        Grant {
            tenant: tenant.id,
            user: user.oid,
            client_id: self.application.client_id,
            scope: params.text("scope").to_owned(),
            redirect_uri: self.redirect_uri.to_owned(),
            nonce: params.get("nonce").map(str::to_owned),
            challenge: wanted.challenge.clone(),
            ends: 0,
        }
    }
}

fn mode_named(name: &str) -> Option<ResponseMode> {
    match name {
        "query" => Some(ResponseMode::Query),
        "fragment" => Some(ResponseMode::Fragment),
        "form_post" => Some(ResponseMode::FormPost),
        _ => None,
    }
}

pub(crate) async fn logout(asked: Asked, state: Data<State>) -> HttpResponse {
    if let Err(error) = asked.directory(&state.config) {
        return error_answers::to_page(&error, &asked);
    }
    let back = asked.params.get("post_logout_redirect_uri");
    let registered = |uri: &&str| state.config.applications.iter().any(|application| application.may_redirect_to(uri));
    let parameters: Vec<_> = asked.params.pair("state").into_iter().collect();
    let mut answer = match back.filter(registered) {
        Some(uri) => send_back(uri, ResponseMode::Query, &parameters),
        None => pages::page(StatusCode::OK, "Signed out", "<p>You signed out of your account.</p>"),
    };
    let mut session = Cookie::build(SESSION, "").path("/").finish();
    session.make_removal();
    let _ = answer.add_cookie(&session);
    answer
}
