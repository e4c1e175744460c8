//! Tokens with Entra's own claims, and any of them bent on request.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock::now_seconds;
use crate::config::{Application, Tenant, User};
use crate::keys::SigningKey;
use crate::scopes::Scopes;

/// How long an ID token or access token lasts, in seconds.
pub(crate) const LIFETIME_SECONDS: i64 = 3600;

/// A token in the making. It begins as a good v2.0 ID token.
#[derive(Clone)]
pub struct TokenBuilder {
    base: String,
    tenant: Tenant,
    user: User,
    client: Application,
    resource: Option<(Application, String)>,
    version_1: bool,
    asks_for_email: bool,
    lifetime_seconds: i64,
    claims: Vec<(String, Option<Value>)>,
    header: Vec<(String, Option<Value>)>,
    key: SigningKey,
}

impl TokenBuilder {
    pub(crate) fn new(base: &str, tenant: &Tenant, user: &User, client: &Application, key: SigningKey) -> Self {
        Self {
            base: base.to_owned(),
            tenant: tenant.clone(),
            user: user.clone(),
            client: client.clone(),
            resource: None,
            version_1: false,
            asks_for_email: true,
            lifetime_seconds: LIFETIME_SECONDS,
            claims: Vec::new(),
            header: Vec::new(),
            key,
        }
    }

    /// A v1.0 token.
    #[must_use]
    pub fn v1(mut self) -> Self {
        self.version_1 = true;
        self
    }

    /// A v2.0 token.
    #[must_use]
    pub fn v2(mut self) -> Self {
        self.version_1 = false;
        self
    }

    /// An access token for the API `resource` with these scopes.
    #[must_use]
    pub fn access_token(mut self, resource: &Application, scopes: &str) -> Self {
        self.resource = Some((resource.clone(), scopes.to_owned()));
        self
    }

    /// For a request with these scopes: without `email`, members' addresses are left out where the registration does
    /// not want them always.
    pub(crate) fn asked_for(mut self, scopes: &Scopes<'_, '_>) -> Self {
        self.asks_for_email = scopes.has("email");
        self
    }

    /// Of the version that the API of an access token takes.
    pub(crate) fn of_its_version(mut self) -> Self {
        self.version_1 = self.resource.as_ref().is_some_and(|(resource, _)| resource.access_token_version == 1);
        self
    }

    /// Issued under another base, such as that of the TLS listener.
    #[must_use]
    pub fn issued_by(mut self, base: &str) -> Self {
        base.trim_end_matches('/').clone_into(&mut self.base);
        self
    }

    /// Ends so many seconds from now; negative: it has ended.
    #[must_use]
    pub fn expires_in_seconds(mut self, seconds: i64) -> Self {
        self.lifetime_seconds = seconds;
        self
    }

    /// With a claim of this value.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.push((name.to_owned(), Some(value.into())));
        self
    }

    /// Without a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.push((name.to_owned(), None));
        self
    }

    /// With a header parameter of this value.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.push((name.to_owned(), Some(value.into())));
        self
    }

    /// Without a header parameter.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.push((name.to_owned(), None));
        self
    }

    /// Signed by another key; `kid` stays that key's.
    #[must_use]
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.key = key.clone();
        self
    }

    /// The claims.
    #[must_use]
    pub fn payload(&self) -> Value {
        let now = now_seconds();
        let mut claims = Map::new();
        let mut put = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
        put("aud", json!(self.audience()));
        put("iss", json!(issuer(&self.base, self.tenant.id, self.version_1)));
        let end = now.saturating_add(self.lifetime_seconds);
        let begin = now.min(end.saturating_sub(1));
        put("iat", json!(begin));
        put("nbf", json!(begin));
        put("exp", json!(end));
        put("name", json!(self.user.name));
        put("oid", json!(self.user.oid));
        put("sub", json!(self.subject()));
        put("tid", json!(self.tenant.id));
        put("uti", json!(Uuid::new_v4().simple().to_string()));
        if let Some(email) = self.user.email.as_ref().filter(|_| self.tells_email()) {
            put("email", json!(email));
        }
        if let Some(home) = self.user.guest_of {
            put("idp", json!(format!("https://sts.windows.net/{home}/")));
            put("acct", json!(1));
        }
        let roles = self.user.roles_for(self.registration());
        if !roles.is_empty() {
            put("roles", json!(roles));
        }
        if self.version_1 {
            put("ver", json!("1.0"));
            put("upn", json!(self.user.username));
            put("unique_name", json!(self.user.username));
        } else {
            put("ver", json!("2.0"));
            put("preferred_username", json!(self.user.preferred_username()));
        }
        if let Some((_, scopes)) = &self.resource {
            put("scp", json!(scopes));
            put_client(&mut claims, &self.client, self.version_1);
        }
        bend(&mut claims, &self.claims);
        Value::Object(claims)
    }

    /// The token.
    #[must_use]
    pub fn mint(&self) -> String {
        let mut header = header(&self.key, self.version_1);
        bend(&mut header, &self.header);
        sign(&self.key, &Value::Object(header).to_string(), &self.payload().to_string())
    }

    fn tells_email(&self) -> bool {
        self.asks_for_email || self.registration().email_always || self.user.guest_of.is_some()
    }

    /// The application whose registration says what stands in the token: the one that it is for.
    fn registration(&self) -> &Application {
        self.resource.as_ref().map_or(&self.client, |(resource, _)| resource)
    }

    fn audience(&self) -> String {
        match &self.resource {
            Some((resource, _)) => audience(resource, self.version_1),
            None => self.client.client_id.to_string(),
        }
    }

    /// Another for each pair of user and application, as Entra has it.
    fn subject(&self) -> String {
        let text = format!("{}{}{}", self.tenant.id, self.user.oid, self.audience());
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }
}

