//! Which problem each refusal of a port is, and each feature's error.

use actix_web::http::header::RETRY_AFTER;

use crate::access::AccessDenied;
use crate::auth::TokenError;
use crate::consent::ConsentError;
use crate::domain::history;
use crate::domain::import::{LargeChange, MAX_WAITING_PREVIEWS};
use crate::export::WorkbookError;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::wire::{ImportProblem, Revision};
use crate::import::{ImportError, Problems, problems_of};
use crate::mappings::ResolveError;
use crate::ports::api_key_store::ApiKeyRefusal;
use crate::ports::business_group_store::BusinessGroupRefusal;
use crate::ports::history_store::HistoryRefusal;
use crate::ports::import_store::{ImportRefusal, KeptImportRefusal};
use crate::ports::mapping_store::MappingRefusal;
use crate::ports::store_error::{LostRight, StoreError};

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
            MappingRefusal::RevisionMoved { current } => {
                let detail = "The mappings changed since the revision in If-Match: read them again, and decide anew. Nothing was \
                              changed.";
                return Self::new(ProblemKind::RevisionMoved, detail).member("revision", current);
            }
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

impl From<AccessDenied> for Problem {
    fn from(error: AccessDenied) -> Self {
        let kind = match error {
            AccessDenied::NoRole | AccessDenied::NotOperatorsTenant => ProblemKind::Forbidden,
            AccessDenied::TenantNotLinked => ProblemKind::TenantNotLinked,
            AccessDenied::GuestNotAllowed => ProblemKind::GuestNotAllowed,
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
            LostRight::TenantNotLinked => AccessDenied::TenantNotLinked.into(),
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

impl From<ConsentError> for Problem {
    fn from(error: ConsentError) -> Self {
        match error {
            ConsentError::Store(cause) => Self::unavailable(cause),
            ConsentError::NoRandomness => Self::internal(error),
            ConsentError::NoSuchGroup => Self::not_found("There is no such business group."),
        }
    }
}

impl From<HistoryRefusal> for Problem {
    fn from(error: HistoryRefusal) -> Self {
        match error {
            HistoryRefusal::Store(cause) => Self::unavailable(cause),
            HistoryRefusal::NoSuchGroup => Self::not_found("There is no such business group."),
            HistoryRefusal::NoSuchRevision => {
                Self::not_found("There is no such revision, or the history does not reach back to it any more.")
            }
            HistoryRefusal::OutsideRanges { count, first } => {
                let numbers: Vec<_> = first.iter().map(ToString::to_string).collect();
                let detail = format!(
                    "{count} numbers of that revision have left the business group's number ranges since. Ask the operator \
                     to assign them again. Nothing was changed."
                );
                let problem = Self::new(ProblemKind::OutsideRanges, detail).member("number_count", count);
                problem.member("phone_numbers", serde_json::json!(numbers))
            }
        }
    }
}

impl From<ImportError<Self>> for Problem {
    fn from(error: ImportError<Self>) -> Self {
        match error {
            ImportError::Rejected(problems) => rejected_file(&problems),
            ImportError::Body(problem) => problem,
            ImportError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<ImportRefusal> for Problem {
    fn from(refusal: ImportRefusal) -> Self {
        match refusal {
            ImportRefusal::Store(cause) => Self::unavailable(cause),
            ImportRefusal::NoSuchGroup => Self::not_found("There is no such business group."),
            ImportRefusal::BadRows(bad_rows) => rejected_file(&problems_of(bad_rows)),
            ImportRefusal::Unconfirmed(large) => unconfirmed(large),
            ImportRefusal::RevisionMoved { current } => {
                let detail =
                    "The mappings changed since your export: export again, and edit that. Nothing was changed.";
                Self::new(ProblemKind::RevisionMoved, detail).member("revision", current)
            }
        }
    }
}

impl From<KeptImportRefusal> for Problem {
    fn from(error: KeptImportRefusal) -> Self {
        match error {
            KeptImportRefusal::Store(cause) => Self::unavailable(cause),
            KeptImportRefusal::NoSuchImport => Self::not_found(format!(
                "There is no such import: it was dropped, was not applied within 24 hours, had to make room for newer previews \
                 ({MAX_WAITING_PREVIEWS} wait at most, fewer if they are large), or its revision has been cut off the history. \
                 Upload the file again."
            )),
            KeptImportRefusal::Applied => Self::new(
                ProblemKind::Conflict,
                "The import was applied already. To undo it, restore the revision before it.",
            ),
            KeptImportRefusal::Unconfirmed(large) => unconfirmed(large),
            KeptImportRefusal::OutsideRanges(bad_rows) => rejected(
                "Numbers of the file have left the business group's number ranges since the preview. Nothing was changed."
                    .to_owned(),
                &problems_of(bad_rows),
            ),
            KeptImportRefusal::Stale { base_revision, current, since } => stale(base_revision, current, since),
        }
    }
}

/// 422 for an upload with problems.
fn rejected_file(problems: &Problems) -> Problem {
    let rows = if problems.count == 1 { "1 problem" } else { &format!("{} problems", problems.count) };
    rejected(format!("The file has {rows}; fix them and upload it again. Nothing was changed."), problems)
}

/// 422 with the problems of a file.
fn rejected(detail: String, problems: &Problems) -> Problem {
    let listed: Vec<_> = problems.first.iter().map(ImportProblem::from).collect();
    Problem::new(ProblemKind::ImportRejected, detail)
        .member("problem_count", problems.count)
        .member("problems", serde_json::json!(listed))
}

/// 409 for more than a file may do unasked. Where it does both, both are said, and removals name the kind.
fn unconfirmed(large: LargeChange) -> Problem {
    let LargeChange { removed, reassigned, mapping_count } = large;
    let of = |count: u64| format!("{count} of {mapping_count}");
    let mut said = Vec::new();
    let mut send = Vec::new();
    if let Some(count) = removed {
        said.push(format!("would remove {} mappings: these people could not sign in any more", of(count)));
        send.push(format!("confirm_removals={count}"));
    }
    if let Some(count) = reassigned {
        said.push(format!(
            "would give {} people a number that is or was somebody else's, as when a column has slipped by a row",
            of(count)
        ));
        send.push(format!("confirm_changes={count}"));
    }
    let (said, send) = (said.join("; it "), send.join(" and "));
    let detail = format!("The file {said}. If that is meant, send {send}. Nothing was changed.");
    let kind = if removed.is_some() { ProblemKind::ConfirmRemovals } else { ProblemKind::ConfirmChanges };
    let counts = [("removed", removed), ("reassigned", reassigned), ("mapping_count", Some(mapping_count))];
    let members = counts.into_iter().filter_map(|(name, count)| Some((name, count?)));
    members.fold(Problem::new(kind, detail), |problem, (name, count)| problem.member(name, count))
}

fn stale(base_revision: i64, current: i64, since: Vec<history::Revision>) -> Problem {
    let who = since.first().map(|first| format!(" {} changed them at {}.", first.actor.name, first.at));
    let detail = format!(
        "The mappings changed since the preview.{} Upload the file again, better made from a new export. Nothing was \
         changed.",
        who.unwrap_or_default()
    );
    let since: Vec<_> = since.into_iter().map(Revision::from).collect();
    Problem::new(ProblemKind::StaleImport, detail)
        .member("base_revision", base_revision)
        .member("revision", current)
        .member("revisions", serde_json::json!(since))
}

/// An error's text as a sentence.
fn sentence(error: &impl std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
