//! The state of a consent link: what the link was made for, signed so that nobody else can make one.
//!
//! Its form is base64url over a version, the expiry, the nonce, the tenant, the application and the business group, and
//! then the HMAC-SHA256 (RFC 2104) of all that.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::consent::Nonce;
use crate::domain::guid::Guid;

/// The first byte of every state. Another form gets another one.
const VERSION: u8 = 1;

/// The bytes of the signature.
const TAG_BYTES: usize = 32;

/// The longest state that is looked at: that of a group with an id of 63 characters.
const MAX_CHARS: usize = 203;

/// What a consent link was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) group: BusinessGroupId,
    pub(super) tenant: Guid,
    pub(super) client_id: Guid,
    pub(super) nonce: Nonce,
    pub(super) expires_at: Timestamp,
}

impl State {
    /// The text of it.
    pub(super) fn sign(&self, key: &hmac::Key) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.expires_at.as_microsecond().to_be_bytes());
        bytes.extend(self.nonce.0);
        bytes.extend(self.tenant.to_bytes());
        bytes.extend(self.client_id.to_bytes());
        bytes.extend(self.group.as_str().as_bytes());
        let tag = hmac::sign(key, &bytes);
        bytes.extend(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(payload: &[u8]) -> Option<Self> {
        let rest = payload.strip_prefix(&[VERSION])?;
        let (expires_at, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (tenant, rest) = rest.split_first_chunk()?;
        let (client_id, group) = rest.split_first_chunk()?;
        Some(Self {
            group: BusinessGroupId::parse(str::from_utf8(group).ok()?).ok()?,
            tenant: Guid::from_bytes(*tenant),
            client_id: Guid::from_bytes(*client_id),
            nonce: Nonce(*nonce),
            expires_at: Timestamp::from_microsecond(i64::from_be_bytes(*expires_at)).ok()?,
        })
    }
}

/// A text that has the form of a state. Who made it is not known yet.
pub(super) struct Claimed {
    state: State,
    payload: Vec<u8>,
    tag: [u8; TAG_BYTES],
}

impl Claimed {
    /// Reads the form, and nothing is believed yet.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.get(..).filter(|text| text.len() <= MAX_CHARS)?).ok()?;
        let (payload, tag) = bytes.split_last_chunk()?;
        Some(Self { state: State::read(payload)?, payload: payload.to_vec(), tag: *tag })
    }

    /// The state, if it was signed with this key.
    pub(super) fn check(&self, key: &hmac::Key) -> Option<&State> {
        hmac::verify(key, &self.payload, &self.tag).ok().map(|()| &self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32])
    }

    fn state(group: &str) -> State {
        State {
            group: BusinessGroupId::parse(group).unwrap(),
            tenant: Guid::parse("a1a1a1a1-0000-4000-8000-0000000000aa").unwrap(),
            client_id: Guid::parse("0c11e470-1111-4222-8333-444455557777").unwrap(),
            nonce: Nonce([7; 16]),
            expires_at: Timestamp::from_second(1_800_000_000).unwrap(),
        }
    }

    #[test]
    fn a_state_is_read_back_whole_and_fits_into_a_link() {
        for group in ["a", "abccompany", &"a".repeat(63)] {
            let text = state(group).sign(&key(1));
            assert!(text.len() <= MAX_CHARS, "{}", text.len());
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
            assert_eq!(Claimed::read(&text).unwrap().check(&key(1)), Some(&state(group)));
        }
        assert_eq!(state(&"a".repeat(63)).sign(&key(1)).len(), MAX_CHARS);
    }

    // proves T-48
    #[test]
    fn a_state_that_differs_in_any_bit_is_none() {
        let text = state("abccompany").sign(&key(1));
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for at in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[at / 8] ^= 1 << (at % 8);
            let claimed = Claimed::read(&URL_SAFE_NO_PAD.encode(forged));
            assert!(claimed.is_none_or(|claimed| claimed.check(&key(1)).is_none()), "bit {at}");
        }
        for length in 0..bytes.len() {
            let claimed = Claimed::read(&URL_SAFE_NO_PAD.encode(&bytes[..length]));
            assert!(claimed.is_none_or(|claimed| claimed.check(&key(1)).is_none()), "{length} bytes");
        }
        assert_eq!(Claimed::read(&text).unwrap().check(&key(2)), None);
    }

    #[test]
    fn what_has_not_the_form_of_a_state_is_not_looked_at() {
        let good = state("abccompany").sign(&key(1));
        for text in [
            String::new(),
            "state".to_owned(),
            format!("{good}="),
            format!("{good} "),
            format!(" {good}"),
            format!("{good}\u{0}"),
            good.replace(['-', '_'], "+").replacen('A', "/", 1),
            "A".repeat(100_000),
            "é".repeat(90),
        ] {
            assert!(Claimed::read(&text).is_none(), "{text}");
        }
    }
}
