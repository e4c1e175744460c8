//! Admin consent: an administrator grants an application access for the whole organization.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::answer::{ResponseMode, send_back};
use crate::asked::Asked;
use crate::config::Application;
use crate::directory::Directory;
use crate::oauth_error::OAuthError;
use crate::pages::PICKED;
use crate::state::State;
use crate::{error_answers, pages};

/// Shows the administrators to pick from, then goes back to the application. As with Entra, `admin_consent=True` is
/// there after a refusal too, beside the error.
pub(crate) async fn consent(asked: Asked, state: Data<State>) -> HttpResponse {
    let (directory, application, redirect_uri) = match check(&asked, &state) {
        Ok(checked) => checked,
        Err(error) => return error_answers::to_page(&error, &asked),
    };
    let Some(oid) = asked.params.get(PICKED) else {
        let intro = format!("to grant {} access for the whole organization", application.name);
        let users = directory.users(&state.config);
        return pages::picker(&intro, users, |oid| asked.link_with(PICKED, oid));
    };
    let mut parameters = vec![("admin_consent", "True".to_owned())];
    match directory.user(&state.config, oid) {
        Some((tenant, user)) if user.administrator => {
            parameters.push(("tenant", tenant.id.to_string()));
            parameters.extend(asked.params.pair("scope"));
            parameters.extend(asked.params.pair("state"));
        }
        Some(_) => {
            let text = "The permission needs an administrator's consent.";
            let error = OAuthError::new("access_denied", 90094, text);
            parameters.extend(error_answers::to_parameters(&error, &asked));
        }
        None => {
            let text = "The user declined to consent.";
            let error = OAuthError::new("consent_required", 65004, text);
            parameters.extend(error_answers::to_parameters(&error, &asked));
        }
    }
    send_back(redirect_uri, ResponseMode::Query, &parameters)
}

fn check<'a>(asked: &'a Asked, state: &'a State) -> Result<(Directory, &'a Application, &'a str), OAuthError> {
    let directory = asked.directory(&state.config)?;
    if directory == Directory::Shared("common") {
        return Err(OAuthError::new("invalid_request", 90013, "Consent is for a tenant or organizations, not common."));
    }
    let application = state.config.application(asked.params.required("client_id")?);
    let application = application.ok_or_else(OAuthError::unknown_application)?;
    let redirect_uri = asked.params.required("redirect_uri")?;
    if !application.may_redirect_to(redirect_uri) {
        let text = "The redirect URI does not match those of the application.";
        return Err(OAuthError::new("invalid_request", 50011, text));
    }
    Ok((directory, application, redirect_uri))
}
