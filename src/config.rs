//! The settings: environment variables, and the same names in an optional TOML file. The environment wins.
//!
//! Each setting is one row of a table and one reader from text, used for both sources.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use toml::Table;
use toml::Value;
use tracing_subscriber::EnvFilter;
use zeroize::Zeroize;

use crate::domain::application::Applications;
use crate::domain::authority::Authority;
use crate::domain::guid::Guid;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::tenant::parse_tenant_id;
use crate::domain::trusted_proxies::TrustedProxies;

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

/// All settings, read and checked.
#[derive(Clone)]
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
    /// The scope that an access token for the API must carry.
    pub api_scope: String,
    /// The operator's own tenant, whose users can be operators.
    pub operator_tenant: Option<Guid>,
    /// The claims that may hold the e-mail address, in order.
    pub email_claims: Vec<String>,
    /// How a number without `+` is read.
    pub numbering_plan: NumberingPlan,
    /// Leeway for `exp`, `nbf` and `iat`.
    pub clock_skew: Duration,
    /// Validated tokens kept. Read and checked, and not used yet.
    pub token_cache_capacity: u64,
    /// Resolved lines kept. Read and checked, and not used yet.
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
}

/// The files that TLS on the listener needs: both, or none for plain HTTP.
#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// The certificate chain, as PEM.
    pub certificate: Option<PathBuf>,
    /// The private key of its first certificate, as PEM.
    pub private_key: Option<PathBuf>,
}

/// A database's URL. Its text may hold a password, so that it is never shown, and wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub String);

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

impl Drop for DatabaseUrl {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What is logged, and how.
#[derive(Clone)]
pub struct LogSettings {
    /// Which events.
    pub filter: EnvFilter,
    /// In which form.
    pub format: LogFormat,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Pretty,
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

/// One setting: its name in the TOML file, and how it is read from text.
struct Setting {
    name: &'static str,
    read: fn(&mut Settings, &str) -> Result<(), String>,
}

const SETTINGS: &[Setting] = &[
    Setting { name: "listen", read: |settings, text| set(&mut settings.listen, read_listen(text)) },
    Setting { name: "database_url", read: |settings, text| set(&mut settings.database_url, read_database_url(text)) },
    Setting {
        name: "listen_database_url",
        read: |settings, text| set(&mut settings.listen_database_url, read_listen_database_url(text).map(Some)),
    },
    Setting {
        name: "authority",
        read: |settings, text| set(&mut settings.authority, readable(Authority::parse(text))),
    },
    Setting {
        name: "applications",
        read: |settings, text| set(&mut settings.applications, readable(Applications::parse(text))),
    },
    Setting {
        name: "console_application",
        read: |settings, text| set(&mut settings.console_application, read_word(text).map(Some)),
    },
    Setting {
        name: "api_client_id",
        read: |settings, text| set(&mut settings.api_client_id, readable(Guid::parse(text)).map(Some)),
    },
    Setting { name: "api_scope", read: |settings, text| set(&mut settings.api_scope, read_word(text)) },
    Setting {
        name: "operator_tenant",
        read: |settings, text| set(&mut settings.operator_tenant, readable(parse_tenant_id(text)).map(Some)),
    },
    Setting { name: "email_claims", read: |settings, text| set(&mut settings.email_claims, read_claims(text)) },
    Setting {
        name: "default_region",
        read: |settings, text| set(&mut settings.numbering_plan, readable(NumberingPlan::of_region(text))),
    },
    Setting {
        name: "clock_skew_seconds",
        read: |settings, text| set(&mut settings.clock_skew, read_number(text, 0, 300).map(Duration::from_secs)),
    },
    Setting {
        name: "token_cache_capacity",
        read: |settings, text| set(&mut settings.token_cache_capacity, read_number(text, 0, MAX_CAPACITY)),
    },
    Setting {
        name: "mapping_cache_capacity",
        read: |settings, text| set(&mut settings.mapping_cache_capacity, read_number(text, 0, MAX_CAPACITY)),
    },
    Setting {
        name: "max_import_bytes",
        read: |settings, text| set(&mut settings.max_import_bytes, read_number(text, 1, MAX_IMPORT_LIMIT)),
    },
    Setting {
        name: "history_days",
        read: |settings, text| {
            set(&mut settings.history_age, read_number(text, 1, MAX_DAYS).map(|days| Some(days_long(days))))
        },
    },
    Setting {
        name: "trusted_proxies",
        read: |settings, text| set(&mut settings.limits.trusted_proxies, readable(TrustedProxies::parse(text))),
    },
    Setting {
        name: "max_failures_per_address",
        read: |settings, text| set(&mut settings.limits.failures_per_address, read_number(text, 0, MAX_FAILURES)),
    },
    Setting {
        name: "max_failures_per_credential",
        read: |settings, text| set(&mut settings.limits.failures_per_credential, read_number(text, 0, MAX_FAILURES)),
    },
    Setting {
        name: "max_concurrent_imports",
        read: |settings, text| set(&mut settings.limits.concurrent_imports, read_number(text, 1, MAX_IMPORTS)),
    },
    Setting {
        name: "max_connections",
        read: |settings, text| set(&mut settings.limits.connections, read_number(text, 16, MAX_CONNECTIONS)),
    },
    Setting {
        name: "tls_certificate",
        read: |settings, text| set(&mut settings.tls.certificate, Ok(Some(PathBuf::from(text)))),
    },
    Setting {
        name: "tls_private_key",
        read: |settings, text| set(&mut settings.tls.private_key, Ok(Some(PathBuf::from(text)))),
    },
    Setting { name: "log", read: |settings, text| set(&mut settings.log.filter, read_log_filter(text)) },
    Setting { name: "log_format", read: |settings, text| set(&mut settings.log.format, read_log_format(text)) },
];

/// The most entries that a cache may be asked to keep.
const MAX_CAPACITY: u64 = 1_000_000_000;

/// The largest import that may be allowed, in bytes: the lines of a file are counted in 32 bits.
const MAX_IMPORT_LIMIT: u64 = 4 * 1024 * 1024 * 1024;

/// The most failures a minute that can be set, short of any number.
const MAX_FAILURES: u64 = 1_000_000;

/// The most imports at once that can be set.
const MAX_IMPORTS: u64 = 1000;

/// The most connections that can be set.
const MAX_CONNECTIONS: u64 = 1_000_000;

/// The longest time in days that history can be kept for, short of for good.
const MAX_DAYS: u64 = 36_500;

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
            api_scope: "Line.Read".to_owned(),
            operator_tenant: None,
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

