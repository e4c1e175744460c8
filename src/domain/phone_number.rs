//! Phone numbers, and the numbering plan they are read and written in.

use std::fmt;

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber as ParsedNumber, PhoneNumberFormat, PhoneNumberType, Region,
};

/// A phone number in E.164: a `+`, the calling code and the national number, at most 15 digits in all.
///
/// Kept as the integer that its digits make: E.164 numbers never start with 0, so nothing is lost, ranges compare as
/// numbers do, and a row in the store is eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(u64);

/// The text is not a phone number that can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// It is not `+` and 7 to 15 digits.
    #[error("a number in E.164 is + and 7 to 15 digits, such as +17635551111")]
    NotE164,
    /// It has a character that is not a digit, or a `+` that is not in front.
    #[error("write a phone number as + and digits, such as +17635551111, or as the digits alone")]
    NotDigits,
    /// No number of its country has this length, or starts so.
    #[error("no phone number of its country has this many digits, or starts with these")]
    NotPossible,
}

/// The smallest and the largest integer that can be an E.164 number: 7 to 15 digits.
const LIMITS: std::ops::RangeInclusive<u64> = 1_000_000..=999_999_999_999_999;

/// The calling code of the United States, Canada and their neighbors: the North American Numbering Plan.
const NORTH_AMERICA: u64 = 1;

impl PhoneNumber {
    /// Takes the digits of an E.164 number as an integer, without asking the numbering plan: for what a store gives
    /// back. `None` if it has fewer than 7 or more than 15 digits.
    #[must_use]
    pub fn from_digits(digits: u64) -> Option<Self> {
        LIMITS.contains(&digits).then_some(Self(digits))
    }

    /// The digits as an integer, calling code first.
    #[must_use]
    pub fn digits(self) -> u64 {
        self.0
    }

    /// How many digits it has, without the `+`.
    #[must_use]
    pub fn digit_count(self) -> u32 {
        self.0.ilog10() + 1
    }

    /// Reads `+` and 7 to 15 digits, as the API writes numbers, without asking the numbering plan: the ends of a number
    /// range need not be numbers that can be called. [`NumberingPlan::parse`] asks the plan.
    ///
    /// # Errors
    /// [`PhoneNumberError::NotE164`].
    pub fn parse_e164(text: &str) -> Result<Self, PhoneNumberError> {
        let digits = text.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.filter(|digits| !digits.starts_with('0')).and_then(|digits| digits.parse().ok());
        number.and_then(Self::from_digits).ok_or(PhoneNumberError::NotE164)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NumberText::from(*self).as_str())
    }
}

/// The text of a number, as it is displayed, without a string of its own.
#[derive(Clone, Copy, Debug)]
pub struct NumberText {
    text: [u8; NUMBER_CHARS],
    start: usize,
}

impl From<PhoneNumber> for NumberText {
    fn from(number: PhoneNumber) -> Self {
        Self::of(number.0, true)
    }
}

impl From<WrittenNumber> for NumberText {
    fn from(number: WrittenNumber) -> Self {
        match number {
            WrittenNumber::National(digits) => Self::of(digits, false),
            WrittenNumber::E164(number) => number.into(),
        }
    }
}

/// The longest text: a `+` and 20 digits, as any integer of 64 bits may have.
const NUMBER_CHARS: usize = 21;

impl NumberText {
    fn of(number: u64, plus: bool) -> Self {
        let (mut text, mut buffer) = ([b'+'; NUMBER_CHARS], itoa::Buffer::new());
        let digits = buffer.format(number).as_bytes();
        let start = NUMBER_CHARS - digits.len();
        text[start..].copy_from_slice(digits);
        Self { text, start: start - usize::from(plus) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The same in ASCII, without a look at it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[self.start..]
    }
}

/// The numbering plan of the default region: how a number without `+` is read, and which numbers are written in
/// national digits.
#[derive(Clone, Copy, Debug)]
pub struct NumberingPlan {
    region: Region,
    calling_code: u64,
}

/// The text names no region with a numbering plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a region: use its two letters, such as US or GB")]
pub struct RegionError;

impl NumberingPlan {
    /// The plan of a region by its two letters (ISO 3166-1), such as `US`.
    ///
    /// # Errors
    /// [`RegionError`] if the letters name no region that has a numbering plan.
    pub fn of_region(letters: &str) -> Result<Self, RegionError> {
        let region = Region::try_from(letters).map_err(|_| RegionError)?;
        let calling_code = PHONE_NUMBER_UTIL.get_country_code_for_region(region).ok_or(RegionError)?;
        let calling_code = u64::try_from(calling_code).map_err(|_| RegionError)?;
        Ok(Self { region, calling_code })
    }

