//! The table of all settings: one row each. It is what the program reads, and prints.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::readers::{
    days_long, read_claims, read_database_url, read_listen, read_listen_database_url, read_log_filter, read_log_format,
    read_number, read_word, readable, set,
};
use crate::config::{PREFIX, Settings};
use crate::domain::app_id_uri::AppIdUris;
use crate::domain::application::Applications;
use crate::domain::authority::Authority;
use crate::domain::cors_origins::CorsOrigins;
use crate::domain::guid::Guid;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::public_url::PublicUrl;
use crate::domain::tenant::{UnprovenTenants, parse_tenant_id};
use crate::domain::trusted_proxies::TrustedProxies;

/// One setting.
pub(super) struct Setting {
    /// Its name in the TOML file.
    pub(super) name: &'static str,
    /// What holds where it is not set, in Markdown: a value stands alone between backticks.
    pub(super) default: &'static str,
    /// What it sets, in Markdown.
    pub(super) meaning: &'static str,
    /// Reads it from text.
    pub(super) read: fn(&mut Settings, &str) -> Result<(), String>,
}

/// The table for people to read, in Markdown.
pub(super) fn document() -> String {
    let rows = SETTINGS.iter().map(|Setting { name, default, meaning, .. }| {
        format!("| `{PREFIX}{}` | {default} | {meaning} |\n", name.to_ascii_uppercase())
    });
    ["| variable | default | meaning |\n| --- | --- | --- |\n".to_owned()].into_iter().chain(rows).collect()
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "listen",
        default: "`127.0.0.1:8080`",
        meaning: "address",
        read: |settings, text| set(&mut settings.listen, read_listen(text)),
    },
    Setting {
        name: "database_url",
        default: "`sqlite://signline.db`",
        meaning: "or `postgres://user:password@host/database`",
        read: |settings, text| set(&mut settings.database_url, read_database_url(text)),
    },
    Setting {
        name: "listen_database_url",
        default: "none",
        meaning: "the PostgreSQL server itself, where `SIGNLINE_DATABASE_URL` is a pooler's in transaction mode",
        read: |settings, text| set(&mut settings.listen_database_url, read_listen_database_url(text).map(Some)),
    },
    Setting {
        name: "authority",
        default: "`https://login.microsoftonline.com`",
        meaning: "the Microsoft cloud; plain `http` only for a loopback host",
        read: |settings, text| set(&mut settings.authority, readable(Authority::parse(text))),
    },
    Setting {
        name: "applications",
        default: "none: every token is refused",
        meaning: "`portal=GUID,maxuc-mobile=GUID`: names and client ids",
        read: |settings, text| set(&mut settings.applications, readable(Applications::parse(text))),
    },
    Setting {
        name: "console_application",
        default: "the first of `SIGNLINE_APPLICATIONS`",
        meaning: "the name of the application that the console signs in to",
        read: |settings, text| set(&mut settings.console_application, read_word(text).map(Some)),
    },
    Setting {
        name: "api_client_id",
        default: "none",
        meaning: "client id of Signline's own API registration: access tokens for it are taken too, if one of the applications was given them",
        read: |settings, text| set(&mut settings.api_client_id, readable(Guid::parse(text)).map(Some)),
    },
    Setting {
        name: "api_audiences",
        default: "none",
        meaning: "further audiences of access tokens for the API: its App ID URIs, such as `https://voice.example/signline`",
        read: |settings, text| set(&mut settings.api_audiences, readable(AppIdUris::parse(text))),
    },
    Setting {
        name: "public_url",
        default: "`http://localhost:PORT` on a loopback address (`https` with TLS), else none",
        meaning: "where browsers reach the service, such as `https://signline.example`: Microsoft leads back there after consent. With a path where a proxy serves it below one",
        read: |settings, text| set(&mut settings.public_url, readable(PublicUrl::parse(text)).map(Some)),
    },
    Setting {
        name: "cors_origins",
        default: "none",
        meaning: "origins whose pages may call the service from a browser, such as `https://portal.example.com,http://localhost:3000`: exactly these",
        read: |settings, text| set(&mut settings.cors_origins, readable(CorsOrigins::parse(text))),
    },
    Setting {
        name: "api_scope",
        default: "`Line.Read`",
        meaning: "the scope that an access token for the API must carry",
        read: |settings, text| set(&mut settings.api_scope, read_word(text)),
    },
    Setting {
        name: "operator_tenant",
        default: "none: operators have API keys",
        meaning: "Tenant ID of the operator's own Microsoft tenant: its users with the app role `Operator` are operators",
        read: |settings, text| set(&mut settings.operator_tenant, readable(parse_tenant_id(text)).map(Some)),
    },
    Setting {
        name: "unproven_tenants",
        default: "`resolve`",
        meaning: "`refuse`: users of a tenant whose link nobody has proven, and the operator has not made, get 403 `tenant-not-linked`",
        read: |settings, text| set(&mut settings.unproven_tenants, readable(UnprovenTenants::parse(text))),
    },
    Setting {
        name: "email_claims",
        default: "`email,preferred_username,upn`",
        meaning: "the first of them that is an address is the user's",
        read: |settings, text| set(&mut settings.email_claims, read_claims(text)),
    },
    Setting {
        name: "default_region",
        default: "`US`",
        meaning: "how a number without `+` is read, and which numbers export in national digits",
        read: |settings, text| set(&mut settings.numbering_plan, readable(NumberingPlan::of_region(text))),
    },
    Setting {
        name: "clock_skew_seconds",
        default: "`60`",
        meaning: "leeway for a token's times (0 to 300)",
        read: |settings, text| set(&mut settings.clock_skew, read_number(text, 0, 300).map(Duration::from_secs)),
    },
    Setting {
        name: "token_cache_capacity",
        default: "`100000`",
        meaning: "good tokens that are cached; `0`: none",
        read: |settings, text| set(&mut settings.token_cache_capacity, read_number(text, 0, MAX_CAPACITY)),
    },
    Setting {
        name: "mapping_cache_capacity",
        default: "`1000000`",
        meaning: "resolved lines that are cached; `0`: none",
        read: |settings, text| set(&mut settings.mapping_cache_capacity, read_number(text, 0, MAX_CAPACITY)),
    },
    Setting {
        name: "max_import_bytes",
        default: "`67108864`",
        meaning: "a larger upload gets 413",
        read: |settings, text| set(&mut settings.max_import_bytes, read_number(text, 1, MAX_IMPORT_LIMIT)),
    },
    Setting {
        name: "history_days",
        default: "none: for good",
        meaning: "how long revisions are kept; the mappings stay",
        read: |settings, text| {
            set(&mut settings.history_age, read_number(text, 1, MAX_DAYS).map(|days| Some(days_long(days))))
        },
    },
    Setting {
        name: "trusted_proxies",
        default: "none",
        meaning: "addresses and networks of proxies, such as `10.0.0.0/8,fd00::1`, whose `X-Forwarded-For` says where a call came from. It is read from its end, as far as the addresses in it are such proxies",
        read: |settings, text| set(&mut settings.limits.trusted_proxies, readable(TrustedProxies::parse(text))),
    },
    Setting {
        name: "max_failures_per_address",
        default: "`1000`",
        meaning: "bad credentials a minute from one address (IPv6: /64) before it gets 429; `0`: no limit. Good ones from there still pass",
        read: |settings, text| set(&mut settings.limits.failures_per_address, read_number(text, 0, MAX_FAILURES)),
    },
    Setting {
        name: "max_failures_per_credential",
        default: "`200`",
        meaning: "refusals a minute of one credential before it gets 429; `0`: no limit",
        read: |settings, text| set(&mut settings.limits.failures_per_credential, read_number(text, 0, MAX_FAILURES)),
    },
    Setting {
        name: "max_concurrent_imports",
        default: "`8`",
        meaning: "files imported at once, a quarter of them by one business group; beyond that 429",
        read: |settings, text| set(&mut settings.limits.concurrent_imports, read_number(text, 1, MAX_IMPORTS)),
    },
    Setting {
        name: "max_connections",
        default: "`16384`",
        meaning: "open connections; further ones wait. The limit of open files is raised as far as it goes, and a warning tells if it is too low",
        read: |settings, text| set(&mut settings.limits.connections, read_number(text, 16, MAX_CONNECTIONS)),
    },
    Setting {
        name: "keep_alive_seconds",
        default: "`75`",
        meaning: "how long an idle connection is kept (1 to 3600). Set it above the idle timeout of a load balancer in front",
        read: |settings, text| {
            set(&mut settings.limits.keep_alive, read_number(text, 1, MAX_KEEP_ALIVE).map(Duration::from_secs))
        },
    },
    Setting {
        name: "tls_certificate",
        default: "none: plain HTTP",
        meaning: "a PEM file with the listener's certificate chain; read again at SIGHUP",
        read: |settings, text| set(&mut settings.tls.certificate, Ok(Some(PathBuf::from(text)))),
    },
    Setting {
        name: "tls_private_key",
        default: "none",
        meaning: "a PEM file with its private key",
        read: |settings, text| set(&mut settings.tls.private_key, Ok(Some(PathBuf::from(text)))),
    },
    Setting {
        name: "log",
        default: "`info`",
        meaning: "a tracing filter, such as `warn` or `signline=debug`",
        read: |settings, text| set(&mut settings.log.filter, read_log_filter(text)),
    },
    Setting {
        name: "log_format",
        default: "`json`",
        meaning: "or `pretty`",
        read: |settings, text| set(&mut settings.log.format, read_log_format(text)),
    },
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

/// The longest time in seconds that an idle connection can be kept. The longest of the clouds' load balancers is 4000
/// s, and they can be set lower.
const MAX_KEEP_ALIVE: u64 = 3600;

/// The longest time in days that history can be kept for, short of for good.
const MAX_DAYS: u64 = 36_500;
