//! The scopes of a request, and the API that they name.

use crate::config::{Application, Config};
use crate::oauth_error::OAuthError;

/// The scopes that belong to no API.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The scope that stands for all of an API's.
const DEFAULT: &str = ".default";

/// Microsoft Graph, whose scopes stand alone or behind one of these.
const GRAPH: [&str; 2] = ["https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"];

/// Scopes that were checked.
pub(crate) struct Scopes<'c, 't> {
    all: Vec<&'t str>,
    /// The API that an access token is for; Graph if none.
    pub(crate) api: Option<Api<'c>>,
}

/// An API and what it is asked for.
pub(crate) struct Api<'c> {
    pub(crate) application: &'c Application,
    names: Vec<&'c str>,
}

impl<'c, 't> Scopes<'c, 't> {
    /// Reads `api://CLIENT-ID/NAME`, `CLIENT-ID/NAME`, those of `OpenID` Connect, and those of Graph, which nobody here
    /// knows: they are taken as they are. As with Entra, an access token is for one API.
    pub(crate) fn read(config: &'c Config, text: &'t str) -> Result<Self, OAuthError> {
        let mut scopes = Self { all: text.split(' ').filter(|scope| !scope.is_empty()).collect(), api: None };
        for scope in &scopes.all {
            let Some((application, names)) = of_api(config, scope)? else { continue };
            let api = scopes.api.get_or_insert(Api { application, names: Vec::new() });
            if api.application.client_id != application.client_id {
                return Err(wrong(28000, "The scopes are of more than one API."));
            }
            api.names.extend(names);
        }
        Ok(scopes)
    }

    /// The API of an application's own token: `api://CLIENT-ID/.default` alone, or none if it is Graph's.
    pub(crate) fn read_default(config: &'c Config, text: &'t str) -> Result<Option<&'c Application>, OAuthError> {
        let is_default = text.strip_suffix(DEFAULT).is_some_and(|resource| resource.ends_with('/'));
        if !is_default || text.contains(' ') {
            return Err(wrong(1_002_012, "An application asks for one scope, which ends with /.default."));
        }
        Ok(Self::read(config, text)?.api.map(|api| api.application))
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.all.contains(&scope)
    }
}

impl Api<'_> {
    /// The `scp` claim.
    pub(crate) fn scp(&self) -> String {
        self.names.join(" ")
    }
}

/// The API of a scope, and which of the API's scopes it means.
fn of_api<'c>(config: &'c Config, scope: &str) -> Result<Option<(&'c Application, Vec<&'c str>)>, OAuthError> {
    let Some((resource, name)) = scope.rsplit_once('/') else {
        return without_resource(config, scope).map(|()| None);
    };
    if GRAPH.contains(&resource) {
        return Ok(None);
    }
    let api = config.application(resource.strip_prefix("api://").unwrap_or(resource));
    let text = "The resource of the scope was not found: it is written api://CLIENT-ID/NAME.";
    let api = api.ok_or(OAuthError::new("invalid_resource", 500_011, text))?;
    let meant = |known: &&String| name == DEFAULT || **known == name;
    let names: Vec<_> = api.scopes.iter().filter(meant).map(String::as_str).collect();
    if names.is_empty() && name != DEFAULT {
        return Err(wrong(70011, "The scope is not one of the API's."));
    }
    Ok(Some((api, names)))
}

/// Graph's scopes are words with dots. Another API's need the API.
fn without_resource(config: &Config, scope: &str) -> Result<(), OAuthError> {
    if OPENID.contains(&scope) {
        return Ok(());
    }
    if config.applications.iter().any(|api| api.scopes.iter().any(|known| known == scope)) {
        return Err(wrong(70011, "The scope is an API's: it is written api://CLIENT-ID/NAME."));
    }
    if !scope.contains('.') {
        return Err(wrong(70011, "The scope is not known."));
    }
    Ok(())
}

fn wrong(number: u32, text: &'static str) -> OAuthError {
    OAuthError::new("invalid_scope", number, text)
}