    /// The two letters of the region, such as `US`.
    #[must_use]
    pub fn region(self) -> String {
        self.region.to_string()
    }

    /// Reads `+` and digits, or digits alone as they are dialled in the region (`7635551111`, `17635551111`).
    /// Separators are the caller's to take out.
    ///
    /// A text has one reading, or none. Whether the number is in service is not asked: tables of numbering plans are
    /// years behind the area codes that are given out. It must have a length that numbers of its calling code have, and
    /// may start as they do; which of them may be mapped, a group's number ranges decide.
    ///
    /// # Errors
    /// See [`PhoneNumberError`].
    pub fn parse(self, text: &str) -> Result<PhoneNumber, PhoneNumberError> {
        // The library also reads letters, extensions and full-width digits; a sheet that has them is wrong.
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneNumberError::NotDigits);
        }
        let (parsed, number) = self.read(text).ok_or(PhoneNumberError::NotPossible)?;
        // The first check alone is enough for most numbers of a sheet, and the last is slow.
        let taken = self.has(&parsed) || self.is_possible(&parsed, number) || parsed.is_valid();
        if taken { Ok(number) } else { Err(PhoneNumberError::NotPossible) }
    }

    /// The library's one reading of a text.
    fn read(self, text: &str) -> Option<(ParsedNumber, PhoneNumber)> {
        // With a plus it is a number of the world's; the library would try one that is none without its plus, in the
        // region.
        let region = Some(self.region).filter(|_| !text.starts_with('+'));
        let parsed = ParsedNumber::parse(text, region).ok()?;
        let e164 = parsed.format_as(PhoneNumberFormat::E164);
        let number = PhoneNumber::from_digits(e164.trim_start_matches('+').parse().ok()?)?;
        Some((parsed, number))
    }

    /// Whether it is a number of this very region. The library's own check tries all regions of the calling code first,
    /// and then the one it found once more: most numbers of a sheet are the default region's.
    fn has(self, parsed: &ParsedNumber) -> bool {
        u64::try_from(parsed.country_code) == Ok(self.calling_code) && parsed.is_valid_for_region(self.region)
    }

    /// Whether a number that no table knows can be one: by its length and its first digits. It must also be the same
    /// number when it is read again, or nobody could say which of the two is meant.
    fn is_possible(self, parsed: &ParsedNumber, number: PhoneNumber) -> bool {
        let national = parsed.get_national_significant_number();
        let has_form = if u64::try_from(parsed.country_code) == Ok(NORTH_AMERICA) {
            is_north_american(national.as_bytes())
        } else {
            let starts = !national.starts_with('0') || !national.starts_with("00") && zero_is_its_own(parsed);
            starts && parsed.is_possible_with_reason() == Ok(NumberLengthType::IsPossible)
        };
        has_form && self.read(&number.to_string()).is_some_and(|(_, again)| again == number)
    }

    /// The digits after the calling code if the number is of this plan's calling code, such as `7635551111`.
    ///
    /// Calling codes are prefix-free, so the leading digits alone tell. `None` also for a number of which these digits
    /// alone would be read as another one, or as none.
    #[must_use]
    pub fn national_digits(self, number: PhoneNumber) -> Option<u64> {
        let code_digits = self.calling_code.ilog10() + 1;
        let national_digits = number.digit_count().checked_sub(code_digits)?;
        let unit = 10_u64.pow(national_digits);
        let national = number.0 % unit;
        // A national number that starts with 0 (Italy's) would lose its zero as an integer.
        let whole = national >= unit / 10;
        let is_national = number.0 / unit == self.calling_code && whole && self.reads_back(national, number);
        is_national.then_some(national)
    }

    fn reads_back(self, national: u64, number: PhoneNumber) -> bool {
        // There nothing is ever dialled before a whole number that these could be mistaken for.
        let digits = NumberText::of(national, false);
        self.calling_code == NORTH_AMERICA && is_north_american(digits.as_bytes())
            || self.read(digits.as_str()).is_some_and(|(_, again)| again == number)
    }

    /// How the numbers start, in E.164, that somebody has in mind who writes these digits: `02079` in Great Britain are
    /// those from `+442079`, and so are `00442079`. `None` if the digits are not what is dialled before a number.
    #[must_use]
    pub fn dialled_start(self, digits: &str) -> Option<String> {
        if let Ok(number) = self.parse(digits) {
            return Some(number.to_string());
        }
        let abroad = if self.calling_code == NORTH_AMERICA { "011" } else { "00" };
        if let Some(rest) = digits.strip_prefix(abroad) {
            return Some(format!("+{rest}"));
        }
        let trunk = trunk_prefix(self.region)?;
        digits.strip_prefix(trunk.as_str()).map(|rest| format!("+{}{rest}", self.calling_code))
    }

    /// The number as the export and the API's `phone_number_national` write it: national digits if it is of this
    /// plan's calling code, else with `+`.
    #[must_use]
    pub fn write(self, number: PhoneNumber) -> WrittenNumber {
        self.national_digits(number).map_or(WrittenNumber::E164(number), WrittenNumber::National)
    }

    /// The same as text.
    #[must_use]
    pub fn national(self, number: PhoneNumber) -> String {
        self.write(number).to_string()
    }
}

