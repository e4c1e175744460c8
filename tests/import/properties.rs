//! What holds for every file.

use std::collections::BTreeMap;

use proptest::prelude::*;
use signline::domain::email::EmailAddress;
use signline::domain::phone_number::PhoneNumber;
use signline::export;
use signline::export::TEMPLATE;
use signline::ports::mapping_store::ExportedMapping;

use crate::{problems_of, read, us};

/// A group's mappings, from number to address.
fn mappings() -> impl Strategy<Value = BTreeMap<u64, String>> {
    let number = prop_oneof![17_635_552_000..17_635_559_999_u64, 442_079_460_000..442_079_469_999_u64];
    let email = "('?[a-z0-9][a-z0-9+_'-]{0,8}|[!#$%&*/?^`{|}~a-z]{1,8})@[a-z]{1,6}\\.(com|example|co\\.uk)";
    prop::collection::btree_map(number, email, 0..30).prop_map(|all| {
        let mut emails = std::collections::HashSet::new();
        let usable = |email: &String| EmailAddress::parse(email).is_ok();
        all.into_iter().filter(|(_, email)| usable(email) && emails.insert(email.clone())).collect()
    })
}

fn exported(mappings: &BTreeMap<u64, String>) -> Vec<ExportedMapping> {
    let mapping = |(digits, email): (&u64, &String)| ExportedMapping {
        phone_number: PhoneNumber::from_digits(*digits).unwrap(),
        email: EmailAddress::parse(email).unwrap(),
    };
    mappings.iter().map(mapping).collect()
}

fn rows_read(file: impl AsRef<[u8]>) -> BTreeMap<u64, String> {
    let read = read(file.as_ref());
    assert_eq!(problems_of(&read), [], "{:?}", String::from_utf8_lossy(file.as_ref()));
    read.rows.into_iter().map(|row| (row.phone_number.digits(), row.email.to_string())).collect()
}

/// How a file is dressed up.
#[derive(Clone, Debug)]
struct Dress {
    separator: &'static str,
    line_end: &'static str,
    encoding: u8,
    names_separator: bool,
    swapped: bool,
    empty_columns: usize,
}

fn dress() -> impl Strategy<Value = Dress> {
    let separator = prop::sample::select(vec![",", ";", "\t"]);
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    (separator, line_end, 0..4_u8, any::<bool>(), any::<bool>(), 0..4_usize).prop_map(
        |(separator, line_end, encoding, names_separator, swapped, empty_columns)| Dress {
            separator,
            line_end,
            encoding,
            names_separator,
            swapped,
            empty_columns,
        },
    )
}

fn encoded(text: &str, encoding: u8) -> Vec<u8> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| format!("\u{FEFF}{text}").encode_utf16().flat_map(bytes).collect();
    match encoding {
        0 => text.as_bytes().to_vec(),
        1 => format!("\u{FEFF}{text}").into_bytes(),
        2 => utf16(u16::to_le_bytes),
        _ => utf16(u16::to_be_bytes),
    }
}

fn dressed_number(digits: u64, style: u8) -> String {
    let national = digits.to_string().strip_prefix('1').map(str::to_owned);
    match (style % 8, national) {
        (0, Some(d)) => d,
        (1, Some(d)) => format!("({}) {}-{}", &d[..3], &d[3..6], &d[6..]),
        (2, Some(d)) => format!("{d}.0"),
        (3, Some(d)) => format!("=\"{d}\""),
        (4, Some(d)) => format!("{}\u{A0}{}.{}", &d[..3], &d[3..6], &d[6..]),
        (5, _) => format!("'+{digits}"),
        (6, _) => format!("\"=\"\"+{digits}\"\"\""),
        _ => format!(" +{digits} "),
    }
}

fn dressed_email(email: &str, style: u8) -> String {
    // One apostrophe is the spreadsheet's, so an address that starts with one needs another in any dress.
    let email = if email.starts_with('\'') { format!("'{email}") } else { email.to_owned() };
    match style % 5 {
        0 => email,
        1 => format!("\"{email}\""),
        2 => format!("=\"{email}\""),
        3 => format!("\u{A0}{} ", email.to_ascii_uppercase()),
        _ => format!("\"\n{email}\""),
    }
}

fn file(mappings: &BTreeMap<u64, String>, dress: &Dress, styles: &[u8]) -> Vec<u8> {
    let row = |mut cells: Vec<String>| {
        if dress.swapped {
            cells.swap(0, 1);
        }
        cells.resize(2 + dress.empty_columns, String::new());
        cells.join(dress.separator) + dress.line_end
    };
    let mut text = String::new();
    if dress.names_separator {
        text.extend(["sep=", dress.separator, dress.line_end]);
    }
    text += &row(vec!["phoneNumber".into(), " MEEMAILADDRESS".into()]);
    for ((digits, email), style) in mappings.iter().zip(styles.iter().cycle()) {
        if style % 7 == 0 {
            text += &row(vec![String::new(), " ".into()]);
            text += dress.line_end;
        }
        text += &row(vec![dressed_number(*digits, *style), dressed_email(email, style / 8)]);
    }
    encoded(&text, dress.encoding)
}

proptest! {
    #[test]
    fn an_export_is_read_back_as_it_was(mappings in mappings()) {
        let rows = export::rows(us(), &exported(&mappings));
        prop_assert_eq!(rows_read([TEMPLATE.as_bytes(), &rows].concat()), mappings);
    }

    #[test]
    fn a_file_means_the_same_in_every_dress(
        mappings in mappings(),
        dress in dress(),
        styles in prop::collection::vec(any::<u8>(), 1..30),
    ) {
        prop_assert_eq!(rows_read(file(&mappings, &dress, &styles)), mappings);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read([TEMPLATE.as_bytes(), &bytes].concat());
    }

    #[test]
    fn every_row_is_good_or_has_a_problem(
        text in "([0-9]{10}|7635551[0-9]{3}|[\",;\n\r'=+ .\0é]{1,3}|[a-c]@x\\.com|,|\n|\r\n){0,60}",
    ) {
        let read = read(format!("PhoneNumber,MEEmailAddress\n{text}"));
        let good = read.rows.len() as u64;
        prop_assert!(good <= read.row_count || read.unreadable);
        prop_assert!(read.row_count - good <= read.problems.count);
        prop_assert!(read.problems.first.is_sorted_by_key(|problem| problem.line));
        let lines = text.replace("\r\n", "\n").matches(['\n', '\r']).count() as u64 + 2;
        prop_assert!(read.problems.first.iter().all(|problem| (1..=lines).contains(&problem.line)));
        let bad: Vec<u64> = read.problems.first.iter().map(|problem| problem.line).collect();
        prop_assert!(read.rows.iter().all(|row| !bad.contains(&u64::from(row.line))));
    }
}
