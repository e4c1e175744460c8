//! What a workbook may cost, found out before calamine opens it.
//!
//! A few kilobytes of zip can unpack to gigabytes, and calamine keeps all texts and formats of a workbook in memory,
//! makes room for as many texts as the file says it has, and copies a format into each style that uses it. So every
//! part is unpacked here once, split by the XML reader that calamine uses, and what would be kept is added up. Cells
//! cost nothing: they are read one by one. When calamine is updated, look at what it keeps.
//!
//! On the way, values are refused that calamine would read in part, or as nothing: their rows would pass for blank.

use std::io;
use std::io::{BufRead, BufReader, Read, Seek};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::import::problem::Problem;
use crate::import::workbook::{damaged, too_large};

/// What all parts may have unpacked, in bytes. A full sheet of two columns has about 250 MiB.
const MAX_UNPACKED: u64 = 512 << 20;

/// The longest tag, text or cell, in bytes: it is held in memory whole.
const MAX_PIECE: u64 = 16 << 20;

/// What may be kept in memory, in bytes. The texts of a full sheet of two columns need about 170 MiB.
const MAX_KEPT: u64 = 256 << 20;

/// The most texts that a file may say it has: those of a full sheet of two columns.
const MAX_TEXTS: u64 = 2 << 20;

/// What is kept for an element, besides its own bytes.
const ELEMENT_BYTES: u64 = 96;

/// What is kept for a text.
const TEXT_BYTES: u64 = 64;

/// What is kept for a style.
const STYLE_BYTES: u64 = 512;

/// Passes a workbook that can be opened safely.
pub(super) fn check(file: &mut (impl Read + Seek)) -> Result<(), Problem> {
    let mut archive = ZipArchive::new(file).map_err(|_| damaged(1))?;
    let mut cost = Cost::default();
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| damaged(1))?;
        cost.add_part(Metered { source: BufReader::new(part), left: &mut left, piece: 0 })?;
    }
    Ok(())
}

/// What the parts looked at so far cost.
#[derive(Default)]
struct Cost {
    kept: u64,
    styles: u64,
    longest: u64,
    in_text: bool,
    cell: Option<Cell>,
    in_value: bool,
    in_inline_text: bool,
}

/// The cell that is being looked at.
#[derive(Default)]
struct Cell {
    bytes: u64,
    kind: CellKind,
    /// How many `<v>` it has.
    values: u64,
    /// How many `<is>` it has.
    inline_texts: u64,
    /// Whether what one of them holds is dropped for the next: calamine takes the last.
    is_overwritten: bool,
    /// Whether something stands in a `<v>`.
    has_value: bool,
    /// Whether something stands in a text of an `<is>`.
    has_inline_text: bool,
}

/// Where calamine looks for what a cell holds.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum CellKind {
    /// In the first text of its `<v>`.
    #[default]
    Plain,
    /// In all of its `<v>`.
    Text,
    /// In its `<is>`: a `<v>` is dropped.
    Inline,
}

impl Cell {
    fn new(tag: &BytesStart<'_>) -> Self {
        let attributes = tag.attributes_raw();
        let has = |kinds: &[&str]| kinds.iter().any(|kind| attributes.contains(kind));
        let kind = if has(&["\"inlineStr\"", "'inlineStr'", "\"is\"", "'is'"]) {
            CellKind::Inline
        } else if has(&["\"str\"", "'str'"]) {
            CellKind::Text
        } else {
            CellKind::Plain
        };
        Self { kind, ..Self::default() }
    }

    /// Whether calamine drops something that the cell holds.
    fn is_read_in_part(&self) -> bool {
        self.is_overwritten || self.kind == CellKind::Inline && self.has_value && !self.has_inline_text
    }

    fn open_value(&mut self) {
        self.is_overwritten |= self.values + self.inline_texts > 0;
        self.values += 1;
    }

    fn open_inline_text(&mut self) {
        // A `<v>` may stand before it, but only where it says the same.
        let values = if self.kind == CellKind::Inline { 0 } else { self.values };
        self.is_overwritten |= values + self.inline_texts > 0;
        self.inline_texts += 1;
    }
}

