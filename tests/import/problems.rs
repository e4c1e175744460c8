//! Files with problems: every code, told with its line and column.

use signline::domain::phone_number::PhoneNumber;

use crate::{problems_of, read, rows_of};

const NUMBER: &str = "PhoneNumber";
const EMAIL: &str = "MEEmailAddress";

#[track_caller]
fn assert_problems(file: impl AsRef<[u8]>, expected: &[(u64, &str, &str)]) {
    let read = read(file.as_ref());
    let found = problems_of(&read);
    let found: Vec<_> = found.iter().map(|(line, column, code)| (*line, column.as_str(), *code)).collect();
    assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(file.as_ref()));
    assert_eq!(read.problems.count, expected.len() as u64);
    assert!(read.problems.first.iter().all(|problem| problem.message.len() > 20 && problem.message.ends_with('.')));
}

/// The problems of one row under the usual header.
#[track_caller]
fn assert_row(row: &str, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(column, code)| (2, *column, *code)).collect();
    assert_problems(format!("PhoneNumber,MEEmailAddress\n{row}\n"), &expected);
    assert_eq!(read(format!("PhoneNumber,MEEmailAddress\n{row}\n")).rows, [], "{row:?}");
}

#[test]
fn a_wrong_header_is_told_whole() {
    assert_problems("", &[(1, NUMBER, "missing_column"), (1, EMAIL, "missing_column")]);
    assert_problems("\n\n,,\n", &[(1, NUMBER, "missing_column"), (1, EMAIL, "missing_column")]);
    assert_problems("PhoneNumber\n7635551111\n", &[(1, EMAIL, "missing_column")]);
    assert_problems(
        "PhoneNumber,Mail\n7635551111,bob@abc.com\n",
        &[(1, "Mail", "unknown_column"), (1, EMAIL, "missing_column")],
    );
    assert_problems(
        "PhoneNumber,MEEmailAddress,phonenumber\n7635551111,bob@abc.com,\n",
        &[(1, NUMBER, "malformed_csv")],
    );
    assert_problems(b"PhoneNumber,MEEmailAddress,Gr\xFC\xDFe\n", &[(1, "", "invalid_encoding")]);
}

#[test]
fn rows_under_an_unknown_column_are_checked_as_well() {
    let file = "PhoneNumber,MEEmailAddress,Note\n7635551111,bob@abc.com,hello\n763,ann@abc.com,\n";
    assert_problems(file, &[(1, "Note", "unknown_column"), (3, NUMBER, "invalid_phone_number")]);
    assert!(read(file).unreadable);
}

#[test]
fn content_in_a_column_without_a_name_is_a_problem_of_its_row() {
    let file = "PhoneNumber,,MEEmailAddress\n7635551111,,bob@abc.com\n7635552222,note,ann@abc.com\n";
    assert_problems(file, &[(3, "", "unknown_column")]);
    assert_eq!(rows_of(&read(file)).len(), 1);
    assert!(!read(file).unreadable);
}

#[test]
fn a_row_with_more_cells_than_the_header_is_malformed() {
    assert_row("7635551111,bob@abc.com,more", &[("", "malformed_csv")]);
    assert_row("7635551111,x,bob@abc.com", &[("", "malformed_csv")]);
    assert_row("7,63555E+09,bob@abc.com", &[("", "malformed_csv")]);
}

#[test]
fn a_quote_that_is_never_closed_is_malformed() {
    let header = "PhoneNumber,MEEmailAddress\n";
    let broken = [
        (2, "\"7635551111,bob@abc.com\n7635552222,ann@abc.com\n"),
        (3, "7635551111,bob@abc.com\n7635552222,\"ann@abc.com"),
        (4, "7635551111,bob@abc.com\n\n7635552222,\"ann@abc.com\n7635553333,eve@abc.com\n\n"),
    ];
    for (line, rows) in broken {
        assert_problems(format!("{header}{rows}"), &[(line, "", "malformed_csv")]);
        assert!(read(format!("{header}{rows}")).unreadable);
    }
    assert_problems("\"PhoneNumber,MEEmailAddress\n1,2\n", &[(1, "", "malformed_csv")]);
}

