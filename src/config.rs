//! The settings: environment variables, and the same names in an optional TOML file. The environment wins.
//!
//! Each setting is one row of a table and one reader from text, used for both sources.

mod readers;
mod table;
mod values;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use toml::{Table, Value};
use tracing_subscriber::EnvFilter;

use crate::config::readers::{one_line, readable};
use crate::config::table::SETTINGS;
use crate::domain::app_id_uri::AppIdUris;
use crate::domain::application::Applications;
use crate::domain::authority::Authority;
use crate::domain::cors_origins::CorsOrigins;
use crate::domain::guid::Guid;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::postgres_url::PostgresUrl;
use crate::domain::public_url::PublicUrl;
use crate::domain::tenant::UnprovenTenants;
use crate::domain::trusted_proxies::TrustedProxies;

pub use crate::config::values::{DatabaseUrl, LogFormat};

/// What all variables begin with.
const PREFIX: &str = "SIGNLINE_";

/// The variable that names the TOML file.
const CONFIG_VARIABLE: &str = "SIGNLINE_CONFIG";

/// The variable that holds the API key of the command-line client.
pub const API_KEY_VARIABLE: &str = "SIGNLINE_API_KEY";

/// The variable that tells the command-line client where the service is.
pub const URL_VARIABLE: &str = "SIGNLINE_URL";

/// Variables that are the client's: the service may find them beside its own, and passes them over.
const CLIENT_VARIABLES: [&str; 2] = [API_KEY_VARIABLE, URL_VARIABLE];

/// What Kubernetes sets in every pod of a namespace for a Service that is named `signline`
/// (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>): no settings. Each is one
/// variable, or with the `_` at its end, all that begin with it.
const SERVICE_LINKS: [&str; 3] = ["SIGNLINE_SERVICE_", "SIGNLINE_PORT", "SIGNLINE_PORT_"];

/// All settings as a table in Markdown, of which `docs/settings.md` has a copy.
#[must_use]
pub fn document() -> String {
    table::document()
}

/// All settings, read and checked.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database.
    pub database_url: DatabaseUrl,
    /// The database's server itself, where [`Settings::database_url`] is that of a pooler.
    pub listen_database_url: Option<DatabaseUrl>,
    /// The Microsoft cloud instance.
    pub authority: Authority,
    /// The applications whose tokens are taken.
    pub applications: Applications,
    /// The name of the application that the console signs in to; `None`: the first.
    pub console_application: Option<String>,
    /// Signline's own API registration.
    pub api_client_id: Option<Guid>,
    /// Further audiences of access tokens for the API.
    pub api_audiences: AppIdUris,
    /// Where browsers reach the service, if it was set; see [`Settings::public_url_at`].
    pub public_url: Option<PublicUrl>,
    /// The origins whose pages may call the service from a browser.
    pub cors_origins: CorsOrigins,
    /// The scope that an access token for the API must carry.
    pub api_scope: String,
    /// The operator's own tenant, whose users can be operators.
    pub operator_tenant: Option<Guid>,
    /// What happens to the users of tenants that are linked and not proven.
    pub unproven_tenants: UnprovenTenants,
    /// The claims that may hold the e-mail address, in order.
    pub email_claims: Vec<String>,
    /// How a number without `+` is read.
    pub numbering_plan: NumberingPlan,
    /// Leeway for `exp`, `nbf` and `iat`.
    pub clock_skew: Duration,
    /// How many validated tokens are cached; 0: none.
    pub token_cache_capacity: u64,
    /// How many resolved lines are cached; 0: none.
    pub mapping_cache_capacity: u64,
    /// The largest import file, in bytes.
    pub max_import_bytes: u64,
    /// How old history may become; `None`: it is kept for good.
    pub history_age: Option<SignedDuration>,
    /// What callers may ask of the service.
    pub limits: Limits,
    /// TLS on the listener.
    pub tls: TlsFiles,
    /// The log.
    pub log: LogSettings,
}

/// What callers may ask of the service.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Limits {
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Bad credentials a minute that are borne from one address; 0: any number.
    pub failures_per_address: u32,
    /// Refusals a minute that are borne of one credential; 0: any number.
    pub failures_per_credential: u32,
    /// Files that are imported at once.
    pub concurrent_imports: usize,
    /// Open connections.
    pub connections: usize,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a client may leave an answer where it is. Nobody has to set it but tests, which would wait.
    pub answer: Duration,
}

