//! From the bytes of an upload to UTF-8 with LF line ends, in constant memory.

use std::io;
use std::io::{BufReader, Read};

use encoding_rs_io::DecodeReaderBytesBuilder;

/// The last line of every decoded text, a single NUL. If it comes as a row of its own, every quote before it is closed;
/// the `csv` crate does not tell otherwise.
pub(super) const END_MARK: &[u8] = b"\n\0\n";

/// The longest line in bytes. A row of a million empty cells would cost eight times its size.
const MAX_LINE_BYTES: usize = 1 << 20;

/// UTF-8 (a byte order mark is dropped) or, with a byte order mark, UTF-16, as UTF-8, and [`END_MARK`] behind it.
///
/// CRLF and a lone CR (old Mac) become LF, so that lines can be counted. Bytes that are not UTF-8 are left for the
/// reader to find in their cell; in UTF-16 they become U+FFFD. A NUL becomes a byte that no UTF-8 has, 0xFF.
pub(super) fn decoded(source: impl Read) -> impl Read {
    let utf8 = DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).build(source);
    // The decoder loses the end of a broken file where it is given room for less than a character.
    Lines { source: BufReader::new(utf8), after_cr: false, line_bytes: 0 }.chain(END_MARK)
}

struct Lines<R> {
    source: R,
    after_cr: bool,
    line_bytes: usize,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.source.read(buffer)?;
            let kept = self.normalise(&mut buffer[..count])?;
            // A read of nothing but the LF of a CRLF must not look like the end.
            if kept > 0 || count == 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> Lines<R> {
    fn normalise(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut kept = 0;
        for at in 0..bytes.len() {
            let byte = bytes[at];
            let second_of_crlf = self.after_cr && byte == b'\n';
            self.after_cr = byte == b'\r';
            if second_of_crlf {
                continue;
            }
            bytes[kept] = match byte {
                b'\r' => b'\n',
                0 => 0xFF,
                other => other,
            };
            self.line_bytes = if bytes[kept] == b'\n' { 0 } else { self.line_bytes + 1 };
            kept += 1;
            if self.line_bytes > MAX_LINE_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than 1 MiB"));
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }

    fn text_of(source: impl Read) -> Vec<u8> {
        let mut text = Vec::new();
        decoded(source).read_to_end(&mut text).unwrap();
        text.truncate(text.len() - END_MARK.len());
        text
    }

    #[test]
    fn every_encoding_a_spreadsheet_writes_becomes_utf8() {
        let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let cases = [
            "aé\n".as_bytes().to_vec(),
            "\u{FEFF}aé\n".as_bytes().to_vec(),
            utf16("\u{FEFF}aé\n", u16::to_le_bytes),
            utf16("\u{FEFF}aé\n", u16::to_be_bytes),
        ];
        for bytes in cases {
            assert_eq!(text_of(&*bytes), "aé\n".as_bytes(), "{bytes:?}");
            assert_eq!(text_of(Drip(&bytes)), "aé\n".as_bytes(), "{bytes:?}");
        }
    }

    #[test]
    fn the_end_of_a_broken_file_is_the_same_however_it_is_read() {
        // Half a surrogate pair, and a character that takes two bytes.
        let broken = [0xFF, 0xFE, 0x41, 0x00, 0x00, 0xD9, 0xD9, 0x00];
        let mut source = decoded(Drip(&broken));
        let (mut text, mut byte) = (Vec::new(), [0]);
        while source.read(&mut byte).unwrap() > 0 {
            text.push(byte[0]);
        }
        assert_eq!(text, "A\u{FFFD}Ù\n\0\n".as_bytes());
        assert_eq!(text_of(&broken[..]), "A\u{FFFD}Ù".as_bytes());
    }

    #[test]
    fn every_line_end_becomes_lf() {
        for (bytes, expected) in [("a\r\nb\r\n", "a\nb\n"), ("a\rb\r", "a\nb\n"), ("a\n\r\n\r\rb", "a\n\n\n\nb")] {
            assert_eq!(text_of(bytes.as_bytes()), expected.as_bytes());
            assert_eq!(text_of(Drip(bytes.as_bytes())), expected.as_bytes());
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut text = Vec::new();
        assert!(decoded(io::repeat(b',')).read_to_end(&mut text).is_err());
    }
}
