//! One cell: what spreadsheets add is undone, and what is left is read as a number or an address.

use std::borrow::Cow;

use crate::domain::characters;
use crate::domain::characters::Named;
use crate::domain::email::EmailAddress;
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::import::problem::ProblemCode;

/// The name of the column of phone numbers.
pub(super) const PHONE_NUMBER: &str = "PhoneNumber";

/// The name of the column of Microsoft e-mail addresses.
pub(super) const EMAIL: &str = "MEEmailAddress";

/// Both columns.
pub(super) const COLUMNS: [&str; 2] = [PHONE_NUMBER, EMAIL];

/// What to do about bytes that are not text.
pub(super) const NOT_TEXT: &str =
    "This cell has bytes that are not UTF-8. In Excel, save the file as \"CSV UTF-8\" and upload it again.";

/// What to do about a cell whose quotes do not end where it ends.
pub(super) const MISQUOTED: &str = "The quotes of this cell do not end where the cell ends. Put quotes around the whole cell or \
                                    take them away, and check the cells next to it.";

/// What to do about a cell that holds lines after its own.
pub(super) const TAKES_IN_LINES: &str = "A quote that opens in this row takes in the lines after it. Close it where the cell ends, \
                                         or delete it.";

/// What to do about a formula without a result.
const FORMULA_WITHOUT_VALUE: &str = "This cell holds a formula, and the file does not say what it comes to. Open the file in \
                                     Excel, save it, and upload it again.";

/// The cell is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotText;

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The kind.
    pub(super) code: ProblemCode,
    /// For a person.
    pub(super) message: String,
}

impl Fault {
    fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn not_text(_: NotText) -> Self {
        Self::new(ProblemCode::InvalidEncoding, NOT_TEXT)
    }
}

/// What a cell of a workbook holds where a text or a whole number belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// A date or a time.
    Date,
    /// A truth value.
    Boolean,
    /// An error, such as `#N/A`.
    Error,
    /// The error that Excel also stores for what older ones can't show: a picture in the cell, or a linked data type.
    ErrorOrPicture,
    /// A number with decimals.
    Fraction,
    /// A formula of which the file has no result.
    FormulaWithoutValue,
}

impl Oddity {
    pub(super) fn fault(self, code: ProblemCode, wanted: &str) -> Fault {
        let holds = match self {
            Self::Date => "This cell holds a date",
            Self::Boolean => "This cell holds TRUE or FALSE",
            Self::Error => "This cell holds an error",
            Self::ErrorOrPicture => "This cell holds an error, a picture or a linked data type",
            Self::Fraction => "This cell holds a number with decimals, and a spreadsheet drops zeros at their end",
            Self::FormulaWithoutValue => return Fault::new(ProblemCode::FormulaWithoutValue, FORMULA_WITHOUT_VALUE),
        };
        Fault::new(code, format!("{holds}. Format the column as Text, and type the {wanted} again."))
    }
}

/// The text in a cell without white space and invisible characters at its ends, without `="…"` or quotes around it, and
/// without one leading apostrophe.
pub(super) fn bare(raw: &[u8]) -> Result<&str, NotText> {
    let text = str::from_utf8(raw).map_err(|_| NotText)?;
    // Nearly every cell is, and a sheet has millions.
    if is_bare(raw) {
        return Ok(text);
    }
    // U+FFFD stands where a decoder, ours or one before it, found no text.
    if text.contains(['\u{FFFD}', '\0']) {
        return Err(NotText);
    }
    let text = trimmed(text);
    let text = within_quotes(text.strip_prefix('=').unwrap_or(text)).unwrap_or(text);
    let text = trimmed(text);
    Ok(trimmed(text.strip_prefix('\'').unwrap_or(text)))
}

/// Whether a spreadsheet shows nothing in the cell.
pub(super) fn is_blank(raw: &[u8]) -> bool {
    raw.is_empty() || (!is_bare(raw) && bare(raw) == Ok(""))
}

/// Whether there is nothing to take away: the cell has content, visible ASCII alone, and does not start as one that a
/// spreadsheet has wrapped.
fn is_bare(raw: &[u8]) -> bool {
    raw.first().is_some_and(|first| !b"=\"'".contains(first)) && raw.iter().all(u8::is_ascii_graphic)
}

fn within_quotes(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || characters::is_unseen(c))
}

/// Reads a phone number as people and spreadsheets write it.
///
/// A number of another country that lost its `+` to a spreadsheet (`442079460000`) is never guessed at: it is not a
/// number of the default region, hence a fault. Where its digits happen to be one, only the group's number ranges can
/// tell.
pub(super) fn phone_number((raw, oddity): (&[u8], Option<Oddity>), plan: NumberingPlan) -> Result<PhoneNumber, Fault> {
    if let Some(oddity) = oddity {
        return Err(oddity.fault(ProblemCode::InvalidPhoneNumber, "phone number"));
    }
    let text = bare(raw).map_err(Fault::not_text)?;
    if text.is_empty() {
        let message = "The phone number is missing. Fill it in, or delete the row.";
        return Err(Fault::new(ProblemCode::MissingPhoneNumber, message));
    }
    if is_scientific(text) {
        let message = "The spreadsheet has shortened this phone number, and its last digits are lost. Format the \
                       column as Text, type the number again, and save.";
        return Err(Fault::new(ProblemCode::ScientificNotation, message));
    }
    let digits = without_separators(without_decimals(text)).ok_or_else(|| not_digits(text))?;
    plan.parse(&digits).map_err(|_| {
        let message = "There is no such phone number. Check its digits. A number of another country needs a + in front; \
                       format the column as Text so that the spreadsheet keeps it.";
        Fault::new(ProblemCode::InvalidPhoneNumber, message)
    })
}