/// The files that TLS on the listener needs: both, or none for plain HTTP.
#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// The certificate chain, as PEM.
    pub certificate: Option<PathBuf>,
    /// The private key of its first certificate, as PEM.
    pub private_key: Option<PathBuf>,
}

/// What is logged, and how.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct LogSettings {
    /// Which events.
    pub filter: EnvFilter,
    /// In which form.
    pub format: LogFormat,
}

/// A setting that stops the start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct SettingsError {
    /// The variable, or the file and the name in it.
    pub place: String,
    /// What is wrong with it, and what to do.
    pub reason: String,
}

impl Settings {
    /// The settings if nothing is set.
    ///
    /// # Errors
    /// None in fact: the values are held to the same rules as any other.
    pub fn defaults() -> Result<Self, SettingsError> {
        let fixed = |name: &str, reason: String| SettingsError { place: format!("the default of {name}"), reason };
        let authority = readable(Authority::parse("https://login.microsoftonline.com"));
        Ok(Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database_url: DatabaseUrl("sqlite://signline.db".to_owned()),
            listen_database_url: None,
            authority: authority.map_err(|reason| fixed("authority", reason))?,
            applications: Applications::default(),
            console_application: None,
            api_client_id: None,
            api_audiences: AppIdUris::default(),
            public_url: None,
            cors_origins: CorsOrigins::default(),
            api_scope: "Line.Read".to_owned(),
            operator_tenant: None,
            unproven_tenants: UnprovenTenants::Resolve,
            email_claims: ["email", "preferred_username", "upn"].map(str::to_owned).to_vec(),
            numbering_plan: readable(NumberingPlan::of_region("US"))
                .map_err(|reason| fixed("default_region", reason))?,
            clock_skew: Duration::from_mins(1),
            token_cache_capacity: 100_000,
            mapping_cache_capacity: 1_000_000,
            max_import_bytes: 64 * 1024 * 1024,
            history_age: None,
            limits: Limits {
                trusted_proxies: TrustedProxies::default(),
                failures_per_address: 1000,
                failures_per_credential: 200,
                concurrent_imports: 8,
                connections: 16_384,
                keep_alive: Duration::from_secs(75),
                answer: Duration::from_secs(30),
            },
            tls: TlsFiles::default(),
            log: LogSettings { filter: EnvFilter::new("info"), format: LogFormat::Json },
        })
    }

    /// Reads the settings of this process: `file` (or the file that `SIGNLINE_CONFIG` names), then the environment.
    ///
    /// # Errors
    /// The first setting that is unknown or can't be read.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let variables = own_variables(environment)?;
        let named = variables.get(CONFIG_VARIABLE).map(PathBuf::from);
        let mut settings = Self::defaults()?;
        if let Some(file) = file.or(named.as_deref()) {
            settings.read_file(file)?;
        }
        for (variable, text) in variables.iter().filter(|(variable, _)| *variable != CONFIG_VARIABLE) {
            let name = variable.strip_prefix(PREFIX).unwrap_or_default().to_ascii_lowercase();
            settings.read(&name, text, || variable.clone())?;
        }
        settings.check_together()?;
        Ok(settings)
    }

    /// Where browsers reach a service that listens on `address`: what was set, or `localhost` if only this machine
    /// reaches it; else that is not known.
    #[must_use]
    pub fn public_url_at(&self, address: SocketAddr) -> Option<PublicUrl> {
        let over_tls = self.tls.certificate.is_some();
        let local = || address.ip().is_loopback().then(|| PublicUrl::of_this_machine(address.port(), over_tls));
        self.public_url.clone().or_else(local)
    }

    /// What no setting can say by itself.
    fn check_together(&self) -> Result<(), SettingsError> {
        self.tls.check()?;
        if self.listen_database_url.is_some() && !PostgresUrl::is_meant_by(&self.database_url.0) {
            let reason = "is for a pooler before PostgreSQL, and SIGNLINE_DATABASE_URL names neither".to_owned();
            return Err(SettingsError { place: "SIGNLINE_LISTEN_DATABASE_URL".to_owned(), reason });
        }
        let unknown = self.console_application.as_ref().filter(|name| !self.applications.has_name(name));
        if let Some(name) = unknown {
            let reason = format!("{name:?} is not the name of an application in SIGNLINE_APPLICATIONS");
            return Err(SettingsError { place: "SIGNLINE_CONSOLE_APPLICATION".to_owned(), reason });
        }
        // As the API's audience it would take the place of the application's own.
        let taken = self.applications.iter().find(|(id, _)| self.api_audiences.has(&format!("api://{id}")));
        if let Some((client_id, name)) = taken {
            let reason =
                format!("api://{client_id} is {name}'s of SIGNLINE_APPLICATIONS, whose tokens are taken without it");
            return Err(SettingsError { place: "SIGNLINE_API_AUDIENCES".to_owned(), reason });
        }
        Ok(())
    }

    fn read_file(&mut self, file: &Path) -> Result<(), SettingsError> {
        let place = format!("the settings file {}", file.display());
        let fault = |reason: String| SettingsError { place: place.clone(), reason };
        let text = fs::read_to_string(file).map_err(|error| fault(error.to_string()))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| fault(one_line(&error.to_string())))?;
        for (name, value) in &table {
            let place = || format!("{place}, {name}");
            let text = value_text(value).map_err(|reason| SettingsError { place: place(), reason })?;
            self.read(name, &text, place)?;
        }
        Ok(())
    }

    fn read(&mut self, name: &str, text: &str, place: impl Fn() -> String) -> Result<(), SettingsError> {
        let setting = SETTINGS.iter().find(|setting| setting.name == name);
        let setting = setting.ok_or_else(|| SettingsError { place: place(), reason: unknown() })?;
        (setting.read)(self, text.trim()).map_err(|reason| SettingsError { place: place(), reason })
    }
}

