//! Workbooks made part by part, byte for byte as a test wants them.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const PACKAGE: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>
</Relationships>"#;

/// One date format (1), one for elapsed time (2), and plain text (3).
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts count="1"><numFmt numFmtId="164" formatCode="[h]:mm"/></numFmts>
<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="49"/></cellXfs>
</styleSheet>"#;

/// A workbook: the parts of one, each of which can be replaced.
pub(crate) struct WorkbookFile {
    parts: Vec<(String, Vec<u8>)>,
    sheets: Vec<(String, &'static str)>,
}

impl WorkbookFile {
    /// A workbook whose first sheet has these `<row>` elements.
    pub(crate) fn of_rows(rows: &str) -> Self {
        let parts = vec![
            ("[Content_Types].xml".to_owned(), b"<Types/>".to_vec()),
            ("_rels/.rels".to_owned(), PACKAGE.into()),
            ("xl/styles.xml".to_owned(), STYLES.into()),
        ];
        Self { parts, sheets: Vec::new() }.sheet("visible", rows)
    }

    /// A workbook whose first sheet has these rows of texts.
    pub(crate) fn of_texts<const COLUMNS: usize>(rows: &[[&str; COLUMNS]]) -> Self {
        let cell = |text: &&str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
        let row = |cells: &[&str; COLUMNS]| format!("<row>{}</row>", cells.iter().map(cell).collect::<String>());
        Self::of_rows(&rows.iter().map(row).collect::<String>())
    }

    /// With another sheet behind the others.
    pub(crate) fn sheet(mut self, state: &'static str, rows: &str) -> Self {
        let name = format!("sheet{}.xml", self.sheets.len() + 1);
        let xml = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
        self.parts.push((format!("xl/worksheets/{name}"), xml.into_bytes()));
        self.sheets.push((name, state));
        self
    }

    /// With the first sheet in another state.
    pub(crate) fn first_sheet(mut self, state: &'static str) -> Self {
        self.sheets[0].1 = state;
        self
    }

    /// With shared texts.
    pub(crate) fn shared(self, texts: &[&str]) -> Self {
        let items = texts.iter().map(|text| ["<si><t>", text, "</t></si>"].concat()).collect::<String>();
        self.part("xl/sharedStrings.xml", format!("<sst uniqueCount=\"{}\">{items}</sst>", texts.len()))
    }

    /// With this part in place of the one of the same name, if there is one.
    pub(crate) fn part(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.parts.retain(|(other, _)| other != name);
        self.parts.push((name.to_owned(), bytes.into()));
        self
    }

    /// The file.
    pub(crate) fn bytes(self) -> Vec<u8> {
        let sheet = |(at, (_, state)): (usize, &(String, &str))| {
            format!("<sheet name=\"Sheet {at}\" sheetId=\"{at}\" state=\"{state}\" r:id=\"rId{at}\"/>")
        };
        let relationship = |(at, (name, _)): (usize, &(String, &str))| {
            let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet";
            format!("<Relationship Id=\"rId{at}\" Type=\"{kind}\" Target=\"worksheets/{name}\"/>")
        };
        let sheets: String = self.sheets.iter().enumerate().map(sheet).collect();
        let relationships: String = self.sheets.iter().enumerate().map(relationship).collect();
        let mut parts = vec![
            ("xl/workbook.xml".to_owned(), format!("<workbook><sheets>{sheets}</sheets></workbook>").into_bytes()),
            (
                "xl/_rels/workbook.xml.rels".to_owned(),
                format!("<Relationships>{relationships}</Relationships>").into_bytes(),
            ),
        ];
        parts.retain(|(name, _)| self.parts.iter().all(|(other, _)| other != name));
        parts.extend(self.parts);
        zip(&parts)
    }
}

/// A zip archive of these files.
pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A zip archive of empty files with these names.
pub(crate) fn zip_of(names: &[&str]) -> Vec<u8> {
    zip(&names.iter().map(|name| ((*name).to_owned(), Vec::new())).collect::<Vec<_>>())
}