fn not_digits(text: &str) -> Fault {
    let advice =
        "Write its digits, with spaces, dots, dashes or brackets between them if you like, and one number in a cell.";
    let takes = |c: char| c.is_ascii_digit() || c == '+' || characters::separates_digits(c);
    let strange = text.chars().find(|c| !takes(*c)).filter(|c| !c.is_ascii_graphic());
    let message = match strange {
        _ if text.starts_with('#') => {
            "The spreadsheet shows an error or a cell too narrow in place of the phone number. Correct the cell and save again."
                .to_owned()
        }
        Some(c) => format!("This is not a phone number: it has the character {}. {advice}", Named(c)),
        None => format!("This is not a phone number. {advice}"),
    };
    Fault::new(ProblemCode::InvalidPhoneNumber, message)
}

/// Whether the text is a number in scientific notation, such as `7.63555E+09` or `7,63555e9`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

/// The text without the `.0` that a number gets which went through a column of decimals.
fn without_decimals(text: &str) -> &str {
    let number = text.trim_end_matches('0').strip_suffix('.').filter(|_| text.ends_with('0'));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    number.filter(|number| digits(number.strip_prefix('+').unwrap_or(number))).unwrap_or(text)
}

/// The digits and the leading `+`; `None` if anything else than separators stands between them. A dash in front makes
/// a negative number, which is what a spreadsheet makes of a formula.
fn without_separators(text: &str) -> Option<Cow<'_, str>> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(text));
    }
    let mut number = String::with_capacity(16);
    for c in text.chars() {
        match c {
            '0'..='9' => number.push(c),
            '+' if number.is_empty() => number.push(c),
            _ if number.is_empty() && characters::is_dash(c) => return None,
            _ if characters::separates_digits(c) => {}
            _ => return None,
        }
    }
    Some(Cow::Owned(number))
}

/// What stands between cells that a program has not split.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// How to split a row that stands in one cell.
pub(super) const SPLIT: &str = "In Excel, select the column, choose Data > Text to Columns > Delimited and the separator, \
                                and save again; in a text editor, take away the quotes around each row.";

/// Whether a cell holds the names of both columns: then so does each row.
pub(super) fn is_whole_header(raw: &[u8]) -> bool {
    let Ok(text) = bare(raw) else { return false };
    let has = |column: &str| pieces(text).any(|piece| piece.eq_ignore_ascii_case(column));
    COLUMNS.into_iter().all(has)
}

/// Whether a cell holds a number and an address: a whole row.
pub(super) fn is_whole_row(raw: &[u8]) -> bool {
    let Ok(text) = bare(raw) else { return false };
    let is_number = |piece: &str| without_separators(piece).is_some_and(|digits| digits.len() >= 7);
    text.contains(SEPARATORS) && pieces(text).any(is_number) && pieces(text).any(|piece| piece.contains('@'))
}

/// Whether a cell holds rows after its own: more than one line, and a separator. Lines alone are several numbers or
/// addresses in one cell.
pub(super) fn takes_in_lines(raw: &[u8]) -> bool {
    raw.contains(&b'\n') && bare(raw).is_ok_and(|text| text.contains('\n') && text.contains(SEPARATORS))
}

/// What stands in a cell between whatever may separate cells and rows.
pub(super) fn loose_pieces(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| b",;\t|\n\"".contains(byte)).filter(|piece| !piece.is_empty())
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    // Quotes may be left around each piece, or at the two ends only.
    text.split(SEPARATORS).filter_map(|piece| bare(piece.trim().trim_matches('"').as_bytes()).ok())
}

/// Reads an e-mail address.
pub(super) fn email((raw, oddity): (&[u8], Option<Oddity>)) -> Result<EmailAddress, Fault> {
    if let Some(oddity) = oddity {
        return Err(oddity.fault(ProblemCode::InvalidEmail, "e-mail address"));
    }
    let text = bare(raw).map_err(Fault::not_text)?;
    if text.is_empty() {
        let message = "The e-mail address is missing. Fill it in, or delete the row.";
        return Err(Fault::new(ProblemCode::MissingEmail, message));
    }
    if let Some(first) = text.chars().next().filter(|c| "=+-@".contains(*c)) {
        let message = format!(
            "This starts with {first}, so a spreadsheet would run it as a formula. Write the e-mail address itself."
        );
        return Err(Fault::new(ProblemCode::Formula, message));
    }
    EmailAddress::parse(text).map_err(|error| {
        Fault::new(ProblemCode::InvalidEmail, format!("Write one address, such as name@company.com: {error}."))
    })
}
