//! The checks that a token can fail, by name.

use std::fmt;

macro_rules! token_checks {
    ($($(#[$doc:meta])* $check:ident = $name:literal, $sentence:literal;)*) => {
        /// The checks that a token can fail, each with a name that stays.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum TokenCheck {
            $($(#[$doc])* $check,)*
        }

        impl TokenCheck {
            /// All checks.
            pub const ALL: &[Self] = &[$(Self::$check,)*];

            /// The check's name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$check => $name,)* }
            }
        }

        impl fmt::Display for TokenCheck {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$check => $sentence,)* })
            }
        }
    };
}

token_checks! {
    /// More than 16 KiB.
    TooLong = "token-too-long", "the token is longer than 16,384 bytes";
    /// Not three parts.
    Form = "form", "a token is three parts of base64url with dots between them";
    /// A part is no canonical base64url without padding (RFC 7515, section 2).
    Base64 = "base64", "a part of the token is not base64url without padding";
    /// The header is no JSON object, or longer than 2 KiB.
    Header = "header", "the token's header is not a JSON object of at most 2,048 bytes, or a member has a type that it can't have";
    /// A name stands twice in the header or the claims, perhaps in other case.
    DuplicateName = "duplicate-name", "a name stands twice in the token";
    /// `alg` is not `RS256`.
    Algorithm = "algorithm", "the token is not signed with RS256";
    /// `typ` is something else than `JWT`.
    Type = "type", "the token's typ is not JWT";
    /// A header parameter that brings its own key, or changes what is signed.
    HeaderParameter = "header-parameter", "the token's header has a parameter that is not taken";
    /// `kid` is missing, no string, too long, or not printable.
    KeyId = "key-id", "the token's header names no key";
    /// `kid` is in no key set.
    UnknownKey = "unknown-key", "the key that the token names is not among Microsoft's published keys. An application with custom claims (a \
         claims mapping policy) or a signing key of its own gets tokens of a key that stands only in its own document \
         (?appid=), which is not read here: take the policy or the key away from it, and use optional claims instead";
    /// The signature is wrong.
    Signature = "signature", "the token's signature is wrong";
    /// The claims are no JSON object.
    Claims = "claims", "the token's claims are not a JSON object";
    /// `ver` is neither `1.0` nor `2.0`.
    Version = "version", "the token's ver is neither 1.0 nor 2.0";
    /// `tid` is no tenant of a company.
    Tenant = "tenant", "the token's tid is not the GUID of an organization's tenant";
    /// The key may not sign for this tenant.
    KeyIssuer = "key-issuer", "the token's key may not sign for its tenant";
    /// `iss` is not the tenant's issuer.
    Issuer = "issuer", "the token's iss is not the issuer of its tenant in this cloud";
    /// `aud` is none of the applications.
    Audience = "audience", "the token's aud is none of the configured applications";
    /// The access token has not the API's scope, or for an application none at all.
    Scope = "scope", "the access token does not have the scope that it needs";
    /// The access token was given to another client than the applications.
    ClientApplication = "client-application", "the access token was given to none of the configured applications";
    /// There is no user in it.
    AppOnly = "app-only", "the token is an application's, not a user's";
    /// The address is `email`'s, and `xms_edov` is there and not true.
    EmailOwner = "email-owner", "the token says that the domain of its email is not verified (xms_edov is not true): an \
         administrator of the directory verifies the domain";
    /// `oid` is no GUID.
    ObjectId = "object-id", "the token's oid is not a GUID";
    /// `exp` is missing or no integer.
    Expiry = "expiry", "the token's exp is missing or not a whole number of seconds";
    /// `nbf` is missing or no integer.
    NotBefore = "not-before", "the token's nbf is missing or not a whole number of seconds";
    /// `iat` is no integer.
    IssuedAt = "issued-at", "the token's iat is not a whole number of seconds";
    /// `exp` has passed.
    Expired = "expired", "the token has expired";
    /// `exp` is absurdly far ahead.
    ExpiryTooFar = "expiry-too-far", "the token's exp is more than 400 days ahead";
    /// `nbf` has not come.
    NotYetValid = "not-yet-valid", "the token is not valid yet";
    /// `iat` has not come.
    IssuedInFuture = "issued-in-future", "the token's iat lies ahead";
}

impl TokenCheck {
    /// Whether a token that fails this check has a good signature: Microsoft made it, though not for this service now.
    #[must_use]
    pub fn comes_after_the_signature(self) -> bool {
        match self {
            Self::TooLong
            | Self::Form
            | Self::Base64
            | Self::Header
            | Self::DuplicateName
            | Self::Algorithm
            | Self::Type
            | Self::HeaderParameter
            | Self::KeyId
            | Self::UnknownKey
            | Self::Signature => false,
            Self::Claims
            | Self::Version
            | Self::Tenant
            | Self::KeyIssuer
            | Self::Issuer
            | Self::Audience
            | Self::Scope
            | Self::ClientApplication
            | Self::AppOnly
            | Self::EmailOwner
            | Self::ObjectId
            | Self::Expiry
            | Self::NotBefore
            | Self::IssuedAt
            | Self::Expired
            | Self::ExpiryTooFar
            | Self::NotYetValid
            | Self::IssuedInFuture => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let names: HashSet<_> = TokenCheck::ALL.iter().map(|check| check.name()).collect();
        assert_eq!(names.len(), TokenCheck::ALL.len());
    }
}
