//! GUIDs as Entra writes them: tenants, users and applications are all named by one.

use std::fmt;

use uuid::Uuid;

/// The tenant of personal Microsoft accounts (outlook.com, live.com): no company's own.
pub const PERSONAL_ACCOUNTS_TENANT: Guid = Guid(Uuid::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad));

/// A GUID, compared by value and written in lower case with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(Uuid);

/// The text is not a GUID of the form `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a GUID of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")]
pub struct GuidError;

impl Guid {
    /// Reads the hyphenated form, in either case, and no other (no braces, no `urn:uuid:`).
    ///
    /// # Errors
    /// [`GuidError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, GuidError> {
        let hyphenated = text.len() == GUID_CHARS;
        Uuid::try_parse(text).ok().filter(|_| hyphenated).map(Self).ok_or(GuidError)
    }

    /// Reads the one form that Entra itself writes: hyphenated and in lower case. A token that spells an id in
    /// another way was not written by Entra.
    ///
    /// # Errors
    /// [`GuidError`] for anything else.
    pub fn parse_canonical(text: &str) -> Result<Self, GuidError> {
        Self::parse_with_text(text).map(|(guid, _)| guid)
    }

    /// The same, with its text, which is the one that was read.
    ///
    /// # Errors
    /// [`GuidError`] for anything else.
    pub fn parse_with_text(text: &str) -> Result<(Self, GuidText), GuidError> {
        let guid = Self::parse(text)?;
        // All bytes at once: to stop at the first would take longer.
        let upper = text.bytes().fold(0, |upper, byte| upper | u8::from(byte.is_ascii_uppercase()));
        let text = text.as_bytes().try_into().map_err(|_| GuidError)?;
        if upper == 0 { Ok((guid, GuidText(text))) } else { Err(GuidError) }
    }

    /// Its text, as [`fmt::Display`] writes it, but many times faster.
    #[must_use]
    pub fn text(self) -> GuidText {
        let mut text = [0; GUID_CHARS];
        self.0.as_hyphenated().encode_lower(&mut text);
        GuidText(text)
    }

    /// Whether a text is its own, as [`Guid::parse_canonical`] reads it.
    #[must_use]
    pub fn is_written(self, text: &str) -> bool {
        self.text().as_bytes() == text.as_bytes()
    }

    /// Its 16 bytes, in the order in which they are written.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// Reads what [`Self::to_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Some bits that differ between most GUIDs: those at the end, which are random in nearly all versions of them.
    #[must_use]
    pub fn low_bits(self) -> usize {
        let (high, low) = self.0.as_u64_pair();
        // On purpose: what does not fit is left out.
        #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
        let bits = (high ^ low) as usize;
        bits
    }

    /// Whether it is a UUID of version 7, which begins with a time (RFC 9562, section 5.7).
    #[must_use]
    pub fn is_of_version_7(self) -> bool {
        self.0.get_version_num() == 7
    }

    /// Whether it is `00000000-0000-0000-0000-000000000000`.
    #[must_use]
    pub fn is_nil(self) -> bool {
        self.0.is_nil()
    }
}

/// The text of a [`Guid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuidText([u8; GUID_CHARS]);

/// How long the text of a GUID is.
const GUID_CHARS: usize = 36;

impl GuidText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The same in ASCII, without a look at it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_a_guid() {
        let text = "a1a1a1a1-0000-4000-8000-0000000000aa";
        assert_eq!(Guid::parse(text).unwrap().to_string(), text);
        assert_eq!(Guid::parse(text).unwrap().text().as_str(), text);
        assert_eq!(Guid::from_bytes(Guid::parse(text).unwrap().to_bytes()).to_string(), text);
        assert_eq!(Guid::parse(&text.to_uppercase()).unwrap().to_string(), text);
        for wrong in [
            "",
            "common",
            "a1a1a1a1000040008000000000000aa",
            &format!("{{{text}}}"),
            &format!("urn:uuid:{text}"),
            &format!(" {text}"),
        ] {
            assert_eq!(Guid::parse(wrong), Err(GuidError), "{wrong:?}");
        }
        assert_eq!(Guid::parse_canonical(&text.to_uppercase()), Err(GuidError));
    }
}
