//! The validation of a token: every check, in its order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;

use crate::auth::cached_response::CachedResponse;
use crate::auth::claims::{Address, ClaimNames, Claims};
use crate::auth::compact::{CompactToken, GoodHeader, MAX_TOKEN_BYTES};
use crate::auth::signing_key::SigningKey;
use crate::auth::signing_keys::{KeyError, SigningKeys};
use crate::auth::token_check::TokenCheck;
use crate::auth::validated_tokens::{CacheMiss, ValidatedToken, ValidatedTokens};
use crate::domain::app_id_uri::AppIdUris;
use crate::domain::application::{ApplicationName, Applications};
use crate::domain::authority::{Authority, TokenVersion};
use crate::domain::guid::Guid;
use crate::domain::sign_in::SignIn;
use crate::ports::clock::Clock;

/// What a token must be to be taken.
#[derive(Clone, Debug)]
pub struct TokenPolicy {
    /// The cloud whose issuers are trusted.
    pub authority: Authority,
    /// The applications that users sign in to.
    pub applications: Applications,
    /// Signline's own API, if access tokens for it are taken.
    pub api: Option<ApiRegistration>,
    /// The claims that may hold the e-mail address, in order.
    pub email_claims: Vec<String>,
    /// Leeway for `exp`, `nbf` and `iat`, in whole seconds.
    pub clock_skew: Duration,
}

/// Signline's own API registration.
#[derive(Clone, Debug)]
pub struct ApiRegistration {
    /// Its client id: the audience of access tokens for it, bare or as `api://` URI.
    pub client_id: Option<Guid>,
    /// Its App ID URIs, which are audiences of them as well.
    pub app_id_uris: AppIdUris,
    /// The scope that they must carry.
    pub scope: String,
}

/// Why a token was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It failed a check.
    #[error("{name}: {0}", name = .0.name())]
    Invalid(TokenCheck),
    /// There are no keys to check it with.
    #[error("no signing keys could be had yet")]
    KeysUnavailable {
        /// When it is worth asking again.
        retry_after: Duration,
    },
}

/// How it stands with the cache of validated tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokensStatus {
    /// How many there are.
    pub cached: usize,
    /// How many tokens were checked anew since the start.
    pub checks: u64,
}

/// The cache of validated tokens could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct CacheError;

