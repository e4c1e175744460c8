//! Names that people give to things.

use std::fmt;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// The text is not a valid name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is blank or too long.
    #[error("a name is 1 to {MAX_NAME_CHARS} characters, and not blank")]
    Length,
    /// It has a character that nobody sees, or that changes how the text around it is shown.
    #[error("a name has no control characters and no invisible ones: take out {0}")]
    Unseen(UnseenCharacter),
}

/// A character that can't be shown, and is told by its code, such as `U+202E`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnseenCharacter(pub char);

impl fmt::Display for UnseenCharacter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X}", u32::from(self.0))
    }
}

/// Reads a name; white space around it is dropped.
///
/// # Errors
/// [`NameError`]
pub fn parse(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) {
        return Err(NameError::Length);
    }
    match name.chars().find(|c| is_unseen(*c)) {
        Some(unseen) => Err(NameError::Unseen(UnseenCharacter(unseen))),
        None => Ok(name.to_owned()),
    }
}

/// Whether nobody sees a character, or it turns or breaks the text around it: a name with one passes for another.
///
/// These are the general categories Cc, Cf, Zl and Zp, the property `Default_Ignorable_Code_Point` (Unicode Standard
/// Annex
/// #44), which has the letters of Hangul without a shape and the variation selectors, and the blank of Braille.
fn is_unseen(c: char) -> bool {
    const BLANK_OF_BRAILLE: char = '\u{2800}';
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let breaks = matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    breaks || c == BLANK_OF_BRAILLE || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// What people take a name for. Two names are alike if they differ only in case, white space, unseen characters and
/// letters that look alike: the confusable ones of Unicode Technical Standard #39 and, because case does not count, `i`
/// and `l`, `0` and `o`.
///
/// It has two parts, because case and look can't be folded into one: a small Greek nu looks like `v` and its capital
/// like `N`, and `n` and `v` are not alike. Made anew each time and stored nowhere: the tables of confusable letters
/// grow with Unicode.
#[derive(Clone, Debug)]
pub struct Likeness {
    /// How it looks if all letters are small.
    read: String,
    /// How it looks as it is written.
    seen: String,
}

impl Likeness {
    /// What a name, also one from before [`parse`] was as strict, is taken for.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let name: String = name.nfkc().filter(|c| !c.is_whitespace() && !is_unseen(*c)).collect();
        Self { read: as_shown(&folded(&name)), seen: as_shown(&folded(&skeleton(&name).collect::<String>())) }
    }

    /// Whether people take the two names for one.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.read == other.read || self.seen == other.seen
    }
}

/// A text in small letters as it looks. `I` looks like `l` and `O` like `0`, which `i` and `o` don't, but case does not
/// count.
fn as_shown(small: &str) -> String {
    let shown = folded(&skeleton(small).collect::<String>());
    shown.replace('i', "l").replace('0', "o")
}

/// A text without case: by way of the capital, so that `ß` is `ss` and all forms of a letter become one.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_blank_and_not_too_long() {
        assert_eq!(parse("  ABC Company \n").unwrap(), "ABC Company");
        assert!(parse(&"ä".repeat(200)).is_ok());
        for wrong in ["", " ", "\u{3000}", &"a".repeat(201)] {
            assert_eq!(parse(wrong), Err(NameError::Length), "{wrong:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_refused_in_a_name_and_named_by_its_code() {
        for unseen in [
            '\n',
            '\t',
            '\0',
            '\u{7F}',
            '\u{85}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{115F}',
            '\u{1160}',
            '\u{180B}',
            '\u{180E}',
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{200E}',
            '\u{200F}',
            '\u{2028}',
            '\u{2029}',
            '\u{202A}',
            '\u{202E}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{2069}',
            '\u{206F}',
            '\u{2800}',
            '\u{3164}',
            '\u{FE0F}',
            '\u{FEFF}',
            '\u{FFA0}',
            '\u{FFF9}',
            '\u{1D173}',
            '\u{E0001}',
            '\u{E0041}',
            '\u{E0100}',
        ] {
            let refused = parse(&format!("ABC{unseen}Company")).unwrap_err();
            assert_eq!(refused, NameError::Unseen(UnseenCharacter(unseen)), "{unseen:?}");
            assert!(refused.to_string().ends_with(&format!("U+{:04X}", u32::from(unseen))), "{refused}");
        }
        for good in ["Bücher & Söhne", "O'Brien", "株式会社", "АО Звезда", "شركة", "क्षेत्र", "ABC\u{A0}Company", "☎ 24/7"]
        {
            assert_eq!(parse(good).unwrap(), good);
        }
    }

    // proves T-19
    #[test]
    fn names_that_people_take_for_one_are_alike() {
        for (name, other) in [
            ("ABC Company", "ABC Company"),
            ("ABC Company", "abc company"),
            ("ABC Company", " ABC\u{A0}\u{2003}Company "),
            ("ABC Company", "ABCCompany"),
            ("ABC Company", "ABC\u{200B} Com\u{AD}pany\u{202E}"),
            ("ABC Company", "АВС Company"),
            ("ABC Company", "abс cоmраny"),
            ("ABC Company", "ＡＢＣ Ｃｏｍｐａｎｙ"),
            ("ABC Company", "ABC Cornpany"),
            ("ABC Inc", "ABC lnc"),
            ("ABC Inc", "abc inc"),
            ("abc inc", "ABC 1NC"),
            ("abc inc", "ABC lnc"),
            ("MAIL", "МАІL"),
            ("mail", "MAIL"),
            ("OTTO", "0tto"),
            ("VOICE", "νoice"),
            ("Νέα Υόρκη", "νέα υόρκη"),
            ("ΣΟΦΟΣ", "σοφος"),
            ("Straße", "STRASSE"),
            ("Cafe\u{301}", "CAFÉ"),
        ] {
            assert!(Likeness::of(name).is_like(&Likeness::of(other)), "{name:?} {other:?}");
            assert!(Likeness::of(other).is_like(&Likeness::of(name)), "{other:?} {name:?}");
        }
    }

    #[test]
    fn other_names_are_not_alike() {
        for (name, other) in [
            ("ABC Company", "ABD Company"),
            ("ABC Company", "ABC Company 2"),
            ("ABC Company", "ABC"),
            ("Café", "Cafe"),
            ("Nova", "Vona"),
            ("north", "Νορθ"),
            ("株式会社", "有限会社"),
        ] {
            assert!(!Likeness::of(name).is_like(&Likeness::of(other)), "{name:?} {other:?}");
        }
    }
}
