//! Shapes that stand in problems as well as in answers.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{actor, history};
use crate::import;

/// What an actor of a history or of the audit log is.
#[derive(Clone, Copy, Debug)]
pub struct ActorKind(actor::ActorKind);

/// The kind of a problem of an import file.
#[derive(Clone, Copy, Debug)]
pub struct ImportCode(import::ProblemCode);

/// A revision of a group's mappings.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the API's names")]
pub struct Revision {
    /// Its number: each is one more than the one before.
    revision: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who made it: the name and the id of the API key, or the address and the `oid` of a person who signed in with
    /// Microsoft; `another business group` where a tenant was lost to one.
    #[schema(example = "my laptop (0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c)")]
    actor: String,
    /// What they are.
    actor_kind: ActorKind,
    /// By which way.
    source: Source,
    /// Numbers that had no mapping.
    added: u64,
    /// Numbers that got another address, and addresses that moved to a new number.
    changed: u64,
    /// Mappings that went.
    removed: u64,
    /// The number whose pin was released, if that is what was done; then nothing was added, changed or removed.
    #[schema(example = "+17635551111")]
    released_pin: Option<String>,
    /// The tenant that another business group has taken over, if that is what was done; then the group has none, and
    /// nothing was added, changed or removed.
    lost_tenant: Option<String>,
    /// The tenant that was taken over from another business group, if that is what was done; then nothing was added,
    /// changed or removed.
    gained_tenant: Option<String>,
}

/// By which way mappings were changed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ChangeSource)]
pub enum Source {
    /// A file.
    Import,
    /// A call for one mapping.
    Api,
    /// An earlier revision.
    Restore,
    /// Entra's provisioning service.
    Scim,
}

/// A problem of an import file.
#[derive(Serialize, ToSchema)]
pub struct ImportProblem {
    /// The line, counted from 1.
    #[schema(example = 3)]
    line: u64,
    /// The column's name; null if the problem is not in one column.
    #[schema(example = "PhoneNumber")]
    column: Option<String>,
    /// What stands there.
    #[schema(example = "7.63555E+09")]
    value: String,
    /// The kind of problem.
    #[schema(example = "scientific_notation")]
    code: ImportCode,
    /// What is wrong and what to do.
    message: String,
}

impl From<actor::ActorKind> for ActorKind {
    fn from(kind: actor::ActorKind) -> Self {
        Self(kind)
    }
}

impl Serialize for ActorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl PartialSchema for ActorKind {
    fn schema() -> RefOr<Schema> {
        let description = "What an actor is. Names don't tell: an API key can have the name of a person.";
        one_of(actor::ActorKind::ALL.map(actor::ActorKind::as_str), description)
    }
}

impl ToSchema for ActorKind {}

impl From<import::ProblemCode> for ImportCode {
    fn from(code: import::ProblemCode) -> Self {
        Self(code)
    }
}

impl ImportCode {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.as_str()
    }
}

impl Serialize for ImportCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl PartialSchema for ImportCode {
    fn schema() -> RefOr<Schema> {
        one_of(
            import::ProblemCode::ALL.iter().map(|code| code.as_str()),
            "What is wrong with a row of an import file, or with the whole file.",
        )
    }
}

impl ToSchema for ImportCode {}

/// The schema of a text that is one of these.
#[must_use]
pub fn one_of<T: Into<Value>>(words: impl IntoIterator<Item = T>, description: &str) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
    schema.description(Some(description)).into()
}

impl From<history::Source> for Source {
    fn from(source: history::Source) -> Self {
        match source {
            history::Source::Import => Self::Import,
            history::Source::Api => Self::Api,
            history::Source::Restore => Self::Restore,
            history::Source::Scim => Self::Scim,
        }
    }
}

impl From<history::Revision> for Revision {
    fn from(revision: history::Revision) -> Self {
        Self {
            revision: revision.revision,
            at: revision.at,
            actor: revision.actor.to_string(),
            actor_kind: revision.actor.kind.into(),
            source: revision.source.into(),
            added: revision.counts.added,
            changed: revision.counts.changed,
            removed: revision.counts.removed,
            released_pin: revision.released_pin.map(|number| number.to_string()),
            lost_tenant: revision.lost_tenant.map(|tenant| tenant.to_string()),
            gained_tenant: revision.gained_tenant.map(|tenant| tenant.to_string()),
        }
    }
}

impl From<&import::Problem> for ImportProblem {
    fn from(problem: &import::Problem) -> Self {
        Self {
            line: problem.line,
            column: problem.column.as_deref().map(str::to_owned),
            value: problem.value.clone(),
            code: problem.code.into(),
            message: problem.message.clone(),
        }
    }
}
