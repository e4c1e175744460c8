//! What an address would meet at sign-in, and why.

use actix_web::web::Data;
use actix_web::{get, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::email::EmailAddress;
use crate::domain::history::PastChange;
use crate::domain::phone_number::NumberingPlan;
use crate::http::extract::{Authorized, GroupAdmin, Query};
use crate::http::problem::Problem;
use crate::http::responses::CommonProblems;
use crate::http::services::Services;
use crate::http::v1::business_groups::Pinning;
use crate::http::v1::changes::Kind;
use crate::http::v1::paths::GroupPath;
use crate::http::wire::ActorKind;
use crate::mappings;
use crate::mappings::CheckedOutcome;
use crate::ports::mapping_store;
use crate::ports::mapping_store::ExportedMapping;

/// Whose sign-in.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SignInCheckQuery {
    /// The e-mail address that they sign in with.
    #[param(required, example = "bobsmith@abccompany.com")]
    email: Option<String>,
}

/// What an address would meet at sign-in, and why.
#[derive(Serialize, ToSchema)]
pub struct SignInCheck {
    /// The address, in lower case.
    #[schema(example = "bobsmith@abccompany.com")]
    email: String,
    /// What would happen.
    outcome: SignInOutcome,
    /// Whether the group is linked to a tenant and it is a proof of that link that is missing
    /// (`SIGNLINE_UNPROVEN_TENANTS`).
    unproven: bool,
    /// The number that is mapped to the address, in E.164.
    #[schema(example = "+17635551111")]
    phone_number: Option<String>,
    /// The same in the digits of the default region, or in E.164 if it is another region's.
    #[schema(example = "7635551111")]
    phone_number_national: Option<String>,
    /// The object id of the account that the mapping is pinned to: no other account of the address gets it.
    pinned_oid: Option<String>,
    /// When that account signed in for the first time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pinned_at: Option<Timestamp>,
    /// Whether guests of the tenant may sign in.
    allow_guests: bool,
    /// Whether a mapping stays with the first account that signs in with its address.
    identity_pinning: Pinning,
    /// The newest change of the address; null if there is none, or it is too long ago to be looked for.
    #[schema(required)]
    last_change: Option<LastChange>,
    /// The last sign-in with this address or sign-in name that was refused, and would be again.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_sign_in: Option<RefusedSignIn>,
    /// Where the address has no mapping: mappings whose address is much like it, the nearest first; five at most.
    similar: Vec<SimilarMapping>,
}

/// What a sign-in would end with. A guest or another account of the address may be refused all the same.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignInOutcome {
    /// They get the number.
    Resolves,
    /// The group is linked to no tenant, or to one that is not proven and refused for it, so nobody of it can sign in.
    TenantNotLinked,
    /// The address has no mapping.
    NoMapping,
    /// The mapping is pinned to nobody, and an account was refused it whose sign-in name is mapped to another number.
    IdentityChanged,
}

/// A sign-in that was refused because the address and the sign-in name of the account are mapped to two different
/// numbers.
#[derive(Serialize, ToSchema)]
pub struct RefusedSignIn {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The object id of the account.
    oid: String,
    /// Its address.
    #[schema(example = "bobsmith@abccompany.com")]
    email: String,
    /// The number that is mapped to the address now, in E.164.
    #[schema(example = "+17635551111")]
    phone_number: String,
    /// Its sign-in name.
    #[schema(example = "johndavidson@abccompany.com")]
    sign_in_name: String,
    /// The number that is mapped to the sign-in name now, in E.164.
    #[schema(example = "+17635552222")]
    sign_in_phone_number: String,
    /// The `X-Request-Id` of the answer.
    request_id: Option<String>,
}

/// The change that an address went through last.
#[derive(Serialize, ToSchema)]
pub struct LastChange {
    /// The revision.
    revision: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who made it.
    #[schema(example = "my laptop (0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c)")]
    actor: String,
    /// What they are.
    actor_kind: ActorKind,
    /// What happened.
    kind: Kind,
    /// The number.
    #[schema(example = "+17635551111")]
    phone_number: String,
}

