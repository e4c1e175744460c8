//! Files that are not CSV at all, or made to cost more than they should.

use crate::{problems_of, read};

#[test]
fn a_file_of_another_kind_is_called_by_its_name() {
    for (file, code, name) in [
        (&b"%PDF-1.7\n%\xE2\xE3"[..], "malformed_csv", "PDF"),
        (b"PK\x03\x04\x14\0\x06\0", "malformed_csv", "workbook"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "malformed_csv", "old Excel"),
        (b"  <!DOCTYPE html><html>", "malformed_csv", "web page"),
        (b"\xEF\xBB\xBF<?xml version=\"1.0\"?>", "malformed_csv", "XML"),
        (b"{\\rtf1\\ansi", "malformed_csv", "text document"),
        (b"P\0h\0o\0n\0e\0N\0u\0m\0b\0e\0r\0", "invalid_encoding", "UTF-16"),
        (b"\0P\0h\0o\0n\0e\0N\0u\0m\0b\0e\0r", "invalid_encoding", "UTF-16"),
    ] {
        let read = read(file);
        assert_eq!(problems_of(&read), [(1, String::new(), code)], "{name}");
        assert!(read.problems.first[0].message.contains(name), "{name}");
        assert!(read.unreadable, "{name}");
    }
}

#[test]
fn a_line_of_separators_alone_is_refused_before_it_fills_the_memory() {
    let read = read(format!("PhoneNumber,MEEmailAddress\n{}", ",".repeat(2 << 20)));
    assert_eq!(problems_of(&read), [(2, String::new(), "malformed_csv")]);
    assert!(read.unreadable);
}

#[test]
fn a_header_of_too_many_columns_is_refused() {
    let header = format!("PhoneNumber,MEEmailAddress{}", ",".repeat(999));
    assert_eq!(problems_of(&read(header)), [(1, String::new(), "malformed_csv")]);
    let header = format!("PhoneNumber,MEEmailAddress{}", ",".repeat(998));
    assert_eq!(problems_of(&read(header)), []);
}

#[test]
fn a_nul_does_not_end_the_file() {
    let file = "PhoneNumber,MEEmailAddress\n7635551111,bob@abc.com\n\0\n7635552222,ann@abc.com\n";
    let read = read(file);
    assert_eq!(read.row_count, 3);
    assert_eq!(read.rows.len(), 2);
    let code = |column: &str, code| (3, column.to_owned(), code);
    assert_eq!(problems_of(&read), [code("PhoneNumber", "invalid_encoding"), code("MEEmailAddress", "missing_email")]);
}

#[test]
fn a_byte_order_mark_alone_is_an_empty_file() {
    for bytes in [&b"\xEF\xBB\xBF"[..], b"\xFF\xFE", b"\xFE\xFF", b"\xEF\xBB", b"\xFF", b"sep=;", b"\r", b"\""] {
        assert!(read(bytes).unreadable, "{bytes:?}");
    }
}

#[test]
fn a_row_of_many_lines_between_quotes_is_refused_before_it_fills_the_memory() {
    for row in ["\"\n\"x,".repeat(1 << 18), format!("\"{}", "7635552222,ann@abc.com\n".repeat(1 << 16))] {
        let read = read(format!("PhoneNumber,MEEmailAddress\n7635551111,bob@abc.com\n{row}"));
        assert_eq!(problems_of(&read), [(3, String::new(), "malformed_csv")]);
        assert!(read.problems.first[0].message.contains("row is longer than 1 MiB"));
        assert!(read.unreadable);
    }
}
