//! Names that people give to things.

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// The text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to {MAX_NAME_CHARS} characters on one line, not blank, and without invisible ones")]
pub struct NameError;

/// Reads a name; white space around it is dropped.
///
/// # Errors
/// [`NameError`]
pub fn parse(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    if fits && !name.chars().any(misleads) { Ok(name.to_owned()) } else { Err(NameError) }
}

/// Characters that break a line, or turn the direction of the text around them: a name with one passes for another.
fn misleads(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_not_blank() {
        assert_eq!(parse("  ABC Company \n").unwrap(), "ABC Company");
        assert!(parse(&"ä".repeat(200)).is_ok());
        for wrong in ["", " ", "a\nb", "a\u{0}b", "\u{202E}abc", "a\u{2028}b", &"a".repeat(201)] {
            assert_eq!(parse(wrong), Err(NameError), "{wrong:?}");
        }
    }
}