/// A mapping whose address is much like the one that was asked for.
#[derive(Serialize, ToSchema)]
pub struct SimilarMapping {
    /// The number in E.164.
    #[schema(example = "+17635551111")]
    phone_number: String,
    /// The address.
    #[schema(example = "bob.smith@abccompany.com")]
    email: String,
}

impl SignInCheck {
    fn write(plan: NumberingPlan, check: mappings::SignInCheck) -> Self {
        let number = check.mapping.as_ref().map(|mapping| mapping.phone_number);
        let pinned = check.mapping.as_ref().and_then(|mapping| mapping.pinned_to);
        Self {
            email: check.email.to_string(),
            outcome: check.outcome.into(),
            unproven: check.outcome == CheckedOutcome::TenantNotProven,
            phone_number: number.map(|number| number.to_string()),
            phone_number_national: number.map(|number| plan.write(number).to_string()),
            pinned_oid: pinned.map(|pinned| pinned.oid.to_string()),
            pinned_at: pinned.map(|pinned| pinned.at),
            allow_guests: check.allow_guests,
            identity_pinning: check.identity_pinning.into(),
            last_change: check.last_change.map(LastChange::from),
            refused_sign_in: check.refused.map(RefusedSignIn::from),
            similar: check.similar.into_iter().map(SimilarMapping::from).collect(),
        }
    }
}

impl From<CheckedOutcome> for SignInOutcome {
    fn from(outcome: CheckedOutcome) -> Self {
        match outcome {
            CheckedOutcome::Resolves => Self::Resolves,
            CheckedOutcome::TenantNotLinked | CheckedOutcome::TenantNotProven => Self::TenantNotLinked,
            CheckedOutcome::NoMapping => Self::NoMapping,
            CheckedOutcome::IdentityChanged => Self::IdentityChanged,
        }
    }
}

impl From<mapping_store::RefusedSignIn> for RefusedSignIn {
    fn from(refused: mapping_store::RefusedSignIn) -> Self {
        Self {
            at: refused.at,
            oid: refused.account,
            email: refused.email.to_string(),
            phone_number: refused.phone_number.to_string(),
            sign_in_name: refused.sign_in_name.to_string(),
            sign_in_phone_number: refused.sign_in_number.to_string(),
            request_id: refused.request_id,
        }
    }
}

impl From<PastChange> for LastChange {
    fn from(past: PastChange) -> Self {
        Self {
            revision: past.revision,
            at: past.at,
            actor: past.actor.to_string(),
            actor_kind: past.actor.kind.into(),
            kind: (&past.change.kind).into(),
            phone_number: past.change.phone_number.to_string(),
        }
    }
}

impl From<ExportedMapping> for SimilarMapping {
    fn from(mapping: ExportedMapping) -> Self {
        Self { phone_number: mapping.phone_number.to_string(), email: mapping.email.to_string() }
    }
}

/// Check a sign-in
///
/// What would happen if somebody of the group's tenant signed in with an address, and why. It changes nothing.
#[utoipa::path(
    operation_id = "checkSignIn",
    tag = "mappings",
    params(GroupPath, SignInCheckQuery),
    responses((status = 200, body = SignInCheck, description = "What would happen, and why"), CommonProblems)
)]
#[get("/v1/business-groups/{id}/sign-in-check")]
pub(crate) async fn check_sign_in(
    call: Authorized<GroupAdmin, Query<SignInCheckQuery>>,
    services: Data<Services>,
) -> Result<web::Json<SignInCheck>, Problem> {
    let Query(query) = call.input;
    // Pasted addresses bring white space with them.
    let email = EmailAddress::parse(query.email.as_deref().unwrap_or_default().trim());
    let email = email.map_err(|error| Problem::invalid_field("email", error))?;
    let check = services.sign_in_checks.check(&call.group, email).await?;
    Ok(web::Json(SignInCheck::write(services.plan, check)))
}
