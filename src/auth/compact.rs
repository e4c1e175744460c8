//! The compact form of a signed token (RFC 7515, section 7.1) and its header.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use base64_simd::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use memchr::{memchr, memrchr};

use crate::auth::object::{Names, Object, ObjectError};
use crate::auth::provider::Signature;
use crate::auth::token_check::TokenCheck;

/// The longest token that is looked at, in bytes. One with two hundred groups has some 10 KiB.
pub(super) const MAX_TOKEN_BYTES: usize = 16_384;

/// The longest header that is read, in bytes.
const MAX_HEADER_BYTES: usize = 2048;

/// The longest `kid`, in bytes. Entra's have 27.
const MAX_KEY_ID_BYTES: usize = 128;

/// The header parameters that are looked at. From [`REFUSED`] on they bring their own key, change what is signed, or must
/// be understood.
static HEADER_NAMES: LazyLock<Names> = LazyLock::new(|| {
    let names = ["alg", "typ", "kid", "crit", "b64", "zip", "enc", "cty", "jwk", "jku", "x5u", "x5c"];
    Names::new(names.map(Cow::Borrowed))
});

/// The places of the names.
const ALG: usize = 0;
const TYP: usize = 1;
const KID: usize = 2;
const REFUSED: usize = 3;

/// A token taken apart; nothing of it is trusted yet.
pub(super) struct CompactToken<'t> {
    /// What is signed: the first two parts as they came.
    pub(super) signed: &'t str,
    /// The signature.
    pub(super) signature: Signature,
    /// The header, which is good.
    pub(super) header: Arc<GoodHeader>,
    /// Whether it is another one than the last.
    pub(super) header_is_new: bool,
    payload: &'t str,
}

/// A header that has passed its checks.
pub(super) struct GoodHeader {
    /// As it stands in the token.
    text: Box<str>,
    /// The name of the key.
    pub(super) key_id: String,
}

impl<'t> CompactToken<'t> {
    /// Takes a token apart and checks its header, unless it is the `last` one, letter by letter: all tokens that a key signs have
    /// the same.
    pub(super) fn parse(token: &'t str, last: Option<&Arc<GoodHeader>>) -> Result<Self, TokenCheck> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenCheck::TooLong);
        }
        let [header, payload, signature] = parts(token).ok_or(TokenCheck::Form)?;
        let signature = Signature(decode(signature)?);
        let last = last.filter(|last| *last.text == *header);
        let (header, header_is_new) = if let Some(last) = last {
            (Arc::clone(last), false)
        } else {
            check_header(&decode(header)?)?;
            (Arc::new(GoodHeader { text: header.into(), key_id: key_id(token)? }), true)
        };
        let signed = &token[..header.text.len() + 1 + payload.len()];
        Ok(Self { signed, signature, header, header_is_new, payload })
    }

    /// The claims as JSON text.
    pub(super) fn payload(&self) -> Result<Vec<u8>, TokenCheck> {
        decode(self.payload)
    }
}

/// The three parts of a token, none of them empty.
fn parts(token: &str) -> Option<[&str; 3]> {
    let bytes = token.as_bytes();
    let (first, last) = (memchr(b'.', bytes)?, memrchr(b'.', bytes)?);
    let parts = [&token[..first], token.get(first + 1..last)?, &token[last + 1..]];
    let is_more = memchr(b'.', parts[1].as_bytes()).is_some() || parts.contains(&"");
    (!is_more).then_some(parts)
}

fn decode(part: &str) -> Result<Vec<u8>, TokenCheck> {
    URL_SAFE_NO_PAD.decode_to_vec(part).map_err(|_| TokenCheck::Base64)
}

/// Checks the header by what stands in it: each reason to refuse it has a name.
fn check_header(json: &[u8]) -> Result<(), TokenCheck> {
    if json.len() > MAX_HEADER_BYTES {
        return Err(TokenCheck::Header);
    }
    let header = Object::read(json, &HEADER_NAMES).map_err(|error| match error {
        ObjectError::NotAnObject => TokenCheck::Header,
        ObjectError::DuplicateName => TokenCheck::DuplicateName,
    })?;
    if header.text(ALG) != Some("RS256") {
        return Err(TokenCheck::Algorithm);
    }
    if let Some(typ) = header.get(TYP)
        && !typ.text().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))
    {
        return Err(TokenCheck::Type);
    }
    if header.has_any_from(REFUSED) {
        return Err(TokenCheck::HeaderParameter);
    }
    header.text(KID).map(drop).ok_or(TokenCheck::KeyId)
}

/// The key's name, in the header as jsonwebtoken reads it, which is more than [`check_header`] looks at: a header is refused as
/// well where a member that nobody needs here, such as `x5t`, has a type that RFC 7515 does not give it.
fn key_id(token: &str) -> Result<String, TokenCheck> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenCheck::Header)?;
    if header.alg != Algorithm::RS256 {
        return Err(TokenCheck::Algorithm);
    }
    let named = header.kid.filter(|kid| (1..=MAX_KEY_ID_BYTES).contains(&kid.len()));
    named.filter(|kid| kid.bytes().all(|byte| byte.is_ascii_graphic())).ok_or(TokenCheck::KeyId)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as OTHER;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_is_decoded_as_by_the_other_library(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            at in 0_usize..300,
            strange in "[A-Za-z0-9_+/=. *\\-\\n\\x00é]{0,2}",
        ) {
            let good = OTHER.encode(&bytes);
            prop_assert_eq!(decode(&good), Ok(bytes));
            let (before, after) = good.split_at(at.min(good.len()));
            for text in [[before, &strange, after].concat(), [before, &strange, after.get(1..).unwrap_or("")].concat()] {
                prop_assert_eq!(decode(&text).ok(), OTHER.decode(&text).ok(), "{}", text);
            }
        }
    }

    #[test]
    fn a_token_has_three_parts_and_none_is_empty() {
        assert_eq!(parts("a.bc.d"), Some(["a", "bc", "d"]));
        for text in ["", ".", "..", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b..d", "a.b.c."] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
