//! The list of problems as a CSV file, to be opened beside the one that was uploaded.

use crate::domain::spreadsheet::guarded;
use crate::import::problem::Problem;

/// The header and a row for each problem: `line,column,value,code,message`, UTF-8, CRLF.
///
/// A cell that a spreadsheet would run as a formula gets a leading apostrophe (CWE-1236): its text comes from a file
/// that somebody else may have written.
#[must_use]
pub fn problems_csv(problems: &[Problem]) -> Vec<u8> {
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // A vector takes every byte, and all rows have five cells: there is nothing here that can fail.
    let _ = file.write_record(["line", "column", "value", "code", "message"]);
    for problem in problems {
        let column = problem.column.as_deref().unwrap_or_default();
        let line = problem.line.to_string();
        let cells = [&line, column, &problem.value, problem.code.as_str(), &problem.message];
        let _ = file.write_record(cells.map(|cell| guarded(cell).into_owned()));
    }
    file.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::problem::ProblemCode;

    #[test]
    fn a_list_of_problems_is_a_csv_that_no_spreadsheet_runs() {
        let problem =
            |value: &str| Problem::of_cell(7, "MEEmailAddress", value.as_bytes(), ProblemCode::Formula, "a \"b\"");
        let list = [problem("=1+1"), problem("@SUM(A1)"), Problem::of_line(9, ProblemCode::MalformedCsv, "broken")];
        let expected = "line,column,value,code,message\r\n\
                        7,MEEmailAddress,'=1+1,formula,\"a \"\"b\"\"\"\r\n\
                        7,MEEmailAddress,'@SUM(A1),formula,\"a \"\"b\"\"\"\r\n\
                        9,,,malformed_csv,broken\r\n";
        assert_eq!(String::from_utf8(problems_csv(&list)).unwrap(), expected);
    }
}