#[test]
fn two_rows_run_together_by_a_quote_are_a_problem() {
    assert_row("7635551111,\"bob@abc.com\n7635552222,\"ann@abc.com", &[(EMAIL, "malformed_csv")]);
}

#[test]
fn cells_that_are_missing_are_told_both() {
    assert_row(",bob@abc.com", &[(NUMBER, "missing_phone_number")]);
    assert_row("7635551111,", &[(EMAIL, "missing_email")]);
    assert_row("7635551111", &[(EMAIL, "missing_email")]);
    assert_row("'\u{A0},bob@abc.com", &[(NUMBER, "missing_phone_number")]);
    assert_row("763,bob", &[(NUMBER, "invalid_phone_number"), (EMAIL, "invalid_email")]);
}

#[test]
fn what_is_no_phone_number_is_told() {
    for number in [
        "763555111",
        "76355511111",
        "1234567890",
        "911",
        "442079460000",
        "-7635551111",
        "\u{2013}7635551111",
        "=7635551111",
        "=7635551110+1",
        "\u{2212}7635551111",
        "763/5551111",
        "7635551111x12",
        "1-800-FLOWERS",
        "\u{FF17}635551111",
        "7635551111 7635552222",
        "763555111.0",
        "763555.0000",
        "7635551111.5",
        "#N/A",
        "########",
        "TRUE",
        "bob@abc.com",
        "\"7635551111\n7635552222\"",
        "99999999999999999999999999",
    ] {
        assert_row(&format!("{number},bob@abc.com"), &[(NUMBER, "invalid_phone_number")]);
    }
}

#[test]
fn a_strange_character_is_named_by_its_code() {
    for (row, code) in [
        ("763555111\u{FF11},bob@abc.com", "U+FF11"),
        ("7635551111\u{20E3},bob@abc.com", "U+20E3"),
        ("7635551111\u{1F4DE},bob@abc.com", "U+1F4DE"),
        ("7635551111\u{661},bob@abc.com", "U+0661"),
        ("7635551111,bob\u{AD}smith@abc.com", "U+00AD"),
        ("7635551111,bob@abc\u{2011}company.com", "U+2011"),
        ("7635551111,bob\u{200B}@abc.com", "U+200B"),
    ] {
        let read = read(format!("PhoneNumber,MEEmailAddress\n{row}\n"));
        let messages: Vec<_> = read.problems.first.iter().map(|problem| problem.message.as_str()).collect();
        assert!(messages.len() == 1 && messages[0].contains(code), "{row:?}: {messages:?}");
    }
}

#[test]
fn a_number_that_a_spreadsheet_shortened_is_told() {
    for number in ["7.63555E+09", "7.63555e+09", "7.63555E9", "\"7,63555E+09\"", "8E+09", "=\"7.6E+09\"", "1.76E+10"] {
        assert_row(&format!("{number},bob@abc.com"), &[(NUMBER, "scientific_notation")]);
    }
}

#[test]
fn what_is_no_address_is_told() {
    for email in [
        "bob",
        "bob@abc",
        "b\u{F6}b@abc.com",
        "bob@abc.com;ann@abc.com",
        "Bob <bob@abc.com>",
        "mailto:bob@abc.com",
        "bob\u{200B}smith@abc.com",
        "\u{212A}elly@abc.com",
        "\"bob@abc.com\nann@abc.com\"",
        "bob@abc.example?subject=Hello",
        "bob@abc.com%20",
        "bob@abc/example.com",
        "bob@10.0.0.1",
        "bob@abc.123",
        "bob@abc_company.com",
    ] {
        assert_row(&format!("7635551111,{email}"), &[(EMAIL, "invalid_email")]);
    }
    assert_row(&format!("7635551111,{}@abc.com", "a".repeat(300)), &[(EMAIL, "invalid_email")]);
}

