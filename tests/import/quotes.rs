//! Quotes that do not stand where they belong, and rows that stand in one cell.

use crate::workbook_files::WorkbookFile;
use crate::{problems_of, read, rows_of};

const NUMBER: &str = "PhoneNumber";
const EMAIL: &str = "MEEmailAddress";
const HEADER: &str = "PhoneNumber,MEEmailAddress\n";

#[track_caller]
fn assert_malformed(file: impl AsRef<[u8]>, line: u64, column: &str, words: &str) {
    let read = read(file.as_ref());
    let text = String::from_utf8_lossy(file.as_ref()).into_owned();
    assert_eq!(problems_of(&read), [(line, column.to_owned(), "malformed_csv")], "{text:?}");
    let message = &read.problems.first[0].message;
    assert!(message.contains(words), "{text:?}: {message}");
}

// proves T-54
#[test]
fn text_behind_a_closing_quote_is_malformed() {
    for (column, row) in [
        (EMAIL, "7635551111,\"bob@abc.example\"x"),
        (EMAIL, "7635551111,\"bob@abc.example\"\"x\"y"),
        (EMAIL, "7635551111,\"bob@abc.example\" x"),
        (EMAIL, "7635551111,\"bob@\"abc.example"),
        (EMAIL, "7635551111, \"bob@abc.example\"x"),
        (NUMBER, "\"763555\"1111,bob@abc.example"),
        (NUMBER, "\"7635551111\"\"2\"3,bob@abc.example"),
        (EMAIL, "7635551111,bob\"@abc.example"),
        (EMAIL, "7635551111,bob@abc.example\""),
        (NUMBER, "7635551111\",bob@abc.example"),
        (EMAIL, "7635551111,\"bob@abc.example\n7635552222,\"ann@abc.example"),
        (EMAIL, "7635551111,\"bob@abc.example\n7635552222,\"ann@abc.example\""),
    ] {
        let file = format!("{HEADER}{row}\n7635553333,eve@abc.example\n");
        assert_malformed(&file, 2, column, "quotes");
        let good = read(&file).rows;
        assert_eq!(good.iter().map(|row| row.email.as_str()).collect::<Vec<_>>(), ["eve@abc.example"], "{row:?}");
    }
}

#[test]
fn the_line_of_a_wrong_quote_is_the_one_on_which_its_row_starts() {
    let rows = "\r\n\"7635551111\r\n\",bob@abc.example\r\n\r\n7635552222,\"ann@abc.example\"x\r\n\"7635553333\"x,eve@abc.example";
    let read = read(format!("PhoneNumber,MEEmailAddress\r\n{rows}"));
    let malformed = |line, column: &str| (line, column.to_owned(), "malformed_csv");
    assert_eq!(problems_of(&read), [malformed(6, EMAIL), malformed(7, NUMBER)]);
    assert_eq!(rows_of(&read), [(3, "+17635551111".into(), "bob@abc.example".into())]);
}

#[test]
fn a_wrong_quote_far_behind_the_start_is_told_with_its_line() {
    let mut rows: Vec<_> = (0..5000).map(|at| format!("{},a{at}@abc.example", 7_635_550_000_u64 + at)).collect();
    rows[4000] = "7635554000,\"bob@abc.example\"x".to_owned();
    let read = read(format!("{HEADER}{}\n", rows.join("\n")));
    assert_eq!(problems_of(&read), [(4002, EMAIL.to_owned(), "malformed_csv")]);
    assert_eq!(read.rows.len(), 4999);
}

#[test]
fn a_wrong_quote_in_the_header_makes_the_file_unreadable() {
    for header in
        ["\"PhoneNumber\"x,MEEmailAddress", "PhoneNumber\",MEEmailAddress", "\"PhoneNumber\" \"\",MEEmailAddress"]
    {
        let read = read(format!("{header}\n7635551111,bob@abc.example\n"));
        assert_eq!(
            problems_of(&read).iter().map(|(line, _, code)| (*line, *code)).collect::<Vec<_>>(),
            [(1, "malformed_csv")]
        );
        assert!(read.unreadable, "{header}");
    }
}

#[test]
fn quotes_that_belong_to_their_field_are_read() {
    for row in [
        "\"7635551111\",\"bob@abc.example\"",
        "\"7635551111\" ,\"bob@abc.example\" ",
        "\"7635551111\"\t, \"bob@abc.example\"",
        "\"7635551111\r\n\",\"\r\nbob@abc.example\"",
        "=\"7635551111\",=\"bob@abc.example\"",
        "\"=\"\"7635551111\"\"\",bob@abc.example",
        "\"7635551111\"\u{A0},\"bob@abc.example\"\u{200B}",
    ] {
        let read = read(format!("\"PhoneNumber\" ,\"MEEmailAddress\"\r\n{row}\r\n"));
        assert_eq!(problems_of(&read), [], "{row:?}");
        assert_eq!(rows_of(&read), [(2, "+17635551111".into(), "bob@abc.example".into())], "{row:?}");
    }
}

