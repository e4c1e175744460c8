//! The pages that people see: plain, and without scripts but the one that posts a form back.

use std::fmt::Write;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;

use crate::config::{Tenant, User};

/// A page.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> HttpResponse {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{title} - entra-sim</title>\n\
         <style>body {{ font: 16px sans-serif; max-width: 28rem; margin: 3rem auto; padding: 0 1rem }} \
         ul {{ list-style: none; padding: 0 }} li {{ margin: .5rem 0; overflow-wrap: anywhere }} a, button {{ display: block; padding: .75rem; border: 1px solid #666; \
         border-radius: 4px; color: #111; background: #fff; text-decoration: none; font: inherit }} \
         small {{ display: block; color: #444 }}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n\
         <p><small>This is entra-sim, a simulator. It is not Microsoft.</small></p>\n</body>\n</html>\n",
        title = escape(title),
    );
    let mut answer = HttpResponse::build(status);
    answer.insert_header((CACHE_CONTROL, "no-store")).content_type("text/html; charset=utf-8").body(text)
}

/// The account picker: a link for each user, and one to decline.
pub(crate) fn picker<'c>(
    intro: &str,
    users: impl Iterator<Item = (&'c Tenant, &'c User)>,
    link: impl Fn(&str) -> String,
) -> HttpResponse {
    let mut list = format!("<p>{}</p>\n<ul>\n", escape(intro));
    for (tenant, user) in users {
        let href = escape(&link(&user.oid.to_string()));
        let (name, username, domain) = (escape(&user.name), escape(&user.username), escape(&tenant.domain));
        // Writing to a string can't fail.
        let _ = writeln!(list, "<li><a href=\"{href}\">{name}<small>{username} ({domain})</small></a></li>");
    }
    let _ = write!(list, "<li><a href=\"{}\">Cancel</a></li>\n</ul>", escape(&link(DECLINED)));
    page(StatusCode::OK, "Pick an account", &list)
}

/// The parameter by which the picker's links say who was picked: an object id.
pub(crate) const PICKED: &str = "sim_user";

/// What stands for the user who declines.
pub(crate) const DECLINED: &str = "none";

/// A page that posts parameters to the application, as `response_mode=form_post` does.
pub(crate) fn form_post(action: &str, parameters: &[(&str, String)]) -> HttpResponse {
    let mut form = format!("<form method=\"post\" action=\"{}\">\n", escape(action));
    for (name, value) in parameters {
        let _ = writeln!(form, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    }
    form += "<button>Go on</button>\n</form>\n<script>document.forms[0].submit()</script>";
    page(StatusCode::OK, "Signed in", &form)
}

/// Text for HTML, in an attribute too.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
