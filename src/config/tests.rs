//! What settings are read from, and what is refused.

use std::os::unix::ffi::OsStringExt;

use super::*;
use crate::config::table::Setting;

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
    assert_eq!(settings.limits.keep_alive, Duration::from_secs(75));
    let settings = load(&[("SIGNLINE_KEEP_ALIVE_SECONDS", "620")]).unwrap();
    assert_eq!(settings.limits.keep_alive, Duration::from_secs(620));
}

#[test]
fn a_default_that_the_table_names_is_the_one_that_holds() {
    let holds = Settings::defaults().unwrap();
    let value =
        |default: &'static str| default.strip_prefix('`')?.strip_suffix('`').filter(|value| !value.contains('`'));
    let mut count = 0;
    for Setting { name, default, read, .. } in SETTINGS {
        if let Some(value) = value(default) {
            let mut settings = holds.clone();
            read(&mut settings, value).unwrap();
            assert_eq!(format!("{settings:?}"), format!("{holds:?}"), "{name}");
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn browsers_reach_the_service_where_it_is_said_or_on_this_machine() {
    let at = |variables: &[(&str, &str)], address: &str| {
        let url = load(variables).unwrap().public_url_at(address.parse().unwrap());
        url.map(|url| url.to_string())
    };
    let set = [("SIGNLINE_PUBLIC_URL", "https://signline.example/")];
    assert_eq!(at(&set, "127.0.0.1:8080").as_deref(), Some("https://signline.example"));
    let below = [("SIGNLINE_PUBLIC_URL", "https://voice.example/signline/")];
    assert_eq!(at(&below, "0.0.0.0:8080").as_deref(), Some("https://voice.example/signline"));
    assert_eq!(at(&[], "127.0.0.1:8080").as_deref(), Some("http://localhost:8080"));
    assert_eq!(at(&[], "[::1]:8081").as_deref(), Some("http://localhost:8081"));
    assert_eq!(at(&[], "0.0.0.0:8080"), None);
    let tls = [("SIGNLINE_TLS_CERTIFICATE", "a.pem"), ("SIGNLINE_TLS_PRIVATE_KEY", "b.pem")];
    assert_eq!(at(&tls, "127.0.0.1:8443").as_deref(), Some("https://localhost:8443"));
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
fn what_kubernetes_sets_for_a_service_named_signline_is_passed_over() {
    let mut variables: Vec<(OsString, OsString)> = [
        ("SIGNLINE_SERVICE_HOST", "10.0.0.11"),
        ("SIGNLINE_SERVICE_PORT", "8080"),
        ("SIGNLINE_SERVICE_PORT_HTTP", "8080"),
        ("SIGNLINE_PORT", "tcp://10.0.0.11:8080"),
        ("SIGNLINE_PORT_8080_TCP", "tcp://10.0.0.11:8080"),
        ("SIGNLINE_PORT_8080_TCP_PROTO", "tcp"),
        ("SIGNLINE_PORT_8080_TCP_PORT", "8080"),
        ("SIGNLINE_PORT_8080_TCP_ADDR", ""),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into();
    // What nobody reads need not be text.
    variables.push(("SIGNLINE_SERVICE_NAME".into(), OsString::from_vec(vec![0xFF])));
    assert_eq!(Settings::load(None, variables).unwrap().listen.to_string(), "127.0.0.1:8080");
    for variable in ["SIGNLINE_PORTS", "SIGNLINE_SERVICES", "SIGNLINE_SERVICE", "SIGNLINE_DB_PORT"] {
        assert_eq!(load(&[(variable, "8080")]).err().unwrap().place, variable);
    }
    let file = file("port = 8080\n");
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

// proves T-05
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
        ("SIGNLINE_API_AUDIENCES", "signline"),
        ("SIGNLINE_API_AUDIENCES", "api://signline"),
        ("SIGNLINE_API_AUDIENCES", "https://voice.example/signline c0ffee00-1111-4222-8333-444455556666"),
        ("SIGNLINE_API_AUDIENCES", "https://voice.example/signline,https://voice.example/?tenant=1"),
        ("SIGNLINE_API_AUDIENCES", "https://*.voice.example"),
        ("SIGNLINE_API_AUDIENCES", ","),
        ("SIGNLINE_OPERATOR_TENANT", "abccompany.com"),
        ("SIGNLINE_OPERATOR_TENANT", "00000000-0000-0000-0000-000000000000"),
        ("SIGNLINE_OPERATOR_TENANT", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        ("SIGNLINE_PUBLIC_URL", "http://signline.example"),
        ("SIGNLINE_PUBLIC_URL", "https://signline.example/console/?x"),
        ("SIGNLINE_PUBLIC_URL", "https://voice.example//signline"),
        ("SIGNLINE_EMAIL_CLAIMS", "email,,upn"),
        ("SIGNLINE_EMAIL_CLAIMS", "Email"),
        ("SIGNLINE_EMAIL_CLAIMS", "email,upn,email"),
        ("SIGNLINE_EMAIL_CLAIMS", "Verified_Primary_Email"),
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
        ("SIGNLINE_KEEP_ALIVE_SECONDS", "0"),
        ("SIGNLINE_KEEP_ALIVE_SECONDS", "3601"),
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
fn the_audiences_of_the_api_are_its_own() {
    let portal = "0c11e470-1111-4222-8333-444455557777";
    let file = file("api_audiences = ['https://voice.example/signline', 'api://voice.example']\n");
    let none = std::iter::empty::<(OsString, OsString)>();
    let settings = Settings::load(Some(file.path()), none).unwrap();
    assert!(settings.api_audiences.has("api://voice.example") && settings.api_client_id.is_none());
    let with_portal = |audience: &str| {
        let applications = format!("portal={portal}");
        load(&[("SIGNLINE_APPLICATIONS", &applications), ("SIGNLINE_API_AUDIENCES", audience)])
    };
    assert!(with_portal("https://voice.example/signline/").is_ok());
    let error = with_portal(&format!("https://voice.example,api://{portal}/")).err().unwrap();
    assert_eq!(error.place, "SIGNLINE_API_AUDIENCES");
    assert!(error.reason.contains("portal"), "{error}");
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
