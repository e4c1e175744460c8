//! What the simulator knows: tenants, their users, and the registered applications, read from TOML.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;
use url::Url;
use uuid::Uuid;

/// Everything that can be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The directories.
    pub tenants: Vec<Tenant>,
    /// The registered applications, known to every tenant.
    pub applications: Vec<Application>,
}

/// A directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its id, the `tid` of its tokens.
    pub id: Uuid,
    /// Its verified domain.
    pub domain: String,
    /// Who can sign in.
    #[serde(default)]
    pub users: Vec<User>,
}

/// A user of a directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Her id in the tenant.
    pub oid: Uuid,
    /// Her name.
    pub name: String,
    /// Her user principal name.
    pub username: String,
    /// The `email` claim; none if left out.
    pub email: Option<String>,
    /// Her home tenant, if she is a guest here.
    pub guest_of: Option<Uuid>,
    /// Whether she may consent for the organisation.
    #[serde(default)]
    pub administrator: bool,
}

/// A registered application.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// What people call it.
    pub name: String,
    /// Its client id.
    pub client_id: Uuid,
    /// Where it may be answered. `http://localhost` stands for every port, as with Entra.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Its secret; public clients have none.
    pub secret: Option<String>,
    /// The scopes that it offers as an API.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The version of access tokens for it: 1 as with a fresh registration, or 2.
    #[serde(default = "version_1")]
    pub access_token_version: u8,
}

fn version_1() -> u8 {
    1
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{0} can't be read: {1}")]
    Unreadable(String, std::io::Error),
    /// It is not of the form expected.
    #[error("the configuration can't be read: {0}")]
    Malformed(String),
    /// It contradicts itself.
    #[error("the configuration is wrong: {0}")]
    Wrong(String),
}

impl Config {
    /// The sample: two companies and the applications of Signline's README.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn sample() -> Self {
        Self::parse(include_str!("../sample.toml")).expect("the sample is tested")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError`]
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file);
        Self::parse(&text.map_err(|error| ConfigError::Unreadable(file.display().to_string(), error))?)
    }

    /// Reads TOML.
    ///
    /// # Errors
    /// [`ConfigError`]
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::Malformed(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let mut seen = HashSet::new();
        let ids = self.tenants.iter().map(|tenant| tenant.id);
        let users = self.tenants.iter().flat_map(|tenant| tenant.users.iter().map(|user| user.oid));
        for id in ids.chain(users).chain(self.applications.iter().map(|application| application.client_id)) {
            if !seen.insert(id) {
                return Err(ConfigError::Wrong(format!("the id {id} stands twice")));
            }
        }
        for application in &self.applications {
            if let Some(wrong) = application.redirect_uris.iter().find(|uri| Url::parse(uri).is_err()) {
                return Err(ConfigError::Wrong(format!("{}: {wrong:?} is no redirect URI", application.name)));
            }
            if ![1, 2].contains(&application.access_token_version) {
                return Err(ConfigError::Wrong(format!("{}: access tokens are of version 1 or 2", application.name)));
            }
        }
        Ok(())
    }

    /// The tenant of a GUID or a domain, in any case: some libraries write paths in lower case.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Option<&Tenant> {
        let id = Uuid::try_parse(name).ok();
        self.tenants.iter().find(|tenant| Some(tenant.id) == id || tenant.domain.eq_ignore_ascii_case(name))
    }

    /// The application of a client id.
    #[must_use]
    pub fn application(&self, client_id: &str) -> Option<&Application> {
        let id = Uuid::try_parse(client_id).ok()?;
        self.applications.iter().find(|application| application.client_id == id)
    }

    /// The application of a name.
    #[must_use]
    pub fn application_named(&self, name: &str) -> Option<&Application> {
        self.applications.iter().find(|application| application.name == name)
    }

    /// The tenant and user of an object id.
    #[must_use]
    pub fn user(&self, oid: Uuid) -> Option<(&Tenant, &User)> {
        let users = self.tenants.iter().flat_map(|tenant| tenant.users.iter().map(move |user| (tenant, user)));
        users.into_iter().find(|(_, user)| user.oid == oid)
    }
}

impl Tenant {
    /// The user of a name or address, in any case.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.is_called(name))
    }
}

impl User {
    /// Whether this is her name or address, in any case.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let email = self.email.as_deref();
        self.username.eq_ignore_ascii_case(name) || email.is_some_and(|email| email.eq_ignore_ascii_case(name))
    }
}

impl Application {
    /// Whether the application may be answered at a URI.
    #[must_use]
    pub fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered == uri || is_same_loopback(registered, uri))
    }
}

/// `http://localhost` with any port and with any path, as Entra takes it from public clients.
fn is_same_loopback(registered: &str, uri: &str) -> bool {
    let Ok(uri) = Url::parse(uri) else {
        return false;
    };
    registered == "http://localhost" && uri.scheme() == "http" && uri.host_str() == Some("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_good() {
        let sample = Config::sample();
        assert_eq!(sample.tenant("ABCcompany.com").unwrap().users.len(), 5);
        assert!(sample.application_named("portal").unwrap().may_redirect_to("http://localhost:4711/x"));
        assert!(!sample.application_named("portal").unwrap().may_redirect_to("http://localhost.evil.example"));
    }

    #[test]
    fn a_configuration_that_contradicts_itself_is_refused() {
        let id = "a1a1a1a1-0000-4000-8000-0000000000aa";
        for text in [
            "tenants = []".to_owned(),
            "tenants = []\napplications = []\nx = 1".to_owned(),
            format!(
                "applications = []\n[[tenants]]\nid = '{id}'\ndomain = 'a'\n[[tenants]]\nid = '{id}'\ndomain = 'b'"
            ),
            format!("tenants = []\n[[applications]]\nname = 'a'\nclient_id = '{id}'\nredirect_uris = ['x']"),
        ] {
            assert!(Config::parse(&text).is_err(), "{text}");
        }
    }
}
