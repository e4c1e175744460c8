//! Which problem each feature's error is.

use actix_web::http::header::RETRY_AFTER;

use crate::access::NoRight;
use crate::api_keys::ApiKeyError;
use crate::auth::TokenError;
use crate::business_groups::BusinessGroupError;
use crate::export::WorkbookError;
use crate::http::problem::FieldError;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;
use crate::mappings::MappingError;
use crate::mappings::ResolveError;
use crate::ports::store_error::LostRight;

impl From<BusinessGroupError> for Problem {
    fn from(error: BusinessGroupError) -> Self {
        let kind = match error {
            BusinessGroupError::Store(cause) => return Self::unavailable(cause),
            BusinessGroupError::NoSuchGroup => ProblemKind::NotFound,
            BusinessGroupError::IdTaken => ProblemKind::Conflict,
            BusinessGroupError::RangeTaken(_) => ProblemKind::RangeTaken,
            BusinessGroupError::RangesInUse(_) => ProblemKind::RangesInUse,
            BusinessGroupError::NotEmpty => ProblemKind::NotEmpty,
            BusinessGroupError::NameTaken => ProblemKind::NameTaken,
            BusinessGroupError::TenantTaken { unproven, .. } => {
                return Self::new(ProblemKind::TenantTaken, sentence(&error)).member("unproven", unproven);
            }
            BusinessGroupError::UnknownTenant => {
                let wrong = FieldError { field: "tenant_id".to_owned(), message: error.to_string() };
                return Self::new(ProblemKind::UnknownTenant, sentence(&error)).wrong_fields(&[wrong]);
            }
        };
        Self::new(kind, sentence(&error))
    }
}

impl From<MappingError> for Problem {
    fn from(error: MappingError) -> Self {
        let kind = match error {
            MappingError::Store(cause) => return Self::unavailable(cause),
            MappingError::NumberNotAssigned => return Self::invalid_field("phone_number", error),
            MappingError::NoSuchGroup | MappingError::NoSuchMapping => ProblemKind::NotFound,
            MappingError::EmailTaken { .. } => ProblemKind::EmailTaken,
        };
        Self::new(kind, sentence(&error))
    }
}

impl From<WorkbookError> for Problem {
    fn from(error: WorkbookError) -> Self {
        match error {
            WorkbookError::Store(cause) => Self::unavailable(cause),
            WorkbookError::Write(cause) => Self::internal(cause),
            WorkbookError::TooManyRows => {
                let detail = format!("{} Download mappings.csv instead.", sentence(&error));
                Self::new(ProblemKind::TooManyRows, detail)
            }
        }
    }
}

impl From<ResolveError> for Problem {
    fn from(error: ResolveError) -> Self {
        let kind = match error {
            ResolveError::Store(cause) => return Self::unavailable(cause),
            ResolveError::TenantNotLinked => ProblemKind::TenantNotLinked,
            ResolveError::TenantNotProven => {
                return Self::new(ProblemKind::TenantNotLinked, sentence(&error)).member("unproven", true);
            }
            ResolveError::GuestNotAllowed => ProblemKind::GuestNotAllowed,
            ResolveError::NoEmailClaim => ProblemKind::NoEmailClaim,
            ResolveError::NoMapping => ProblemKind::NoMapping,
            ResolveError::IdentityChanged | ResolveError::TwoNumbers(_) => ProblemKind::IdentityChanged,
        };
        Self::new(kind, sentence(&error))
    }
}

impl From<ApiKeyError> for Problem {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::Store(cause) => Self::unavailable(cause),
            ApiKeyError::NoRandomness => Self::internal(error),
            ApiKeyError::NoSuchGroup => Self::invalid_field("business_group", error),
            ApiKeyError::ExpiryInThePast => Self::invalid_field("expires_at", error),
            ApiKeyError::NoSuchKey => Self::not_found(sentence(&error)),
            ApiKeyError::UnknownSecret | ApiKeyError::Expired => Self::invalid_token(sentence(&error)),
        }
    }
}

impl From<NoRight> for Problem {
    fn from(error: NoRight) -> Self {
        let kind = match error {
            NoRight::NoRole | NoRight::NotOperatorsTenant => ProblemKind::Forbidden,
            NoRight::TenantNotLinked => ProblemKind::TenantNotLinked,
            NoRight::GuestNotAllowed => ProblemKind::GuestNotAllowed,
        };
        Self::new(kind, sentence(&error))
    }
}

/// As the same call is answered from now on.
impl From<LostRight> for Problem {
    fn from(lost: LostRight) -> Self {
        match lost {
            LostRight::KeyRevoked => ApiKeyError::UnknownSecret.into(),
            LostRight::KeyExpired => ApiKeyError::Expired.into(),
            LostRight::TenantNotLinked => NoRight::TenantNotLinked.into(),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid(check) => Self::invalid_token(format!("{}: {check}", check.name())),
            TokenError::KeysUnavailable { retry_after } => {
                let detail =
                    "Microsoft's signing keys could not be fetched yet, so no token can be checked. Try again.";
                let seconds = retry_after.as_secs().max(1).to_string();
                Self::new(ProblemKind::KeysUnavailable, detail).header(RETRY_AFTER, &seconds)
            }
        }
    }
}

/// An error's text as a sentence.
fn sentence(error: &impl std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
