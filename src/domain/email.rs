//! E-mail addresses, the left side of a mapping.

use std::fmt;

use email_address::{EmailAddress as Syntax, Options};

use crate::domain::address_form::{is_domain_name, is_plain_address};
use crate::domain::characters::Named;

/// The longest address accepted, in bytes (RFC 5321, section 4.5.3.1.3, less the two angle brackets).
pub const MAX_EMAIL_BYTES: usize = 254;

/// A Microsoft e-mail address: ASCII, kept in lower case, at most [`MAX_EMAIL_BYTES`] long.
///
/// Entra compares addresses case-insensitively and keeps the case as typed, so both sides are folded here. Only ASCII
/// is folded and only ASCII is accepted: full Unicode folding makes different addresses equal (`K` as U+212A), which
/// would hand one person another's line. Tags (`ana+x@`) and dots are part of the address and never stripped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(Box<str>);

/// Why a text is not an [`EmailAddress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// A character outside ASCII: the first of them.
    #[error("the address has a character outside ASCII, {}; Microsoft e-mail addresses have none", Named(*.0))]
    NotAscii(char),
    /// Longer than [`MAX_EMAIL_BYTES`].
    #[error("the address is longer than {MAX_EMAIL_BYTES} characters")]
    TooLong,
    /// The first character would make a spreadsheet run the cell as a formula (CWE-1236).
    #[error("the address starts with {0:?}, which a spreadsheet would run as a formula")]
    Formula(char),
    /// Not of the form `name@domain.tld`.
    #[error("this is not an e-mail address of the form name@company.com")]
    Malformed,
    /// What follows the `@` is not a domain name.
    #[error(
        "the part after the @ is not a domain name: it has letters, digits and hyphens, dots between them, and letters at the end"
    )]
    NotADomain,
}

impl EmailAddress {
    /// Reads an address exactly as given: white space around it is an error, so that the caller decides what to trim.
    ///
    /// # Errors
    /// The first rule of [`EmailError`] that the text breaks.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        // Which takes a tenth of the time.
        if !is_plain_address(text) {
            check(text)?;
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

/// Checks every rule, the first of them first.
fn check(text: &str) -> Result<(), EmailError> {
    if let Some(strange) = text.chars().find(|c| !c.is_ascii()) {
        return Err(EmailError::NotAscii(strange));
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
    // The parser takes in a domain whatever may stand before the @ too, and addresses of machines.
    if !text.rsplit_once('@').is_some_and(|(_, domain)| is_domain_name(domain)) {
        return Err(EmailError::NotADomain);
    }
    Ok(())
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_plain_at_first_sight_passes_every_rule(
            local in "[a-z0-9._A-Z-]{1,20}|[a-z.]{62,66}",
            domain in "[a-z0-9.A-Z-]{1,20}|[a-z]{1,3}\\.[a-z]{60,66}\\.com|([a-z]{62}\\.){2,4}com",
            end in "|@x|\\.|\\.com",
        ) {
            let text = format!("{local}@{domain}{end}");
            if is_plain_address(&text) {
                prop_assert_eq!(check(&text), Ok(()));
            }
        }
    }

    #[test]
    fn a_usual_address_is_plain() {
        for text in ["BobSmith@ABCcompany.com", "ana.diaz-x_y@mail.abc.co.uk", "7@3com.com"] {
            assert!(is_plain_address(text), "{text}");
        }
    }

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
    fn what_follows_the_at_is_a_domain_name() {
        let label = "a".repeat(63);
        for domain in ["abc.com", "a.b.c.example", "3com.com", "a--b.example", "abc.xn--p1ai", &format!("{label}.com")]
        {
            assert!(EmailAddress::parse(&format!("bob@{domain}")).is_ok(), "{domain}");
        }
        for domain in [
            "abc.example?subject=hello",
            "abc.com%20",
            "abc/example.com",
            "abc_company.com",
            "10.0.0.1",
            "abc.123",
            "127.1",
            "abc.com&x=1",
            "abc.com#x",
            "abc!x.com",
            "a*c.com",
        ] {
            let text = format!("bob@{domain}");
            assert_eq!(EmailAddress::parse(&text), Err(EmailError::NotADomain), "{text}");
        }
        let long = format!("{label}a.com");
        let others =
            ["abc", "abc.", ".abc.com", "abc..com", "-abc.com", "abc-.com", "abc.com-", "[10.0.0.1]", "abc.com:25"];
        for domain in others.into_iter().chain(["abc.com'", &long]) {
            assert!(EmailAddress::parse(&format!("bob@{domain}")).is_err(), "{domain}");
        }
    }

    #[test]
    fn a_character_outside_ascii_is_named_by_its_code() {
        let message = EmailAddress::parse("bob@abc\u{AD}.com").unwrap_err().to_string();
        assert!(message.contains("U+00AD"), "{message}");
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
            ("böb@abc.com", EmailError::NotAscii('ö')),
            ("\u{212A}elly@abc.com", EmailError::NotAscii('\u{212A}')),
            ("bob@abc.com\u{200B}", EmailError::NotAscii('\u{200B}')),
            (long.as_str(), EmailError::TooLong),
        ];
        for (text, expected) in cases {
            assert_eq!(EmailAddress::parse(text), Err(expected), "{text:?}");
        }
    }
}
