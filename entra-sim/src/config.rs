//! What the simulator knows: tenants, their users, and the registered applications, read from TOML.

use std::collections::{HashMap, HashSet};
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
    /// Their id in the tenant.
    pub oid: Uuid,
    /// Their name.
    pub name: String,
    /// Their user principal name.
    pub username: String,
    /// The `email` claim; none if left out.
    pub email: Option<String>,
    /// Their home tenant, if they are a guest here.
    pub guest_of: Option<Uuid>,
    /// Whether they may consent for the organization.
    #[serde(default)]
    pub administrator: bool,
    /// The app roles that they are assigned, by the name of the application that defines them.
    #[serde(default)]
    pub roles: HashMap<String, Vec<String>>,
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
    /// Where a page of it in a browser may be answered: redirect URIs of the type "single-page application". One of
    /// `http://localhost/...` stands for every port.
    #[serde(default)]
    pub spa_redirect_uris: Vec<String>,
    /// Its secret; public clients have none.
    pub secret: Option<String>,
    /// The scopes that it offers as an API.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The roles that it gives to applications as an API.
    #[serde(default)]
    pub app_roles: Vec<String>,
    /// The app roles that users can be assigned for it.
    #[serde(default)]
    pub user_roles: Vec<String>,
    /// Whether its ID tokens, and access tokens for it, have the `email` claim of members without the scope `email`:
    /// the optional claim of a registration.
    #[serde(default)]
    pub email_always: bool,
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
    /// The sample: two companies and the applications of Signline's demo.
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
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::Malformed(one_line(&error)))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let ids = self.tenants.iter().map(|tenant| tenant.id);
        let users = self.tenants.iter().flat_map(|tenant| tenant.users.iter().map(|user| user.oid));
        let applications = self.applications.iter().map(|application| application.client_id);
        once("id", ids.chain(users).chain(applications).map(|id| id.to_string()))?;
        once("domain", self.tenants.iter().map(|tenant| tenant.domain.to_ascii_lowercase()))?;
        once("application", self.applications.iter().map(|application| application.name.clone()))?;
        self.tenants.iter().try_for_each(|tenant| self.check_tenant(tenant))?;
        self.applications.iter().try_for_each(Application::check)
    }

    fn check_tenant(&self, tenant: &Tenant) -> Result<(), ConfigError> {
        once("user", tenant.users.iter().map(|user| user.username.to_ascii_lowercase()))?;
        let homes = tenant.users.iter().filter_map(|user| Some((&user.name, user.guest_of?)));
        for (name, home) in homes {
            if home == tenant.id || !self.tenants.iter().any(|tenant| tenant.id == home) {
                return Err(ConfigError::Wrong(format!("{name}: guest_of names no other tenant")));
            }
        }
        tenant.users.iter().try_for_each(|user| self.check_roles(user))
    }

    /// A role is assigned for an application that defines it.
    fn check_roles(&self, user: &User) -> Result<(), ConfigError> {
        for (application, roles) in &user.roles {
            let defined = self.application_named(application).map_or(&[][..], |application| &application.user_roles);
            if let Some(unknown) = roles.iter().find(|role| !defined.contains(role)) {
                return Err(ConfigError::Wrong(format!("{}: {application} has no user role {unknown:?}", user.name)));
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

    /// A guest's id in their home tenant: that of the user with their address, or one that is always the same. A
    /// member's own.
    pub(crate) fn home_oid(&self, user: &User) -> Uuid {
        let Some(home) = user.guest_of else { return user.oid };
        let tenant = self.tenants.iter().find(|tenant| tenant.id == home);
        let there = tenant.zip(user.email.as_deref()).and_then(|(tenant, email)| tenant.user(email));
        there.map_or_else(|| Uuid::new_v5(&home, user.oid.as_bytes()), |there| there.oid)
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
    /// What they sign in with: a guest with the address of their home.
    pub(crate) fn preferred_username(&self) -> &str {
        self.email.as_deref().filter(|_| self.guest_of.is_some()).unwrap_or(&self.username)
    }

    /// The app roles that they have for an application.
    pub(crate) fn roles_for(&self, application: &Application) -> &[String] {
        self.roles.get(&application.name).map_or(&[], Vec::as_slice)
    }

    /// Whether this is their name or address, in any case.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let email = self.email.as_deref();
        self.username.eq_ignore_ascii_case(name) || email.is_some_and(|email| email.eq_ignore_ascii_case(name))
    }
}

/// Where and why, without the picture of the place.
fn one_line(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let place = text.lines().next().unwrap_or_default();
    format!("{place}: {}", error.message().replace('\n', ", "))
}

/// Refuses what stands twice.
fn once(what: &str, mut names: impl Iterator<Item = String>) -> Result<(), ConfigError> {
    let mut seen = HashSet::new();
    match names.find(|name| !seen.insert(name.clone())) {
        Some(name) => Err(ConfigError::Wrong(format!("the {what} {name} stands twice"))),
        None => Ok(()),
    }
}

impl Application {
    fn check(&self) -> Result<(), ConfigError> {
        let mut redirect_uris = self.redirect_uris.iter().chain(&self.spa_redirect_uris);
        if let Some(wrong) = redirect_uris.find(|uri| Url::parse(uri).is_err()) {
            return Err(ConfigError::Wrong(format!("{}: {wrong:?} is not a redirect URI", self.name)));
        }
        if ![1, 2].contains(&self.access_token_version) {
            return Err(ConfigError::Wrong(format!("{}: access tokens are of version 1 or 2", self.name)));
        }
        Ok(())
    }

    /// Whether the application may be answered at a URI.
    #[must_use]
    pub fn may_redirect_to(&self, uri: &str) -> bool {
        let is_registered = |registered: &String| registered == uri || is_same_loopback(registered, uri);
        self.redirect_uris.iter().any(is_registered) || self.is_single_page(uri)
    }

    /// Whether a URI is one of the type "single-page application". As the more exact one it comes before
    /// `http://localhost`.
    #[must_use]
    pub fn is_single_page(&self, uri: &str) -> bool {
        self.spa_redirect_uris.iter().any(|registered| registered == uri || is_same_but_for_the_port(registered, uri))
    }
}

/// The same URI of `http://localhost`, with any port, as Entra takes it.
fn is_same_but_for_the_port(registered: &str, uri: &str) -> bool {
    let (Ok(registered), Ok(mut uri)) = (Url::parse(registered), Url::parse(uri)) else {
        return false;
    };
    let is_local = registered.scheme() == "http" && registered.host_str() == Some("localhost");
    is_local && uri.set_port(None).is_ok() && registered == uri
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
    fn a_page_is_answered_at_its_own_path_on_every_port_of_this_machine() {
        let sample = Config::sample();
        let portal = sample.application_named("portal").unwrap();
        for (uri, is_single_page) in [
            ("http://localhost/console/", true),
            ("http://localhost:4711/console/", true),
            ("http://localhost:4711/console", false),
            ("http://localhost:4711/console/x", false),
            ("http://localhost:4711/console/?x=1", false),
            ("https://localhost:4711/console/", false),
            ("http://localhost.evil.example/console/", false),
            ("http://user@localhost/console/", false),
            ("https://portal.example/signed-in", false),
        ] {
            assert_eq!(portal.is_single_page(uri), is_single_page, "{uri}");
        }
    }

    #[test]
    fn a_configuration_that_contradicts_itself_is_refused() {
        let (a, b) = ("a1a1a1a1-0000-4000-8000-0000000000aa", "b2b2b2b2-0000-4000-8000-0000000000bb");
        let tenant = |id: &str, domain: &str| format!("[[tenants]]\nid = '{id}'\ndomain = '{domain}'\n");
        let user = |oid: u8, name: &str, more: &str| {
            let oid = format!("0b0b0b0b-0000-4000-8000-00000000000{oid}");
            format!("[[tenants.users]]\noid = '{oid}'\nname = 'N'\nusername = '{name}'\n{more}\n")
        };
        let application = |id: &str, more: &str| format!("[[applications]]\nname = 'a'\nclient_id = '{id}'\n{more}\n");
        let good = format!("applications = []\n{}{}", tenant(a, "a"), user(1, "x", ""));
        assert!(Config::parse(&good).is_ok());
        for (text, why) in [
            ("tenants = []".to_owned(), "applications"),
            (format!("x = 1\n{good}"), "unknown field"),
            (good.clone() + &tenant(a, "b"), "id"),
            (good.clone() + &tenant(b, "A"), "domain"),
            (good.clone() + &user(2, "X", ""), "user"),
            (good.clone() + &user(2, "y", &format!("guest_of = '{a}'")), "guest_of"),
            (good.clone() + &user(2, "y", &format!("guest_of = '{b}'")), "guest_of"),
            (good.clone() + &user(2, "y", "roles = { a = ['R'] }"), "user role"),
            (format!("tenants = []\n{}", application(a, "redirect_uris = ['x']")), "redirect URI"),
            (format!("tenants = []\n{}", application(a, "spa_redirect_uris = ['x']")), "redirect URI"),
            (format!("tenants = []\n{}", application(a, "access_token_version = 3")), "version"),
            (format!("tenants = []\n{}{}", application(a, ""), application(b, "")), "application"),
        ] {
            let message = Config::parse(&text).unwrap_err().to_string();
            assert!(message.contains(why) && !message.contains('\n'), "{why}: {message}");
        }
    }
}
