//! What a zip archive or an old Office file is: a workbook, or what people upload by mistake.

use std::io;
use std::io::{Read, Seek};

use memchr::memmem::Finder;
use zip::ZipArchive;

use crate::import::problem::Problem;
use crate::import::workbook::{damaged, malformed, too_large};

/// How a zip archive starts.
pub(super) const ZIP: &[u8] = b"PK\x03\x04";

/// How a zip archive with nothing in it starts.
pub(super) const EMPTY_ZIP: &[u8] = b"PK\x05\x06";

/// How the files of Office up to 2003 start, and workbooks with a password of every Office.
pub(super) const OLD_OFFICE: &[u8] = b"\xD0\xCF\x11\xE0";

/// What stands before each name in the list of a zip archive.
const LISTED: &[u8] = b"PK\x01\x02";

/// The most files that a workbook may have in it.
const MAX_PARTS: usize = 10_000;

/// The name of the part that holds a workbook with a password, as old Office writes names: UTF-16.
const LOCKED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

const SAVE: &str = "Open it in Excel, save it as an Excel workbook (.xlsx), and upload that file.";
const COPY: &str = "Copy its table into a spreadsheet, save that as an Excel workbook (.xlsx), and upload that file.";
const CONVERT: &str = "Open it in LibreOffice, save it as an Excel workbook (.xlsx), and upload that file.";
const EXPORT: &str = "Open it, choose File, Export To, Excel, and upload the file that this makes.";
const UNPACK: &str = "Unpack it, and upload the sheet that is in it.";
const UNLOCK: &str = "Open it in Excel, choose File, Info, Protect Workbook, Encrypt with Password, clear the password, \
                      save, and upload it again.";

/// The part, or the folder of parts, by which a kind of archive is known, what it is, and what to do.
const KINDS: [(&str, &str, &str); 6] = [
    ("xl/workbook.bin", "a binary workbook (.xlsb)", SAVE),
    ("word/", "a Word document", COPY),
    ("ppt/", "a PowerPoint presentation", COPY),
    ("content.xml", "an OpenDocument file (.ods or .odt)", CONVERT),
    ("index/document.iwa", "a Numbers or Pages document", EXPORT),
    ("index.zip", "a Numbers or Pages document", EXPORT),
];

/// Passes a file that holds a workbook, and names any other.
pub(super) fn check(file: &mut (impl Read + Seek)) -> Result<(), Problem> {
    let Some(names) = names(file)? else { return Err(old_office(file)) };
    if names.iter().any(|name| name.ends_with("workbook.xml")) {
        return Ok(());
    }
    let is = |first: &str| names.iter().any(|name| name.starts_with(first));
    let kind = KINDS.iter().find(|(first, ..)| is(first));
    let (_, what, advice) = kind.copied().unwrap_or(("", "a zip archive", UNPACK));
    Err(malformed(1, &format!("This is {what}. {advice}")))
}

fn old_office(file: &mut (impl Read + Seek)) -> Problem {
    match occurrences(file, LOCKED) {
        Ok(0) => {
            let what = "a file of an old Excel (.xls) or of another old Office program";
            malformed(1, &format!("This is {what}. {SAVE}"))
        }
        Ok(_) => malformed(1, &format!("This workbook is locked with a password. {UNLOCK}")),
        Err(_) => damaged(1),
    }
}

/// The names in a zip archive, in lower case; `None` if the file is of old Office.
fn names(file: &mut (impl Read + Seek)) -> Result<Option<Vec<String>>, Problem> {
    let mut start = [0; ZIP.len()];
    file.rewind().and_then(|()| file.read_exact(&mut start)).map_err(|_| damaged(1))?;
    if start == OLD_OFFICE {
        return Ok(None);
    }
    // The list is read into memory at once.
    if occurrences(file, LISTED).map_err(|_| damaged(1))? > MAX_PARTS {
        return Err(too_large(1));
    }
    let archive = ZipArchive::new(file).map_err(|_| broken_zip())?;
    let names = archive.file_names_raw().map(|name| String::from_utf8_lossy(name).replace('\\', "/").to_lowercase());
    Ok(Some(names.collect()))
}

fn broken_zip() -> Problem {
    malformed(1, &format!("This is an Excel workbook or a zip archive, damaged or not complete. {SAVE}"))
}

/// How often `bytes` stand in a file, in constant memory.
fn occurrences(file: &mut (impl Read + Seek), bytes: &[u8]) -> io::Result<usize> {
    const BLOCK: usize = 64 * 1024;
    let finder = Finder::new(bytes);
    let (mut block, mut kept, mut count) = (vec![0; BLOCK], 0, 0);
    file.rewind()?;
    loop {
        let read = file.read(&mut block[kept..])?;
        if read == 0 {
            return Ok(count);
        }
        let end = kept + read;
        count += finder.find_iter(&block[..end]).count();
        // What may be the first part of another stays for the next round.
        let from = end.saturating_sub(bytes.len() - 1);
        block.copy_within(from..end, 0);
        kept = end - from;
    }
}