#[test]
fn a_header_in_one_cell_is_told_as_such() {
    for (column, file) in [
        ("PhoneNumber,MEEmailAddress", "PhoneNumber,MEEmailAddress;;\n7635551111,bob@abc.example;;\n"),
        ("PhoneNumber,MEEmailAddress", "\"PhoneNumber,MEEmailAddress\"\n\"7635551111,bob@abc.example\"\n"),
        (
            "\"PhoneNumber\",\"MEEmailAddress\"",
            "\"\"\"PhoneNumber\"\",\"\"MEEmailAddress\"\"\"\n\"\"\"7635551111\"\",\"\"bob@abc.example\"\"\"\n",
        ),
        ("PhoneNumber|MEEmailAddress", "PhoneNumber|MEEmailAddress\n7635551111|bob@abc.example\n"),
    ] {
        assert_malformed(file, 1, column, "All columns stand in one cell");
        assert!(read(file).problems.first[0].message.contains("Text to Columns"));
        assert!(read(file).unreadable, "{file:?}");
    }
    let sheet = WorkbookFile::of_texts(&[["PhoneNumber,MEEmailAddress"], ["7635551111,bob@abc.example"]]).bytes();
    assert_malformed(sheet, 1, "PhoneNumber,MEEmailAddress", "All columns stand in one cell");
}

#[test]
fn a_row_in_one_cell_is_told_as_such() {
    for (column, row) in [
        (NUMBER, "\"7635551111,bob@abc.example\""),
        (NUMBER, "\"7635551111;bob@abc.example\","),
        (NUMBER, "\"bob@abc.example,+1 763-555-1111\","),
        (EMAIL, ",\"7635551111,bob@abc.example\""),
    ] {
        assert_malformed(format!("{HEADER}{row}\n"), 2, column, "stand in one cell");
    }
    let rows = [["PhoneNumber", "MEEmailAddress"], ["7635551111,bob@abc.example", ""]];
    assert_malformed(WorkbookFile::of_texts(&rows).bytes(), 2, NUMBER, "stand in one cell");
    let file = format!("{HEADER}\"bob@abc.example, ann@abc.example\",\n");
    assert_eq!(problems_of(&read(file)).len(), 2);
}

#[test]
fn a_quote_that_takes_in_lines_and_closes_well_is_malformed() {
    for (column, row) in [
        (NUMBER, "\"7635551111,bob@abc.example\n7635552222,ann@abc.example\n\",joe@abc.example"),
        (EMAIL, "7635551111,\"bob@abc.example\n7635552222,ann@abc.example\""),
    ] {
        let file = format!("{HEADER}{row}\n7635552222,eve@abc.example\n7635553333,kim@abc.example\n");
        let found = problems_of(&read(&file));
        assert_eq!(found[0], (2, column.to_owned(), "malformed_csv"), "{row:?}");
        assert_eq!(found[1].2, "duplicate_phone_number", "{row:?}");
        assert!(read(&file).problems.first[0].message.contains("takes in the lines after it"));
        assert_eq!(rows_of(&read(&file)).len(), 1, "{row:?}");
    }
    let rows = [["PhoneNumber", "MEEmailAddress"], ["7635551111,\n7635552222", "bob@abc.example"]];
    let found = problems_of(&read(WorkbookFile::of_texts(&rows).bytes()));
    assert_eq!(found, [(2, NUMBER.to_owned(), "invalid_phone_number")]);
}

#[test]
fn what_stands_in_a_malformed_row_is_a_duplicate_in_the_rows_after_it() {
    for row in [
        "7635551111,\"bob@abc.example\"y",
        "7635551111,bob@abc.example,more",
        "x,7635551111,bob@abc.example",
        "\"7635551111,bob@abc.example\"",
    ] {
        let file = read(format!("{HEADER}{row}\n7635551111,eve@abc.example\n7635552222,ann@abc.example\n"));
        let found: Vec<_> = problems_of(&file).into_iter().map(|(line, _, code)| (line, code)).collect();
        assert_eq!(found, [(2, "malformed_csv"), (3, "duplicate_phone_number")], "{row:?}");
        assert_eq!(rows_of(&file), [(4, "+17635552222".into(), "ann@abc.example".into())], "{row:?}");
        assert_eq!(file.other_numbers.len(), 1, "{row:?}");
    }
}
