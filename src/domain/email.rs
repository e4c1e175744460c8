//! E-mail addresses, the left side of a mapping.

use std::fmt;

use email_address::EmailAddress as Syntax;
use email_address::Options;

/// The longest address accepted, in bytes (RFC 5321, section 4.5.3.1.3, less the two angle brackets).
pub const MAX_EMAIL_BYTES: usize = 254;

/// A Microsoft e-mail address: ASCII, kept in lower case, at most [`MAX_EMAIL_BYTES`] long.
///
/// Entra compares addresses case-insensitively and keeps the case as typed, so both sides are folded here. Only ASCII
/// is folded and only ASCII is accepted: full Unicode folding makes different addresses equal (`K` as U+212A), which
/// would hand one person another's line. Tags (`ana+x@`) and dots are part of the address and never stripped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(Box<str>);

/// Why a text is no [`EmailAddress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// A byte outside ASCII.
    #[error("the address has a character outside ASCII; Microsoft e-mail addresses have none")]
    NotAscii,
    /// Longer than [`MAX_EMAIL_BYTES`].
    #[error("the address is longer than {MAX_EMAIL_BYTES} characters")]
    TooLong,
    /// The first character would make a spreadsheet run the cell as a formula (CWE-1236).
    #[error("the address starts with {0:?}, which a spreadsheet would run as a formula")]
    Formula(char),
    /// Not of the form `name@domain.tld`.
    #[error("this is not an e-mail address of the form name@company.com")]
    Malformed,
}

impl EmailAddress {
    /// Reads an address exactly as given: white space around it is an error, so that the caller decides what to trim.
    ///
    /// # Errors
    /// The first rule of [`EmailError`] that the text breaks.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        if !text.is_ascii() {
            return Err(EmailError::NotAscii);
        }
        if text.len() > MAX_EMAIL_BYTES {
            return Err(EmailError::TooLong);
        }
        if let Some(first) = text.chars().next().filter(|c| "=+-@".contains(*c)) {
            return Err(EmailError::Formula(first));
        }
        // Quoted local parts and domain literals are legal in RFC 5321, but Entra has neither.
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        Syntax::parse_with_options(text, options).map_err(|_| EmailError::Malformed)?;
        // The parser also takes an address in angle brackets, as long as no name stands before them.
        if text.bytes().any(|byte| !byte.is_ascii_graphic() || b"\"<>".contains(&byte)) {
            return Err(EmailError::Malformed);
        }
        Ok(Self(text.to_ascii_lowercase().into_boxed_str()))
    }

    /// Takes an address that this type wrote before, as a store gives it back, without checking it again.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text.into_boxed_str())
    }

    /// The address in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before its last `@`: the part that names somebody in a domain.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        assert_eq!(EmailAddress::parse("BobSmith@ABCcompany.com").unwrap().as_str(), "bobsmith@abccompany.com");
    }

    #[test]
    fn what_entra_allows_in_an_address_is_accepted() {
        for text in ["o'brien@abc.com", "a.b-c_d!e#f^g~h@abc.co.uk", "ana+x@abc.com", "x@xn--bcher-kva.example"] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_address_is_refused_with_the_rule_it_breaks() {
        let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(190));
        let cases = [
            ("", EmailError::Malformed),
            ("bob", EmailError::Malformed),
            ("bob@abccompany", EmailError::Malformed),
            ("bob@@abc.com", EmailError::Malformed),
            ("bob smith@abc.com", EmailError::Malformed),
            (" bob@abc.com", EmailError::Malformed),
            ("bob@abc.com ", EmailError::Malformed),
            ("\"bob\"@abc.com", EmailError::Malformed),
            ("bob@[192.0.2.1]", EmailError::Malformed),
            ("Bob <bob@abc.com>", EmailError::Malformed),
            ("<bob@abc.com>", EmailError::Malformed),
            (" <bob@abc.com>", EmailError::Malformed),
            ("mailto:bob@abc.com", EmailError::Malformed),
            ("bob@abc.com;eve@abc.com", EmailError::Malformed),
            (".bob@abc.com", EmailError::Malformed),
            ("bob..x@abc.com", EmailError::Malformed),
            ("bob@-abc.com", EmailError::Malformed),
            ("bob@abc..com", EmailError::Malformed),
            ("=1+1@abc.com", EmailError::Formula('=')),
            ("+bob@abc.com", EmailError::Formula('+')),
            ("-bob@abc.com", EmailError::Formula('-')),
            ("@abc.com", EmailError::Formula('@')),
            ("böb@abc.com", EmailError::NotAscii),
            ("\u{212A}elly@abc.com", EmailError::NotAscii),
            ("bob@abc.com\u{200B}", EmailError::NotAscii),
            (long.as_str(), EmailError::TooLong),
        ];
        for (text, expected) in cases {
            assert_eq!(EmailAddress::parse(text), Err(expected), "{text:?}");
        }
    }
}
