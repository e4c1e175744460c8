//! Who changes things.

use std::fmt;

use jiff::Timestamp;

use crate::domain::api_key::ApiKey;
use crate::domain::email::EmailAddress;
use crate::domain::sign_in::SignIn;

/// Who changes something, as histories name it: never by a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The id of the API key, the `oid` of a person who signed in with Microsoft, `command-line` for the program itself, or
    /// `another-business-group` where it is not told who.
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

    /// Whoever has taken a tenant over, as the group that had it is told: neither who she is nor for which group.
    #[must_use]
    pub fn another_business_group() -> Self {
        Self { id: "another-business-group".to_owned(), name: "another business group".to_owned() }
    }
}

impl From<&ApiKey> for Actor {
    fn from(key: &ApiKey) -> Self {
        Self { id: key.id.to_string(), name: key.name.clone() }
    }
}

/// Her address is for people: an administrator of her tenant can write any into her token. The `oid` is hers.
impl From<&SignIn> for Actor {
    fn from(sign_in: &SignIn) -> Self {
        let email = sign_in.email.as_ref().map(EmailAddress::as_str);
        Self { id: sign_in.oid.to_string(), name: email.unwrap_or("Microsoft account").to_owned() }
    }
}

/// `NAME (ID)`: names are for people and may be the same, ids are not.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}
