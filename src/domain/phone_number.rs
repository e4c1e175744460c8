//! Phone numbers, and the numbering plan they are read and written in.

use std::fmt;

use rlibphonenumber::PHONE_NUMBER_UTIL;
use rlibphonenumber::PhoneNumber as ParsedNumber;
use rlibphonenumber::PhoneNumberFormat;
use rlibphonenumber::Region;

/// A phone number in E.164: a `+`, the calling code and the national number, at most 15 digits in all.
///
/// Kept as the integer that its digits make: E.164 numbers never start with 0, so nothing is lost, ranges compare as
/// numbers do, and a row in the store is eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(u64);

/// The text is no phone number that can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// It is not `+` and 7 to 15 digits.
    #[error("a number in E.164 is + and 7 to 15 digits, such as +17635551111")]
    NotE164,
    /// It has a character that is no digit, or a `+` that is not in front.
    #[error("write a phone number as + and digits, such as +17635551111, or as the digits alone")]
    NotDigits,
    /// The numbering plan of its country has no such number.
    #[error("the numbering plan of its country has no such number")]
    NotInPlan,
}

/// The smallest and the largest integer that can be an E.164 number: 7 to 15 digits.
const LIMITS: std::ops::RangeInclusive<u64> = 1_000_000..=999_999_999_999_999;

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
        write!(f, "+{}", self.0)
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
    /// # Errors
    /// See [`PhoneNumberError`].
    pub fn parse(self, text: &str) -> Result<PhoneNumber, PhoneNumberError> {
        // The library also reads letters, extensions and full-width digits; a sheet that has them is wrong.
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneNumberError::NotDigits);
        }
        // With a plus it is a number of the world's; the library would try one that is none without its plus, in the region.
        let region = Some(self.region).filter(|_| !text.starts_with('+'));
        let parsed = ParsedNumber::parse(text, region).map_err(|_| PhoneNumberError::NotInPlan)?;
        if !self.has(&parsed) && !parsed.is_valid() {
            return Err(PhoneNumberError::NotInPlan);
        }
        let e164 = parsed.format_as(PhoneNumberFormat::E164);
        let digits = e164.trim_start_matches('+').parse().ok();
        digits.and_then(PhoneNumber::from_digits).ok_or(PhoneNumberError::NotInPlan)
    }

    /// Whether it is a number of this very region. The library's own check tries all regions of the calling code first, and
    /// then the one it found once more: most numbers of a sheet are the default region's.
    fn has(self, parsed: &ParsedNumber) -> bool {
        u64::try_from(parsed.country_code) == Ok(self.calling_code) && parsed.is_valid_for_region(self.region)
    }

    /// The digits after the calling code if the number is of this plan's calling code, such as `7635551111`.
    ///
    /// Calling codes are prefix-free, so the leading digits alone tell.
    #[must_use]
    pub fn national_digits(self, number: PhoneNumber) -> Option<u64> {
        let code_digits = self.calling_code.ilog10() + 1;
        let national_digits = number.digit_count().checked_sub(code_digits)?;
        let unit = 10_u64.pow(national_digits);
        let national = number.0 % unit;
        // A national number that starts with 0 (Italy's) would lose its zero as an integer.
        let whole = national >= unit / 10;
        (number.0 / unit == self.calling_code && whole).then_some(national)
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
        match self {
            Self::National(digits) => digits.fmt(f),
            Self::E164(number) => number.fmt(f),
        }
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
            assert_eq!(plan.parse(text), Err(PhoneNumberError::NotInPlan), "{region} {text}");
        }
        let dialled = NumberingPlan::of_region("GB").unwrap().parse("02079460000").unwrap();
        assert_eq!(dialled.to_string(), "+442079460000");
    }

    #[test]
    fn a_number_that_the_plan_has_not_is_refused() {
        for text in [
            "0",
            "911",
            "763555111",
            "76355511111",
            "1234567890",
            "7630551111",
            "9115551111",
            "+10000000000",
            "+999123456789",
            "99999999999999999999",
        ] {
            assert_eq!(us().parse(text), Err(PhoneNumberError::NotInPlan), "{text}");
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

    proptest! {
        /// The shorter way to a verdict never gives another one than the library's own.
        #[test]
        fn a_number_is_taken_where_the_library_calls_it_valid(
            text in prop_oneof!["[2-9][0-9]{9}", "\\+1[2-9][0-9]{9}", "\\+(44|39|49|7)[0-9]{8,11}", "[0-9]{7,12}"],
            letters in prop_oneof![Just("US"), Just("CA"), Just("BS"), Just("GB"), Just("GG"), Just("IT"), Just("KZ")],
        ) {
            let plan = NumberingPlan::of_region(letters).unwrap();
            let region = Some(plan.region).filter(|_| !text.starts_with('+'));
            let valid = ParsedNumber::parse(&text, region).is_ok_and(|parsed| parsed.is_valid());
            prop_assert_eq!(plan.parse(&text).is_ok(), valid, "{} in {}", text, letters);
        }
    }

    #[test]
    fn a_region_is_two_letters_with_a_numbering_plan() {
        for wrong in ["", "U", "USA", "XX", "us ", "1"] {
            assert_eq!(NumberingPlan::of_region(wrong).unwrap_err(), RegionError, "{wrong}");
        }
    }
}
