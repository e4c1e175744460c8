//! Files as spreadsheet programs save them, kept in `tests/data/spreadsheets`.

use std::fs;
use std::path::Path;

use crate::{problems_of, read};

#[test]
fn every_kept_sheet_holds_the_sample_rows() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/spreadsheets");
    let mut count = 0;
    for folder in ["libreoffice", "by-hand"] {
        for file in fs::read_dir(place.join(folder)).unwrap() {
            let path = file.unwrap().path();
            let read = read(fs::read(&path).unwrap());
            assert_eq!(problems_of(&read), [], "{}", path.display());
            let rows = read.rows.iter().map(|row| (row.line, row.phone_number.digits(), row.email.as_str()));
            let expected = [
                (2, 17_635_551_111, "bobsmith@abccompany.com"),
                (3, 17_635_552_222, "johndavidson@abccompany.com"),
                (4, 17_635_553_333, "jenniferlewis@abccompany.com"),
            ];
            assert_eq!(rows.collect::<Vec<_>>(), expected, "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 16);
}
