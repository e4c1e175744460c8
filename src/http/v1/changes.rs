//! What an import would change, or a revision has changed.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::history;
use crate::domain::history::ChangeKind;
use crate::http::v1::paging::{ListDocument, Listed, NEXT_CURSOR, Page};

/// What happens to a mapping.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ChangeKind)]
pub enum Kind {
    /// The number had no mapping.
    Added,
    /// The number gets another address, or the address another number (`old_phone_number`).
    Changed,
    /// The number has no mapping any more.
    Removed,
}

/// A change of one mapping.
#[derive(Serialize, ToSchema)]
pub struct MappingChange {
    /// What happens.
    kind: Kind,
    /// The number; the new one where an address moves.
    #[schema(example = "+17635551111")]
    phone_number: String,
    /// Where an address moves: the number that it had, which has no mapping any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "+17635552222")]
    old_phone_number: Option<String>,
    /// The address before; null where there was none.
    #[schema(example = "bobsmith@abccompany.com")]
    old_email: Option<String>,
    /// The address after; null where there is none.
    #[schema(example = "annsmith@abccompany.com")]
    new_email: Option<String>,
}

/// A page of changes.
pub type MappingChangeList = Page<MappingChange>;

impl Listed for MappingChange {
    const LIST: ListDocument = ListDocument {
        name: "MappingChangeList",
        description: "A page of changes.",
        items: "The changes, in the order of their numbers.",
        next_cursor: NEXT_CURSOR,
    };
}

impl From<&ChangeKind> for Kind {
    fn from(kind: &ChangeKind) -> Self {
        match kind {
            ChangeKind::Added(_) => Self::Added,
            ChangeKind::Changed { .. } | ChangeKind::Moved { .. } => Self::Changed,
            ChangeKind::Removed(_) => Self::Removed,
        }
    }
}

impl From<history::MappingChange> for MappingChange {
    fn from(change: history::MappingChange) -> Self {
        let kind = Kind::from(&change.kind);
        let (old_phone_number, old_email, new_email) = match change.kind {
            ChangeKind::Added(email) => (None, None, Some(email)),
            ChangeKind::Changed { old, new } => (None, Some(old), Some(new)),
            ChangeKind::Moved { email, from } => (Some(from), Some(email.clone()), Some(email)),
            ChangeKind::Removed(email) => (None, Some(email), None),
        };
        Self {
            kind,
            phone_number: change.phone_number.to_string(),
            old_phone_number: old_phone_number.map(|number| number.to_string()),
            old_email: old_email.map(|email| email.to_string()),
            new_email: new_email.map(|email| email.to_string()),
        }
    }
}
