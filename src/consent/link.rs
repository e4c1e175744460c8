//! Consent links (<https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>).

use jiff::Timestamp;
use url::form_urlencoded;

use crate::domain::authority::Authority;
use crate::domain::guid::Guid;
use crate::domain::public_url::PublicUrl;

/// Where Microsoft leads back to, below the public URL. Each application's registration must name it.
pub const CALLBACK_PATH: &str = "/v1/consent/callback";

/// What every application asks for, which is what a sign-in needs.
const SIGN_IN_SCOPES: &str = "openid profile email offline_access";

/// How consent links are put together.
#[derive(Clone, Debug)]
pub struct ConsentLinks {
    /// The Microsoft cloud instance.
    pub authority: Authority,
    /// Signline's own API registration, which the applications get tokens for.
    pub api_client_id: Option<Guid>,
    /// Where the service is reached; without it there are no links.
    pub public_url: Option<PublicUrl>,
}

/// A link that an administrator of the tenant opens, to grant an application access for the whole company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentLink {
    /// The link.
    pub url: String,
    /// Until when a return from it is taken.
    pub expires_at: Timestamp,
}

impl ConsentLinks {
    /// The link for an application in a tenant, if returns can come back.
    pub(super) fn of(&self, tenant: Guid, client_id: Guid, state: &str) -> Option<String> {
        let public_url = self.public_url.as_ref()?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", client_id.text().as_str());
        query.append_pair("scope", &self.scope());
        query.append_pair("redirect_uri", &format!("{public_url}{CALLBACK_PATH}"));
        query.append_pair("state", state);
        // A space as `+` is a form's way; in a link it is `%20`.
        let query = query.finish().replace('+', "%20");
        Some(format!("{}/{tenant}/v2.0/adminconsent?{query}", self.authority.base()))
    }

    fn scope(&self) -> String {
        self.api_client_id
            .map_or_else(|| SIGN_IN_SCOPES.to_owned(), |api| format!("{SIGN_IN_SCOPES} api://{api}/.default"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_tenants_consent_page_and_back_here() {
        let guid = |text| Guid::parse(text).unwrap();
        let tenant = guid("a1a1a1a1-0000-4000-8000-0000000000aa");
        let portal = guid("0c11e470-1111-4222-8333-444455557777");
        let mut links = ConsentLinks {
            authority: Authority::parse("https://login.microsoftonline.com").unwrap(),
            api_client_id: None,
            public_url: Some(PublicUrl::parse("https://signline.example").unwrap()),
        };
        let expected = "https://login.microsoftonline.com/a1a1a1a1-0000-4000-8000-0000000000aa/v2.0/adminconsent\
             ?client_id=0c11e470-1111-4222-8333-444455557777&scope=openid%20profile%20email%20offline_access\
             &redirect_uri=https%3A%2F%2Fsignline.example%2Fv1%2Fconsent%2Fcallback&state=a-_Z";
        assert_eq!(links.of(tenant, portal, "a-_Z").as_deref(), Some(expected));
        links.api_client_id = Some(guid("c0ffee00-1111-4222-8333-444455556666"));
        let with_api = links.of(tenant, portal, "a-_Z").unwrap();
        let scope = "offline_access%20api%3A%2F%2Fc0ffee00-1111-4222-8333-444455556666%2F.default&";
        assert!(with_api.contains(scope), "{with_api}");
        links.public_url = Some(PublicUrl::parse("https://voice.example/signline/").unwrap());
        let below_a_path = links.of(tenant, portal, "a-_Z").unwrap();
        let back = "redirect_uri=https%3A%2F%2Fvoice.example%2Fsignline%2Fv1%2Fconsent%2Fcallback&";
        assert!(below_a_path.contains(back), "{below_a_path}");
        links.public_url = None;
        assert_eq!(links.of(tenant, portal, "a-_Z"), None);
    }
}
