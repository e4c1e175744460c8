//! Workbooks that are broken, or made to cost more than they should.

use crate::workbook_files::WorkbookFile;
use crate::{problems_of, read};

const HEADER: &str = "<row><c t=\"inlineStr\"><is><t>PhoneNumber</t></is></c>\
                      <c t=\"inlineStr\"><is><t>MEEmailAddress</t></is></c></row>";
const SHEET: &str = "xl/worksheets/sheet1.xml";

fn good() -> WorkbookFile {
    let row = |at| format!("<row><c><v>{}</v></c><c t=\"s\"><v>{at}</v></c></row>", 7_635_551_000_u64 + at);
    let rows: String = (0..20).map(row).collect();
    let emails: Vec<_> = (0..20).map(|at| format!("user{at}@abccompany.com")).collect();
    WorkbookFile::of_rows(&format!("{HEADER}{rows}")).shared(&emails.iter().map(String::as_str).collect::<Vec<_>>())
}

#[track_caller]
fn assert_too_large(file: WorkbookFile) {
    let bytes = file.bytes();
    assert!(bytes.len() < 4 << 20, "{} bytes", bytes.len());
    let read = read(bytes);
    assert!(read.unreadable);
    let last = read.problems.first.last().unwrap();
    assert!(last.message.contains("more than can be read"), "{last:?}");
}

/// Reads bytes that may be anything. Whatever comes of it must make sense.
fn assert_makes_sense(bytes: &[u8]) {
    let read = read(bytes);
    assert!(!read.unreadable || !read.problems.is_empty());
    assert!(read.rows.len() as u64 <= read.row_count);
    assert!(read.problems.first.iter().all(|problem| (1..=1 << 20).contains(&problem.line)));
}

#[test]
fn a_workbook_cut_off_anywhere_is_refused() {
    let bytes = good().bytes();
    assert_eq!(read(&bytes).rows.len(), 20);
    for end in (4..bytes.len()).step_by(25) {
        let read = read(&bytes[..end]);
        assert!(read.unreadable, "{end}");
        assert_eq!(problems_of(&read), [(1, String::new(), "malformed_csv")], "{end}");
    }
}

// proves T-81
#[test]
fn no_flipped_bit_makes_the_reader_panic() {
    let bytes = good().bytes();
    for at in 4..bytes.len() {
        let mut broken = bytes.clone();
        broken[at] ^= 1 << (at % 8);
        assert_makes_sense(&broken);
    }
}

#[test]
fn no_flipped_bit_in_a_part_makes_the_reader_panic() {
    let parts = [
        (
            "_rels/.rels",
            "<Relationships><Relationship Type=\"/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
        ),
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"rId0\"/></sheets></workbook>"),
        (
            "xl/styles.xml",
            "<styleSheet><numFmts><numFmt numFmtId=\"9\" formatCode=\"d\"/></numFmts><cellXfs><xf numFmtId=\"9\"/></cellXfs></styleSheet>",
        ),
        ("xl/sharedStrings.xml", "<sst uniqueCount=\"1\"><si><t xml:space=\"preserve\">&#65;&amp;b</t></si></sst>"),
        (
            SHEET,
            "<worksheet><dimension ref=\"A1:B2\"/><sheetData><row r=\"1\"><c r=\"A1\" s=\"0\"><f>A2</f><v>7</v></c></row></sheetData></worksheet>",
        ),
    ];
    for (name, part) in parts {
        for at in 0..part.len() * 8 {
            let mut broken = part.as_bytes().to_vec();
            broken[at / 8] ^= 1 << (at % 8);
            assert_makes_sense(&good().part(name, broken).bytes());
        }
    }
}

#[test]
fn a_part_that_makes_no_sense_is_refused() {
    for (name, part) in [
        (SHEET, "<worksheet/>"),
        (SHEET, "<worksheet><dimension ref=\"A99999999999:B1\"/><sheetData/></worksheet>"),
        (SHEET, "<worksheet><dimension ref=\"B5:A1\"/><sheetData/></worksheet>"),
        ("xl/workbook.xml", "no XML"),
        ("xl/_rels/workbook.xml.rels", "<Relationships/>"),
        ("_rels/.rels", "<Relationships/>"),
    ] {
        let read = read(good().part(name, part).bytes());
        assert!(read.unreadable, "{part}");
        assert_eq!(problems_of(&read), [(1, String::new(), "malformed_csv")], "{part}");
    }
}

#[test]
fn rows_that_make_no_sense_are_refused_at_the_last_line_that_was_read() {
    for (line, rows) in [
        (1, "<row r=\"3\"><c r=\"A3\"><v>1</v>"),
        (1, "<row r=\"1048577\"><c r=\"A1048577\"><v>1</v></c></row>"),
        (3, "<row r=\"3\"><c r=\"A3\"><v>1</v></c></row><row r=\"2\"><c r=\"A2\"><v>1</v></c></row>"),
        (3, "<row r=\"3\"><c r=\"B3\"><v>1</v></c><c r=\"A3\"><v>1</v></c></row>"),
        (1, "<row><c t=\"s\"><v>99</v></c></row>"),
        (1, "<row><c t=\"e\"><v>#BUSY!</v></c></row>"),
    ] {
        let read = read(WorkbookFile::of_rows(&format!("{HEADER}{rows}")).bytes());
        assert!(read.unreadable, "{rows}");
        let last = problems_of(&read).pop();
        assert_eq!(last, Some((line, String::new(), "malformed_csv")), "{rows}");
    }
}

