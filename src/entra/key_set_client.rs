//! Fetching an authority's signing keys over HTTPS.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{CACHE_CONTROL, DATE};
use reqwest::{Certificate, Client, Response, redirect};

use crate::domain::authority::Authority;
use crate::entra::body::{BodyError, MAX_ANSWER_BYTES};
use crate::entra::tenant_directory::EntraTenantDirectory;
use crate::entra::{body, key_set};
use crate::ports::key_set_source::{FetchedKeySet, KeySetError, KeySetSource};

/// Entra answers within a second. What has not answered by then never will, and is better asked again.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);
const TOTAL_LIMIT: Duration = Duration::from_secs(7);

/// Fetches the keys of all tenants of an authority: the discovery document, then the JWKS that it names.
///
/// TLS is rustls with the system's certificates; `SSL_CERT_FILE` names others, such as a private authority's.
pub struct EntraKeySetClient {
    authority: Authority,
    client: Client,
}

impl EntraKeySetClient {
    /// A client for `authority`.
    ///
    /// # Errors
    /// If TLS could not be set up.
    pub fn new(authority: &Authority) -> Result<Self, reqwest::Error> {
        let builder = Client::builder()
            .user_agent(concat!("signline/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_LIMIT)
            .timeout(TOTAL_LIMIT)
            // An answer that points elsewhere is not an answer: no other host speaks for the authority.
            .redirect(redirect::Policy::none());
        let builder = if authority.base().starts_with("http://") {
            // Only a loopback host is asked in plain text: neither certificates nor a proxy have a part in it.
            builder.no_proxy().tls_certs_only(std::iter::empty::<Certificate>())
        } else {
            builder.https_only(true)
        };
        Ok(Self { authority: authority.clone(), client: builder.build()? })
    }

    /// The tenants of the same authority, asked over the same connections.
    #[must_use]
    pub fn tenant_directory(&self) -> EntraTenantDirectory {
        EntraTenantDirectory::new(self.authority.clone(), self.client.clone())
    }

    /// Fetches the keys, and tells what time it is where they are (RFC 9110, section 6.6.1), if the answer says so.
    ///
    /// # Errors
    /// As [`KeySetSource::fetch`].
    pub async fn fetch_dated(&self) -> Result<(FetchedKeySet, Option<Timestamp>), KeySetError> {
        let url = self.authority.discovery_url();
        let discovery = self.get(&url).await?;
        let keys_url = key_set::keys_url(&discovery.body, &self.authority)
            .map_err(|reason| KeySetError::Malformed { url, reason })?;
        let answer = self.get(keys_url.as_str()).await?;
        let keys = key_set::keys(&answer.body)
            .map_err(|reason| KeySetError::Malformed { url: keys_url.to_string(), reason })?;
        Ok((FetchedKeySet { keys, max_age: answer.max_age }, answer.date))
    }

    async fn get(&self, url: &str) -> Result<Answer, KeySetError> {
        let fault =
            |error: reqwest::Error| KeySetError::Unreachable { url: url.to_owned(), reason: body::reason(&error) };
        let response = self.client.get(url).send().await.map_err(fault)?;
        if !response.status().is_success() {
            return Err(KeySetError::Status { url: url.to_owned(), status: response.status().as_u16() });
        }
        let (max_age, date) = (max_age(&response), date(&response));
        let body = body::read(response).await.map_err(|error| match error {
            BodyError::TooLarge => KeySetError::TooLarge { url: url.to_owned(), limit: MAX_ANSWER_BYTES },
            BodyError::Broken(error) => fault(error),
        })?;
        Ok(Answer { body, max_age, date })
    }
}

struct Answer {
    body: Vec<u8>,
    max_age: Option<Duration>,
    date: Option<Timestamp>,
}

#[async_trait]
impl KeySetSource for EntraKeySetClient {
    async fn fetch(&self) -> Result<FetchedKeySet, KeySetError> {
        self.fetch_dated().await.map(|(keys, _)| keys)
    }
}

/// How long an answer may be kept (RFC 9111, section 5.2.2); nothing if it may not be.
fn max_age(response: &Response) -> Option<Duration> {
    let text = response.headers().get(CACHE_CONTROL)?.to_str().ok()?;
    let mut directives = text.split(',').map(str::trim);
    let found = directives.find_map(|directive| {
        let name_and_value = directive.split_once('=');
        match name_and_value {
            Some((name, value)) if name.eq_ignore_ascii_case("max-age") => value.trim_matches('"').parse().ok(),
            None if ["no-store", "no-cache"].iter().any(|word| directive.eq_ignore_ascii_case(word)) => Some(0),
            _ => None,
        }
    });
    found.map(Duration::from_secs)
}

/// When the answer was made, in the clock of who made it.
fn date(response: &Response) -> Option<Timestamp> {
    let text = response.headers().get(DATE)?.to_str().ok()?;
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}
