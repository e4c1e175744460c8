//! Refused attempts, which go into the audit log.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use tracing::warn;

use crate::domain::actor::Deed;
use crate::domain::audit::NewAuditEvent;
use crate::domain::business_group::BusinessGroupId;
use crate::http::extract::WithoutRight;
use crate::http::problem::ProblemKind;
use crate::http::services::Services;
use crate::http::unmatched::KnownPaths;

/// What a refused call was answered with, for [`of`].
#[derive(Clone, Copy)]
pub(super) struct RefusedWith(pub(super) ProblemKind);

/// What a handler wants written down of a refused call that nobody would write down by its kind, for [`of`].
pub(super) struct Told(pub(super) NewAuditEvent);

/// Writes down a refused attempt, ten a minute of each caller: the log never forgets, and whoever has a credential, of any
/// right or none, could fill it. Answers that tell of another's name are few (`FailedAttempts::rename`), and each is written
/// down.
///
/// An answer does not wait for a log that fails: it is right without.
pub(super) async fn write_down(services: &Services, event: NewAuditEvent) {
    let tells_of_a_name = event.refused_with.as_deref() == Some(ProblemKind::NameTaken.slug());
    if !tells_of_a_name && !services.attempts.may_write_down(&event.deed.actor) {
        services.metrics.count_unwritten_refusal();
        return;
    }
    if let Err(error) = services.audit.record_refusal(event).await {
        warn!(%error, "a refused attempt could not be written into the audit log");
    }
}

/// What is written down of a call that was refused: because its sender had not the right to it, or because it would have
/// changed something and was wrong. Who is not known is not written down: anybody could fill the log.
pub(super) fn of(response: &ServiceResponse<BoxBody>) -> Option<NewAuditEvent> {
    let status = response.status();
    if !status.is_client_error() {
        return None;
    }
    let request = response.request();
    if let Some(Told(event)) = request.extensions_mut().remove::<Told>() {
        return Some(event);
    }
    let deed = request.extensions().get::<Deed>()?.clone();
    let without_right = request.extensions().get::<WithoutRight>().cloned();
    let changes = ![Method::GET, Method::HEAD].contains(request.method());
    if without_right.is_none() && !changes {
        return None;
    }
    let named = group_in_path(request);
    // Who reaches for another's group is no matter of that group: its administrators must not learn who she is.
    let foreign = without_right.is_some_and(|without_right| without_right.own_group != named);
    let (group, detail) = match named {
        Some(named) if foreign => (None, vec![("business_group".to_owned(), named.to_string())]),
        named => (named, Vec::new()),
    };
    Some(NewAuditEvent { deed, action: action(request), refused_with: Some(slug(response, status)), group, detail })
}

/// The business group that the path names.
fn group_in_path(request: &HttpRequest) -> Option<BusinessGroupId> {
    let of_group = request.match_pattern()?.starts_with("/v1/business-groups/{id}");
    BusinessGroupId::parse(request.match_info().query("id")).ok().filter(|_| of_group)
}

/// The name that the call has in the OpenAPI document.
fn action(request: &HttpRequest) -> String {
    let known = request.app_data::<Data<KnownPaths>>();
    let pattern = request.match_pattern().unwrap_or_default();
    let name = known.and_then(|known| known.operation(&pattern, request.method().as_str()));
    name.unwrap_or("unknown").to_owned()
}

fn slug(response: &ServiceResponse<BoxBody>, status: StatusCode) -> String {
    let told = response.response().extensions().get::<RefusedWith>().map(|RefusedWith(kind)| *kind);
    let kind = told.or_else(|| ProblemKind::ALL.iter().copied().find(|kind| kind.status() == status));
    kind.map_or_else(|| status.as_str().to_owned(), |kind| kind.slug().to_owned())
}
