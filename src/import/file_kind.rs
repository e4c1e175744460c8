//! Files of another kind, uploaded by mistake: told by their first bytes, so that the person hears what they are.

use crate::import::problem::Problem;
use crate::import::problem::ProblemCode;

const KINDS: [(&[u8], &str); 5] = [
    (b"%PDF", "This is a PDF. Save the sheet as \"CSV UTF-8\" and upload that file."),
    (
        b"PK\x03\x04",
        "This is an Excel workbook or a zip archive. Open it in Excel, save it as \"CSV UTF-8\" and upload that file.",
    ),
    (
        b"\xD0\xCF\x11\xE0",
        "This is a workbook of an old Excel (.xls). Open it in Excel, save it as \"CSV UTF-8\" and upload that file.",
    ),
    (b"{\\rtf", "This is a text document. Save the sheet as \"CSV UTF-8\" and upload that file."),
    (
        b"<",
        "This is a web page or an XML file, perhaps saved from a sign-in page. Download the sheet again, or save it as \
         \"CSV UTF-8\", and upload that file.",
    ),
];

/// What is wrong with a file that starts so, if it is no text table at all.
pub(super) fn problem(opening: &[u8]) -> Option<Problem> {
    let start = opening.trim_ascii_start();
    let kind = KINDS.iter().find(|(first, _)| start.starts_with(first));
    if let Some((_, message)) = kind {
        return Some(Problem::of_line(1, ProblemCode::MalformedCsv, *message));
    }
    // The decoder writes 0xFF for NUL, which every second byte of English in UTF-16 is.
    let sample = &opening[..opening.len().min(64)];
    let pieces = sample.split(|byte| *byte == 0xFF).count();
    (pieces > 1 && pieces * 4 >= sample.len()).then(|| {
        let message = "This file is not in UTF-8: it is UTF-16 without a byte order mark, or no text. Save it as \"CSV \
                       UTF-8\" and upload that file.";
        Problem::of_line(1, ProblemCode::InvalidEncoding, message)
    })
}
