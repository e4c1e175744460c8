//! The URL of a PostgreSQL database, read before anything else reads it: a password that is not encoded makes another
//! URL of it, whose parts would then be told as a host, a database or a parameter.

use std::fmt;

use url::Url;

/// The parameters that are read. What PostgreSQL's own library knows besides is refused by name: one that is passed
/// over, such as `channel_binding`, would promise what nobody keeps.
const PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// Those of <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS> that are not read. A name
/// that is in neither list is not told: it may be the rest of a password.
const OTHER_PARAMETERS: [&str; 26] = [
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "passfile",
    "pgbouncer",
    "replication",
    "require_auth",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslnegotiation",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// The values of `sslmode`.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// A URL that can be read in one way only.
#[derive(Clone)]
pub struct PostgresUrl(Url);

/// Why a text is not a [`PostgresUrl`]. It tells nothing of the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresUrlError {
    /// Its scheme is another one.
    #[error("must be the URL of a PostgreSQL server, such as postgres://user:password@host/database")]
    Scheme,
    /// A sign stands for itself where it means something to a URL.
    #[error(
        "has a sign in it that must be percent-encoded, most likely in the password: write ? as %3F, # as %23, / as %2F, @ as \
         %40 and % as %25, or leave the password out and set PGPASSWORD"
    )]
    NotEncoded,
    /// It can't be read as a URL.
    #[error("can't be read: {0}. It must be a URL such as postgres://user:password@host/database")]
    Malformed(url::ParseError),
    /// A parameter of PostgreSQL's own library that is not read here.
    #[error("has the parameter {0}, which Signline does not know: leave it out. There are {list}", list = PARAMETERS.join(", "))]
    OtherParameter(&'static str),
    /// Another parameter.
    #[error(
        "has a parameter that nobody knows; it is not named here, because it may be the rest of a password in which ? or & is \
         not percent-encoded. There are {list}", list = PARAMETERS.join(", ")
    )]
    UnknownParameter,
    /// A value that a parameter does not take.
    #[error("has a value of {0} that can't be read: {1}")]
    Value(&'static str, &'static str),
}

impl PostgresUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`PostgresUrlError`]
    pub fn parse(text: &str) -> Result<Self, PostgresUrlError> {
        let rest = Self::schemes().find_map(|scheme| text.strip_prefix(scheme)).ok_or(PostgresUrlError::Scheme)?;
        if !is_encoded(rest) {
            return Err(PostgresUrlError::NotEncoded);
        }
        let url = Self(Url::parse(text).map_err(PostgresUrlError::Malformed)?);
        url.check_parameters()?;
        Ok(url)
    }

    /// Whether a text begins as the URL of a PostgreSQL server does.
    #[must_use]
    pub fn is_meant_by(text: &str) -> bool {
        Self::schemes().any(|scheme| text.starts_with(scheme))
    }

    fn schemes() -> impl Iterator<Item = &'static str> {
        ["postgres://", "postgresql://"].into_iter()
    }

    /// The URL. Its text may hold a password.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The value of a parameter that has several names; the last one counts, as it does to the driver.
    #[must_use]
    pub fn parameter(&self, names: &[&str]) -> Option<String> {
        let named = self.0.query_pairs().filter(|(name, _)| names.contains(&&**name));
        named.last().map(|(_, value)| value.into_owned())
    }

    /// The parameter that says how the server is verified.
    #[must_use]
    pub fn ssl_mode(&self) -> Option<String> {
        self.parameter(&["sslmode", "ssl-mode"])
    }

    /// The parameter that says which authorities are trusted.
    #[must_use]
    pub fn ssl_root_cert(&self) -> Option<String> {
        self.parameter(&["sslrootcert", "ssl-root-cert", "ssl-ca"])
    }

    fn check_parameters(&self) -> Result<(), PostgresUrlError> {
        for (name, value) in self.0.query_pairs() {
            let is_option = name.starts_with("options[") && name.ends_with(']');
            if !is_option && !PARAMETERS.contains(&&*name) {
                let other = OTHER_PARAMETERS.iter().find(|other| **other == name);
                return Err(
                    other.map_or(PostgresUrlError::UnknownParameter, |name| PostgresUrlError::OtherParameter(name))
                );
            }
            if ["sslmode", "ssl-mode"].contains(&&*name) && !is_ssl_mode(&value) {
                let values = "it is disable, allow, prefer, require, verify-ca or verify-full";
                return Err(PostgresUrlError::Value("sslmode", values));
            }
        }
        Ok(())
    }
}

