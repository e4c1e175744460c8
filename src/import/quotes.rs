//! Looks at the quotes of a CSV on its way to the `csv` crate, which glues together what does not belong together: of
//! `"bob@abc.example"x` it makes `bob@abc.examplex`.

use std::collections::VecDeque;
use std::io;
use std::io::Read;

use memchr::{memchr, memchr_iter, memrchr, memrchr2};

/// The longest row in bytes, with the line ends between its quotes: it is held in memory whole.
const MAX_ROW_BYTES: usize = 1 << 20;

/// A text that is read, and the fields in it whose quotes do not end where the field ends.
///
/// A field may be quoted as RFC 4180, section 2, has it. Blanks around the quotes are passed over, as they are around
/// every cell. What starts as a formula (`="763…"`) is left to those who read the cell.
pub(super) struct Quotes<R> {
    source: R,
    separator: u8,
    place: Place,
    line: u64,
    column: usize,
    misquoted: VecDeque<Misquoted>,
    row_line: u64,
    row_bytes: usize,
    long_row: Option<u64>,
}

/// Where a field stands whose quotes do not end where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Misquoted {
    line: u64,
    column: usize,
}

/// Where in a field the reader is. The `csv` crate takes quotes for quotes only if the first is the field's first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At its start.
    Start,
    /// After nothing but blanks.
    Blanks,
    /// After a byte that needs no quotes: a quote behind it is one too many.
    Plain,
    /// Between its quotes.
    Quoted,
    /// After a quote between its quotes: the closing one, or the first of two.
    Closed,
    /// After the closing quote and a blank.
    Behind,
    /// After a quote that stands behind blanks: separators and line ends still end the field.
    BlankQuoted,
    /// After the second quote of those.
    BehindBlankQuoted,
    /// In a field of which no more is to be said.
    Unchecked,
}

impl<R> Quotes<R> {
    pub(super) fn new(source: R, separator: u8) -> Self {
        Self {
            source,
            separator,
            place: Place::Start,
            line: 1,
            column: 0,
            misquoted: VecDeque::new(),
            row_line: 1,
            row_bytes: 0,
            long_row: None,
        }
    }

    /// The column, counted from 0, of the first field before `line` whose quotes are wrong. Fields before `line` are
    /// forgotten.
    pub(super) fn misquoted_before(&mut self, line: u64) -> Option<usize> {
        let mut first = None;
        while let Some(next) = self.misquoted.pop_front_if(|next| next.line < line) {
            first = first.or(Some(next.column));
        }
        first
    }

    /// The line on which the row starts that was too long to be read.
    pub(super) fn long_row(&self) -> Option<u64> {
        self.long_row
    }

    fn look(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            match self.place {
                Place::Start => at += self.pass_over(&bytes[at..]),
                Place::Quoted => at += self.pass_over_quoted(&bytes[at..]),
                _ => {}
            }
            if let Some(byte) = bytes.get(at) {
                self.step(*byte);
                at += 1;
            }
        }
    }

    /// Passes over the whole fields before the next quote at once, and says how many bytes they have.
    fn pass_over(&mut self, bytes: &[u8]) -> usize {
        let end = memchr(b'"', bytes).unwrap_or(bytes.len());
        let fields = &bytes[..memrchr2(self.separator, b'\n', &bytes[..end]).map_or(0, |last| last + 1)];
        let row = match memrchr(b'\n', fields) {
            Some(last) => {
                self.line += memchr_iter(b'\n', fields).count() as u64;
                self.start_row();
                &fields[last + 1..]
            }
            None => fields,
        };
        self.column += memchr_iter(self.separator, row).count();
        self.row_bytes += row.len();
        fields.len()
    }

    /// Passes over what stands before the next quote between quotes, and says how many bytes that are.
    fn pass_over_quoted(&mut self, bytes: &[u8]) -> usize {
        let end = memchr(b'"', bytes).unwrap_or(bytes.len());
        self.line += memchr_iter(b'\n', &bytes[..end]).count() as u64;
        self.row_bytes += end;
        end
    }

    /// Takes one byte; between quotes that is a quote.
    fn step(&mut self, byte: u8) {
        self.row_bytes += 1;
        if byte == self.separator || byte == b'\n' {
            if self.place == Place::BlankQuoted {
                self.tell();
            }
            self.end_field(byte);
            return;
        }
        self.place = match (self.place, byte) {
            (Place::Quoted, _) => Place::Closed,
            (Place::Start | Place::Closed, b'"') => Place::Quoted,
            (Place::Blanks, b'"') => Place::BlankQuoted,
            (Place::BlankQuoted, b'"') => Place::BehindBlankQuoted,
            (Place::Start | Place::Blanks, _) if is_blank(byte) => Place::Blanks,
            (Place::Start | Place::Blanks, b'=' | b'+' | b'-' | b'@') => Place::Unchecked,
            (Place::Start | Place::Blanks, _) => Place::Plain,
            (Place::Closed | Place::Behind, _) if is_blank(byte) => Place::Behind,
            (Place::BehindBlankQuoted, _) if is_blank(byte) => Place::BehindBlankQuoted,
            (Place::Closed | Place::Behind | Place::BehindBlankQuoted, _) | (Place::Plain, b'"') => {
                self.tell();
                Place::Unchecked
            }
            (place, _) => place,
        };
    }

    fn end_field(&mut self, end: u8) {
        self.place = Place::Start;
        self.column += 1;
        if end == b'\n' {
            self.line += 1;
            self.start_row();
        }
    }

    fn start_row(&mut self) {
        (self.row_line, self.row_bytes, self.column) = (self.line, 0, 0);
    }

    fn tell(&mut self) {
        self.misquoted.push_back(Misquoted { line: self.line, column: self.column });
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.look(&buffer[..count]);
        if self.row_bytes > MAX_ROW_BYTES {
            self.long_row = Some(self.row_line);
            let message =
                "a row is longer than 1 MiB. Look for a quote that opens in it and closes far below, or never";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(count)
    }
}

