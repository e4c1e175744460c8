//! What people type to find a mapping.

use crate::domain::characters;
use crate::domain::email::MAX_EMAIL_BYTES;
use crate::domain::phone_number::{NumberingPlan, PhoneNumber, PhoneNumberError};

/// The most digits that a text may have to be looked for among numbers: those of E.164, behind a prefix for calls
/// abroad.
const MAX_DIGITS: usize = 20;

/// What a mapping must have: one of these. None of them has a pattern's signs; `%` and `_` mean themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingSearch {
    /// Digits, perhaps behind a `+`, that stand somewhere in the number as E.164 has it.
    pub number_part: Option<String>,
    /// How the number starts, as E.164 has it.
    pub number_start: Option<String>,
    /// A text in lower case that stands somewhere in the address.
    pub email_part: Option<String>,
}

impl MappingSearch {
    /// Reads a text as people write numbers (`651-220-0000`, `(651) 220`, `020 7946 0018` in Great Britain) and
    /// addresses; `None` if there is nothing in it to be seen.
    #[must_use]
    pub fn read(text: &str, plan: NumberingPlan) -> Option<Self> {
        let seen: String = text.chars().filter(|c| !characters::is_unseen(*c)).collect();
        let text = seen.trim().to_lowercase();
        if text.is_empty() {
            return None;
        }
        let number_part = number(&text);
        let number_start = number_part.as_deref().and_then(|digits| plan.dialled_start(digits));
        // The engines would refuse others: PostgreSQL a NUL, SQLite a long pattern.
        let may_be_in_email = text.is_ascii() && text.len() <= MAX_EMAIL_BYTES && !text.contains('\0');
        Some(Self { number_part, number_start, email_part: may_be_in_email.then_some(text) })
    }
}

/// Reads a whole number as people write it: `(763) 555-1111`, `+1 763 555 1111`, `020 7946 0018` in Great Britain.
///
/// # Errors
/// See [`PhoneNumberError`].
pub fn read_number(text: &str, plan: NumberingPlan) -> Result<PhoneNumber, PhoneNumberError> {
    let seen: String = text.chars().filter(|c| !characters::is_unseen(*c)).collect();
    plan.parse(&number(seen.trim()).ok_or(PhoneNumberError::NotDigits)?)
}

/// The digits of a text that is nothing but a number or a part of one, with a `+` if it stands in front.
fn number(text: &str) -> Option<String> {
    let mut number = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' => number.push(c),
            '+' if number.is_empty() => number.push(c),
            _ if characters::separates_digits(c) => {}
            _ => return None,
        }
    }
    let has_digits = number.bytes().any(|byte| byte.is_ascii_digit());
    (has_digits && number.len() <= MAX_DIGITS).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, region: &str) -> Option<MappingSearch> {
        MappingSearch::read(text, NumberingPlan::of_region(region).unwrap())
    }

    #[test]
    fn a_number_is_looked_for_by_its_digits() {
        for (text, part, start) in [
            ("651-220-0000", "6512200000", Some("+16512200000")),
            ("(651) 220", "651220", None),
            ("651\u{2013}220", "651220", None),
            ("+1 651", "+1651", None),
            ("-0000", "0000", None),
            ("0000\u{AD}", "0000", None),
        ] {
            let found = read(text, "US").unwrap();
            assert_eq!((found.number_part.as_deref(), found.number_start.as_deref()), (Some(part), start), "{text}");
        }
        for (text, start) in [
            ("02079460018", "+442079460018"),
            ("020 7946", "+44207946"),
            ("+44 (0)20 7946 0018", "+442079460018"),
            ("0044 20", "+4420"),
        ] {
            assert_eq!(read(text, "GB").unwrap().number_start.as_deref(), Some(start), "{text}");
        }
    }

    #[test]
    fn an_address_is_looked_for_by_its_letters() {
        for (text, email) in
            [("  Bob@ABC ", Some("bob@abc")), ("bob\u{200B}@", Some("bob@")), ("%", Some("%")), ("b\u{F6}b", None)]
        {
            let found = read(text, "US").unwrap();
            assert_eq!((found.number_part, found.email_part.as_deref()), (None, email), "{text}");
        }
        assert_eq!(read(&"a".repeat(255), "US").unwrap(), MappingSearch::default());
        assert_eq!(read("a\0", "US").unwrap(), MappingSearch::default());
    }

    #[test]
    fn a_whole_number_is_read_as_people_write_it() {
        let written = [
            ("(763) 555-1111", "US", "+17635551111"),
            ("1-763-555-1111", "US", "+17635551111"),
            (" +1 763.555.1111\u{A0}", "US", "+17635551111"),
            ("020 7946 0018", "GB", "+442079460018"),
            ("+44 (0)20 7946 0018", "US", "+442079460018"),
            ("011 44 20 7946 0018", "US", "+442079460018"),
        ];
        for (text, region, expected) in written {
            let number = read_number(text, NumberingPlan::of_region(region).unwrap());
            assert_eq!(number.map(|number| number.to_string()).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "bob@abc.com", "555-1111", "7635551111 ext. 12", "763555111122", &"1".repeat(100_000)] {
            assert!(read_number(text, NumberingPlan::of_region("US").unwrap()).is_err(), "{text:.30}");
        }
    }

    #[test]
    fn nothing_to_be_seen_is_no_search() {
        for text in ["", "  ", "\u{200B}\u{A0}"] {
            assert_eq!(read(text, "US"), None, "{text:?}");
        }
    }
}
