//! What spreadsheets do to texts that they open.

use std::borrow::Cow;

/// The first characters that make a spreadsheet run a cell as a formula (CWE-1236; OWASP's list, full-width signs
/// included).
const RUNS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];

/// A cell of a file that somebody opens in a spreadsheet, with an apostrophe in front if the spreadsheet would run it:
/// its text may come from somebody else.
#[must_use]
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(RUNS) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_character_that_runs_is_guarded() {
        for first in RUNS {
            assert_eq!(guarded(&format!("{first}x")), format!("'{first}x"));
        }
        assert_eq!(guarded("bob@abc.com"), "bob@abc.com");
    }
}
