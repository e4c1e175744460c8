//! The claims of a token whose signature is good.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::auth::object::{Member, Names, Object, ObjectError};
use crate::auth::token_check::TokenCheck;
use crate::domain::authority::TokenVersion;
use crate::domain::email::EmailAddress;
use crate::domain::guid::{Guid, GuidText, PERSONAL_ACCOUNTS_TENANT};
use crate::domain::sign_in::AppRoles;

macro_rules! claims {
    ($($claim:ident = $name:literal,)*) => {
        /// The claims that are looked at, besides others that may hold the e-mail address, in the order of their places.
        #[derive(Clone, Copy)]
        enum Claim {
            $($claim,)*
        }

        /// Their names.
        const NAMES: &[&str] = &[$($name,)*];
    };
}

claims! {
    Version = "ver",
    Tenant = "tid",
    ObjectId = "oid",
    Issuer = "iss",
    Audience = "aud",
    Expires = "exp",
    NotBefore = "nbf",
    IssuedAt = "iat",
    Scopes = "scp",
    AuthorizedParty = "azp",
    ClientApplication = "appid",
    Kind = "idtyp",
    Account = "acct",
    IdentityProvider = "idp",
    DomainVerified = "xms_edov",
    PreferredUsername = "preferred_username",
    PrincipalName = "upn",
    Roles = "roles",
}

/// A claim that is not looked at, and must not stand there in other case either.
const SUBJECT: &str = "sub";

/// The claims of what a user signs in with: for a member it is an address of a domain that is verified in their tenant.
const SIGN_IN_NAMES: [Claim; 2] = [Claim::PreferredUsername, Claim::PrincipalName];

/// The claims that Entra writes as one text and never as an array, as it writes others that may hold the address
/// (`verified_primary_email`).
const NEVER_ARRAYS: [&str; 4] = ["email", "preferred_username", "upn", "unique_name"];

/// The names of all claims that are looked at, those that may hold the address by the settings among them.
pub(super) struct ClaimNames {
    names: Names,
    email: Vec<EmailClaim>,
}

/// A claim that may hold the address.
struct EmailClaim {
    place: usize,
    /// Whether it is `email`, which may hold anybody's.
    is_email: bool,
    is_sign_in_name: bool,
    may_be_array: bool,
}

/// The claims of a token.
pub(super) struct Claims<'n, 'j> {
    claims: Object<'j>,
    email: &'n [EmailClaim],
}

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

impl ClaimNames {
    /// The names, with those of claims that may hold the address, in order.
    pub(super) fn new(email_claims: &[String]) -> Self {
        let fixed = NAMES.iter().copied().chain([SUBJECT]);
        let own = email_claims.iter().filter(|name| !fixed.clone().any(|fixed| fixed == *name));
        // Most tokens have no app roles, and one that has them in an odd form is a good token without roles: it must not cost
        // anybody their line.
        let names = fixed.clone().map(Cow::Borrowed).chain(own.cloned().map(Cow::Owned));
        let names = Names::new(names).with_exact(NAMES[Claim::Roles as usize]).with_layouts();
        let email = email_claims.iter().filter_map(|name| EmailClaim::find(name, &names)).collect();
        Self { names, email }
    }
}

impl EmailClaim {
    fn find(name: &str, names: &Names) -> Option<Self> {
        let place = names.place(name)?;
        Some(Self {
            place,
            is_email: name == "email",
            is_sign_in_name: SIGN_IN_NAMES.iter().any(|claim| *claim as usize == place),
            may_be_array: !NEVER_ARRAYS.contains(&name),
        })
    }
}

impl<'n, 'j> Claims<'n, 'j> {
    pub(super) fn read(json: &'j [u8], names: &'n ClaimNames) -> Result<Self, TokenCheck> {
        let claims = Object::read(json, &names.names).map_err(|error| match error {
            ObjectError::NotAnObject => TokenCheck::Claims,
            ObjectError::DuplicateName => TokenCheck::DuplicateName,
        })?;
        Ok(Self { claims, email: &names.email })
    }

