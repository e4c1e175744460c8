//! The table of all settings: one row each.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::Settings;
use crate::config::readers::days_long;
use crate::config::readers::read_claims;
use crate::config::readers::read_database_url;
use crate::config::readers::read_listen;
use crate::config::readers::read_listen_database_url;
use crate::config::readers::read_log_filter;
use crate::config::readers::read_log_format;
use crate::config::readers::read_number;
use crate::config::readers::read_word;
use crate::config::readers::readable;
use crate::config::readers::set;
use crate::domain::app_id_uri::AppIdUris;
use crate::domain::application::Applications;
use crate::domain::authority::Authority;
use crate::domain::guid::Guid;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::public_url::PublicUrl;
use crate::domain::tenant::UnprovenTenants;
use crate::domain::tenant::parse_tenant_id;
use crate::domain::trusted_proxies::TrustedProxies;

/// One setting: its name in the TOML file, and how it is read from text.
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) read: fn(&mut Settings, &str) -> Result<(), String>,
}

pub(super) const SETTINGS: &[Setting] = &[
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
    Setting {
        name: "api_audiences",
        read: |settings, text| set(&mut settings.api_audiences, readable(AppIdUris::parse(text))),
    },
    Setting {
        name: "public_url",
        read: |settings, text| set(&mut settings.public_url, readable(PublicUrl::parse(text)).map(Some)),
    },
    Setting { name: "api_scope", read: |settings, text| set(&mut settings.api_scope, read_word(text)) },
    Setting {
        name: "operator_tenant",
        read: |settings, text| set(&mut settings.operator_tenant, readable(parse_tenant_id(text)).map(Some)),
    },
    Setting {
        name: "unproven_tenants",
        read: |settings, text| set(&mut settings.unproven_tenants, readable(UnprovenTenants::parse(text))),
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
        name: "keep_alive_seconds",
        read: |settings, text| {
            set(&mut settings.limits.keep_alive, read_number(text, 1, MAX_KEEP_ALIVE).map(Duration::from_secs))
        },
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

/// The longest time in seconds that an idle connection can be kept. The longest of the clouds' load balancers is 4000
/// s, and they can be set lower.
const MAX_KEEP_ALIVE: u64 = 3600;

/// The longest time in days that history can be kept for, short of for good.
const MAX_DAYS: u64 = 36_500;
