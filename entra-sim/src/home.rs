//! What the simulator says of itself: its first page, and the page that errors point to.

use std::fmt::Write;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;

use crate::asked::Asked;
use crate::config::Application;
use crate::pages;
use crate::pages::escape;
use crate::state::State;

/// Where every application of the sample can be answered.
const LOCALHOST: &str = "http://localhost";

/// Tenants and applications, with links to try.
pub(crate) async fn page(asked: Asked, state: Data<State>) -> HttpResponse {
    let mut text = String::from(
        "<p>For development and tests. entra-sim/README.md in Signline's source tells what it does and what it does not \
         do.</p>\n",
    );
    for tenant in &state.config.tenants {
        let (id, domain) = (tenant.id, escape(&tenant.domain));
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "<h2>{domain}</h2>\n<p>{id}</p>\n<ul>\n\
             <li><a href=\"/{id}/v2.0/.well-known/openid-configuration\">Discovery document</a></li>\n\
             <li><a href=\"/{id}/discovery/v2.0/keys\">Key set</a></li>\n"
        );
        for application in state.config.applications.iter().filter(|application| application.may_redirect_to(LOCALHOST))
        {
            let (href, name) = (escape(&picker_of(&id.to_string(), application)), escape(&application.name));
            let _ = writeln!(
                text,
                "<li><a href=\"{href}\">Sign in to {name}<small>the answer goes to {LOCALHOST}: see the address bar</small></a></li>"
            );
        }
        text += "</ul>\n";
    }
    let _ = write!(text, "<p><a href=\"/devicelogin\">Enter a device's code</a></p>\n<p>{}</p>", escape(asked.base()));
    pages::page(StatusCode::OK, "A simulated Microsoft Entra", &text)
}

fn picker_of(tenant: &str, application: &Application) -> String {
    let (id, back) = (application.client_id, "http%3A%2F%2Flocalhost");
    format!(
        "/{tenant}/oauth2/v2.0/authorize?client_id={id}&response_type=code&redirect_uri={back}&scope=openid%20profile%20email"
    )
}

/// The page of an error's number.
pub(crate) async fn error(asked: Asked) -> HttpResponse {
    let number: Option<u32> = asked.params.get("code").and_then(|text| text.parse().ok());
    let Some(number) = number else {
        return pages::page(StatusCode::BAD_REQUEST, "Error", "<p>The code of an error is a number.</p>");
    };
    let list = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes";
    let text = format!("<p>Microsoft lists what <a href=\"{list}\">its errors</a> mean.</p>");
    pages::page(StatusCode::OK, &format!("AADSTS{number}"), &text)
}
