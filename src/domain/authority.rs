//! The Microsoft cloud instance, and how it names the issuers of tokens.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud> and the host lists of
//! the Microsoft Authentication Libraries.

use std::fmt;

use url::{Host, Url};

use crate::domain::guid::{Guid, GuidText};

/// A cloud instance, such as `https://login.microsoftonline.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Scheme, host and port, without a slash at the end.
    base: String,
    /// What issuers of v2.0 tokens begin with.
    v2_issuer_base: String,
    /// What issuers of v1.0 tokens begin with.
    v1_issuer_base: String,
}

/// The text is not an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// It is not a URL of a host alone.
    #[error("an authority is a URL such as https://login.microsoftonline.com, without path, query or user")]
    NotAnOrigin,
    /// It is http to another machine.
    #[error("an authority is https; plain http is only for a loopback host")]
    NotHttps,
}

/// The version of a token, which its `ver` claim tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenVersion {
    /// `1.0`
    V1,
    /// `2.0`
    V2,
}

/// A cloud: the hosts that may be called, the host that v2.0 issuers name, and the base of v1.0 issuers.
struct Cloud {
    hosts: &'static [&'static str],
    v2_issuer_base: &'static str,
    v1_issuer_base: &'static str,
}

const CLOUDS: [Cloud; 3] = [
    Cloud {
        hosts: &["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        v2_issuer_base: "https://login.microsoftonline.com",
        v1_issuer_base: "https://sts.windows.net",
    },
    Cloud {
        hosts: &["login.microsoftonline.us", "login.usgovcloudapi.net"],
        v2_issuer_base: "https://login.microsoftonline.us",
        v1_issuer_base: "https://sts.windows.net",
    },
    Cloud {
        hosts: &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
        v2_issuer_base: "https://login.partner.microsoftonline.cn",
        v1_issuer_base: "https://sts.chinacloudapi.cn",
    },
];

impl Authority {
    /// Reads an authority. Hosts of Microsoft's clouds name their known issuers; any other host, such as a simulator,
    /// names itself in both versions.
    ///
    /// # Errors
    /// [`AuthorityError`]
    pub fn parse(text: &str) -> Result<Self, AuthorityError> {
        let url = Url::parse(text).map_err(|_| AuthorityError::NotAnOrigin)?;
        let origin_only = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().filter(|_| origin_only && anonymous).ok_or(AuthorityError::NotAnOrigin)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(AuthorityError::NotHttps),
            _ => return Err(AuthorityError::NotAnOrigin),
        }
        let base = url.origin().ascii_serialization();
        let cloud = CLOUDS.iter().find(|cloud| cloud.hosts.contains(&host) && url.port().is_none());
        let (v2, v1) =
            cloud.map_or((base.as_str(), base.as_str()), |cloud| (cloud.v2_issuer_base, cloud.v1_issuer_base));
        Ok(Self { v2_issuer_base: v2.to_owned(), v1_issuer_base: v1.to_owned(), base })
    }

    /// Scheme, host and port, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where the OpenID discovery document for all tenants of organizations is.
    #[must_use]
    pub fn discovery_url(&self) -> String {
        format!("{}/organizations/v2.0/.well-known/openid-configuration", self.base)
    }

    /// Where a tenant's own OpenID discovery document is, if there is such a tenant.
    #[must_use]
    pub fn tenant_discovery_url(&self, tenant: Guid) -> String {
        format!("{}/{tenant}/v2.0/.well-known/openid-configuration", self.base)
    }

    /// The issuer of a tenant's tokens of a version: with a slash at the end in v1.0, without one in v2.0.
    #[must_use]
    pub fn issuer(&self, tenant: Guid, version: TokenVersion) -> String {
        let (base, end) = self.around_issuer(version);
        [base, "/", tenant.text().as_str(), end].concat()
    }

    /// Whether a text is that issuer, which is not written for it.
    #[must_use]
    pub fn is_issuer(&self, text: &str, tenant: &GuidText, version: TokenVersion) -> bool {
        let (base, end) = self.around_issuer(version);
        let rest = text.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
        rest.and_then(|rest| rest.strip_suffix(end)).is_some_and(|rest| rest.as_bytes() == tenant.as_bytes())
    }

    fn around_issuer(&self, version: TokenVersion) -> (&str, &'static str) {
        match version {
            TokenVersion::V1 => (&self.v1_issuer_base, "/"),
            TokenVersion::V2 => (&self.v2_issuer_base, "/v2.0"),
        }
    }

    /// Whether these are what stands before and after the tenant in the issuer of v2.0.
    #[must_use]
    pub fn is_around_tenant(&self, before: &str, after: &str) -> bool {
        before.strip_suffix('/') == Some(&self.v2_issuer_base) && after == "/v2.0"
    }

    /// The issuer that the discovery document for all tenants names, with `{tenantid}` in place of one.
    #[must_use]
    pub fn issuer_template(&self) -> String {
        format!("{}/{{tenantid}}/v2.0", self.v2_issuer_base)
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

/// Whether a URL leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";

    #[test]
    fn each_cloud_names_its_own_issuers() {
        let guid = Guid::parse(TENANT).unwrap();
        let tenant = guid.text();
        for (authority, v1, v2) in [
            (
                "https://login.microsoftonline.com",
                "https://sts.windows.net/T/",
                "https://login.microsoftonline.com/T/v2.0",
            ),
            ("https://login.windows.net/", "https://sts.windows.net/T/", "https://login.microsoftonline.com/T/v2.0"),
            (
                "https://login.microsoftonline.us",
                "https://sts.windows.net/T/",
                "https://login.microsoftonline.us/T/v2.0",
            ),
            (
                "https://login.partner.microsoftonline.cn",
                "https://sts.chinacloudapi.cn/T/",
                "https://login.partner.microsoftonline.cn/T/v2.0",
            ),
            (
                "https://login.sovcloud-identity.fr",
                "https://login.sovcloud-identity.fr/T/",
                "https://login.sovcloud-identity.fr/T/v2.0",
            ),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000/T/", "http://127.0.0.1:9000/T/v2.0"),
        ] {
            let authority = Authority::parse(authority).unwrap();
            let issuers = [(TokenVersion::V1, v1), (TokenVersion::V2, v2)]
                .map(|(version, issuer)| (version, issuer.replace('T', TENANT)));
            for (version, issuer) in &issuers {
                assert_eq!(authority.issuer(guid, *version), *issuer, "{authority}");
                for (other, text) in &issuers {
                    let is_issuer = authority.is_issuer(text, &tenant, *version);
                    assert_eq!(is_issuer, version == other, "{authority} {text}");
                }
                let other_tenant = issuer.replace("00aa", "00ab");
                for wrong in [
                    "",
                    TENANT,
                    &issuer.replace(TENANT, ""),
                    &other_tenant,
                    &issuer.to_uppercase(),
                    &format!("{issuer}/"),
                    &issuer[1..],
                ] {
                    assert!(!authority.is_issuer(wrong, &tenant, *version), "{authority} {wrong}");
                }
            }
            let (before, after) = v2.split_once('T').unwrap();
            assert!(authority.is_around_tenant(before, after), "{authority}");
            for (before, after) in [("", ""), (&before[..before.len() - 1], after), (before, "/"), (before, "")] {
                assert!(!authority.is_around_tenant(before, after), "{authority} {before}{after}");
            }
        }
    }

    #[test]
    fn only_a_bare_origin_is_an_authority_and_http_only_on_this_machine() {
        for good in ["http://localhost:8000", "http://[::1]:8000", "http://127.0.0.1", "https://localhost:8443/"] {
            assert!(Authority::parse(good).is_ok(), "{good}");
        }
        for (wrong, expected) in [
            ("", AuthorityError::NotAnOrigin),
            ("login.microsoftonline.com", AuthorityError::NotAnOrigin),
            ("https://login.microsoftonline.com/common", AuthorityError::NotAnOrigin),
            ("https://login.microsoftonline.com?x=1", AuthorityError::NotAnOrigin),
            ("https://login.microsoftonline.com#x", AuthorityError::NotAnOrigin),
            ("https://user:secret@login.microsoftonline.com", AuthorityError::NotAnOrigin),
            ("ftp://127.0.0.1", AuthorityError::NotAnOrigin),
            ("http://login.microsoftonline.com", AuthorityError::NotHttps),
            ("http://localhost.example.com", AuthorityError::NotHttps),
            ("http://10.0.0.1", AuthorityError::NotHttps),
        ] {
            assert_eq!(Authority::parse(wrong), Err(expected), "{wrong}");
        }
    }
}