    /// What no setting can say by itself.
    fn check_together(&self) -> Result<(), SettingsError> {
        self.tls.check()?;
        if self.listen_database_url.is_some() && !is_postgres(&self.database_url.0) {
            let reason = "is for a pooler before PostgreSQL, and SIGNLINE_DATABASE_URL names neither".to_owned();
            return Err(SettingsError { place: "SIGNLINE_LISTEN_DATABASE_URL".to_owned(), reason });
        }
        let unknown = self.console_application.as_ref().filter(|name| !self.applications.has_name(name));
        if let Some(name) = unknown {
            let reason = format!("{name:?} is the name of no application of SIGNLINE_APPLICATIONS");
            return Err(SettingsError { place: "SIGNLINE_CONSOLE_APPLICATION".to_owned(), reason });
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

/// The variables that are the service's. One that is set to nothing counts as not set: that is how a compose file passes on
/// what it has not.
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
    variable.starts_with(PREFIX) && !CLIENT_VARIABLES.contains(&variable)
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

fn set<T>(place: &mut T, read: Result<T, String>) -> Result<(), String> {
    *place = read?;
    Ok(())
}

fn readable<T, E: fmt::Display>(read: Result<T, E>) -> Result<T, String> {
    read.map_err(|error| one_line(&error.to_string()))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read_listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an IP address and a port, such as 127.0.0.1:8080 or [::]:8080".to_owned())
}

fn is_postgres(url: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
}

fn read_listen_database_url(text: &str) -> Result<DatabaseUrl, String> {
    if is_postgres(text) {
        Ok(DatabaseUrl(text.to_owned()))
    } else {
        Err("must be the URL of a PostgreSQL server, such as postgres://user:password@host/database".to_owned())
    }
}

fn read_database_url(text: &str) -> Result<DatabaseUrl, String> {
    // SQLite takes no name, or the name :memory:, for a database that is gone with the program.
    let file =
        text.strip_prefix("sqlite:").map(|rest| rest.trim_start_matches("//").split('?').next().unwrap_or_default());
    let lasting = file.is_some_and(|file| !file.is_empty() && file != ":memory:" && !text.contains("mode=memory"));
    if is_postgres(text) || lasting {
        Ok(DatabaseUrl(text.to_owned()))
    } else {
        Err("must be a URL such as sqlite://signline.db or postgres://user:password@host/database".to_owned())
    }
}

fn read_number<N: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<N, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number
        .and_then(|number| number.try_into().ok())
        .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

fn days_long(days: u64) -> SignedDuration {
    SignedDuration::from_hours(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(24))
}

fn read_word(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { Ok(text.to_owned()) } else { Err("must be one word".to_owned()) }
}

fn read_words(text: &str) -> Result<Vec<String>, String> {
    let words: Result<Vec<_>, _> = text.split(',').map(|word| read_word(word.trim())).collect();
    words.map_err(|_| "must be words with commas between them, such as email,upn".to_owned())
}

/// The claims of Entra that may hold an address, as Entra spells them.
const KNOWN_CLAIMS: [&str; 4] = ["email", "preferred_username", "upn", "unique_name"];

/// Names of claims. A token in which a name stands twice, in whatever case, is refused, so a name that is spelled
/// otherwise here than in the tokens would refuse them all.
fn read_claims(text: &str) -> Result<Vec<String>, String> {
    let names = read_words(text)?;
    for (at, name) in names.iter().enumerate() {
        let known = KNOWN_CLAIMS.iter().find(|known| known.eq_ignore_ascii_case(name));
        if let Some(known) = known.filter(|known| *known != name) {
            return Err(format!("the claim {name} is spelled {known}"));
        }
        if names[..at].iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(format!("the claim {name} stands twice"));
        }
    }
    Ok(names)
}

/// A filter. A word alone must be a level: the library takes any other for the name of a target, and falls silent.
fn read_log_filter(text: &str) -> Result<EnvFilter, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let unclear = text.split(',').map(str::trim).find(|part| {
        let word = !part.contains(['=', '[']);
        word && !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(part))
    });
    match unclear {
        Some(part) => Err(format!("{part:?} is no level: there are {}, or write TARGET=LEVEL", LEVELS.join(", "))),
        None => readable(EnvFilter::try_new(text)),
    }
}

fn read_log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "json" => Ok(LogFormat::Json),
        "pretty" => Ok(LogFormat::Pretty),
        _ => Err("must be json or pretty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::load(None, variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let settings = load(&[("PATH", "/bin"), ("SIGNLINE_LISTEN", "")]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.database_url.0, "sqlite://signline.db");
        assert_eq!(settings.email_claims, ["email", "preferred_username", "upn"]);
        assert_eq!(settings.clock_skew, Duration::from_mins(1));
        assert_eq!(settings.max_import_bytes, 67_108_864);
    }

