//! What is shown to people, and what they are asked.

use std::io;
use std::io::{BufRead, IsTerminal, Write};

use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};
use console::Term;

/// The text without anything that a terminal would obey: it may come from a file or a service of somebody else.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' | '\'' | '\\' => shown.push(letter),
            _ => shown.extend(letter.escape_debug()),
        }
    }
    shown
}

/// The text as one word of a POSIX shell's command line, which is shown to be copied.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/%@=+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Whether there is somebody to be asked.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question and waits for the line of the answer; nothing at the end of the input.
pub(super) fn ask(question: &str) -> Result<String, String> {
    let fault = |error: io::Error| format!("nobody can be asked: {error}");
    let mut stderr = io::stderr();
    stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush()).map_err(fault)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(fault)?;
    Ok(answer.trim().to_owned())
}

/// Prints a line beside the results.
pub(super) fn tell(line: &str) {
    // The standard error stream may be closed; the exit status still tells.
    let _ = writeln!(io::stderr(), "{}", shown(line));
}

/// Prints a result.
pub(super) fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has had enough, such as `head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| format!("nothing could be printed: {error}")),
    }
}

/// Between two columns.
const GAP: u16 = 2;

/// A table without lines; its texts are wrapped to the width of a terminal, and whole for a script.
pub(super) struct Listing {
    table: Table,
    /// How wide the columns are at least.
    widths: Vec<u16>,
}

impl Listing {
    pub(super) fn new<'a>(header: impl IntoIterator<Item = &'a str>) -> Self {
        let mut listing = Self::empty(Vec::new());
        listing.table.set_header(header);
        listing
    }

    /// What comes below this one: its columns are as wide, and it has no header.
    pub(super) fn next_page(&self) -> Self {
        Self::empty(self.table.column_max_content_widths())
    }

    fn empty(widths: Vec<u16>) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        match Term::stdout().size_checked().filter(|_| io::stdout().is_terminal()) {
            Some((_, columns)) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        Self { table, widths }
    }

    pub(super) fn add<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        self.table.add_row(cells.into_iter().map(|cell| Cell::new(shown(cell))));
    }

    /// The lines, with a line break after each.
    pub(super) fn text(&mut self) -> String {
        self.table.discover_columns();
        for (at, column) in self.table.column_iter_mut().enumerate() {
            column.set_padding((0, GAP));
            if let Some(width) = self.widths.get(at) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width.saturating_add(GAP))));
            }
        }
        self.table.trim_fmt() + "\n"
    }
}

/// `1 row`, `2 rows`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves T-88
    #[test]
    fn nothing_that_a_terminal_obeys_is_shown() {
        assert_eq!(shown("bob's \"sheet\" C:\\ ä 電話"), "bob's \"sheet\" C:\\ ä 電話");
        for (raw, expected) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}moc.cba", "\\u{202e}moc.cba"),
            ("\u{7}", "\\u{7}"),
        ] {
            assert_eq!(shown(raw), expected);
        }
    }

    // proves T-88
    #[test]
    fn a_word_of_a_command_is_one_word_to_the_shell() {
        for (text, expected) in [
            ("https://signline.example:8443/a_b", "https://signline.example:8443/a_b"),
            ("https://signline.example/a-b", "https://signline.example/a-b"),
            ("https://x/$(id)", "'https://x/$(id)'"),
            ("https://x/;id", "'https://x/;id'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn a_listing_is_lined_up_and_has_no_blanks_at_the_ends() {
        let mut listing = Listing::new(["LINE", "VALUE"]);
        listing.add(["2", "a\nb"]);
        listing.add(["10000", ""]);
        assert_eq!(listing.text(), "LINE   VALUE\n2      a\\nb\n10000\n");
        let mut next = listing.next_page();
        next.add(["3", "c"]);
        assert_eq!(next.text(), "3      c\n");
    }

    #[test]
    fn one_is_not_a_plural() {
        assert_eq!((counted(1, "row"), counted(2, "row")), ("1 row".to_owned(), "2 rows".to_owned()));
    }
}