#[test]
fn a_value_that_would_be_read_in_part_or_as_nothing_is_refused() {
    for cell in [
        "<c><v><![CDATA[7635551111]]></v></c>",
        "<c t=\"str\"><v><![CDATA[7635551111]]></v></c>",
        "<c><v><!-- a number -->7635551111</v></c>",
        "<c><v>763555<!-- and so on -->1111</v></c>",
        "<c><v><?x?>7635551111</v></c>",
        "<c><v>763555&#49;111</v></c>",
        "<c t=\"s\"><v>&#48;</v></c>",
        "<c t=\"inlineStr\"><v>7635551111</v></c>",
        "<c t='inlineStr'><v>7635551111</v></c>",
        "<c t=\"is\"><v>7635551111</v></c>",
        "<c t=\"inlineStr\"><v>7635551111</v><is/></c>",
        "<c t=\"inlineStr\"><is><t>7635551111</t></is><is><t>7635552222</t></is></c>",
        "<c t=\"inlineStr\"><is><t>7635551111</t></is><v>7635551111</v></c>",
        "<c><v>7635551111</v><v>7635552222</v></c>",
        "<c><v>7635551111</v><is/></c>",
        "<c><v>76355<x/>51111</v></c>",
        "<c><v>76355<x>5</x>1111</v></c>",
        "<c><v>76355</x>51111</v></c>",
        "<c><v><x/>7635551111</v></c>",
    ] {
        let read = read(
            good()
                .part(SHEET, format!("<worksheet><sheetData>{HEADER}<row>{cell}</row></sheetData></worksheet>"))
                .bytes(),
        );
        assert_eq!(problems_of(&read), [(1, String::new(), "malformed_csv")], "{cell}");
    }
    for cell in [
        "<c t=\"str\"><v>bob&amp;ann@abccompany.com</v></c>",
        "<c t=\"inlineStr\"><v>bob@abccompany.com</v><is><t>bob@abccompany.com</t></is></c>",
        "<c t=\"inlineStr\"><v/><is><r><t>bob@</t></r><r><t>abccompany.com</t></r></is></c>",
    ] {
        let rows = format!("{HEADER}<row><c><v>7635551111</v></c>{cell}</row>");
        assert_eq!(read(WorkbookFile::of_rows(&rows).bytes()).rows.len(), 1, "{cell}");
    }
    let blank = "<c t=\"inlineStr\"><v/></c><c t=\"inlineStr\"/>";
    let rows = format!("{HEADER}<row>{blank}</row>");
    assert_eq!(problems_of(&read(WorkbookFile::of_rows(&rows).bytes())), []);
}

// proves T-77
#[test]
fn a_file_that_unpacks_to_more_than_it_may_is_refused() {
    let part = format!("<!--{}-->", " ".repeat(15 << 20));
    let file = (0..35).fold(good(), |file, at| file.part(&format!("{at}.xml"), part.clone()));
    assert_too_large(file);
}

// proves T-77
#[test]
fn a_tag_a_text_or_a_cell_of_many_megabytes_is_refused() {
    let long = "x".repeat(17 << 20);
    assert_too_large(WorkbookFile::of_rows(&format!("<row><c t=\"{long}\"><v>1</v></c></row>")));
    assert_too_large(WorkbookFile::of_rows(&format!("<row><c t=\"inlineStr\"><is><t>{long}</t></is></c></row>")));
    assert_too_large(WorkbookFile::of_rows(&format!("<!--{long}-->")));
    let pieces = "<r><t>xxxxxxxxxxxxxxxx</t></r>".repeat(1 << 20);
    assert_too_large(WorkbookFile::of_rows(&format!("<row><c t=\"inlineStr\"><is>{pieces}</is></c></row>")));
}

#[test]
fn more_texts_than_a_sheet_holds_are_refused() {
    let text = format!("<si><t>{}</t></si>", "x".repeat(1 << 20));
    assert_too_large(good().part("xl/sharedStrings.xml", format!("<sst>{}</sst>", text.repeat(257))));
    for count in ["2097153", "99999999999", "18446744073709551615", "99999999999999999999999999"] {
        assert_too_large(good().part("xl/sharedStrings.xml", format!("<sst uniqueCount=\"{count}\"></sst>")));
        assert_too_large(good().part("xl/sharedStrings.xml", format!("<x:sst a=\"1\" uniqueCount = '{count}'/>")));
    }
}

// proves T-77
#[test]
fn styles_that_copy_a_long_format_are_refused() {
    let code = "0".repeat(1 << 20);
    let styles = "<xf numFmtId=\"200\"/>".repeat(300);
    let part = format!(
        "<styleSheet><numFmts><numFmt numFmtId=\"200\" formatCode=\"{code}\"/></numFmts><cellXfs>{styles}</cellXfs></styleSheet>"
    );
    assert_too_large(good().part("xl/styles.xml", part));
    let fonts = "<font/>".repeat(4 << 20);
    assert_too_large(good().part("xl/styles.xml", format!("<styleSheet><fonts>{fonts}</fonts></styleSheet>")));
}

#[test]
fn a_row_of_more_text_than_a_line_may_have_is_refused() {
    let rows = format!("{HEADER}<row><c t=\"s\"><v>0</v></c></row>");
    assert_too_large(WorkbookFile::of_rows(&rows).shared(&["x".repeat((1 << 20) + 1).as_str()]));
}

#[test]
fn an_archive_of_countless_files_is_refused() {
    let mut file = good();
    for at in 0..10_001 {
        file = file.part(&at.to_string(), "");
    }
    assert_too_large(file);
}
