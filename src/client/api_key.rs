//! The key that the client shows.

use reqwest::header::HeaderValue;

/// The secret of an API key. It is shown to the service alone.
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

/// The text is not a key; it is not told, for it may be one with a typing mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("holds no API key: a key is one word")]
pub struct ApiKeyError;

impl ApiKey {
    /// Reads a key; white space around it, such as a file's last line break, is dropped.
    ///
    /// # Errors
    /// [`ApiKeyError`]
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let key = text.trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiKeyError);
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| ApiKeyError)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// The `Authorization` header.
    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_and_never_shown() {
        let key = ApiKey::parse("slk_secret\n").unwrap();
        assert_eq!(key.header().to_str().unwrap(), "Bearer slk_secret");
        assert!(!format!("{:?}", key.header()).contains("secret"));
        for wrong in ["", " ", "two words", "slk_a\u{1b}", "schlüssel"] {
            assert!(ApiKey::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
