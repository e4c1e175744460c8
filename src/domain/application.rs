//! The applications that users sign in to: the portal and the clients.

use std::fmt;
use std::sync::Arc;

use crate::domain::guid::{Guid, GuidText};

/// The name of an application, such as `portal`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationName(Arc<str>);

impl ApplicationName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplicationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The applications whose tokens are taken. None: every token is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applications(Vec<Application>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Application {
    client_id: Guid,
    /// The text of its client id, as tokens have it.
    written: GuidText,
    name: ApplicationName,
}

/// The text is not a list of applications.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationsError {
    /// An entry is not a `name=GUID`.
    #[error("{0:?} is not of the form name=GUID, with a name of lower-case letters, digits and hyphens")]
    Malformed(String),
    /// A name stands twice.
    #[error("the name {0:?} stands twice")]
    NameTwice(String),
    /// A client id stands twice.
    #[error("the client id {0} stands twice")]
    ClientIdTwice(Guid),
}

impl Applications {
    /// Reads `portal=GUID,maxuc-mobile=GUID`: names and client ids.
    ///
    /// # Errors
    /// [`ApplicationsError`]
    pub fn parse(text: &str) -> Result<Self, ApplicationsError> {
        let mut applications = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, client_id) = parse_entry(entry).ok_or_else(|| ApplicationsError::Malformed(entry.to_owned()))?;
            applications.add(name, client_id)?;
        }
        Ok(applications)
    }

    fn add(&mut self, name: &str, client_id: Guid) -> Result<(), ApplicationsError> {
        if self.has_name(name) {
            return Err(ApplicationsError::NameTwice(name.to_owned()));
        }
        if self.find(client_id).is_some() {
            return Err(ApplicationsError::ClientIdTwice(client_id));
        }
        self.0.push(Application { client_id, written: client_id.text(), name: ApplicationName(name.into()) });
        Ok(())
    }

    /// The client ids and the names, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (Guid, &ApplicationName)> {
        self.0.iter().map(|application| (application.client_id, &application.name))
    }

    /// Whether there is an application with this name.
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.0.iter().any(|application| &*application.name.0 == name)
    }

    /// The name of the application with this client id.
    #[must_use]
    pub fn find(&self, client_id: Guid) -> Option<&ApplicationName> {
        self.0.iter().find(|application| application.client_id == client_id).map(|application| &application.name)
    }

    /// The same by the text of its client id, as [`Guid::parse_canonical`] reads it.
    #[must_use]
    pub fn find_written(&self, client_id: &str) -> Option<&ApplicationName> {
        let is_it = |application: &&Application| application.written.as_bytes() == client_id.as_bytes();
        self.0.iter().find(is_it).map(|application| &application.name)
    }

    /// The client id of the application with this name.
    #[must_use]
    pub fn client_id(&self, name: &ApplicationName) -> Option<Guid> {
        self.0.iter().find(|application| application.name == *name).map(|application| application.client_id)
    }
}

fn parse_entry(entry: &str) -> Option<(&str, Guid)> {
    let (name, client_id) = entry.split_once('=')?;
    let name = name.trim();
    let fits = (1..=63).contains(&name.len());
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let client_id = Guid::parse(client_id.trim()).ok().filter(|id| !id.is_nil())?;
    (fits && letters).then_some((name, client_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0c11e470-1111-4222-8333-444455557777";
    const B: &str = "0c11e470-1111-4222-8333-444455558888";

    #[test]
    fn applications_are_found_by_their_client_id() {
        let applications = Applications::parse(&format!(" portal={A}, maxuc-mobile = {B},")).unwrap();
        let name = |id: &str| applications.find(Guid::parse(id).unwrap()).map(ToString::to_string);
        assert_eq!(name(A).as_deref(), Some("portal"));
        assert_eq!(name(&B.to_uppercase()).as_deref(), Some("maxuc-mobile"));
        assert_eq!(name("0c11e470-1111-4222-8333-444455559999"), None);
        let written = |id: &str| applications.find_written(id).map(ToString::to_string);
        assert_eq!(written(A).as_deref(), Some("portal"));
        for other in [&B.to_uppercase(), "", &A[1..], "0c11e470-1111-4222-8333-444455559999"] {
            assert_eq!(written(other), None, "{other}");
        }
        assert_eq!(Applications::parse("").unwrap(), Applications::default());
        let all: Vec<_> = applications.iter().map(|(id, name)| (id.to_string(), name.to_string())).collect();
        assert_eq!(all, [(A.to_owned(), "portal".to_owned()), (B.to_owned(), "maxuc-mobile".to_owned())]);
        for (id, name) in applications.iter() {
            assert_eq!(applications.client_id(name), Some(id));
        }
    }

    #[test]
    fn a_list_that_is_unclear_is_refused() {
        use ApplicationsError::{ClientIdTwice, Malformed, NameTwice};
        let id = Guid::parse(A).unwrap();
        for (text, expected) in [
            ("portal".to_owned(), Malformed("portal".to_owned())),
            ("portal=x".to_owned(), Malformed("portal=x".to_owned())),
            (format!("Portal={A}"), Malformed(format!("Portal={A}"))),
            (format!("={A}"), Malformed(format!("={A}"))),
            (format!("portal={A},portal={B}"), NameTwice("portal".to_owned())),
            (format!("portal={A},mobile={A}"), ClientIdTwice(id)),
        ] {
            assert_eq!(Applications::parse(&text), Err(expected), "{text}");
        }
    }
}
