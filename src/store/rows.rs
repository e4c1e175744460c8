//! From database values to domain values and back.

use jiff::Timestamp;

use crate::domain::actor::{Actor, ActorKind};
use crate::domain::business_group::{BusinessGroupId, IdentityPinning};
use crate::domain::guid::Guid;
use crate::domain::history::ChangeCounts;
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;
use crate::store::error::UnreadableRow;
use crate::store::record::record;

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

/// A count as a database has it.
pub(super) fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn change_counts(added: i64, changed: i64, removed: i64) -> Result<ChangeCounts, UnreadableRow> {
    Ok(ChangeCounts { added: count(added)?, changed: count(changed)?, removed: count(removed)? })
}

record! {
    #[expect(clippy::struct_field_names, reason = "the names of the columns")]
    /// Who did something. Without a kind, or with one of the next version, it is known by the id.
    pub(super) struct ActorRow {
        actor_kind: Option<String>,
        actor_id: String,
        actor_name: String,
    }
}

impl From<ActorRow> for Actor {
    fn from(row: ActorRow) -> Self {
        let kind = row.actor_kind.as_deref().and_then(ActorKind::parse);
        let kind = kind.unwrap_or_else(|| ActorKind::of_id(&row.actor_id));
        Self { kind, id: row.actor_id, name: row.actor_name }
    }
}

/// Rows as what they stand for.
pub(super) fn all<R, T: TryFrom<R, Error = UnreadableRow>>(rows: Vec<R>) -> Result<Vec<T>, StoreError> {
    let all: Result<Vec<_>, UnreadableRow> = rows.into_iter().map(T::try_from).collect();
    Ok(all?)
}

/// A page of rows that were read up to [`one_more`].
pub(super) fn page<R, T, K>(rows: Vec<R>, request: &PageRequest<K>) -> Result<Page<T>, StoreError>
where
    T: TryFrom<R, Error = UnreadableRow>,
{
    Ok(Page::from_one_more(all(rows)?, request.limit))
}

/// How many rows are read for a page: one more, to see whether others come after it.
pub(super) fn one_more<K>(request: &PageRequest<K>) -> i64 {
    i64::from(request.limit) + 1
}

/// The number that a page comes after. No number is 0.
pub(super) fn after_number(request: &PageRequest<PhoneNumber>) -> i64 {
    request.after.map_or(0, to_i64)
}