    #[test]
    fn the_clients_variables_are_passed_over() {
        let settings = load(&[("SIGNLINE_API_KEY", "slk_secret"), ("SIGNLINE_URL", "https://signline.example")]);
        assert_eq!(settings.unwrap().listen.to_string(), "127.0.0.1:8080");
        let file = file("api_key = 'slk_secret'\n");
        let none = std::iter::empty::<(OsString, OsString)>();
        assert!(Settings::load(Some(file.path()), none).is_err());
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = file("listen = '127.0.0.1:1'\nclock_skew_seconds = 5\nemail_claims = ['upn', 'email']\n");
        let variables = [("SIGNLINE_CONFIG", file.path().to_str().unwrap()), ("SIGNLINE_LISTEN", "127.0.0.1:2")];
        let settings = load(&variables).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.clock_skew, Duration::from_secs(5));
        assert_eq!(settings.email_claims, ["upn", "email"]);
    }

    #[test]
    fn the_applications_of_a_file_may_be_a_table() {
        let file = file("[applications]\nportal = '0c11e470-1111-4222-8333-444455557777'\n");
        let none = std::iter::empty::<(OsString, OsString)>();
        let from_table = Settings::load(Some(file.path()), none).unwrap().applications;
        let from_text = load(&[("SIGNLINE_APPLICATIONS", "portal=0c11e470-1111-4222-8333-444455557777")]).unwrap();
        assert_eq!(from_table, from_text.applications);
    }

    #[test]
    fn a_bad_or_unknown_setting_is_named_on_one_line() {
        for (variable, text) in [
            ("SIGNLINE_LISTEN", "8080"),
            ("SIGNLINE_DATABASE_URL", "mysql://root:secret@host/db"),
            ("SIGNLINE_LISTEN_DATABASE_URL", "sqlite://signline.db"),
            ("SIGNLINE_LISTEN_DATABASE_URL", "postgres://host/database"),
            ("SIGNLINE_AUTHORITY", "http://login.example.com"),
            ("SIGNLINE_APPLICATIONS", "portal"),
            ("SIGNLINE_CONSOLE_APPLICATION", "portal"),
            ("SIGNLINE_API_CLIENT_ID", "me"),
            ("SIGNLINE_OPERATOR_TENANT", "abccompany.com"),
            ("SIGNLINE_OPERATOR_TENANT", "00000000-0000-0000-0000-000000000000"),
            ("SIGNLINE_OPERATOR_TENANT", "9188040d-6c67-4c5b-b112-36a304b66dad"),
            ("SIGNLINE_EMAIL_CLAIMS", "email,,upn"),
            ("SIGNLINE_EMAIL_CLAIMS", "Email"),
            ("SIGNLINE_EMAIL_CLAIMS", "email,upn,email"),
            ("SIGNLINE_DEFAULT_REGION", "Narnia"),
            ("SIGNLINE_CLOCK_SKEW_SECONDS", "301"),
            ("SIGNLINE_TOKEN_CACHE_CAPACITY", "-1"),
            ("SIGNLINE_MAX_IMPORT_BYTES", "0"),
            ("SIGNLINE_HISTORY_DAYS", "0"),
            ("SIGNLINE_TRUSTED_PROXIES", "10.0.0.0/33"),
            ("SIGNLINE_TRUSTED_PROXIES", "proxy.example"),
            ("SIGNLINE_MAX_FAILURES_PER_ADDRESS", "many"),
            ("SIGNLINE_MAX_FAILURES_PER_CREDENTIAL", "1000001"),
            ("SIGNLINE_MAX_CONCURRENT_IMPORTS", "0"),
            ("SIGNLINE_MAX_CONNECTIONS", "15"),
            ("SIGNLINE_LOG", "signline=loud"),
            ("SIGNLINE_LOG", "inof"),
            ("SIGNLINE_LOG", "info,nonsense"),
            ("SIGNLINE_DATABASE_URL", "sqlite://"),
            ("SIGNLINE_DATABASE_URL", "sqlite::memory:"),
            ("SIGNLINE_DATABASE_URL", "sqlite://x?mode=memory"),
            ("SIGNLINE_LOG_FORMAT", "xml"),
            ("SIGNLINE_LISTN", "127.0.0.1:8080"),
            ("SIGNLINE_LISTN", ""),
        ] {
            let error = load(&[(variable, text)]).err().unwrap_or_else(|| panic!("{variable} was taken"));
            assert_eq!(error.place, variable);
            let line = error.to_string();
            assert!(!line.contains('\n') && !line.contains("secret"), "{line}");
        }
    }

    #[test]
    fn tls_needs_both_files() {
        for (set, missing) in [
            ("SIGNLINE_TLS_CERTIFICATE", "SIGNLINE_TLS_PRIVATE_KEY"),
            ("SIGNLINE_TLS_PRIVATE_KEY", "SIGNLINE_TLS_CERTIFICATE"),
        ] {
            assert_eq!(load(&[(set, "file.pem")]).err().unwrap().place, missing);
        }
        let both = load(&[("SIGNLINE_TLS_CERTIFICATE", "a.pem"), ("SIGNLINE_TLS_PRIVATE_KEY", "b.pem")]).unwrap().tls;
        assert_eq!((both.certificate, both.private_key), (Some("a.pem".into()), Some("b.pem".into())));
    }

    #[test]
    fn the_proxies_of_a_file_may_be_a_list() {
        let file = file("trusted_proxies = ['10.0.0.0/8', 'fd00::1']\nmax_connections = 64\n");
        let none = std::iter::empty::<(OsString, OsString)>();
        let limits = Settings::load(Some(file.path()), none).unwrap().limits;
        assert_eq!(
            (limits.trusted_proxies, limits.connections),
            (TrustedProxies::parse("10.0.0.0/8,fd00::1").unwrap(), 64)
        );
    }

    #[test]
    fn a_bad_file_is_named() {
        for (text, place) in [("listen = ", ""), ("lisen = 'x'", ", lisen"), ("listen = 1.5", ", listen")] {
            let file = file(text);
            let none = std::iter::empty::<(OsString, OsString)>();
            let error = Settings::load(Some(file.path()), none).err().unwrap();
            assert_eq!(error.place, format!("the settings file {}{place}", file.path().display()));
            assert!(!error.to_string().contains('\n'));
        }
    }
}