/// A space or a tab, or a byte of a character outside ASCII: a space of another kind, or one that whoever reads the
/// cell refuses.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t') || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misquoted(text: &str, piece: usize) -> Vec<(u64, usize)> {
        let mut quotes = Quotes::new(io::empty(), b',');
        text.as_bytes().chunks(piece).for_each(|piece| quotes.look(piece));
        quotes.misquoted.iter().map(|found| (found.line, found.column)).collect()
    }

    #[test]
    fn quotes_that_end_with_their_field_are_passed() {
        for text in [
            "a,b\nc,d\n",
            "\"a\",\"b\"\n\"c\n,d\",\"\"\n",
            "\"a\"\"b\",\"\"\"\"\n",
            "\"a\" ,\"b\"\t\n",
            " \"a\" , \"b\"\n",
            "\u{A0}\"a\"\u{A0},\"b\"\u{200B}\n",
            "=\"763\",\"=\"\"763\"\"\"\n",
            "=HYPERLINK(\"x\"),@SUM(\"a\")\n",
            "\"a",
            "",
        ] {
            for piece in 1..=text.len().max(1) {
                assert_eq!(misquoted(text, piece), [], "{text:?} by {piece}");
            }
        }
    }

    #[test]
    fn quotes_that_end_elsewhere_are_told_with_their_line_and_column() {
        for (text, expected) in [
            ("a,\"b\"x\n", vec![(1, 1)]),
            ("\n\na,b\n\"a\"x,\"b\"y,c\n", vec![(4, 0), (4, 1)]),
            ("\"a\n\n\"x,b\n", vec![(3, 0)]),
            ("a\"b,c\n", vec![(1, 0)]),
            ("a,b\"\"\n", vec![(1, 1)]),
            ("\"a\" \"b\",c\n", vec![(1, 0)]),
            ("a, \"b\"x\n", vec![(1, 1)]),
            ("a, \"b,c\n", vec![(1, 1)]),
            ("1,\"b\n2,\"c\"\n3,d\n", vec![(2, 1)]),
        ] {
            for piece in 1..=text.len() {
                assert_eq!(misquoted(text, piece), expected, "{text:?} by {piece}");
            }
        }
    }

    #[test]
    fn what_was_told_of_earlier_lines_is_forgotten() {
        let mut quotes = Quotes::new(io::empty(), b',');
        quotes.look(b"a,\"b\"x\n\"c\"x\n\nd\n\"e\"x\n");
        let found: Vec<_> = [1, 2, 3, 5, 6].into_iter().map(|line| quotes.misquoted_before(line)).collect();
        assert_eq!(found, [None, Some(1), Some(0), None, Some(0)]);
    }
}