    fn get(&self, claim: Claim) -> Option<&Member<'j>> {
        self.claims.get(claim as usize)
    }

    fn text(&self, claim: Claim) -> Option<&str> {
        self.get(claim)?.text()
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        self.text(Claim::Issuer)
    }

    pub(super) fn audience(&self) -> Option<&str> {
        self.text(Claim::Audience)
    }

    pub(super) fn version(&self) -> Result<TokenVersion, TokenCheck> {
        match self.text(Claim::Version) {
            Some("1.0") => Ok(TokenVersion::V1),
            Some("2.0") => Ok(TokenVersion::V2),
            _ => Err(TokenCheck::Version),
        }
    }

    /// The tenant, and its text.
    pub(super) fn tenant(&self) -> Result<(Guid, GuidText), TokenCheck> {
        let tenant = self.text(Claim::Tenant).and_then(|tid| Guid::parse_with_text(tid).ok());
        let company = tenant.filter(|(tid, _)| !tid.is_nil() && *tid != PERSONAL_ACCOUNTS_TENANT);
        company.ok_or(TokenCheck::Tenant)
    }

    pub(super) fn object_id(&self) -> Result<Guid, TokenCheck> {
        let oid = self.text(Claim::ObjectId).and_then(|oid| Guid::parse_canonical(oid).ok());
        oid.filter(|oid| !oid.is_nil()).ok_or(TokenCheck::ObjectId)
    }

    pub(super) fn times(&self) -> Result<Times, TokenCheck> {
        let expires = self.seconds(Claim::Expires).flatten().ok_or(TokenCheck::Expiry)?;
        let not_before = self.seconds(Claim::NotBefore).flatten().ok_or(TokenCheck::NotBefore)?;
        let issued = self.seconds(Claim::IssuedAt).map(|seconds| seconds.ok_or(TokenCheck::IssuedAt)).transpose()?;
        Ok(Times { expires, not_before, issued })
    }

    /// A time: `None` if it is not there, `Some(None)` if it is no whole number of seconds. Entra writes integers.
    #[expect(clippy::option_option, reason = "absent and wrong are different things here")]
    fn seconds(&self, claim: Claim) -> Option<Option<i64>> {
        let value = self.get(claim)?;
        Some(value.integer().filter(|seconds| (0..=MAX_SECONDS).contains(seconds)))
    }

    /// Whether it is an access token: only those name the client that they were given to, or have scopes. What the claim
    /// says, and in which form, does not matter here: no ID token has it at all.
    pub(super) fn is_access_token(&self) -> bool {
        self.names_client() || self.get(Claim::Scopes).is_some()
    }

    fn names_client(&self) -> bool {
        self.get(Claim::AuthorizedParty).is_some() || self.get(Claim::ClientApplication).is_some()
    }

    /// The client that an access token was given to, by the claim of its version; `None` too if the other version's claim is
    /// there and names another.
    pub(super) fn client(&self, version: TokenVersion) -> Option<Guid> {
        let (own, other) = match version {
            TokenVersion::V1 => (Claim::ClientApplication, Claim::AuthorizedParty),
            TokenVersion::V2 => (Claim::AuthorizedParty, Claim::ClientApplication),
        };
        let client = self.text(own)?;
        let agrees = self.get(other).is_none_or(|other| other.text() == Some(client));
        Guid::parse_canonical(client).ok().filter(|_| agrees)
    }

    /// Whether `scp` holds any scope: an access token of a user always does.
    pub(super) fn has_any_scope(&self) -> bool {
        self.text(Claim::Scopes).is_some_and(|scopes| scopes.split(' ').any(|word| !word.is_empty()))
    }

    /// Whether `scp` holds a scope, as a whole word.
    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.text(Claim::Scopes).is_some_and(|scopes| scopes.split(' ').any(|word| word == scope))
    }

    /// Whether the token is an application's own, without a user: it says that it is not a user's, or it is an access
    /// token without scopes.
    pub(super) fn is_app_only(&self) -> bool {
        let says_so = self.get(Claim::Kind).is_some_and(|kind| kind.text() != Some("user"));
        says_so || (self.names_client() && self.get(Claim::Scopes).is_none())
    }

    /// Whether the user is a guest: `acct` says so where it is there, and in any form but that of a member (0) it does. Where it
    /// is not, `idp` may name the tenant's issuer of either version; in any other form it is somebody else. A member whose home
    /// is another tenant (cross-tenant synchronization) has both, and is a member.
    pub(super) fn is_guest(&self, is_own_issuer: impl Fn(&str) -> bool) -> bool {
        match (self.get(Claim::Account), self.get(Claim::IdentityProvider)) {
            (Some(Member::Integer(integer)), _) => *integer != 0,
            (Some(Member::Text(text)), _) => text != "0",
            (None, Some(Member::Text(idp))) => !is_own_issuer(idp),
            (Some(Member::Boolean(_) | Member::Texts(_) | Member::Other), _) | (None, Some(_)) => true,
            (None, None) => false,
        }
    }

    /// The app roles that are known, by their exact names in an array of strings.
    pub(super) fn app_roles(&self) -> AppRoles {
        match self.get(Claim::Roles).and_then(Member::texts) {
            Some(names) => AppRoles::named(names.iter().map(AsRef::as_ref)),
            None => AppRoles::default(),
        }
    }

    /// The first claim that may hold an e-mail address and does, and what the user signs in with besides. A guest's `email`
    /// counts only if its domain is verified: their home tenant writes it, and may write anybody's. It is passed over as if it
    /// were not there.
    ///
    /// A member's token is refused, and no other claim is taken in its place, if the address is the one of `email` and the token
    /// says that nobody has verified whose its domain is.
    pub(super) fn address(&self, is_guest: bool) -> Result<Address, TokenCheck> {
        for claim in self.email {
            let Some(email) = self.first_text(claim).and_then(|text| EmailAddress::parse(text).ok()) else {
                continue;
            };
            match self.has_verified_domain() {
                _ if !claim.is_email => {}
                Some(false) | None if is_guest => continue,
                Some(false) => return Err(TokenCheck::EmailOwner),
                Some(true) | None => {}
            }
            let other_sign_in_names =
                if claim.is_sign_in_name { Box::default() } else { self.sign_in_names_but(&email) };
            return Ok(Address { email: Some(email), other_sign_in_names });
        }
        Ok(Address { email: None, other_sign_in_names: Box::default() })
    }

    /// What a claim says that may hold an address: its text, or the first of its texts.
    fn first_text(&self, claim: &EmailClaim) -> Option<&str> {
        match self.claims.get(claim.place)? {
            Member::Text(text) => Some(text),
            Member::Texts(texts) if claim.may_be_array => texts.first().map(AsRef::as_ref),
            _ => None,
        }
    }

    /// The sign-in names that are addresses, and others than this one.
    fn sign_in_names_but(&self, email: &EmailAddress) -> Box<[EmailAddress]> {
        let texts = SIGN_IN_NAMES.iter().filter_map(|claim| self.text(*claim));
        // Most are the same address: those are not read.
        let others = texts.filter(|text| !text.eq_ignore_ascii_case(email.as_str()));
        let mut names: Vec<_> = others.filter_map(|text| EmailAddress::parse(text).ok()).collect();
        names.dedup();
        names.into()
    }

    /// Whether Entra says that the owner of the domain of `email` is verified (`xms_edov`, "email domain owner verified", which
    /// comes in four forms). It is an optional claim: most tokens say nothing.
    fn has_verified_domain(&self) -> Option<bool> {
        self.get(Claim::DomainVerified).map(|member| match member {
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
