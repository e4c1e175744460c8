//! What an actor of a history or of the audit log is.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::actor;

/// What an actor is. Names don't tell: an API key can have the name of a person.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// An API key: its name and its id.
    ApiKey,
    /// A person who signed in with Microsoft: the address and the `oid`.
    Person,
    /// The program itself, at the command line.
    CommandLine,
    /// A return from Microsoft, by nobody knows whom.
    Microsoft,
    /// Another business group, of which nothing more is told.
    AnotherBusinessGroup,
}

impl From<actor::ActorKind> for ActorKind {
    fn from(kind: actor::ActorKind) -> Self {
        match kind {
            actor::ActorKind::ApiKey => Self::ApiKey,
            actor::ActorKind::Person => Self::Person,
            actor::ActorKind::CommandLine => Self::CommandLine,
            actor::ActorKind::Microsoft => Self::Microsoft,
            actor::ActorKind::AnotherBusinessGroup => Self::AnotherBusinessGroup,
        }
    }
}