/// Never its text.
impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresUrl(..)")
    }
}

/// Whether a text is a value of `sslmode`, in whatever case.
#[must_use]
pub fn is_ssl_mode(text: &str) -> bool {
    SSL_MODES.iter().any(|mode| mode.eq_ignore_ascii_case(text))
}

/// Whether no sign of a user or a password ends it early. `rest` is what follows the scheme. A `?`, `#` or `/` in a
/// password ends the host's part before the `@` that the host begins after; so no `@` stands after that part. A URL of
/// a database has no fragment, a `%` begins two digits, and nothing is left out in silence, as line breaks and tabs
/// would be.
fn is_encoded(rest: &str) -> bool {
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(authority);
    let one_at = authority.matches('@').count() <= 1 && !after.contains('@');
    let digits = |text: &str| text.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    let percent_signs = rest.split('%').skip(1).all(digits);
    one_at && percent_signs && !after.contains('#') && !rest.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_database_url_may_be_is_taken() {
        for text in [
            "postgres://signline@db.example/signline",
            "postgresql://signline:pa%3Fss%40w%2Frd%25@db.example:5432/signline",
            "postgres://signline:pa:ss~!$&'()*+,;=-._@[2001:db8::1]:5432/signline?sslmode=verify-full",
            "postgres:///signline?host=/var/run/postgresql&user=signline%40server",
            "postgres://db.example/signline?sslmode=VERIFY-CA&ssl-ca=/etc/ca.pem&options[search_path]=x",
            "postgres://%2Fvar%2Frun%2Fpostgresql/signline?password=pa%23ss",
        ] {
            assert!(PostgresUrl::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_sign_that_is_not_encoded_is_refused_wherever_it_stands() {
        for sign in ["?", "#", "/", "@", "%", "\t", "%zz", "1/x", "12?x", "12#x", "@h/", "@h?", "?a=b&"] {
            for password in
                [format!("{sign}hunter2"), format!("hunter{sign}2"), format!("hunter2{sign}"), format!("5{sign}5")]
            {
                for text in [
                    format!("postgres://signline:{password}@db.example/signline"),
                    format!("postgres://signline:{password}@db.example:5432/signline?sslmode=require"),
                    format!("postgres://{password}@db.example"),
                ] {
                    assert_eq!(PostgresUrl::parse(&text).err(), Some(PostgresUrlError::NotEncoded), "{text}");
                }
            }
        }
    }

    // proves T-89
    #[test]
    fn a_parameter_is_named_only_if_it_can_not_be_part_of_a_password() {
        let error = |query: &str| PostgresUrl::parse(&format!("postgres://u@h/d?{query}")).unwrap_err();
        assert_eq!(error("connect_timeout=10"), PostgresUrlError::OtherParameter("connect_timeout"));
        assert_eq!(error("password=hunter&2=3"), PostgresUrlError::UnknownParameter);
        for query in ["password=a&hunter2", "hunter2=1", "sslmode=hunter2", "options[hunter2=1"] {
            let message = error(query).to_string();
            assert!(!message.contains("hunter"), "{message}");
        }
        assert!(error("connect_timeout=10").to_string().contains("connect_timeout"));
    }

    #[test]
    fn the_last_parameter_of_several_counts() {
        let url = PostgresUrl::parse("postgres://h/d?sslmode=require&ssl-mode=verify-full&sslrootcert=system").unwrap();
        assert_eq!(url.ssl_mode().as_deref(), Some("verify-full"));
        assert_eq!(url.ssl_root_cert().as_deref(), Some("system"));
        assert!(!format!("{url:?}").contains("verify"));
    }
}
