//! Which problem each refusal of a port is, and each feature's error.

use actix_web::http::header::RETRY_AFTER;

use crate::access::NoRight;
use crate::auth::TokenError;
use crate::export::WorkbookError;
use crate::http::problem::FieldError;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;
use crate::mappings::ResolveError;
use crate::ports::api_key_store::ApiKeyRefusal;
use crate::ports::business_group_store::BusinessGroupRefusal;
use crate::ports::mapping_store::MappingRefusal;
use crate::ports::store_error::LostRight;
use crate::ports::store_error::StoreError;

impl From<StoreError> for Problem {
    fn from(cause: StoreError) -> Self {
        Self::unavailable(cause)
    }
}

impl From<BusinessGroupRefusal> for Problem {
    fn from(error: BusinessGroupRefusal) -> Self {
        let kind = match error {
            BusinessGroupRefusal::Store(cause) => return Self::unavailable(cause),
            BusinessGroupRefusal::NoSuchGroup => ProblemKind::NotFound,
            BusinessGroupRefusal::IdTaken => ProblemKind::Conflict,
            BusinessGroupRefusal::RangeTaken(_) => ProblemKind::RangeTaken,
            BusinessGroupRefusal::RangesInUse(_) => ProblemKind::RangesInUse,
            BusinessGroupRefusal::NotEmpty => ProblemKind::NotEmpty,
            BusinessGroupRefusal::NameTaken => ProblemKind::NameTaken,
            BusinessGroupRefusal::TenantTaken { unproven, .. } => {
                return Self::new(ProblemKind::TenantTaken, sentence(&error)).member("unproven", unproven);
            }
            BusinessGroupRefusal::UnknownTenant => {
                let wrong = FieldError { field: "tenant_id".to_owned(), message: error.to_string() };
                return Self::new(ProblemKind::UnknownTenant, sentence(&error)).wrong_fields(&[wrong]);
            }
        };
        Self::new(kind, sentence(&error))
    }
}

impl From<MappingRefusal> for Problem {
    fn from(error: MappingRefusal) -> Self {
        let kind = match error {
            MappingRefusal::Store(cause) => return Self::unavailable(cause),
            MappingRefusal::NumberNotAssigned => return Self::invalid_field("phone_number", error),
            MappingRefusal::NoSuchGroup | MappingRefusal::NoSuchMapping => ProblemKind::NotFound,
            MappingRefusal::EmailTaken { .. } => ProblemKind::EmailTaken,
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

impl From<ApiKeyRefusal> for Problem {
    fn from(error: ApiKeyRefusal) -> Self {
        match error {
            ApiKeyRefusal::Store(cause) => Self::unavailable(cause),
            ApiKeyRefusal::NoRandomness => Self::internal(error),
            ApiKeyRefusal::NoSuchGroup => Self::invalid_field("business_group", error),
            ApiKeyRefusal::ExpiryInThePast => Self::invalid_field("expires_at", error),
            ApiKeyRefusal::NoSuchKey => Self::not_found(sentence(&error)),
            ApiKeyRefusal::UnknownSecret | ApiKeyRefusal::Expired => Self::invalid_token(sentence(&error)),
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
            LostRight::KeyRevoked => ApiKeyRefusal::UnknownSecret.into(),
            LostRight::KeyExpired => ApiKeyRefusal::Expired.into(),
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
