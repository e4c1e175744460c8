//! Which character stands between the cells: told from the header, or by a first line `sep=;`.

/// What the start of a file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Separator {
    /// A comma, a semicolon or a tab.
    pub(super) byte: u8,
    /// The length of the line `sep=;` with its LF; 0 if there is none. Spreadsheets take that line as an instruction
    /// and show the one after it as the first, so it is dropped before lines are counted.
    pub(super) instruction_bytes: usize,
}

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Reads the start of a text, as [`crate::import::text::decoded`] gives it.
pub(super) fn find(opening: &[u8]) -> Separator {
    let first_line = opening.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match instruction(first_line) {
        Some(byte) => Separator { byte, instruction_bytes: opening.len().min(first_line.len() + 1) },
        None => Separator { byte: most_frequent(opening), instruction_bytes: 0 },
    }
}

/// The character that `sep=;` names, in quotes or not, with the empty cells that a spreadsheet may have put behind it.
fn instruction(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let (word, rest) = line.split_at_checked(4)?;
    let (byte, rest) = rest.split_first()?;
    let named = word.eq_ignore_ascii_case(b"sep=") && SEPARATORS.contains(byte);
    let nothing_more = rest.iter().all(|byte| SEPARATORS.contains(byte) || b"\" ".contains(byte));
    (named && nothing_more).then_some(*byte)
}

/// The separator that the first line with content has most often outside quotes; the comma if it has none.
fn most_frequent(opening: &[u8]) -> u8 {
    let mut counts = [0_u32; SEPARATORS.len()];
    let (mut quoted, mut content) = (false, false);
    for byte in opening {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted && content => break,
            b'\n' if !quoted => counts = [0; SEPARATORS.len()],
            _ => match SEPARATORS.iter().position(|separator| separator == byte) {
                Some(at) if !quoted => counts[at] += 1,
                _ => content |= !byte.is_ascii_whitespace(),
            },
        }
    }
    // Of equals the first wins.
    let best = (0..counts.len()).rev().max_by_key(|at| counts[*at]).unwrap_or_default();
    SEPARATORS[best]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_told_from_the_header() {
        for (opening, byte) in [
            ("PhoneNumber,MEEmailAddress\n", b','),
            ("PhoneNumber;MEEmailAddress;;;\n1,2;3\n", b';'),
            ("PhoneNumber\tMEEmailAddress", b'\t'),
            ("\"PhoneNumber\";\"MEEmailAddress\"\n", b';'),
            ("\"a,b,c\";\"x\"\n", b';'),
            ("\n;;\n\nPhoneNumber,MEEmailAddress\n", b','),
            ("PhoneNumber\n1;2\n", b','),
            ("", b','),
        ] {
            assert_eq!(find(opening.as_bytes()), Separator { byte, instruction_bytes: 0 }, "{opening:?}");
        }
    }

    #[test]
    fn a_first_line_sep_names_the_separator_and_is_dropped() {
        for (opening, byte, instruction_bytes) in [
            ("sep=;\na,b;c\n", b';', 6),
            ("SEP=,\na;b\n", b',', 6),
            ("\"sep=\t\"\na;b\n", b'\t', 8),
            ("sep=;;;\na;b\n", b';', 8),
            ("sep=;", b';', 5),
        ] {
            assert_eq!(find(opening.as_bytes()), Separator { byte, instruction_bytes }, "{opening:?}");
        }
        for opening in ["sep=|\n", "sep\n", "sep=;x\n", "\nsep=;\n"] {
            assert_eq!(find(opening.as_bytes()).instruction_bytes, 0, "{opening:?}");
        }
    }
}
