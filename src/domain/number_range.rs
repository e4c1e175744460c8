//! Number ranges: which phone numbers a business group may map.

use crate::domain::phone_number::PhoneNumber;

/// All numbers from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumberRange {
    first: PhoneNumber,
    last: PhoneNumber,
}

/// Why two numbers are not a range, or why ranges don't go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberRangeError {
    /// The last number comes before the first.
    #[error("the range's last number comes before its first")]
    Backwards,
    /// The two numbers have different lengths, so most of what lies between them are not numbers of one plan.
    #[error("the range's first and last number must have the same number of digits")]
    DifferentLengths,
    /// Two ranges of one list share a number.
    #[error("the ranges {} to {} and {} to {} overlap", .0.first, .0.last, .1.first, .1.last)]
    Overlap(NumberRange, NumberRange),
    /// There are more than [`MAX_NUMBER_RANGES`].
    #[error("a business group has at most {MAX_NUMBER_RANGES} number ranges: join ranges that follow each other")]
    TooMany,
}

/// How many ranges one business group can have.
pub const MAX_NUMBER_RANGES: usize = 1000;

impl NumberRange {
    /// The range from `first` to `last`.
    ///
    /// # Errors
    /// [`NumberRangeError::Backwards`] or [`NumberRangeError::DifferentLengths`].
    pub fn new(first: PhoneNumber, last: PhoneNumber) -> Result<Self, NumberRangeError> {
        if last < first {
            return Err(NumberRangeError::Backwards);
        }
        if first.digit_count() != last.digit_count() {
            return Err(NumberRangeError::DifferentLengths);
        }
        Ok(Self { first, last })
    }

    /// The first number.
    #[must_use]
    pub fn first(self) -> PhoneNumber {
        self.first
    }

    /// The last number, itself in the range.
    #[must_use]
    pub fn last(self) -> PhoneNumber {
        self.last
    }
}

/// Sorts a group's ranges.
///
/// # Errors
/// [`NumberRangeError::Overlap`] with the first two that share a number, or [`NumberRangeError::TooMany`].
pub fn sort(mut ranges: Vec<NumberRange>) -> Result<Vec<NumberRange>, NumberRangeError> {
    if ranges.len() > MAX_NUMBER_RANGES {
        return Err(NumberRangeError::TooMany);
    }
    ranges.sort_unstable();
    match ranges.windows(2).find(|pair| pair[1].first <= pair[0].last) {
        Some(pair) => Err(NumberRangeError::Overlap(pair[0], pair[1])),
        None => Ok(ranges),
    }
}

/// Whether one of `ranges`, as [`sort`] leaves them, holds `number`.
#[must_use]
pub fn contains(ranges: &[NumberRange], number: PhoneNumber) -> bool {
    let after = ranges.partition_point(|range| range.first <= number);
    after.checked_sub(1).is_some_and(|at| number <= ranges[at].last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u64, last: u64) -> NumberRange {
        let number = |digits| PhoneNumber::from_digits(digits).unwrap();
        NumberRange::new(number(first), number(last)).unwrap()
    }

    #[test]
    fn a_number_is_in_a_range_from_its_first_to_its_last() {
        let ranges = sort(vec![range(17_635_553_000, 17_635_553_999), range(17_635_551_000, 17_635_551_999)]).unwrap();
        for (digits, expected) in [
            (17_635_550_999, false),
            (17_635_551_000, true),
            (17_635_551_999, true),
            (17_635_552_000, false),
            (17_635_553_999, true),
            (17_635_554_000, false),
        ] {
            assert_eq!(contains(&ranges, PhoneNumber::from_digits(digits).unwrap()), expected, "{digits}");
        }
        assert!(!contains(&[], PhoneNumber::from_digits(17_635_551_000).unwrap()));
    }

    #[test]
    fn ranges_of_one_group_that_share_a_number_are_refused() {
        let (a, b) = (range(17_635_551_000, 17_635_552_000), range(17_635_552_000, 17_635_553_000));
        assert_eq!(sort(vec![b, a]), Err(NumberRangeError::Overlap(a, b)));
    }
}