/// Whom a token is for.
#[derive(Clone, Copy)]
enum Audience<'p> {
    /// Signline's own API.
    Api(&'p ApiRegistration),
    /// One of the applications.
    Application(&'p ApplicationName),
}

impl From<TokenCheck> for TokenError {
    fn from(check: TokenCheck) -> Self {
        Self::Invalid(check)
    }
}

/// Validates Microsoft Entra tokens: ID tokens of the configured applications, and access tokens that one of them was given for
/// itself, another of them or Signline's own API.
pub struct TokenValidator {
    policy: TokenPolicy,
    skew_seconds: i64,
    claim_names: ClaimNames,
    keys: Arc<SigningKeys>,
    clock: Arc<dyn Clock>,
    cache: Option<ValidatedTokens>,
    last_header: ArcSwapOption<GoodHeader>,
    checks: AtomicU64,
}

impl TokenValidator {
    /// A validator of this policy.
    #[must_use]
    pub fn new(policy: TokenPolicy, keys: Arc<SigningKeys>, clock: Arc<dyn Clock>) -> Self {
        let skew_seconds = i64::try_from(policy.clock_skew.as_secs()).unwrap_or(i64::MAX);
        let claim_names = ClaimNames::new(&policy.email_claims);
        Self {
            policy,
            skew_seconds,
            claim_names,
            keys,
            clock,
            cache: None,
            last_header: ArcSwapOption::empty(),
            checks: AtomicU64::new(0),
        }
    }

    /// The same validator, which keeps up to `capacity` good tokens in a cache; with 0, none.
    ///
    /// # Errors
    /// If the system has no random bytes.
    pub fn with_cache(mut self, capacity: usize) -> Result<Self, CacheError> {
        self.cache = match capacity {
            0 => None,
            capacity => Some(ValidatedTokens::new(capacity).map_err(|_| CacheError)?),
        };
        Ok(self)
    }

    /// How it stands with the cache of validated tokens.
    #[must_use]
    pub fn status(&self) -> TokensStatus {
        let cached = self.cache.as_ref().map_or(0, ValidatedTokens::len);
        TokensStatus { cached, checks: self.checks.load(Ordering::Relaxed) }
    }

    /// Validates a token, or finds it in the cache as one that has passed and would pass again.
    ///
    /// # Errors
    /// The first check that it failed, or that there are no keys.
    pub async fn validate(&self, token: &str) -> Result<Arc<ValidatedToken>, TokenError> {
        match self.cached(token.as_bytes()) {
            Ok(cached) => Ok(cached),
            Err(miss) => self.validate_anew(token, miss).await,
        }
    }

    /// Validates a token that is not in the cache, and puts it there.
    ///
    /// # Errors
    /// As for [`TokenValidator::validate`].
    pub async fn validate_anew(&self, token: &str, miss: CacheMiss) -> Result<Arc<ValidatedToken>, TokenError> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let compact = self.parse(token)?;
        let key = self.keys.find(&compact.header.key_id).await.map_err(|error| match error {
            KeyError::Unknown => TokenError::Invalid(TokenCheck::UnknownKey),
            KeyError::Unavailable { retry_after } => TokenError::KeysUnavailable { retry_after },
        })?;
        Ok(self.keep(token, miss, self.check(&compact, key, self.clock.now())?))
    }

    /// The same, if nothing has to be waited for; `None` if its key is not known yet.
    pub fn validate_at_once(&self, token: &str, miss: CacheMiss) -> Option<Result<Arc<ValidatedToken>, TokenError>> {
        let validated = match self.parse(token) {
            Ok(compact) => {
                let key = self.keys.known_key(&compact.header.key_id, miss.at)?;
                self.check(&compact, key, miss.at).map(|validated| self.keep(token, miss, validated))
            }
            Err(check) => Err(check),
        };
        self.checks.fetch_add(1, Ordering::Relaxed);
        Some(validated.map_err(TokenError::Invalid))
    }

    fn keep(&self, token: &str, miss: CacheMiss, validated: ValidatedToken) -> Arc<ValidatedToken> {
        let validated = Arc::new(validated);
        if let Some(cache) = &self.cache {
            cache.keep(token, miss, Arc::clone(&validated));
        }
        validated
    }

    /// A token that has passed before, if it would pass again.
    ///
    /// # Errors
    /// What [`TokenValidator::validate_anew`] wants to know of one that has not.
    pub fn cached(&self, token: &[u8]) -> Result<Arc<ValidatedToken>, CacheMiss> {
        let cache = self.cache.as_ref().filter(|_| token.len() <= MAX_TOKEN_BYTES);
        let now = self.clock.now();
        match cache {
            Some(cache) if self.keys.are_fresh(now) => cache.find(token, now),
            _ => Err(CacheMiss { fingerprint: None, at: now }),
        }
    }

    /// Checks the form and the header of a token.
    fn parse<'t>(&self, token: &'t str) -> Result<CompactToken<'t>, TokenCheck> {
        CompactToken::parse(token, self.last_header.load().as_ref())
    }

    /// Checks the signature of a token, and only then what it says.
    fn check(
        &self,
        token: &CompactToken<'_>,
        key: Arc<SigningKey>,
        now: Timestamp,
    ) -> Result<ValidatedToken, TokenCheck> {
        if !key.verifies(&token.signature, token.signed.as_bytes()) {
            return Err(TokenCheck::Signature);
        }
        // Its signature is good: nobody else can put a header in the place of the last one.
        if token.header_is_new {
            self.last_header.store(Some(Arc::clone(&token.header)));
        }
        let payload = token.payload()?;
        let claims = Claims::read(&payload, &self.claim_names)?;
        let (version, (tid, tenant)) = (claims.version()?, claims.tenant()?);
        let authority = &self.policy.authority;
        if !key.may_sign_for(&tenant, authority) {
            return Err(TokenCheck::KeyIssuer);
        }
        if !claims.issuer().is_some_and(|issuer| authority.is_issuer(issuer, &tenant, version)) {
            return Err(TokenCheck::Issuer);
        }
        let application = self.application(&claims, version)?.clone();
        let times = claims.times()?;
        times.check(now, self.skew_seconds)?;
        let oid = claims.object_id()?;
        let versions = [TokenVersion::V1, TokenVersion::V2];
        let is_guest =
            claims.is_guest(|idp| versions.iter().any(|version| authority.is_issuer(idp, &tenant, *version)));
        let Address { email, other_sign_in_names } = claims.address(is_guest)?;
        let sign_in = SignIn {
            tid,
            oid,
            email,
            other_sign_in_names,
            application,
            is_guest,
            roles: claims.app_roles(),
            expires_at: Timestamp::from_second(times.expires).map_err(|_| TokenCheck::Expiry)?,
        };
        Ok(ValidatedToken {
            sign_in,
            response: CachedResponse::default(),
            key,
            valid_from: times.valid_from(self.skew_seconds),
        })
    }

    /// The application that a token counts as. Everything that a token is good for comes through here.
    ///
    /// An ID token counts as its audience. An access token counts only if one of the applications was given it, whoever it is
    /// for: anybody can register a client that users let sign them in, and an application that exposes an API gives such clients
    /// tokens of its own users. It is for the API: it counts as that client, which the user signed in to. It is for an
    /// application: it counts as that one, as its ID tokens do, and as it does for itself.
    fn application(&self, claims: &Claims<'_, '_>, version: TokenVersion) -> Result<&ApplicationName, TokenCheck> {
        let audience = self.audience(claims)?;
        if claims.is_app_only() {
            return Err(TokenCheck::AppOnly);
        }
        match audience {
            Audience::Application(application) if !claims.is_access_token() => Ok(application),
            Audience::Application(_) if !claims.has_any_scope() => Err(TokenCheck::Scope),
            Audience::Api(api) if !claims.has_scope(&api.scope) => Err(TokenCheck::Scope),
            Audience::Application(application) => self.client(claims, version).map(|_| application),
            Audience::Api(_) => self.client(claims, version),
        }
    }

    /// Whom a token is for (a single string, as Entra writes it).
    fn audience(&self, claims: &Claims<'_, '_>) -> Result<Audience<'_>, TokenCheck> {
        let audience = claims.audience().ok_or(TokenCheck::Audience)?;
        let client_id = audience.strip_prefix("api://").unwrap_or(audience);
        let application = self.policy.applications.find_written(client_id);
        let is_api = |api: &&ApiRegistration| {
            api.client_id.is_some_and(|own| own.is_written(client_id)) || api.app_id_uris.has(audience)
        };
        match (self.policy.api.as_ref().filter(is_api), application) {
            // One registration may be both: its ID tokens are the application's.
            (Some(_), Some(application)) if !claims.is_access_token() => Ok(Audience::Application(application)),
            (Some(api), _) => Ok(Audience::Api(api)),
            (None, application) => application.map(Audience::Application).ok_or(TokenCheck::Audience),
        }
    }

    /// The application that an access token was given to.
    fn client(&self, claims: &Claims<'_, '_>, version: TokenVersion) -> Result<&ApplicationName, TokenCheck> {
        let client = claims.client(version).ok_or(TokenCheck::ClientApplication)?;
        self.policy.applications.find(client).ok_or(TokenCheck::ClientApplication)
    }
}
