//! What the service answers, as far as the client reads it. What a later version adds is passed over.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::client::upload::Mode;
use crate::domain::history::ChangeCounts;
use crate::domain::import::LargeChange;

/// A business group.
#[derive(Debug, Deserialize)]
pub struct Group {
    /// What people call it.
    pub name: String,
    /// How many mappings it has.
    pub mapping_count: u64,
}

/// Whether an import was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits.
    Ready,
    /// Its changes are in the mappings.
    Applied,
}

/// An uploaded file, and what it changes.
#[derive(Debug, Deserialize)]
pub struct Import {
    /// Names it. It stands in commands that are shown to be copied, so it is what it should be, or no answer of the
    /// service.
    #[serde(deserialize_with = "uuid")]
    pub id: Uuid,
    /// Whether it was applied.
    pub state: State,
    /// What happens to mappings that are not in the file.
    pub mode: Mode,
    /// The revision that the file was compared with.
    pub base_revision: i64,
    /// The revision since it was applied.
    pub revision: Option<i64>,
    /// Mappings that are new.
    pub added: u64,
    /// Mappings that change.
    pub changed: u64,
    /// Mappings that go.
    pub removed: u64,
    /// People who get a number that is or was somebody else's; a service of a version before does not count them.
    #[serde(default)]
    pub reassigned: Option<u64>,
    /// Rows that stood so already.
    pub unchanged: u64,
    /// How many problems the rows have that were left out.
    pub problem_count: Option<u64>,
    /// The first of them.
    #[serde(default)]
    pub problems: Vec<FileProblem>,
    /// When it is dropped.
    pub expires_at: Timestamp,
}

impl Import {
    /// How many mappings it changes in all.
    #[must_use]
    pub fn change_count(&self) -> u64 {
        self.added.saturating_add(self.changed).saturating_add(self.removed)
    }

    /// What somebody must agree to first, of a group with so many mappings.
    #[must_use]
    pub fn large_change(&self, mapping_count: u64) -> Option<LargeChange> {
        let counts = ChangeCounts { added: self.added, changed: self.changed, removed: self.removed };
        LargeChange::of(mapping_count, counts, self.reassigned.unwrap_or_default())
    }
}

/// An id, in the one spelling that the service writes.
fn uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    let id = Uuid::try_parse(&text).ok().filter(|id| id.to_string() == text);
    id.ok_or_else(|| D::Error::custom("an id that is not a UUID"))
}

/// A change of one mapping.
#[derive(Debug, Deserialize)]
pub struct Change {
    /// `added`, `changed` or `removed`.
    pub kind: String,
    /// The number; the new one where an address moves.
    pub phone_number: String,
    /// Where an address moves: the number that it had.
    pub old_phone_number: Option<String>,
    /// The address before.
    pub old_email: Option<String>,
    /// The address after.
    pub new_email: Option<String>,
}

/// A page of changes.
#[derive(Debug, Deserialize)]
pub struct ChangePage {
    /// The changes.
    pub items: Vec<Change>,
    /// Leads to the next page.
    pub next_cursor: Option<String>,
}

/// A problem of a file.
#[derive(Debug, Deserialize)]
pub struct FileProblem {
    /// The line, counted from 1.
    pub line: u64,
    /// The column, if it is in one.
    pub column: Option<String>,
    /// What stands there.
    pub value: String,
    /// The kind of problem.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// A change of a group's mappings that was made.
#[derive(Debug, Deserialize)]
pub struct Revision {
    /// Its number.
    pub revision: i64,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub actor: String,
    /// What they are; a service of before does not tell.
    #[serde(default)]
    pub actor_kind: Option<String>,
    /// By which way.
    pub source: String,
    /// Mappings that were new.
    pub added: u64,
    /// Mappings that changed.
    pub changed: u64,
    /// Mappings that went.
    pub removed: u64,
    /// The number whose pin was released, if that is what was done.
    pub released_pin: Option<String>,
    /// The tenant that another business group has taken over, if that is what was done.
    #[serde(default)]
    pub lost_tenant: Option<String>,
    /// The tenant that was taken over from another business group, if that is what was done.
    #[serde(default)]
    pub gained_tenant: Option<String>,
}

/// A problem of the service's (RFC 9457): it has read the call, and says no.
#[derive(Debug, Deserialize)]
pub struct Refusal {
    /// `/problems/` and the kind's slug.
    pub r#type: String,
    /// What the kind is called.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time, and what to do.
    #[serde(default)]
    pub detail: String,
    /// What the service's log has it under.
    pub request_id: Option<String>,
    /// `import-rejected`: how many problems the file has.
    pub problem_count: Option<u64>,
    /// `import-rejected`: the first of them.
    #[serde(default)]
    pub problems: Vec<FileProblem>,
    /// `stale-import`: what was changed since.
    #[serde(default)]
    pub revisions: Vec<Revision>,
    /// `confirm-removals`: how many mappings would go.
    pub removed: Option<u64>,
    /// `confirm-changes`: how many people would get a number that is or was somebody else's.
    pub reassigned: Option<u64>,
    /// `confirm-removals`, `confirm-changes`: of how many mappings.
    pub mapping_count: Option<u64>,
}

impl Refusal {
    /// The kind of problem.
    #[must_use]
    pub fn slug(&self) -> &str {
        self.r#type.rsplit('/').next().unwrap_or_default()
    }

    /// What somebody must agree to first, if that is what is missing.
    #[must_use]
    pub fn large_change(&self) -> Option<LargeChange> {
        let large =
            LargeChange { removed: self.removed, reassigned: self.reassigned, mapping_count: self.mapping_count? };
        Some(large).filter(|_| matches!(self.slug(), "confirm-removals" | "confirm-changes"))
    }
}
