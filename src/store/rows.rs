//! From database values to domain values and back.

use jiff::Timestamp;

use crate::domain::actor::Actor;
use crate::domain::actor::ActorKind;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::business_group::IdentityPinning;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::history::ChangeCounts;
use crate::domain::history::ChangeKind;
use crate::domain::history::MappingChange;
use crate::domain::history::Revision;
use crate::domain::history::Source;
use crate::domain::mapping::Mapping;
use crate::domain::mapping::PinnedTo;
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

/// A count as a database has it.
pub(super) fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn range(first: i64, last: i64) -> Result<NumberRange, UnreadableRow> {
    NumberRange::new(phone_number(first)?, phone_number(last)?).map_err(|_| UnreadableRow("a number range"))
}

/// `phone_number, email, updated_at, pinned_oid, pinned_at`
pub(super) type MappingRow = (i64, String, i64, Option<String>, Option<i64>);

pub(super) fn mapping((number, email, updated_at, oid, pinned_at): MappingRow) -> Result<Mapping, UnreadableRow> {
    let pinned_to = oid.zip(pinned_at).map(|(oid, at)| Ok(PinnedTo { oid: guid(&oid)?, at: timestamp(at)? }));
    Ok(Mapping {
        phone_number: phone_number(number)?,
        email: EmailAddress::from_stored(email),
        updated_at: timestamp(updated_at)?,
        pinned_to: pinned_to.transpose()?,
    })
}

/// `phone_number, old_email, new_email, moved_with`
pub(super) type ChangeRow = (i64, Option<String>, Option<String>, Option<i64>);

pub(super) fn change((number, old_email, new_email, moved_with): ChangeRow) -> Result<MappingChange, UnreadableRow> {
    let (old, new) = (old_email.map(EmailAddress::from_stored), new_email.map(EmailAddress::from_stored));
    let kind = match (old, new, moved_with) {
        (None, Some(email), None) => ChangeKind::Added(email),
        (None, Some(email), Some(from)) => ChangeKind::Moved { email, from: phone_number(from)? },
        (Some(old), Some(new), None) => ChangeKind::Changed { old, new },
        (Some(email), None, None) => ChangeKind::Removed(email),
        _ => return Err(UnreadableRow("a change")),
    };
    Ok(MappingChange { phone_number: phone_number(number)?, kind })
}

pub(super) fn change_counts(added: i64, changed: i64, removed: i64) -> Result<ChangeCounts, UnreadableRow> {
    Ok(ChangeCounts { added: count(added)?, changed: count(changed)?, removed: count(removed)? })
}

/// `actor_kind, actor_id, actor_name`; without a kind, or with one of the next version, what is known by the id.
pub(super) fn actor(kind: Option<&str>, id: String, name: String) -> Actor {
    let kind = kind.and_then(ActorKind::parse).unwrap_or_else(|| ActorKind::of_id(&id));
    Actor { kind, id, name }
}

/// `revision, at, actor_kind, actor_id, actor_name, source, added, changed, removed, released_pin, lost_tenant, gained_tenant`
pub(super) type RevisionRow =
    (i64, i64, Option<String>, String, String, String, i64, i64, i64, Option<i64>, Option<String>, Option<String>);

pub(super) fn revision(row: RevisionRow) -> Result<Revision, UnreadableRow> {
    let (revision, at, kind, id, name, source, added, changed, removed, released_pin, lost_tenant, gained_tenant) = row;
    Ok(Revision {
        revision,
        at: timestamp(at)?,
        actor: actor(kind.as_deref(), id, name),
        source: Source::parse(&source).ok_or(UnreadableRow("a source"))?,
        counts: change_counts(added, changed, removed)?,
        released_pin: released_pin.map(phone_number).transpose()?,
        lost_tenant: lost_tenant.as_deref().map(guid).transpose()?,
        gained_tenant: gained_tenant.as_deref().map(guid).transpose()?,
    })
}
