//! Refused attempts, which go into the audit log.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::web::Data;
use tracing::warn;

use crate::domain::audit::NewAuditEvent;
use crate::http::call_record::Attempt;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::services::Services;
use crate::http::unmatched::KnownPaths;

/// Calls that change nothing, though they are no GET: what is asked is too long for a path, or too secret.
const QUESTIONS: [&str; 2] = ["introspectToken", "lookUp"];

/// Writes down a refused attempt, ten a minute of each caller: the log never forgets, and whoever has a credential, of
/// any right or none, could fill it. Answers that tell of another's name are few (`FailedAttempts::rename`), and each
/// is written down.
///
/// An answer does not wait for a log that fails: it is right without.
pub(super) async fn write_down(services: &Services, event: NewAuditEvent) {
    let tells_of_a_name = event.refused_with.as_deref() == Some(ProblemKind::NameTaken.slug());
    if !tells_of_a_name && !services.attempts.may_write_down(&event.context.actor) {
        services.metrics.count_unwritten_refusal();
        return;
    }
    if let Err(error) = services.audit.record_refusal(event).await {
        warn!(%error, "a refused attempt could not be written into the audit log");
    }
}

/// What is written down of a call that was refused: because its sender had not the right to it, or because it would
/// have changed something and was wrong. Who is not known is not written down: anybody could fill the log.
pub(super) fn of(request: &HttpRequest, attempt: Option<Box<Attempt>>, problem: &Problem) -> Option<NewAuditEvent> {
    if !problem.kind().status().is_client_error() {
        return None;
    }
    if let Some(event) = problem.event() {
        return Some(event.clone());
    }
    let Attempt { context, group: named, .. } = *attempt?;
    let denial = problem.denial();
    let action = action(request);
    let changes = ![Method::GET, Method::HEAD].contains(request.method()) && !QUESTIONS.contains(&&*action);
    if denial.is_none() && !changes {
        return None;
    }
    // Who reaches for another's group is no matter of that group: its administrators must not learn who they are.
    let is_foreign = denial.is_some_and(|denial| denial.own_group != named);
    let (group, detail) = match named {
        Some(named) if is_foreign => (None, vec![("business_group".to_owned(), named.to_string())]),
        named => (named, Vec::new()),
    };
    let refused_with = Some(problem.kind().slug().to_owned());
    Some(NewAuditEvent { context, action, refused_with, group, detail })
}

/// The name that the call has in the OpenAPI document.
fn action(request: &HttpRequest) -> String {
    let known = request.app_data::<Data<KnownPaths>>();
    let pattern = request.match_pattern().unwrap_or_default();
    let name = known.and_then(|known| known.operation(&pattern, request.method().as_str()));
    name.unwrap_or("unknown").to_owned()
}
