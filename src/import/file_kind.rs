//! Files of another kind, uploaded by mistake: told by their first bytes, so that the person hears what they are. What
//! a zip archive is can't be told so; [`crate::import::workbook`] looks into it.

use crate::import::problem::{Problem, ProblemCode};

const SAVE: &str = "Save the sheet as an Excel workbook (.xlsx) or as \"CSV UTF-8\", and upload that file.";
const DOWNLOAD: &str = "Download the sheet again, and upload that file.";
const UNPACK: &str = "Unpack it, and upload the sheet that is in it.";

/// How a file of each kind starts, the letters in any case, what it is, and what to do.
const KINDS: [(&[u8], &str, &str); 17] = [
    (b"%PDF", "a PDF", SAVE),
    (b"{\\rtf", "a text document", SAVE),
    (b"<!doctype", "a web page, perhaps a sign-in page in place of the sheet", DOWNLOAD),
    (b"<html", "a web page, perhaps a sign-in page in place of the sheet", DOWNLOAD),
    (b"<head", "a web page", DOWNLOAD),
    (b"<meta", "a web page", SAVE),
    (b"<table", "a web page", SAVE),
    (b"<", "an XML file", SAVE),
    (b"\x89PNG", "a picture", SAVE),
    (b"\xFF\xD8\xFF", "a picture", SAVE),
    (b"GIF8", "a picture", SAVE),
    (b"RIFF", "a picture", SAVE),
    (b"II*\xFF", "a picture", SAVE),
    (b"MM\xFF*", "a picture", SAVE),
    (b"\x1F\x8B", "a packed archive", UNPACK),
    (b"7z\xBC\xAF\x27\x1C", "a packed archive", UNPACK),
    (b"Rar!", "a packed archive", UNPACK),
];

/// What is wrong with a file that starts so, if it is not a text table at all. The decoder has written 0xFF for each
/// NUL.
pub(super) fn problem(opening: &[u8]) -> Option<Problem> {
    let start = opening.trim_ascii_start();
    let is = |first: &[u8]| start.get(..first.len()).is_some_and(|start| start.eq_ignore_ascii_case(first));
    if let Some((_, what, advice)) = KINDS.iter().find(|(first, ..)| is(first)) {
        return Some(Problem::of_line(1, ProblemCode::MalformedCsv, format!("This is {what}. {advice}")));
    }
    // Every second byte of English in UTF-16 is a NUL.
    let sample = &opening[..opening.len().min(64)];
    let pieces = sample.split(|byte| *byte == 0xFF).count();
    (pieces > 1 && pieces * 4 >= sample.len()).then(|| {
        let message = format!("This file is not in UTF-8: it is UTF-16 without a byte order mark, or not text. {SAVE}");
        Problem::of_line(1, ProblemCode::InvalidEncoding, message)
    })
}