/// An application's own access token for an API in a tenant, of the version and with the roles that the API has.
pub(crate) fn of_application(
    base: &str,
    tenant: Uuid,
    client: &Application,
    api: &Application,
    key: &SigningKey,
) -> String {
    let version_1 = api.access_token_version == 1;
    let (now, principal) = (now_seconds(), Uuid::new_v5(&tenant, client.client_id.as_bytes()));
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    put("aud", json!(audience(api, version_1)));
    put("iss", json!(issuer(base, tenant, version_1)));
    put("iat", json!(now));
    put("nbf", json!(now));
    put("exp", json!(now + LIFETIME_SECONDS));
    put("idtyp", json!("app"));
    put("oid", json!(principal));
    if !api.app_roles.is_empty() {
        put("roles", json!(api.app_roles));
    }
    put("sub", json!(principal));
    put("tid", json!(tenant));
    put("uti", json!(Uuid::new_v4().simple().to_string()));
    put("ver", json!(if version_1 { "1.0" } else { "2.0" }));
    put_client(&mut claims, client, version_1);
    sign(key, &Value::Object(header(key, version_1)).to_string(), &Value::Object(claims).to_string())
}

fn header(key: &SigningKey, version_1: bool) -> Map<String, Value> {
    let mut header = Map::new();
    header.insert("typ".to_owned(), json!("JWT"));
    header.insert("alg".to_owned(), json!("RS256"));
    header.insert("kid".to_owned(), json!(key.kid()));
    if version_1 {
        header.insert("x5t".to_owned(), json!(key.kid()));
    }
    header
}

/// Which application has an access token, and whether it showed a secret for it.
fn put_client(claims: &mut Map<String, Value>, client: &Application, version_1: bool) {
    let (id, kind) = if version_1 { ("appid", "appidacr") } else { ("azp", "azpacr") };
    claims.insert(id.to_owned(), json!(client.client_id));
    claims.insert(kind.to_owned(), json!(if client.secret.is_some() { "1" } else { "0" }));
}

fn audience(resource: &Application, version_1: bool) -> String {
    if version_1 { format!("api://{}", resource.client_id) } else { resource.client_id.to_string() }
}

fn issuer(base: &str, tenant: Uuid, version_1: bool) -> String {
    if version_1 { format!("{base}/{tenant}/") } else { format!("{base}/{tenant}/v2.0") }
}

fn bend(members: &mut Map<String, Value>, changes: &[(String, Option<Value>)]) {
    for (name, value) in changes {
        match value {
            Some(value) => members.insert(name.clone(), value.clone()),
            None => members.remove(name),
        };
    }
}

/// Signs a header and a payload as they stand.
pub(crate) fn sign(key: &SigningKey, header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(&signed);
    format!("{signed}.{signature}")
}
