//! Characters that people don't see or take for others, and what to call them.

use std::fmt;

use icu_properties::CodePointSetData;
use icu_properties::props::{Dash, DefaultIgnorableCodePoint};

/// Whether nothing is drawn for a character: soft hyphens, direction marks, zero-width characters, variation selectors.
/// They come along when a contact is copied.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character is a dash of any script, or looks like one on a keyboard that has none: the hyphen bullet, the
/// modifier letter minus and the Japanese prolonged sound marks.
#[must_use]
pub fn is_dash(c: char) -> bool {
    CodePointSetData::new::<Dash>().contains(c) || matches!(c, '\u{2D7}' | '\u{2043}' | '\u{30FC}' | '\u{FF70}')
}

/// Whether a character may stand between the digits of a phone number as people write it: a space (no control
/// character), a dot, a dash, a bracket, or one that nobody sees.
#[must_use]
pub fn separates_digits(c: char) -> bool {
    matches!(c, '.' | '(' | ')' | '[' | ']' | '\u{B7}' | '\u{2024}' | '\u{2027}' | '\u{FF0E}')
        || matches!(c, '\u{FF08}' | '\u{FF09}' | '\u{FF3B}' | '\u{FF3D}')
        || is_dash(c)
        || is_unseen(c)
        || (c.is_whitespace() && !c.is_control())
}

/// A character as a message names it: by its code, and where it can be seen also by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named(pub char);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(c) = *self;
        let code = u32::from(c);
        if is_unseen(c) || c.is_control() || c.is_whitespace() {
            write!(f, "U+{code:04X}, which can't be seen")
        } else {
            write!(f, "{c} (U+{code:04X})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_named_by_its_code() {
        assert_eq!(Named('\u{AD}').to_string(), "U+00AD, which can't be seen");
        assert_eq!(Named('\u{A0}').to_string(), "U+00A0, which can't be seen");
        assert_eq!(Named('\u{FF17}').to_string(), "\u{FF17} (U+FF17)");
        assert_eq!(Named('\u{1F4DE}').to_string(), "\u{1F4DE} (U+1F4DE)");
    }

    #[test]
    fn letters_and_digits_of_no_script_separate_digits() {
        for c in ['7', 'x', '+', ',', ';', '/', '\n', '\t', '\u{FF17}', '\u{661}', '\u{F6}', '\u{20E3}'] {
            assert!(!separates_digits(c), "{c:?}");
        }
    }
}