/// Whether these are the ten digits of a number of North America, NXX-NXX-XXXX, where N is 2 to 9 (North American
/// Numbering Plan Administration, "About the North American Numbering Plan").
fn is_north_american(national: &[u8]) -> bool {
    national.len() == 10 && [national[0], national[3]].iter().all(|digit| (b'2'..=b'9').contains(digit))
}

/// Whether the 0 after a calling code can be the number's own, as Italy's is. Elsewhere it is the trunk prefix, and
/// what is left behind it too short.
fn zero_is_its_own(parsed: &ParsedNumber) -> bool {
    let Some(region) = PHONE_NUMBER_UTIL.get_region_for_country_code(parsed.country_code) else { return false };
    [PhoneNumberType::FixedLine, PhoneNumberType::Mobile].into_iter().any(|kind| {
        let example = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind);
        example.is_ok_and(|example| example.get_national_significant_number().starts_with('0'))
    })
}

/// What is dialled before the numbers of a region within it, such as the 0 of Great Britain: what stands before an
/// example number where it is written for people there.
fn trunk_prefix(region: Region) -> Option<String> {
    let example = PHONE_NUMBER_UTIL.get_example_number(region).ok()?;
    let written = example.format_as(PhoneNumberFormat::National);
    let dialled: String = written.chars().filter(char::is_ascii_digit).collect();
    let trunk = dialled.strip_suffix(example.get_national_significant_number().as_str())?;
    Some(trunk.to_owned()).filter(|trunk| !trunk.is_empty())
}

/// A number as a plan writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenNumber {
    /// In national digits.
    National(u64),
    /// With `+`.
    E164(PhoneNumber),
}

