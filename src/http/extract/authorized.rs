//! The right to a call, as a type in its signature: no handler runs without it.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::actor::AuditContext;
use crate::domain::api_key::Grant;
use crate::domain::business_group::BusinessGroupId;
use crate::http::call_record::{Attempt, CallRecord};
use crate::http::extract::{Caller, Input};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::services::Services;

/// A caller whose API key or Microsoft Entra token has the right `P`, and then what else is read of the request.
///
/// The order is that of the checks: credential (401), right (403, or 404 for what is to stay hidden), input. An
/// administrator who signed in proves by the call that their tenant is their business group's.
pub struct Authorized<P: Permission, I = ()> {
    /// The caller.
    pub caller: Caller,
    /// What they may do.
    pub grant: Grant,
    /// What histories and the audit log tell of what the call does: who, when, and in which call.
    pub context: AuditContext,
    /// The business group that the right is about: for most calls the one in the path.
    pub group: P::Group,
    /// What was read of the request.
    pub input: I,
}

/// A right that a caller may have.
pub trait Permission: 'static {
    /// The business group that the right is about: one, the only one to be seen, or none in particular.
    type Group;

    /// The business group that such a request names in its path, whether or not there is one.
    #[must_use]
    fn named_group(_: &HttpRequest) -> Option<BusinessGroupId> {
        None
    }

    /// Whether a caller of this grant may make this request.
    ///
    /// # Errors
    /// The problem to answer with.
    fn check(grant: &Grant, request: &HttpRequest) -> Result<Self::Group, Problem>;
}

/// Operators alone.
pub struct Operator;

/// Operators, on the business group in the path.
pub struct GroupOperator;

/// Operators, and the administrators of the business group in the path.
pub struct GroupAdmin;

/// Operators for all business groups, administrators for their own.
pub struct GroupReader;

/// Whoever may look people up: operators and directories, in all business groups or in their own, and administrators in
/// their own.
pub struct DirectoryReader;

impl Permission for Operator {
    type Group = ();

    fn check(grant: &Grant, _: &HttpRequest) -> Result<(), Problem> {
        if *grant == Grant::Operator { Ok(()) } else { Err(forbidden(grant)) }
    }
}

impl Permission for GroupOperator {
    type Group = BusinessGroupId;

    fn named_group(request: &HttpRequest) -> Option<BusinessGroupId> {
        GroupAdmin::named_group(request)
    }

    fn check(grant: &Grant, request: &HttpRequest) -> Result<BusinessGroupId, Problem> {
        let group = GroupAdmin::check(grant, request)?;
        Operator::check(grant, request).map(|()| group)
    }
}

impl Permission for GroupAdmin {
    type Group = BusinessGroupId;

    fn named_group(request: &HttpRequest) -> Option<BusinessGroupId> {
        BusinessGroupId::parse(request.match_info().query("id")).ok()
    }

    fn check(grant: &Grant, request: &HttpRequest) -> Result<BusinessGroupId, Problem> {
        let own = GroupReader::check(grant, request)?;
        let group = Self::named_group(request).ok_or_else(no_such_group)?;
        // Another's group answers as one that does not exist.
        if own.is_none_or(|own| own == group) { Ok(group) } else { Err(no_such_group()) }
    }
}

impl Permission for GroupReader {
    /// The only group to be seen; `None`: all.
    type Group = Option<BusinessGroupId>;

    fn check(grant: &Grant, _: &HttpRequest) -> Result<Option<BusinessGroupId>, Problem> {
        match grant {
            Grant::Operator => Ok(None),
            Grant::BusinessGroupAdmin(own) => Ok(Some(own.clone())),
            Grant::Resolver(_) | Grant::Directory(_) | Grant::Scim(_) => Err(forbidden(grant)),
        }
    }
}

impl Permission for DirectoryReader {
    /// The only group in which they may; `None`: all.
    type Group = Option<BusinessGroupId>;

    fn check(grant: &Grant, request: &HttpRequest) -> Result<Option<BusinessGroupId>, Problem> {
        match grant {
            Grant::Directory(own) => Ok(own.clone()),
            _ => GroupReader::check(grant, request),
        }
    }
}

impl<P: Permission, I: Input + 'static> FromRequest for Authorized<P, I> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let caller = Caller::of(&request).await?;
            let context = audit_context::<P>(&request, &caller)?;
            let right = right::<P>(&request, &caller);
            let (grant, group) = right.map_err(|problem| problem.denied_to(caller.own_group().cloned()))?;
            caller.prove_tenant(Services::of(&request)?, &context).await?;
            let input = I::read(&request, &mut payload).await?;
            Ok(Self { caller, grant, context, group, input })
        })
    }
}

/// What the call does, and who: told to whoever writes refused attempts down, too.
pub(super) fn audit_context<P: Permission>(request: &HttpRequest, caller: &Caller) -> Result<AuditContext, Problem> {
    let services = Services::of(request)?;
    let (actor, right, at) = (caller.actor(), caller.right_source(), services.clock.now());
    let context = AuditContext { actor, right, at, request_id: Some(CallRecord::request_id(request)) };
    if caller.may_be_written_down() {
        let (group, own_group) = (P::named_group(request), caller.own_group().cloned());
        CallRecord::is_made_by(request, Attempt { context: context.clone(), group, own_group });
    }
    Ok(context)
}

/// What the caller may do, and what about it this call is.
fn right<P: Permission>(request: &HttpRequest, caller: &Caller) -> Result<(Grant, P::Group), Problem> {
    let grant = caller.grant()?;
    Ok((grant.clone(), P::check(grant, request)?))
}

pub(super) fn forbidden(grant: &Grant) -> Problem {
    let detail = format!("The role {} may not make this call.", grant.role().as_str());
    Problem::new(ProblemKind::Forbidden, detail)
}

fn no_such_group() -> Problem {
    Problem::not_found("There is no such business group.")
}
