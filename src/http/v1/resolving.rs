//! From a good token to its user's line, for all calls that ask: what is noted of it, and what is written down.

use actix_web::HttpRequest;
use tokio::time::Instant;

use crate::domain::actor::{Actor, AuditContext, RightSource};
use crate::domain::audit::{NewAuditEvent, action, refusal};
use crate::domain::sign_in::SignIn;
use crate::http::call_record::CallRecord;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::services::Services;
use crate::mappings::{ResolveError, ResolvedLine, TwoNumbers};

/// Finds the line of the user who signed in. That their tenant is linked and they have a token proves consent.
pub(super) async fn resolve<'s>(services: &Services, sign_in: &'s SignIn) -> Result<ResolvedLine<'s>, ResolveError> {
    let line = services.resolver.resolve(sign_in).await;
    if !matches!(line, Err(ResolveError::TenantNotLinked | ResolveError::Store(_))) {
        services.first_sign_ins.note(sign_in.tid, &sign_in.application);
    }
    line
}

/// The same, if nothing has to be waited for.
pub(super) fn resolve_at_once<'s>(services: &Services, sign_in: &'s SignIn, now: Instant) -> Option<ResolvedLine<'s>> {
    let line = services.resolver.resolve_at_once(sign_in, now)?;
    services.first_sign_ins.note(sign_in.tid, &sign_in.application);
    Some(line)
}

/// Why there is no line. A refused first pin is written down for the administrators of the group, who alone can correct it.
pub(super) fn refused(services: &Services, request: &HttpRequest, sign_in: &SignIn, error: ResolveError) -> Problem {
    let ResolveError::TwoNumbers(two) = error else { return error.into() };
    let event = refused_pin(services, request, sign_in, &two);
    Problem::from(ResolveError::TwoNumbers(two)).written_down_as(event)
}

/// What is written down of a refused first pin.
pub(super) fn refused_pin(
    services: &Services,
    request: &HttpRequest,
    sign_in: &SignIn,
    two: &TwoNumbers,
) -> NewAuditEvent {
    let detail = [
        (refusal::EMAIL, two.email.to_string()),
        (refusal::PHONE_NUMBER, two.phone_number.to_string()),
        (refusal::SIGN_IN_NAME, two.sign_in_name.to_string()),
        (refusal::SIGN_IN_NUMBER, two.sign_in_number.to_string()),
    ];
    NewAuditEvent {
        context: AuditContext {
            actor: Actor::from(sign_in),
            right: RightSource::Lasting,
            at: services.clock.now(),
            request_id: Some(CallRecord::request_id(request)),
        },
        action: action::RESOLVE_LINE.to_owned(),
        refused_with: Some(ProblemKind::IdentityChanged.slug().to_owned()),
        group: Some(two.business_group.clone()),
        detail: detail.map(|(name, text)| (name.to_owned(), text)).to_vec(),
    }
}
