//! From database values to domain values and back.

use jiff::Timestamp;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::business_group::IdentityPinning;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::mapping::Mapping;
use crate::domain::number_range::NumberRange;
use crate::domain::phone_number::PhoneNumber;
use crate::store::error::UnreadableRow;

/// A phone number as a database has it; 15 digits fit.
pub(super) fn to_i64(number: PhoneNumber) -> i64 {
    i64::try_from(number.digits()).unwrap_or(i64::MAX)
}

pub(super) fn phone_number(digits: i64) -> Result<PhoneNumber, UnreadableRow> {
    let digits = u64::try_from(digits).ok();
    digits.and_then(PhoneNumber::from_digits).ok_or(UnreadableRow("a phone number"))
}

pub(super) fn timestamp(micros: i64) -> Result<Timestamp, UnreadableRow> {
    Timestamp::from_microsecond(micros).map_err(|_| UnreadableRow("a time"))
}

pub(super) fn guid(text: &str) -> Result<Guid, UnreadableRow> {
    Guid::parse(text).map_err(|_| UnreadableRow("a GUID"))
}

pub(super) fn group_id(text: String) -> BusinessGroupId {
    BusinessGroupId::from_stored(text)
}

pub(super) fn pinning(text: &str) -> Result<IdentityPinning, UnreadableRow> {
    IdentityPinning::parse(text).ok_or(UnreadableRow("an identity pinning"))
}

pub(super) fn count(number: i64) -> Result<u64, UnreadableRow> {
    u64::try_from(number).map_err(|_| UnreadableRow("a count"))
}

pub(super) fn range(first: i64, last: i64) -> Result<NumberRange, UnreadableRow> {
    NumberRange::new(phone_number(first)?, phone_number(last)?).map_err(|_| UnreadableRow("a number range"))
}

/// `phone_number, email, updated_at`
pub(super) type MappingRow = (i64, String, i64);

pub(super) fn mapping((number, email, updated_at): MappingRow) -> Result<Mapping, UnreadableRow> {
    Ok(Mapping {
        phone_number: phone_number(number)?,
        email: EmailAddress::from_stored(email),
        updated_at: timestamp(updated_at)?,
    })
}