impl fmt::Display for WrittenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NumberText::from(*self).as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn us() -> NumberingPlan {
        NumberingPlan::of_region("US").unwrap()
    }

    #[test]
    fn a_number_is_written_digit_by_digit() {
        for number in [0, 9, 10, 17_635_551_111, 999_999_999_999_999, u64::MAX] {
            assert_eq!(NumberText::of(number, false).as_str(), number.to_string());
            assert_eq!(NumberText::of(number, true).as_str(), format!("+{number}"));
        }
    }

    #[test]
    fn a_number_without_plus_is_read_in_the_default_region() {
        for text in ["7635551111", "17635551111", "+17635551111"] {
            assert_eq!(us().parse(text).unwrap().to_string(), "+17635551111", "{text}");
        }
        assert_eq!(us().parse("+442079460000").unwrap().to_string(), "+442079460000");
        assert_eq!(NumberingPlan::of_region("GB").unwrap().parse("02079460000").unwrap().to_string(), "+442079460000");
    }

    #[test]
    fn a_number_with_plus_is_never_read_in_the_default_region() {
        for (region, text) in [("GB", "+02079460000"), ("MX", "+0982246913578"), ("US", "+7635551111")] {
            let plan = NumberingPlan::of_region(region).unwrap();
            assert_eq!(plan.parse(text), Err(PhoneNumberError::NotPossible), "{region} {text}");
        }
        let dialled = NumberingPlan::of_region("GB").unwrap().parse("02079460000").unwrap();
        assert_eq!(dialled.to_string(), "+442079460000");
    }

    #[test]
    fn a_number_that_no_number_looks_like_is_refused() {
        for text in [
            "0",
            "911",
            "3551111",
            "763555111",
            "76355511111",
            "1234567890",
            "7630551111",
            "+17631551111",
            "+10000000000",
            "442079460000",
            "+44207",
            "+440079460018",
            "+999123456789",
            "99999999999999999999",
        ] {
            assert_eq!(us().parse(text), Err(PhoneNumberError::NotPossible), "{text}");
        }
        for text in [
            "",
            "+",
            "763 5551111",
            "1-800-FLOWERS",
            "7635551111x12",
            "++17635551111",
            "７６３５５５１１１１",
            "tel:7635551111",
        ] {
            assert_eq!(us().parse(text), Err(PhoneNumberError::NotDigits), "{text}");
        }
    }

    #[test]
    fn a_number_is_taken_whatever_a_table_says_of_its_area_code() {
        for (region, text, expected) in [
            // In service since 2024, and in no table of 2025.
            ("US", "9245551234", "+19245551234"),
            ("US", "14365551234", "+14365551234"),
            ("US", "+19245551234", "+19245551234"),
            ("GB", "+19245551234", "+19245551234"),
            ("GB", "04079460018", "+444079460018"),
            ("GB", "4079460018", "+444079460018"),
            ("GB", "+444079460018", "+444079460018"),
            ("US", "+444079460018", "+444079460018"),
            ("IT", "0912345678", "+390912345678"),
        ] {
            let plan = NumberingPlan::of_region(region).unwrap();
            assert_eq!(plan.parse(text).unwrap().to_string(), expected, "{region} {text}");
        }
    }

    #[test]
    fn what_people_dial_tells_how_a_number_starts() {
        for (region, digits, start) in [
            ("GB", "02079460018", Some("+442079460018")),
            ("GB", "0207", Some("+44207")),
            ("GB", "00442079", Some("+442079")),
            ("GB", "2079", None),
            ("US", "16512", None),
            ("US", "6512200000", Some("+16512200000")),
            ("US", "011442079", Some("+442079")),
            ("US", "651", None),
            ("RU", "8495", Some("+7495")),
            ("IT", "06", None),
            ("US", "", None),
        ] {
            let plan = NumberingPlan::of_region(region).unwrap();
            assert_eq!(plan.dialled_start(digits).as_deref(), start, "{region} {digits}");
        }
    }

    #[test]
    fn e164_is_plus_and_digits() {
        assert_eq!(PhoneNumber::parse_e164("+17630000000").unwrap().to_string(), "+17630000000");
        for text in [
            "17635551111",
            "+",
            "+123456",
            "+1234567890123456",
            "+07635551111",
            "+1 763",
            "+1763555111x",
            "++17635551111",
        ] {
            assert_eq!(PhoneNumber::parse_e164(text), Err(PhoneNumberError::NotE164), "{text}");
        }
    }

    #[test]
    fn numbers_of_the_default_region_are_written_in_national_digits_and_read_back() {
        for (region, text, national) in [
            ("US", "+17635551111", "7635551111"),
            ("US", "+442079460000", "+442079460000"),
            ("GB", "+442079460000", "2079460000"),
            ("GB", "+17635551111", "+17635551111"),
            ("IT", "+390612345678", "+390612345678"),
        ] {
            let plan = NumberingPlan::of_region(region).unwrap();
            let number = plan.parse(text).unwrap();
            assert_eq!(plan.national(number), national, "{region}");
            assert_eq!(plan.parse(national), Ok(number), "{region}");
        }
    }

    const REGIONS: [&str; 24] = [
        "US", "CA", "BS", "GB", "GG", "IT", "KZ", "RU", "DE", "FR", "HU", "LT", "BR", "MX", "AR", "JP", "CN", "IN",
        "AU", "ZA", "CI", "DK", "SM", "UZ",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Whatever tables call valid is taken, and whatever is taken has one reading in every form it is written in.
        #[test]
        fn a_number_that_is_taken_is_the_same_in_every_form(
            text in prop_oneof![
                "[2-9][0-9]{9}",
                "\\+1[2-9][0-9]{9}",
                "\\+(44|39|49|7|36|370|52|54|55|81|86|225)[0-9]{6,11}",
                "[0-9]{5,13}",
                "0[0-9]{5,12}",
                "\\+[1-9][0-9]{6,14}",
            ],
            letters in prop::sample::select(&REGIONS[..]),
        ) {
            let plan = NumberingPlan::of_region(letters).unwrap();
            let region = Some(plan.region).filter(|_| !text.starts_with('+'));
            let is_valid = ParsedNumber::parse(&text, region).is_ok_and(|parsed| parsed.is_valid());
            let Ok(number) = plan.parse(&text) else {
                prop_assert!(!is_valid, "{} in {}", text, letters);
                return Ok(());
            };
            prop_assert_eq!(plan.parse(&number.to_string()), Ok(number), "{} in {}", text, letters);
            prop_assert_eq!(us().parse(&number.to_string()), Ok(number), "{} in {}", text, letters);
            let written = plan.national(number);
            prop_assert_eq!(plan.parse(&written), Ok(number), "{} in {}, written {}", text, letters, written);
        }
    }

    #[test]
    fn a_region_is_two_letters_with_a_numbering_plan() {
        for wrong in ["", "U", "USA", "XX", "us ", "1"] {
            assert_eq!(NumberingPlan::of_region(wrong).unwrap_err(), RegionError, "{wrong}");
        }
    }
}