impl TlsFiles {
    /// One without the other is a mistake, and no wish for plain HTTP.
    fn check(&self) -> Result<(), SettingsError> {
        let missing = match (&self.certificate, &self.private_key) {
            (Some(_), None) => "SIGNLINE_TLS_PRIVATE_KEY",
            (None, Some(_)) => "SIGNLINE_TLS_CERTIFICATE",
            _ => return Ok(()),
        };
        let reason = "is not set: TLS needs a certificate and its private key, each in a PEM file".to_owned();
        Err(SettingsError { place: missing.to_owned(), reason })
    }
}

/// The variables that are the service's. One that is set to nothing counts as not set: that is how a compose file
/// passes on what it has not.
fn own_variables(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<BTreeMap<String, String>, SettingsError> {
    let mut own = BTreeMap::new();
    for (variable, value) in environment {
        let Some(variable) = variable.to_str().filter(|name| is_own(name)) else {
            continue;
        };
        let Ok(value) = value.into_string() else {
            return Err(SettingsError { place: variable.to_owned(), reason: "is not UTF-8".to_owned() });
        };
        if !value.trim().is_empty() {
            own.insert(variable.to_owned(), value);
        } else if variable != CONFIG_VARIABLE && !is_known(variable) {
            return Err(SettingsError { place: variable.to_owned(), reason: unknown() });
        }
    }
    Ok(own)
}

fn is_known(variable: &str) -> bool {
    let name = variable.strip_prefix(PREFIX).unwrap_or_default();
    SETTINGS.iter().any(|setting| setting.name.eq_ignore_ascii_case(name))
}

fn is_own(variable: &str) -> bool {
    variable.starts_with(PREFIX) && !CLIENT_VARIABLES.contains(&variable) && !is_service_link(variable)
}

fn is_service_link(variable: &str) -> bool {
    SERVICE_LINKS.iter().any(|link| variable == *link || (link.ends_with('_') && variable.starts_with(link)))
}

/// A TOML value as the text that the variable would have.
fn value_text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Array(items) => items.iter().map(value_text).collect::<Result<Vec<_>, _>>().map(|items| items.join(",")),
        Value::Table(table) => {
            let pairs = table.iter().map(|(name, value)| value_text(value).map(|text| format!("{name}={text}")));
            pairs.collect::<Result<Vec<_>, _>>().map(|pairs| pairs.join(","))
        }
        Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => Err("must be a text or a whole number".to_owned()),
    }
}

fn unknown() -> String {
    let names: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
    format!("there is no such setting; there are {}", names.join(", "))
}

#[cfg(test)]
mod tests;
