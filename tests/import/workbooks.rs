//! Excel workbooks: what is read from them, and what is said about those that can't be read.

use crate::workbook_files::{WorkbookFile, zip_of};
use crate::{problems_of, read, rows_of};

const HEADER: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>PhoneNumber</t></is></c>\
                      <c r=\"B1\" t=\"inlineStr\"><is><t>MEEmailAddress</t></is></c></row>";
const BOB: (&str, &str) = ("+17635551111", "bobsmith@abccompany.com");
const ANN: (&str, &str) = ("+17635552222", "ann@abccompany.com");

fn text(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// A workbook with the usual header and one row: this cell for the number, and Bob's address.
fn with_number(cell: &str) -> Vec<u8> {
    WorkbookFile::of_rows(&format!("{HEADER}<row r=\"2\">{cell}{}</row>", text("B2", BOB.1))).bytes()
}

#[track_caller]
fn assert_reads(file: &[u8], expected: &[(u32, (&str, &str))]) {
    let read = read(file);
    assert_eq!(problems_of(&read), []);
    let expected: Vec<_> = expected.iter().map(|(line, (n, e))| (*line, (*n).to_owned(), (*e).to_owned())).collect();
    assert_eq!(rows_of(&read), expected);
    assert_eq!(read.row_count, expected.len() as u64);
    assert!(!read.unreadable);
}

#[track_caller]
fn assert_refused(file: &[u8], line: u64, words: &str) {
    let read = read(file);
    assert_eq!(problems_of(&read), [(line, String::new(), "malformed_csv")], "{:?}", read.problems.first);
    let message = &read.problems.first[0].message;
    assert!(message.contains(words), "{message}");
    assert!(
        message.ends_with('.') && message.contains("pload")
            || message.contains("first sheet")
            || message.contains("Delete all"),
        "{message}"
    );
    assert!(read.unreadable);
}

#[track_caller]
fn assert_cell(file: &[u8], column: &str, value: &str, code: &str, words: &str) {
    let read = read(file);
    assert_eq!(problems_of(&read).len(), 1, "{:?}", read.problems.first);
    let problem = &read.problems.first[0];
    assert_eq!((problem.line, problem.column.as_deref(), problem.code.as_str()), (2, Some(column), code));
    assert_eq!(problem.value, value);
    assert!(problem.message.contains(words), "{}", problem.message);
    assert!(!read.unreadable);
}

#[test]
fn numbers_stored_as_text_and_as_numbers_read_alike() {
    for cell in [
        text("A2", "7635551111"),
        text("A2", "+17635551111"),
        text("A2", "(763) 555-1111"),
        text("A2", "'7635551111"),
        "<c r=\"A2\"><v>7635551111</v></c>".to_owned(),
        "<c r=\"A2\"><v>17635551111.0</v></c>".to_owned(),
        "<c r=\"A2\" t=\"n\" s=\"3\"><v>7635551111</v></c>".to_owned(),
        "<c r=\"A2\"><v>7.635551111E9</v></c>".to_owned(),
        "<c r=\"A2\"><f>7635551110+1</f><v>7635551111</v></c>".to_owned(),
        "<c r=\"A2\" t=\"str\"><f>\"763\"&amp;\"5551111\"</f><v>7635551111</v></c>".to_owned(),
        "<c r=\"A2\" t=\"inlineStr\"><is><r><t>763</t></r><r><t>5551111</t></r></is></c>".to_owned(),
    ] {
        assert_reads(&with_number(&cell), &[(2, BOB)]);
    }
}

#[test]
fn a_number_of_15_digits_keeps_them_all() {
    let file = with_number("<c r=\"A2\"><v>999999999999999</v></c>");
    assert_cell(&file, "PhoneNumber", "999999999999999", "invalid_phone_number", "no such phone number");
    let file = with_number("<c r=\"A2\"><v>1234567890123456</v></c>");
    assert_cell(&file, "PhoneNumber", "1.234567890123456E15", "scientific_notation", "last digits are lost");
}

#[test]
fn shared_texts_are_read() {
    let row = |number, email| format!("<row><c t=\"s\"><v>{number}</v></c><c t=\"s\"><v>{email}</v></c></row>");
    let rows = row(0, 1) + &row(3, 2) + &row(4, 5);
    let texts = ["PhoneNumber", "MEEmailAddress", BOB.1, "763.555.1111", "7635552222", "ANN@abccompany.com"];
    assert_reads(&WorkbookFile::of_rows(&rows).shared(&texts).bytes(), &[(2, BOB), (3, ANN)]);
}

#[test]
fn lines_are_the_rows_of_the_sheet_and_blank_ones_are_passed_over() {
    let header = HEADER.replace("r=\"1\"", "r=\"3\"").replace("A1", "B3").replace("B1", "D3");
    let rows = format!(
        "<row r=\"1\"><c r=\"A1\" s=\"1\"/></row>{header}<row r=\"4\"><c r=\"B4\"/>{}</row>\
         <row r=\"7\"><c r=\"B7\"><v>7635551111</v></c>{}{}</row><row r=\"9\"><c r=\"B9\"/><c r=\"D9\" s=\"3\"/></row>\
         <row r=\"1048576\"><c r=\"B1048576\"><v>7635552222</v></c>{}</row>",
        text("C4", " "),
        text("D7", BOB.1),
        text("XFD7", ""),
        text("D1048576", ANN.1),
    );
    let file = WorkbookFile::of_rows(&rows).bytes();
    assert_reads(&file, &[(7, BOB), (1_048_576, ANN)]);
    assert_eq!(read(&file).header_line, 3);
}

#[test]
fn columns_come_in_any_order_with_empty_ones_between() {
    let rows = [["meemailaddress", "", "PHONENUMBER"], [BOB.1, "", "7635551111"]];
    assert_reads(&WorkbookFile::of_texts(&rows).bytes(), &[(2, BOB)]);
}

#[test]
fn the_first_sheet_that_is_shown_is_read() {
    let good = format!("{HEADER}<row r=\"2\"><c r=\"A2\"><v>7635551111</v></c>{}</row>", text("B2", BOB.1));
    let other = format!("<row>{}</row>", text("A1", "Notes"));
    assert_reads(&WorkbookFile::of_rows(&good).sheet("visible", &other).bytes(), &[(2, BOB)]);
    for state in ["hidden", "veryHidden"] {
        let file = WorkbookFile::of_rows(&other).first_sheet(state).sheet("visible", &good);
        assert_reads(&file.bytes(), &[(2, BOB)]);
        assert_refused(&WorkbookFile::of_rows(&good).first_sheet(state).bytes(), 1, "no sheet to read");
    }
    let wrong = read(WorkbookFile::of_rows(&other).sheet("visible", &good).bytes());
    let codes = ["unknown_column", "missing_column", "missing_column"];
    assert_eq!(problems_of(&wrong).iter().map(|(.., code)| *code).collect::<Vec<_>>(), codes);
    assert!(wrong.problems.first[1].message.contains("first sheet"), "{:?}", wrong.problems.first);
}

#[test]
fn what_is_wrong_with_a_row_is_told_as_for_a_csv() {
    let rows = [
        ["PhoneNumber", "MEEmailAddress", ""],
        ["7635551111", "a@abc.com", ""],
        ["7635551111", "b@abc.com", ""],
        ["7635552222", "A@abc.com", ""],
        ["7.63555E+09", "=cmd@abc.com", ""],
        ["", "c@abc.com", ""],
        ["7635553333", "", ""],
        ["763555", "d", ""],
        ["7635554444", "e@abc.com", "note"],
    ];
    let csv: String = rows.map(|row| row.join(",") + "\n").concat();
    let (sheet, csv) = (read(WorkbookFile::of_texts(&rows).bytes()), read(csv));
    assert_eq!(sheet.problems.count, 9);
    // A cell of a sheet stands in its column whatever is left of it; in a CSV one separator more would have moved it.
    assert_eq!(sheet.problems.first[..8], csv.problems.first[..8]);
    assert_eq!((sheet.rows, sheet.row_count, sheet.header_line), (csv.rows, csv.row_count, csv.header_line));
}

#[test]
fn a_cell_that_holds_no_text_and_no_whole_number_is_told() {
    for (cell, value, words) in [
        ("t=\"e\"><v>#N/A</v>", "#N/A", "holds an error"),
        ("t=\"e\"><f>1/0</f><v>#DIV/0!</v>", "#DIV/0!", "holds an error"),
        ("t=\"e\" vm=\"1\"><v>#VALUE!</v>", "#VALUE!", "a picture or a linked data type"),
        ("t=\"b\"><v>1</v>", "TRUE", "TRUE or FALSE"),
        ("t=\"b\"><f>A1=A1</f><v>0</v>", "FALSE", "TRUE or FALSE"),
        ("s=\"1\"><v>45987</v>", "2025-11-26", "holds a date"),
        ("s=\"1\"><v>45987.5</v>", "2025-11-26 12:00", "holds a date"),
        ("s=\"1\"><v>7635551111</v>", "9999-12-31", "holds a date"),
        ("s=\"2\"><v>0.5</v>", "1899-12-31 12:00", "holds a date"),
        ("t=\"d\"><v>2025-11-26</v>", "2025-11-26", "holds a date"),
        ("><v>763.5551111</v>", "763.5551111", "decimals"),
    ] {
        let file = with_number(&format!("<c r=\"A2\" {cell}</c>"));
        assert_cell(&file, "PhoneNumber", value, "invalid_phone_number", words);
        let row = format!("<row r=\"2\"><c r=\"A2\"><v>7635551111</v></c><c r=\"B2\" {cell}</c></row>");
        let file = WorkbookFile::of_rows(&format!("{HEADER}{row}")).bytes();
        assert_cell(&file, "MEEmailAddress", value, "invalid_email", words);
    }
    let file = with_number("<c r=\"A2\"><v>-7635551111</v></c>");
    assert_cell(&file, "PhoneNumber", "-7635551111", "invalid_phone_number", "not a phone number");
}

#[test]
fn a_formula_without_a_value_is_told_at_its_cell() {
    for (formula, value) in [
        ("<f>C2&amp;D2</f>", "=C2&D2"),
        ("<f>C2</f><v></v>", "=C2"),
        ("<f>C2</f><v/>", "=C2"),
        ("<f t=\"shared\" ref=\"A2:A9\" si=\"0\">C2</f>", "=C2"),
        ("<f t=\"shared\" si=\"0\"/>", ""),
        ("<f t=\"array\" ref=\"A2:A9\">C2:C9</f>", "=C2:C9"),
        ("<f/>", "="),
    ] {
        let file = with_number(&format!("<c r=\"A2\">{formula}</c>"));
        assert_cell(&file, "PhoneNumber", value, "formula_without_value", "does not say what it comes to");
        let row = format!("<row r=\"2\"><c r=\"A2\"><v>7635551111</v></c><c r=\"B2\">{formula}</c></row>");
        let file = WorkbookFile::of_rows(&format!("{HEADER}{row}")).bytes();
        assert_cell(&file, "MEEmailAddress", value, "formula_without_value", "does not say what it comes to");
    }
    let long = "1+".repeat(4000);
    let file = with_number(&format!("<c r=\"A2\"><f>{long}1</f></c>"));
    assert_eq!(read(&file).problems.first[0].value.chars().count(), 121);
}

#[test]
fn rows_of_formulas_without_values_are_not_blank() {
    let row = |line| {
        format!("<row r=\"{line}\"><c r=\"A{line}\"><f>D{line}</f></c><c r=\"B{line}\"><f>E{line}</f></c></row>")
    };
    let file = WorkbookFile::of_rows(&format!("{HEADER}{}{}", row(2), row(3))).bytes();
    let found = |line, column: &str| (line, column.to_owned(), "formula_without_value");
    let both = |line| [found(line, "PhoneNumber"), found(line, "MEEmailAddress")];
    assert_eq!(problems_of(&read(&file)), [both(2), both(3)].concat());
    assert_eq!(read(&file).row_count, 2);
    // Also where it stands outside the two columns, and in the header.
    let other = WorkbookFile::of_rows(&format!("{HEADER}<row r=\"2\"><c r=\"D2\"><f>A1</f></c></row>")).bytes();
    let missing = [(2, "PhoneNumber", "missing_phone_number"), (2, "MEEmailAddress", "missing_email")];
    let expected = [&[(2, "", "formula_without_value")], &missing[..]].concat();
    let expected: Vec<_> = expected.into_iter().map(|(line, column, code)| (line, column.to_owned(), code)).collect();
    assert_eq!(problems_of(&read(other)), expected);
    let header = HEADER.replace("</row>", "<c r=\"C1\"><f>A1</f></c></row>");
    let header = read(WorkbookFile::of_rows(&header).bytes());
    assert_eq!(problems_of(&header), [(1, String::new(), "formula_without_value")]);
    assert!(header.unreadable);
}

#[test]
fn a_formula_that_comes_to_the_empty_text_is_blank() {
    let cells = |line| {
        format!(
            "<c r=\"A{line}\" t=\"str\"><f>IF(1,\"\",2)</f><v></v></c><c r=\"B{line}\" t=\"str\"><f>\"\"</f><v> </v></c>"
        )
    };
    let rows = format!(
        "<row r=\"2\">{}</row><row r=\"3\"><c r=\"A3\"><v>7635551111</v></c>{}</row><row r=\"4\">{}</row>",
        cells(2),
        text("B3", BOB.1),
        cells(4)
    );
    assert_reads(&WorkbookFile::of_rows(&format!("{HEADER}{rows}")).bytes(), &[(3, BOB)]);
    let shared =
        format!("{HEADER}<row r=\"2\"><c r=\"A2\" t=\"s\"><f>D2</f><v>0</v></c><c r=\"B2\" t=\"s\"><v>0</v></c></row>");
    assert_reads(&WorkbookFile::of_rows(&shared).shared(&[""]).bytes(), &[]);
}

#[test]
fn shared_texts_of_several_runs_are_read_whole() {
    let part = "<sst uniqueCount=\"2\"><si><r><t>bobsmith</t></r><r><rPr><b/></rPr><t>@abccompany.com</t></r></si>\
                <si><t>763</t><rPh sb=\"0\" eb=\"1\"><t>x</t></rPh></si></sst>";
    let row = "<row r=\"2\"><c r=\"A2\"><v>7635551111</v></c><c r=\"B2\" t=\"s\"><v>0</v></c></row>";
    let file = WorkbookFile::of_rows(&format!("{HEADER}{row}")).part("xl/sharedStrings.xml", part);
    assert_reads(&file.bytes(), &[(2, BOB)]);
}

#[test]
fn an_empty_sheet_has_no_header() {
    for rows in ["", "<row r=\"1\"/>", "<row r=\"5\"><c r=\"A5\" s=\"1\"/></row>"] {
        let read = read(WorkbookFile::of_rows(rows).bytes());
        let missing = |column: &str| (1, column.to_owned(), "missing_column");
        assert_eq!(problems_of(&read), [missing("PhoneNumber"), missing("MEEmailAddress")]);
    }
}

#[test]
fn a_workbook_of_macros_and_one_with_a_mark_before_each_name_are_read() {
    let prefixed = "<x:worksheet xmlns:x=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><x:sheetData>\
                    <x:row><x:c t=\"inlineStr\"><x:is><x:t>PhoneNumber</x:t></x:is></x:c><x:c t=\"inlineStr\"><x:is>\
                    <x:t>MEEmailAddress</x:t></x:is></x:c></x:row><x:row><x:c><x:v>7635551111</x:v></x:c>\
                    <x:c t=\"inlineStr\"><x:is><x:t>bobsmith@abccompany.com</x:t></x:is></x:c></x:row></x:sheetData>\
                    </x:worksheet>";
    let file = WorkbookFile::of_rows("").part("xl/worksheets/sheet1.xml", prefixed);
    assert_reads(&file.part("xl/vbaProject.bin", b"\xD0\xCF\x11\xE0\0\0".to_vec()).bytes(), &[(2, BOB)]);
}

#[test]
fn an_archive_of_another_kind_is_called_by_its_name() {
    for (names, words) in [
        (&["[Content_Types].xml", "xl/workbook.bin", "xl/worksheets/sheet1.bin"][..], "binary workbook (.xlsb)"),
        (&["[Content_Types].xml", "word/document.xml"], "Word document"),
        (&["[Content_Types].xml", "ppt/presentation.xml"], "PowerPoint"),
        (&["mimetype", "content.xml", "META-INF/manifest.xml"], "OpenDocument"),
        (&["Index/Document.iwa", "Metadata/Properties.plist"], "Numbers or Pages"),
        (&["Index.zip", "preview.jpg"], "Numbers or Pages"),
        (&["sheet.csv"], "zip archive"),
        (&[], "zip archive"),
    ] {
        assert_refused(&zip_of(names), 1, words);
    }
}

#[test]
fn a_file_of_old_office_and_a_workbook_with_a_password_are_told_apart() {
    let name = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let container = |stream: &str| [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", &*vec![0; 70_000], &name(stream)].concat();
    assert_refused(&container("Workbook"), 1, "old Excel (.xls)");
    assert_refused(&container("EncryptedPackage"), 1, "locked with a password");
}

#[test]
fn a_cell_outside_the_named_columns_is_a_problem_of_its_row() {
    for place in ["C2", "ALL2", "ALM2", "XFD2"] {
        let row =
            format!("<row r=\"2\">{}{}{}</row>", text("A2", "7635551111"), text("B2", BOB.1), text(place, "note"));
        let read = read(WorkbookFile::of_rows(&format!("{HEADER}{row}")).bytes());
        assert_eq!(problems_of(&read), [(2, String::new(), "unknown_column")], "{place}");
        assert!(!read.unreadable);
    }
    let header = HEADER.replace("B1", "XFD1");
    assert_refused(&WorkbookFile::of_rows(&header).bytes(), 1, "more than 1000 columns");
}

#[test]
fn a_workbook_too_large_to_be_kept_in_memory_is_read() {
    // Bytes that can't be packed, as of a photograph.
    let mut seed = 1_u32;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    });
    let picture: Vec<u8> = noise.take(6 << 20).collect();
    let rows = [["PhoneNumber", "MEEmailAddress"], ["7635551111", BOB.1]];
    let file = WorkbookFile::of_texts(&rows).part("xl/media/image1.png", picture).bytes();
    assert!(file.len() > 5 << 20);
    assert_reads(&file, &[(2, BOB)]);
}
