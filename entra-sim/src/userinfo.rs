//! The userinfo endpoint of `OpenID` Connect, which is Graph's: it takes the opaque access tokens for Graph.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::web::Data;
use serde_json::{Value, json};

use crate::answer::{open_to_all, token_answer};
use crate::asked::Asked;
use crate::scopes::Scopes;
use crate::state::State;
use crate::token::TokenBuilder;

pub(crate) async fn userinfo(asked: Asked, state: Data<State>) -> HttpResponse {
    let bearer = asked.header(AUTHORIZATION).and_then(|text| text.split_once(' '));
    let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token);
    if let Some(body) = token.and_then(|token| user_info(&asked, &state, token)) {
        return token_answer(StatusCode::OK, &body);
    }
    let mut answer = open_to_all(StatusCode::UNAUTHORIZED);
    answer.insert_header((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")).finish()
}

/// What an ID token would say of the user.
fn user_info(asked: &Asked, state: &State, token: &str) -> Option<Value> {
    let grant = state.graph_grant(token)?;
    let (tenant, user) = state.config.user(grant.user)?;
    let client = state.config.applications.iter().find(|application| application.client_id == grant.client_id)?;
    let scopes = Scopes::read(&state.config, &grant.scope).ok()?;
    let token = TokenBuilder::new(asked.base(), tenant, user, client, state.signing_key());
    let claims = token.asked_for(&scopes).payload();
    let mut body = json!({"sub": claims["sub"], "name": claims["name"]});
    if let Some(email) = claims.get("email") {
        body["email"] = email.clone();
    }
    Some(body)
}