// proves T-52
#[test]
fn an_address_that_a_spreadsheet_would_run_is_told() {
    for email in [
        "=1+1",
        "+bob@abc.com",
        "-bob@abc.com",
        "@SUM(A1)",
        "'=bob@abc.com",
        "=\"=bob@abc.com\"",
        "\"=HYPERLINK(\"\"https://x.example\"\",\"\"bob@abc.com\"\")\"",
        " @bob@abc.com",
    ] {
        assert_row(&format!("7635551111,{email}"), &[(EMAIL, "formula")]);
    }
    assert_row(&format!("7635551111,={}", "a".repeat(300)), &[(EMAIL, "formula")]);
}

#[test]
fn bytes_that_are_no_text_are_told_in_their_cell() {
    assert_problems(
        b"PhoneNumber,MEEmailAddress\n7635551111,b\xF6b@abc.com\n763\xA05552222,ann@abc.com\n7635553333,a\0@abc.com\n",
        &[(2, EMAIL, "invalid_encoding"), (3, NUMBER, "invalid_encoding"), (4, EMAIL, "invalid_encoding")],
    );
    let broken_utf16: Vec<u8> = "\u{FEFF}PhoneNumber,MEEmailAddress\n7635551111,bob@abc.com"
        .encode_utf16()
        .chain([0xD800])
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_problems(broken_utf16, &[(2, EMAIL, "invalid_encoding")]);
}

#[test]
fn a_row_that_repeats_another_names_its_line() {
    let file = "PhoneNumber,MEEmailAddress\n7635551111,bob@abc.com\n+1 763 555 1111,ann@abc.com\n\
                7635553333,BOB@abc.com\n7635551111,bob@abc.com\n7635554444,ann@abc.com\n";
    assert_problems(
        file,
        &[
            (3, NUMBER, "duplicate_phone_number"),
            (4, EMAIL, "duplicate_email"),
            (5, NUMBER, "duplicate_phone_number"),
            (5, EMAIL, "duplicate_email"),
            (6, EMAIL, "duplicate_email"),
        ],
    );
    let read = read(file);
    assert_eq!(rows_of(&read), [(2, "+17635551111".into(), "bob@abc.com".into())]);
    let lines = ["line 2", "line 2", "line 2", "line 2", "line 3"];
    for (problem, first) in read.problems.first.iter().zip(lines) {
        assert!(problem.message.contains(first), "{problem:?}");
    }
}

#[test]
fn a_row_that_repeats_a_bad_one_is_a_duplicate_too() {
    let file = "PhoneNumber,MEEmailAddress\n7635551111,bob\n7635551111,ann@abc.com\n763,eve@abc.com\n\
                7635552222,eve@abc.com\n";
    assert_problems(
        file,
        &[
            (2, EMAIL, "invalid_email"),
            (3, NUMBER, "duplicate_phone_number"),
            (4, NUMBER, "invalid_phone_number"),
            (5, EMAIL, "duplicate_email"),
        ],
    );
    let read = read(file);
    assert_eq!(rows_of(&read), []);
    let mut others: Vec<_> = read.other_numbers.iter().map(PhoneNumber::to_string).collect();
    others.sort();
    assert_eq!(others, ["+17635551111", "+17635552222"]);
}

#[test]
fn all_problems_are_counted_and_the_first_thousand_told() {
    let rows = "763,bob\n".repeat(2000);
    let read = read(format!("PhoneNumber,MEEmailAddress\n{rows}"));
    assert_eq!(read.problems.count, 4000);
    assert_eq!(read.problems.first.len(), 1000);
    assert_eq!(read.problems.first[999].line, 501);
    assert_eq!(read.row_count, 2000);
}

#[test]
fn a_problem_shows_the_cell_as_it_stands_but_not_endlessly() {
    let cell = "\u{F6}".repeat(5000);
    let read = read(format!("PhoneNumber,MEEmailAddress\n(763) x,{cell}\n"));
    assert_eq!(read.problems.first[0].value, "(763) x");
    assert_eq!(read.problems.first[1].value, "\u{F6}".repeat(120) + "\u{2026}");
}