impl Cost {
    fn add_part(&mut self, part: Metered<'_, impl Read>) -> Result<(), Problem> {
        let mut reader = Reader::from_reader(part);
        // As calamine sets it: it must not read on where this stops.
        let config = reader.config_mut();
        config.check_end_names = false;
        config.check_comments = false;
        (self.in_text, self.cell, self.in_value, self.in_inline_text) = (false, None, false, false);
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let event = reader.read_event_into(&mut buffer);
            let part = reader.get_mut();
            if part.is_spent() {
                return Err(too_large(1));
            }
            let bytes = std::mem::take(&mut part.piece);
            match event {
                // A part that is not XML is none that calamine reads, or it stops at the same place.
                Ok(Event::Eof) | Err(_) => return Ok(()),
                Ok(event) => self.add(&event, bytes)?,
            }
        }
    }

    fn add(&mut self, event: &Event<'_>, bytes: u64) -> Result<(), Problem> {
        if let Some(cell) = &mut self.cell {
            if self.in_value && is_passed_over(cell.kind, event) {
                return Err(damaged(1));
            }
            if matches!(event, Event::Text(_) | Event::GeneralRef(_) | Event::CData(_)) {
                cell.has_value |= self.in_value;
                cell.has_inline_text |= self.in_inline_text;
            }
        }
        match event {
            Event::Start(tag) => self.open(tag, bytes)?,
            Event::Empty(tag) => {
                self.open(tag, bytes)?;
                self.close(tag.local_name().as_ref())?;
            }
            Event::End(tag) => self.close(tag.local_name().as_ref())?,
            _ if self.in_text => self.kept += bytes,
            _ => {}
        }
        if let Some(cell) = &mut self.cell {
            cell.bytes += bytes;
        }
        let copies = self.styles.saturating_mul(self.longest);
        let fits = self.kept.max(copies) <= MAX_KEPT && self.cell.as_ref().is_none_or(|cell| cell.bytes <= MAX_PIECE);
        if fits { Ok(()) } else { Err(too_large(1)) }
    }

    fn open(&mut self, tag: &BytesStart<'_>, bytes: u64) -> Result<(), Problem> {
        match tag.local_name().as_ref() {
            "c" => self.cell = Some(Cell::new(tag)),
            "v" => {
                self.in_value = true;
                self.cell.iter_mut().for_each(Cell::open_value);
            }
            "is" => self.cell.iter_mut().for_each(Cell::open_inline_text),
            "t" => self.in_inline_text = true,
            "row" | "f" | "hyperlink" => {}
            "si" => {
                self.in_text = true;
                self.kept += TEXT_BYTES;
            }
            "sst" if said_texts(tag) > MAX_TEXTS => return Err(too_large(1)),
            "xf" => {
                self.styles += 1;
                self.kept += bytes + STYLE_BYTES;
            }
            name => {
                self.in_text |= name == "definedName";
                self.longest = self.longest.max(bytes);
                self.kept += bytes + ELEMENT_BYTES;
            }
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), Problem> {
        match name {
            "c" if self.cell.take().is_some_and(|cell| cell.is_read_in_part()) => return Err(damaged(1)),
            "v" => self.in_value = false,
            "t" => self.in_inline_text = false,
            "si" | "definedName" => self.in_text = false,
            _ => {}
        }
        Ok(())
    }
}

/// Whether calamine does not take this for a part of a cell's value, or stops at it: of numbers, places of texts, truth
/// values and errors it takes the first text alone.
fn is_passed_over(kind: CellKind, event: &Event<'_>) -> bool {
    match event {
        Event::Text(_) => false,
        Event::GeneralRef(_) => kind == CellKind::Plain,
        Event::End(tag) => tag.local_name().as_ref() != "v",
        _ => true,
    }
}

/// How many texts the tag says there are.
fn said_texts(tag: &BytesStart<'_>) -> u64 {
    let after = tag.attributes_raw().split("uniqueCount").skip(1);
    let counts = after.map(|text| {
        let number = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        if end == 0 { 0 } else { number[..end].parse().unwrap_or(u64::MAX) }
    });
    counts.max().unwrap_or_default()
}

/// The unpacked bytes of a part, which end with an error where there are too many.
struct Metered<'a, R> {
    source: BufReader<R>,
    /// What all parts together may still have.
    left: &'a mut u64,
    /// What was read since this was set to 0.
    piece: u64,
}

impl<R> Metered<'_, R> {
    fn is_spent(&self) -> bool {
        *self.left == 0 || self.piece > MAX_PIECE
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Metered<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_spent() {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.source.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.source.consume(count);
        self.piece += count as u64;
        *self.left = self.left.saturating_sub(count as u64);
    }
}
