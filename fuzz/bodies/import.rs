//! Import files: CSV in any encoding and with any separator.

use std::collections::HashSet;
use std::io;
use std::io::Read;

use signline::domain::email::EmailAddress;
use signline::domain::import::{ImportRow, RowInPack};
use signline::domain::phone_number::NumberingPlan;
use signline::export;
use signline::export::TEMPLATE;
use signline::import::reader::ReadFile;
use signline::import::{problems_csv, reader};
use signline::ports::mapping_store::ExportedMapping;

/// How zip archives and old Office's containers start. They go to another reader, which rests on calamine; the service
/// outlives a panic of it, a fuzzer does not.
const CONTAINERS: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"\xD0\xCF\x11\xE0"];

/// Reads the input as an upload.
pub fn check(input: &[u8]) {
    if CONTAINERS.iter().any(|signature| input.starts_with(signature)) {
        return;
    }
    let plan = NumberingPlan::of_region("US").expect("a region");
    let file = reader::read(input, plan).expect("a file in memory");
    check_against_other_pieces(input, plan, &file);
    check_rows(plan, &file);
    check_problems(input, &file);
    check_export(plan, &file);
}

/// A file is the same however it arrives.
fn check_against_other_pieces(input: &[u8], plan: NumberingPlan, file: &ReadFile) {
    let mut rows = Vec::new();
    let dripping = Drip { rest: input, turn: 0 };
    let in_pieces = reader::read_in_pieces(dripping, plan, &mut |piece, _| {
        rows.extend(piece.iter().map(RowInPack::unpacked));
        std::ops::ControlFlow::Continue(())
    });
    let mut again = ReadFile { rows, ..in_pieces.expect("a file in memory") };
    let mut file = file.clone();
    // They come out of a hash map.
    again.other_numbers.sort_unstable();
    file.other_numbers.sort_unstable();
    assert_eq!(again, file, "the file reads otherwise when it comes in small pieces");
}

/// Good rows hold what the parsers of the domain take, and nothing twice.
fn check_rows(plan: NumberingPlan, file: &ReadFile) {
    let (mut numbers, mut emails) = (HashSet::new(), HashSet::new());
    for ImportRow { line, phone_number, email } in &file.rows {
        assert_eq!(plan.parse(&phone_number.to_string()), Ok(*phone_number), "line {line}");
        assert_eq!(EmailAddress::parse(email.as_str()).as_ref(), Ok(email), "line {line}");
        assert!(numbers.insert(*phone_number), "line {line}: {phone_number} twice");
        assert!(emails.insert(email.as_str()), "line {line}: {email} twice");
    }
    assert!(file.other_numbers.iter().all(|number| !numbers.contains(number)));
    assert!(file.rows.is_sorted_by(|a, b| a.line < b.line));
}

/// Every row is good or has a problem, on a line that the file has; and the list of problems is no formula.
fn check_problems(input: &[u8], file: &ReadFile) {
    let good = file.rows.len() as u64;
    assert!(good <= file.row_count);
    assert!(file.row_count - good <= file.problems.count);
    assert!(!file.unreadable || !file.problems.is_empty());
    let problems = &file.problems.first;
    assert!(problems.is_sorted_by_key(|problem| problem.line));
    let lines = input.iter().filter(|byte| b"\r\n".contains(byte)).count() as u64 + 1;
    assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.line)));
    let bad: HashSet<u64> = problems.iter().map(|problem| problem.line).collect();
    assert!(file.unreadable || file.rows.iter().all(|row| !bad.contains(&u64::from(row.line))));
    let list = problems_csv(problems);
    let mut list = csv::Reader::from_reader(list.as_slice());
    let mut count = 0;
    for row in list.records() {
        let row = row.expect("five cells of text");
        assert_eq!(row.len(), 5);
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
        count += 1;
    }
    assert_eq!(count, problems.len());
}

/// What was read is exported, and read back as it was.
fn check_export(plan: NumberingPlan, file: &ReadFile) {
    let mut mappings: Vec<_> = file.rows.iter().map(|row| (row.phone_number, row.email.clone())).collect();
    mappings.sort_unstable();
    let export = |(phone_number, email): &(_, EmailAddress)| ExportedMapping {
        phone_number: *phone_number,
        email: email.clone(),
    };
    let exported: Vec<_> = mappings.iter().map(export).collect();
    let text = [TEMPLATE.as_bytes(), &export::rows(plan, &exported)].concat();
    let again = reader::read(text.as_slice(), plan).expect("a file in memory");
    assert!(again.problems.is_empty(), "{:?}", again.problems.first);
    let again: Vec<_> = again.rows.into_iter().map(|row| (row.phone_number, row.email)).collect();
    assert_eq!(again, mappings);
}

/// Hands out one to seven bytes at a time.
struct Drip<'a> {
    rest: &'a [u8],
    turn: usize,
}

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        let end = buffer.len().min(1 + self.turn % 7);
        self.rest.read(&mut buffer[..end])
    }
}
