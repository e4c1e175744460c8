//! The claims of a token whose signature is good.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::auth::object::Member;
use crate::auth::object::Object;
use crate::auth::object::ObjectError;
use crate::auth::token_check::TokenCheck;
use crate::domain::authority::TokenVersion;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::guid::PERSONAL_ACCOUNTS_TENANT;
use crate::domain::sign_in::AppRoles;

/// The claims that are looked at, besides others that may hold the e-mail address.
const NAMES: [&str; 19] = [
    "ver",
    "tid",
    "oid",
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "scp",
    "azp",
    "appid",
    "idtyp",
    "acct",
    "idp",
    "sub",
    "xms_edov",
    "preferred_username",
    "upn",
    ROLES,
];

/// The claims of what a user signs in with: for a member it is an address of a domain that is verified in their tenant.
const SIGN_IN_NAMES: [&str; 2] = ["preferred_username", "upn"];

/// The claims that Entra writes as one text and never as an array, as it writes others that may hold the address
/// (`verified_primary_email`).
const NEVER_ARRAYS: [&str; 4] = ["email", "preferred_username", "upn", "unique_name"];

/// The claim of the app roles. Most tokens have none, and one that has it in an odd form is a good token without roles: it
/// must not cost anybody her line.
const ROLES: &str = "roles";

/// The names of all claims that are looked at.
pub(super) fn names(email_claims: &[String]) -> Vec<Cow<'static, str>> {
    let fixed = NAMES.iter().map(|name| Cow::Borrowed(*name));
    let own = email_claims.iter().filter(|name| !NAMES.contains(&name.as_str())).cloned().map(Cow::Owned);
    fixed.chain(own).collect()
}

/// The claims of a token.
pub(super) struct Claims<'n, 'j>(Object<'n, 'j>);

/// The address that a token's user is looked up by.
pub(super) struct Address {
    pub(super) email: Option<EmailAddress>,
    /// As in [`SignIn`](crate::domain::sign_in::SignIn).
    pub(super) other_sign_in_names: Box<[EmailAddress]>,
}

/// The times of a token, in seconds since 1970.
pub(super) struct Times {
    pub(super) expires: i64,
    pub(super) not_before: i64,
    pub(super) issued: Option<i64>,
}

/// The largest time that is taken for one (2^53 seconds): beyond it, a reader of JSON may see another number.
const MAX_SECONDS: i64 = 1 << 53;

impl<'n, 'j> Claims<'n, 'j> {
    pub(super) fn read(json: &'j [u8], names: &'n [Cow<'static, str>]) -> Result<Self, TokenCheck> {
        Object::read_with(json, names, Some(ROLES)).map(Self).map_err(|error| match error {
            ObjectError::NotAnObject => TokenCheck::Claims,
            ObjectError::DuplicateName => TokenCheck::DuplicateName,
        })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }

    pub(super) fn version(&self) -> Result<TokenVersion, TokenCheck> {
        match self.text("ver") {
            Some("1.0") => Ok(TokenVersion::V1),
            Some("2.0") => Ok(TokenVersion::V2),
            _ => Err(TokenCheck::Version),
        }
    }

    pub(super) fn tenant(&self) -> Result<Guid, TokenCheck> {
        let tenant = self.text("tid").and_then(|tid| Guid::parse_canonical(tid).ok());
        let company = tenant.filter(|tid| !tid.is_nil() && *tid != PERSONAL_ACCOUNTS_TENANT);
        company.ok_or(TokenCheck::Tenant)
    }

    pub(super) fn object_id(&self) -> Result<Guid, TokenCheck> {
        let oid = self.text("oid").and_then(|oid| Guid::parse_canonical(oid).ok());
        oid.filter(|oid| !oid.is_nil()).ok_or(TokenCheck::ObjectId)
    }

    pub(super) fn times(&self) -> Result<Times, TokenCheck> {
        let expires = self.seconds("exp").flatten().ok_or(TokenCheck::Expiry)?;
        let not_before = self.seconds("nbf").flatten().ok_or(TokenCheck::NotBefore)?;
        let issued = self.seconds("iat").map(|seconds| seconds.ok_or(TokenCheck::IssuedAt)).transpose()?;
        Ok(Times { expires, not_before, issued })
    }

    /// A time: `None` if it is not there, `Some(None)` if it is no whole number of seconds. Entra writes integers.
    #[expect(clippy::option_option, reason = "absent and wrong are different things here")]
    fn seconds(&self, name: &str) -> Option<Option<i64>> {
        let value = self.0.get(name)?;
        Some(value.integer().filter(|seconds| (0..=MAX_SECONDS).contains(seconds)))
    }

    /// Whether it is an access token: only those name the client that they were given to, or have scopes. What the claim
    /// says, and in which form, does not matter here: no ID token has it at all.
    pub(super) fn is_access_token(&self) -> bool {
        self.names_client() || self.0.get("scp").is_some()
    }

    fn names_client(&self) -> bool {
        self.0.get("azp").is_some() || self.0.get("appid").is_some()
    }

    /// The client that an access token was given to, by the claim of its version; `None` too if the other version's claim is
    /// there and names another.
    pub(super) fn client(&self, version: TokenVersion) -> Option<Guid> {
        let (own, other) = match version {
            TokenVersion::V1 => ("appid", "azp"),
            TokenVersion::V2 => ("azp", "appid"),
        };
        let client = self.text(own)?;
        let agrees = self.0.get(other).is_none_or(|other| other.text() == Some(client));
        Guid::parse_canonical(client).ok().filter(|_| agrees)
    }

    /// Whether `scp` holds any scope: an access token of a user always does.
    pub(super) fn has_any_scope(&self) -> bool {
        self.text("scp").is_some_and(|scopes| scopes.split(' ').any(|word| !word.is_empty()))
    }

    /// Whether `scp` holds a scope, as a whole word.
    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.text("scp").is_some_and(|scopes| scopes.split(' ').any(|word| word == scope))
    }

