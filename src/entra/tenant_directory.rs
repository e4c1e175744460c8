//! Whether a tenant exists, by its own discovery document.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use tracing::warn;

use crate::domain::authority::{Authority, TokenVersion};
use crate::domain::guid::Guid;
use crate::entra::body;
use crate::entra::body::{BodyError, MAX_ANSWER_BYTES};
use crate::ports::tenant_directory::{TenantDirectory, TenantExistence};

/// How long the whole question may take. Somebody waits for the answer, and does without it if need be.
const LIMIT: Duration = Duration::from_secs(3);

/// AADSTS90002, "Tenant not found". Source:
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
const TENANT_NOT_FOUND: u32 = 90_002;

/// The tenants of an authority. Its client is that of the keys: the same TLS, and no redirect is followed.
pub struct EntraTenantDirectory {
    authority: Authority,
    client: Client,
}

/// What is read of a tenant's discovery document.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

/// What is read of an error (RFC 6749, section 5.2, with Entra's own member `error_codes`).
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_codes: Vec<u32>,
}

impl EntraTenantDirectory {
    pub(super) fn new(authority: Authority, client: Client) -> Self {
        Self { authority, client }
    }

    /// Asks for the tenant's document. The URL is the authority's own, and of the caller's text holds nothing but a
    /// GUID.
    ///
    /// # Errors
    /// Why there was no clear answer.
    async fn ask(&self, tenant: Guid) -> Result<TenantExistence, String> {
        let url = self.authority.tenant_discovery_url(tenant);
        let asked = self.client.get(url).timeout(LIMIT).send().await;
        let response = asked.map_err(|error| body::reason(&error))?;
        let status = response.status();
        let body = body::read(response).await.map_err(|error| match error {
            BodyError::TooLarge => format!("it answered with more than {MAX_ANSWER_BYTES} bytes"),
            BodyError::Broken(error) => body::reason(&error),
        })?;
        if status == StatusCode::OK && self.is_document_of(tenant, &body) {
            Ok(TenantExistence::Known)
        } else if status == StatusCode::BAD_REQUEST && is_not_found(&body) {
            Ok(TenantExistence::Unknown)
        } else {
            Err(format!("it answered with status {}, which says neither", status.as_u16()))
        }
    }

    /// Whether it is the tenant's document, and not a proxy's page or the document of a tenant of another cloud.
    fn is_document_of(&self, tenant: Guid, body: &[u8]) -> bool {
        let issuer = self.authority.issuer(tenant, TokenVersion::V2);
        serde_json::from_slice::<Discovery>(body).is_ok_and(|document| document.issuer == issuer)
    }
}

/// Whether an error says that there is no such tenant. Any other one may be a fault that passes.
fn is_not_found(body: &[u8]) -> bool {
    serde_json::from_slice::<Refusal>(body)
        .is_ok_and(|refusal| refusal.error == "invalid_tenant" && refusal.error_codes.contains(&TENANT_NOT_FOUND))
}

#[async_trait]
impl TenantDirectory for EntraTenantDirectory {
    async fn exists(&self, tenant: Guid) -> TenantExistence {
        self.ask(tenant).await.unwrap_or_else(|reason| {
            warn!(authority = %self.authority, reason, "whether a tenant exists could not be found out");
            TenantExistence::NotReached
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_error_of_a_tenant_that_was_not_found_says_so() {
        assert!(is_not_found(
            br#"{"error":"invalid_tenant","error_codes":[90002],"error_description":"AADSTS90002: x"}"#
        ));
        for other in [
            "",
            "<html>AADSTS90002</html>",
            r#"{"error":"invalid_tenant"}"#,
            r#"{"error":"invalid_tenant","error_codes":[900144]}"#,
            r#"{"error":"temporarily_unavailable","error_codes":[90002]}"#,
            r#"{"error":"invalid_tenant","error_codes":"90002"}"#,
            r#"{"error_codes":[90002]}"#,
        ] {
            assert!(!is_not_found(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn only_the_tenants_own_document_says_that_it_exists() {
        let authority = Authority::parse("https://login.microsoftonline.com").unwrap();
        let directory = EntraTenantDirectory::new(authority, Client::new());
        let tenant = Guid::parse("a1a1a1a1-0000-4000-8000-0000000000aa").unwrap();
        let is_known = |body: &str| directory.is_document_of(tenant, body.as_bytes());
        let document = |issuer: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"x"}}"#);
        assert!(is_known(&document("https://login.microsoftonline.com/a1a1a1a1-0000-4000-8000-0000000000aa/v2.0")));
        for other in [
            document("https://login.microsoftonline.com/{tenantid}/v2.0"),
            document("https://login.microsoftonline.com/b2b2b2b2-0000-4000-8000-0000000000bb/v2.0"),
            document("https://login.microsoftonline.us/a1a1a1a1-0000-4000-8000-0000000000aa/v2.0"),
            "<html>captive portal</html>".to_owned(),
            String::new(),
        ] {
            assert!(!is_known(&other), "{other}");
        }
    }
}
