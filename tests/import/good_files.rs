//! Files that are read without a problem, in every form that people and spreadsheets give them.

use crate::{problems_of, read, rows_of};

const BOB: (&str, &str) = ("+17635551111", "bobsmith@abccompany.com");
const ANN: (&str, &str) = ("+17635552222", "ann@abccompany.com");

#[track_caller]
fn assert_reads(file: impl AsRef<[u8]>, expected: &[(u32, (&str, &str))]) {
    let read = read(file.as_ref());
    let text = String::from_utf8_lossy(file.as_ref()).into_owned();
    assert_eq!(problems_of(&read), [], "{text:?}");
    let expected: Vec<_> = expected.iter().map(|(line, (n, e))| (*line, (*n).to_owned(), (*e).to_owned())).collect();
    assert_eq!(rows_of(&read), expected, "{text:?}");
    assert_eq!(read.row_count, expected.len() as u64, "{text:?}");
    assert!(!read.unreadable, "{text:?}");
}

#[test]
fn the_plain_file_is_read() {
    let file = "PhoneNumber,MEEmailAddress\r\n7635551111,BobSmith@ABCcompany.com\r\n7635552222,ann@abccompany.com\r\n";
    assert_reads(file, &[(2, BOB), (3, ANN)]);
    assert_reads(file.trim_end(), &[(2, BOB), (3, ANN)]);
}

#[test]
fn every_encoding_is_read() {
    let file = "\u{FEFF}PhoneNumber,MEEmailAddress\r\n7635551111,bobsmith@abccompany.com\r\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| file.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    assert_reads(file, &[(2, BOB)]);
    assert_reads(utf16(u16::to_le_bytes), &[(2, BOB)]);
    assert_reads(utf16(u16::to_be_bytes), &[(2, BOB)]);
}

#[test]
fn every_separator_and_line_end_is_read() {
    for separator in [",", ";", "\t"] {
        for end in ["\r\n", "\n", "\r"] {
            let lines = [
                ["PhoneNumber", "MEEmailAddress"],
                ["7635551111", "bobsmith@abccompany.com"],
                ["7635552222", "ann@abccompany.com"],
            ];
            assert_reads(lines.map(|cells| cells.join(separator) + end).concat(), &[(2, BOB), (3, ANN)]);
        }
    }
}

#[test]
fn a_line_that_names_the_separator_is_not_counted() {
    let rest = "PhoneNumber;MEEmailAddress\r\n7635551111;bobsmith@abccompany.com\r\n";
    for first in ["sep=;", "SEP=;", "\"sep=;\"", "\u{FEFF}sep=;"] {
        assert_reads(format!("{first}\r\n{rest}"), &[(2, BOB)]);
    }
}

#[test]
fn the_header_is_found_by_its_names() {
    for header in [
        "phonenumber,meemailaddress",
        "PHONENUMBER,MEEMAILADDRESS",
        "\"PhoneNumber\",\"MEEmailAddress\"",
        "PhoneNumber, MEEmailAddress",
        "PhoneNumber, \"MEEmailAddress\" ",
        "\u{A0}PhoneNumber\u{A0},\u{200B}MEEmailAddress",
        "PhoneNumber,MEEmailAddress,,, ,\u{A0}",
    ] {
        assert_reads(format!("{header}\n7635551111,bobsmith@abccompany.com\n"), &[(2, BOB)]);
    }
    assert_reads("MEEmailAddress,,PhoneNumber\nbobsmith@abccompany.com,,7635551111\n", &[(2, BOB)]);
}

#[test]
fn blank_rows_and_columns_are_passed_over_and_lines_still_count() {
    let file = "\n,,\nPhoneNumber,MEEmailAddress,,\n\n7635551111,bobsmith@abccompany.com,,\n,,,\n \u{A0},\n\n\
                7635552222,ann@abccompany.com\n,,,,,,,\n";
    assert_reads(file, &[(5, BOB), (9, ANN)]);
    assert_reads("PhoneNumber,MEEmailAddress\n", &[]);
}

#[test]
fn lines_inside_quotes_count() {
    let file = "PhoneNumber,MEEmailAddress\r\n\"7635551111\r\n\",\"\r\n\r\nbobsmith@abccompany.com\"\r\n\r\n\
                7635552222,ann@abccompany.com";
    assert_reads(file, &[(2, BOB), (7, ANN)]);
}

#[test]
fn numbers_are_read_as_people_and_spreadsheets_write_them() {
    for number in [
        "17635551111",
        "+17635551111",
        "+1 763-555-1111",
        "(763) 555-1111",
        "763.555.1111",
        "763\u{A0}555\u{202F}1111",
        "763\u{2011}555\u{2013}1111",
        "763\u{2010}555-1111",
        "763\u{2014}555\u{2015}1111",
        "763\u{2212}555\u{FF0D}1111",
        "763\u{FE58}555\u{FE63}1111",
        "763\u{30FC}555\u{2E3A}1111",
        "\u{FF08}763\u{FF09}555\u{B7}1111",
        "763\u{AD}555\u{AD}1111",
        "7\u{FE0F}635551111\u{FE0E}",
        "\u{2068}+1\u{2060}763\u{200D}5551111\u{2069}",
        "763\u{3000}555\u{2007}1111\u{E0001}",
        "(+1) 763 555 1111",
        "\u{202A}+1 763 555 1111\u{202C}",
        "7635551111.0",
        "7635551111.00",
        "+17635551111.0",
        "=\"7635551111\"",
        "\"=\"\"7635551111\"\"\"",
        "=\"+17635551111\"",
        "'7635551111",
        "'+17635551111",
        "\"'7635551111\"",
        "  7635551111\t ",
        "\u{200B}7635551111\u{FEFF}",
    ] {
        assert_reads(format!("PhoneNumber,MEEmailAddress\n{number},bobsmith@abccompany.com\n"), &[(2, BOB)]);
    }
}

#[test]
fn addresses_are_read_without_what_a_spreadsheet_adds() {
    for email in [
        "BOBSMITH@ABCCOMPANY.COM",
        "=\"bobsmith@abccompany.com\"",
        "\"=\"\"bobsmith@abccompany.com\"\"\"",
        "'bobsmith@abccompany.com",
        " \u{A0}bobsmith@abccompany.com\u{200B} ",
        " \"bobsmith@abccompany.com\" ",
    ] {
        assert_reads(format!("PhoneNumber,MEEmailAddress\n7635551111,{email}\n"), &[(2, BOB)]);
    }
}

#[test]
fn numbers_of_area_codes_that_no_table_has_are_read() {
    let file = "PhoneNumber,MEEmailAddress\n9245551111,bobsmith@abccompany.com\n+1 (436) 555-2222,ann@abccompany.com\n";
    assert_reads(file, &[(2, ("+19245551111", BOB.1)), (3, ("+14365552222", ANN.1))]);
}

#[test]
fn numbers_of_other_countries_need_a_plus() {
    let file = "PhoneNumber,MEEmailAddress\n+442079460000,bobsmith@abccompany.com\n";
    assert_reads(file, &[(2, ("+442079460000", BOB.1))]);
}

#[test]
fn rows_that_swap_their_addresses_are_no_duplicates() {
    let file = "PhoneNumber,MEEmailAddress\n7635552222,bobsmith@abccompany.com\n7635551111,ann@abccompany.com\n";
    assert_reads(file, &[(2, (ANN.0, BOB.1)), (3, (BOB.0, ANN.1))]);
}