    /// Whether the token is an application's own, without a user: it says that it is not a user's, or it is an access
    /// token without scopes.
    pub(super) fn is_app_only(&self) -> bool {
        let says_so = self.0.get("idtyp").is_some_and(|kind| kind.text() != Some("user"));
        says_so || (self.names_client() && self.0.get("scp").is_none())
    }

    /// Whether the user is a guest: `acct` says so where it is there, and in any form but that of a member (0) it does. Where it
    /// is not, `idp` may name the tenant's issuer of either version; in any other form it is somebody else. A member whose home
    /// is another tenant (cross-tenant synchronization) has both, and is a member.
    pub(super) fn is_guest(&self, own_issuers: [&str; 2]) -> bool {
        match (self.0.get("acct"), self.0.get("idp")) {
            (Some(Member::Integer(integer)), _) => *integer != 0,
            (Some(Member::Text(text)), _) => text != "0",
            (None, Some(Member::Text(idp))) => !own_issuers.contains(&&**idp),
            (Some(Member::Boolean(_) | Member::Texts(_) | Member::Other), _) | (None, Some(_)) => true,
            (None, None) => false,
        }
    }

    /// The app roles that are known, by their exact names in an array of strings.
    pub(super) fn app_roles(&self) -> AppRoles {
        match self.0.get(ROLES).and_then(Member::texts) {
            Some(names) => AppRoles::named(names.iter().map(AsRef::as_ref)),
            None => AppRoles::default(),
        }
    }

    /// The first of `claims` that is an e-mail address, and what the user signs in with besides. A guest's `email` counts only
    /// if its domain is verified: their home tenant writes it, and may write anybody's. It is passed over as if it were not there.
    ///
    /// A member's token is refused, and no other claim is taken in its place, if the address is the one of `email` and the token
    /// says that nobody has verified whose its domain is.
    pub(super) fn address(&self, claims: &[String], is_guest: bool) -> Result<Address, TokenCheck> {
        for name in claims {
            let Some(email) = self.first_text(name).and_then(|text| EmailAddress::parse(text).ok()) else {
                continue;
            };
            match self.has_verified_domain() {
                _ if name != "email" => {}
                Some(false) | None if is_guest => continue,
                Some(false) => return Err(TokenCheck::EmailOwner),
                Some(true) | None => {}
            }
            let is_sign_in_name = SIGN_IN_NAMES.contains(&name.as_str());
            let other_sign_in_names = if is_sign_in_name { Box::default() } else { self.sign_in_names_but(&email) };
            return Ok(Address { email: Some(email), other_sign_in_names });
        }
        Ok(Address { email: None, other_sign_in_names: Box::default() })
    }

    /// What a claim says that may hold an address: its text, or the first of its texts.
    fn first_text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Member::Text(text) => Some(text),
            Member::Texts(texts) if !NEVER_ARRAYS.contains(&name) => texts.first().map(AsRef::as_ref),
            _ => None,
        }
    }

    /// The sign-in names that are addresses, and others than this one.
    fn sign_in_names_but(&self, email: &EmailAddress) -> Box<[EmailAddress]> {
        let texts = SIGN_IN_NAMES.iter().filter_map(|name| self.text(name));
        // Most are the same address: those are not read.
        let others = texts.filter(|text| !text.eq_ignore_ascii_case(email.as_str()));
        let mut names: Vec<_> = others.filter_map(|text| EmailAddress::parse(text).ok()).collect();
        names.dedup();
        names.into()
    }

    /// Whether Entra says that the owner of the domain of `email` is verified (`xms_edov`, "email domain owner verified", which
    /// comes in four forms). It is an optional claim: most tokens say nothing.
    fn has_verified_domain(&self) -> Option<bool> {
        self.0.get("xms_edov").map(|member| match member {
            Member::Boolean(verified) => *verified,
            Member::Integer(integer) => *integer == 1,
            Member::Text(text) => matches!(&**text, "true" | "1"),
            Member::Texts(_) | Member::Other => false,
        })
    }
}

impl Times {
    /// From when on the token passes, in seconds since 1970.
    pub(super) fn valid_from(&self, skew_seconds: i64) -> i64 {
        self.not_before.max(self.issued.unwrap_or(self.not_before)).saturating_sub(skew_seconds)
    }

    /// Holds the times against the clock.
    pub(super) fn check(&self, now: Timestamp, skew_seconds: i64) -> Result<(), TokenCheck> {
        const FAR_AHEAD: i64 = 400 * 86_400;
        let now = now.as_second();
        if now >= self.expires.saturating_add(skew_seconds) {
            return Err(TokenCheck::Expired);
        }
        if self.expires > now.saturating_add(FAR_AHEAD) {
            return Err(TokenCheck::ExpiryTooFar);
        }
        if self.not_before > now.saturating_add(skew_seconds) {
            return Err(TokenCheck::NotYetValid);
        }
        match self.issued {
            Some(issued) if issued > now.saturating_add(skew_seconds) => Err(TokenCheck::IssuedInFuture),
            _ => Ok(()),
        }
    }
}
