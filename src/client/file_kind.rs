//! The kinds of file that mappings come and go in.

use std::path::Path;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FileKind {
    /// Text.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

impl FileKind {
    /// The kind of file that this name stands for.
    #[must_use]
    pub fn of_name(file: &Path) -> Self {
        let workbook = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
        if workbook { Self::Xlsx } else { Self::Csv }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The last part of the path of its export.
    pub(super) fn export_path(self) -> &'static str {
        match self {
            Self::Csv => "mappings.csv",
            Self::Xlsx => "mappings.xlsx",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_is_told_by_its_name() {
        for (name, expected) in [
            ("sheet.xlsx", FileKind::Xlsx),
            ("SHEET.XLSX", FileKind::Xlsx),
            ("sheet.csv", FileKind::Csv),
            ("xlsx", FileKind::Csv),
        ] {
            assert_eq!(FileKind::of_name(Path::new(name)), expected, "{name}");
        }
    }
}
