//! Who changes things.

use std::fmt;

use jiff::Timestamp;

use crate::domain::api_key::ApiKey;

/// Who changes something, as histories name it: never by a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The id of the API key; `command-line` for the program itself, `microsoft` for a return from there.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Who changes something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// The id of the call that does it.
    pub request_id: Option<String>,
}

impl Actor {
    /// Whoever runs the program on the machine of the database.
    #[must_use]
    pub fn command_line() -> Self {
        Self { id: "command-line".to_owned(), name: "command line".to_owned() }
    }

    /// Whoever comes back from Microsoft with a consent link. Who it is nobody can tell.
    #[must_use]
    pub fn microsoft() -> Self {
        Self { id: "microsoft".to_owned(), name: "return from Microsoft".to_owned() }
    }
}

impl From<&ApiKey> for Actor {
    fn from(key: &ApiKey) -> Self {
        Self { id: key.id.to_string(), name: key.name.clone() }
    }
}

/// `NAME (ID)`: names are for people and may be the same, ids are not.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}
