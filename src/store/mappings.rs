//! Mappings: which number belongs to which address, and whom a number is pinned to.

use async_trait::async_trait;
use const_format::concatcp;

use crate::domain::actor::AuditContext;
use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::mapping::{Line, MappedNumber, Mapping, MappingPlace};
use crate::domain::number_range;
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::mapping_store::{
    Export, FoundMapping, GroupMapping, LookedUp, MappingFilter, MappingRefusal, MappingStore, Pin, PinOutcome,
    PutMapping, PutOutcome, ReleasePinOutcome, SignInFacts, WantedInAll,
};
use crate::ports::store_error::StoreError;
use crate::store::audit::entry;
use crate::store::change_sets::SingleChange;
use crate::store::db::{Db, Tx};
use crate::store::error::UnreadableRow;
use crate::store::locks::{FIND_GROUP_KEY, LockedGroup};
use crate::store::mapping_rows::{MappingRow, SELECT_MAPPINGS};
use crate::store::record::record;
use crate::store::revisions::RevisionKind;
use crate::store::sql::sql;
use crate::store::{audit, export, look_up, mapping_search, rows, sign_in_facts};

/// A pin of a tenant that the group was linked to before counts as none.
const RESOLVE: &str = "SELECT g.id, COALESCE(g.tenant_proven_at, g.tenant_confirmed_at) IS NOT NULL AS is_vouched_for, \
     g.allow_guests, g.identity_pinning, m.phone_number, \
     CASE WHEN m.pinned_tid = g.tenant_id THEN m.pinned_oid END AS pinned_oid \
     FROM business_groups g LEFT JOIN mappings m ON m.group_key = g.group_key AND m.email = $2 WHERE g.tenant_id = $1";

/// Of a mapping that is locked.
const PIN: &str = "UPDATE mappings SET pinned_tid = $3, pinned_oid = $4, pinned_at = $5 \
     WHERE phone_number = $1 AND group_key = $2";

const FIND_MAPPING: &str = concatcp!(SELECT_MAPPINGS, "g.id = $1 AND m.phone_number = $2");

const MAPPING_OF_EMAIL: &str = "SELECT phone_number FROM mappings WHERE group_key = $1 AND email = $2";

const ADD_MAPPING: &str = "INSERT INTO mappings (phone_number, group_key, email, updated_at) VALUES ($1, $2, $3, $4)";

/// A trigger leaves the pin with the address before, and takes that of the new one back.
const CHANGE_MAPPING: &str =
    "UPDATE mappings SET email = $3, updated_at = $4 WHERE phone_number = $1 AND group_key = $2";

const DELETE_MAPPING: &str = "DELETE FROM mappings WHERE phone_number = $1 AND group_key = $2 RETURNING email";

const RELEASE_PIN: &str = "UPDATE mappings SET pinned_tid = NULL, pinned_oid = NULL, pinned_at = NULL \
     WHERE phone_number = $1 AND group_key = $2";

/// Mappings in a database.
pub(super) struct DbMappings(pub(super) Db);

record! {
    /// What a sign-in meets.
    struct LineRow {
        id: String,
        is_vouched_for: bool,
        allow_guests: bool,
        identity_pinning: String,
        phone_number: Option<i64>,
        pinned_oid: Option<String>,
    }
}

impl TryFrom<LineRow> for Line {
    type Error = UnreadableRow;

    fn try_from(row: LineRow) -> Result<Self, UnreadableRow> {
        let pinned_oid = row.pinned_oid.as_deref().map(rows::guid).transpose()?;
        let number = row.phone_number.map(rows::phone_number).transpose()?;
        Ok(Self {
            business_group: rows::group_id(row.id),
            is_vouched_for: row.is_vouched_for,
            allow_guests: row.allow_guests,
            identity_pinning: rows::pinning(&row.identity_pinning)?,
            mapped: number.map(|phone_number| MappedNumber { phone_number, pinned_oid }),
        })
    }
}

record! {
    /// The mapping of a first sign-in.
    struct LockedLine {
        group_key: i64,
        pinned_oid: Option<String>,
    }
}

record! {
    /// Whom a mapping is pinned to.
    struct PinRow {
        pinned_oid: Option<String>,
    }
}

impl Tx {
    async fn find_mapping(
        &mut self,
        group: &BusinessGroupId,
        number: PhoneNumber,
    ) -> Result<Option<MappingRow>, StoreError> {
        Ok(self.optional(sql(FIND_MAPPING).bind(group).bind(number)).await?)
    }

    /// The number that has an address.
    async fn number_of(&mut self, group_key: i64, email: &EmailAddress) -> Result<Option<PhoneNumber>, StoreError> {
        let number: Option<i64> = self.scalar(sql(MAPPING_OF_EMAIL).bind(group_key).bind(email)).await?;
        Ok(number.map(rows::phone_number).transpose()?)
    }

    /// The first sign-in name of an account that has another number than its mapping.
    async fn other_number(&mut self, group_key: i64, pin: &Pin) -> Result<Option<PinOutcome>, StoreError> {
        for sign_in_name in &pin.other_sign_in_names {
            let other = self.number_of(group_key, sign_in_name).await?;
            if let Some(number) = other.filter(|number| *number != pin.phone_number) {
                return Ok(Some(PinOutcome::TwoNumbers { sign_in_name: sign_in_name.clone(), number }));
            }
        }
        Ok(None)
    }

    /// Refuses a number an address that it has not, where another number has it, or the number is none of the group's.
    async fn check_put(&mut self, group: LockedGroup, change: &PutMapping) -> Result<(), MappingRefusal> {
        if let Some(by) = self.number_of(group.key, &change.email).await? {
            return Err(MappingRefusal::EmailTaken { by });
        }
        let ranges = self.ranges(group.key).await?;
        let is_assigned = number_range::contains(&ranges, change.phone_number);
        if is_assigned { Ok(()) } else { Err(MappingRefusal::NumberNotAssigned) }
    }
}

#[async_trait]
impl MappingStore for DbMappings {
    async fn resolve(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<Option<Line>, StoreError> {
        let row: Option<LineRow> = self.0.look_up(sql(RESOLVE).bind(tenant).bind(email)).await?;
        Ok(row.map(Line::try_from).transpose()?)
    }

    async fn pin(&self, pin: &Pin) -> Result<PinOutcome, StoreError> {
        let mut tx = self.0.begin().await?;
        let lock = sql(tx.dialect().lock_line).bind(&pin.group).bind(pin.phone_number).bind(&pin.email).bind(pin.tid);
        let group_key = match tx.optional::<LockedLine>(lock).await? {
            None => return Ok(PinOutcome::NoSuchMapping),
            Some(LockedLine { pinned_oid: Some(oid), .. }) => return Ok(PinOutcome::PinnedTo(rows::guid(&oid)?)),
            Some(LockedLine { group_key, pinned_oid: None }) => group_key,
        };
        if let Some(two_numbers) = tx.other_number(group_key, pin).await? {
            return Ok(two_numbers);
        }
        tx.run(sql(PIN).bind(pin.phone_number).bind(group_key).bind(pin.tid).bind(pin.oid).bind(pin.now)).await?;
        tx.commit_aside().await?;
        Ok(PinOutcome::PinnedTo(pin.oid))
    }

    async fn find(&self, group: &BusinessGroupId, number: PhoneNumber) -> Result<Mapping, MappingRefusal> {
        let row: Option<MappingRow> = self.0.optional(sql(FIND_MAPPING).bind(group).bind(number)).await?;
        Ok(row.ok_or(MappingRefusal::NoSuchMapping)?.try_into()?)
    }

    async fn list(
        &self,
        group: &BusinessGroupId,
        filter: &MappingFilter,
        page: &PageRequest<MappingPlace>,
    ) -> Result<Page<Mapping>, MappingRefusal> {
        let group_key: Option<i64> = self.0.scalar(sql(FIND_GROUP_KEY).bind(group)).await?;
        let group_key = group_key.ok_or(MappingRefusal::NoSuchGroup)?;
        Ok(mapping_search::list(&self.0, group_key, filter, page).await?)
    }

    async fn find_in_all(
        &self,
        wanted: &WantedInAll,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<GroupMapping>, StoreError> {
        mapping_search::find_in_all(&self.0, wanted, page).await
    }

    async fn look_up(
        &self,
        group: Option<&BusinessGroupId>,
        asked: &LookedUp,
    ) -> Result<Vec<FoundMapping>, MappingRefusal> {
        look_up::look_up(&self.0, group, asked).await
    }

    async fn put_if(&self, change: &PutMapping, revisions: Option<&[i64]>) -> Result<PutOutcome, MappingRefusal> {
        let mut tx = self.0.begin().await?;
        let (Some(group), context) = tx.enter(&change.group, &change.context).await? else {
            return Err(MappingRefusal::NoSuchGroup);
        };
        check_revision(group, revisions)?;
        let before = tx.find_mapping(&change.group, change.phone_number).await?;
        let before = match before {
            Some(row) if row.email == change.email.as_str() => return Ok(PutOutcome::Updated(row.try_into()?)),
            before => before.map(|row| row.email),
        };
        tx.check_put(group, change).await?;
        let put = sql(if before.is_some() { CHANGE_MAPPING } else { ADD_MAPPING });
        tx.run(put.bind(change.phone_number).bind(group.key).bind(&change.email).bind(context.at)).await?;
        let single = SingleChange {
            number: change.phone_number,
            old_email: before.as_deref(),
            new_email: Some(change.email.as_str()),
        };
        let revision = tx.record_single(group, single, &context).await?;
        let detail = vec![entry("phone_number", &change.phone_number), entry("revision", &revision)];
        tx.record(&audit::done(&context, action::PUT_MAPPING, &change.group, detail)).await?;
        // With the pin that the address had before, if it had one.
        let mapping = tx.find_mapping(&change.group, change.phone_number).await?;
        let mapping = mapping.ok_or(UnreadableRow("a mapping that was just written"))?.try_into()?;
        tx.commit_lines(group.tenant).await?;
        Ok(if before.is_some() { PutOutcome::Updated(mapping) } else { PutOutcome::Created(mapping) })
    }

    async fn delete_if(
        &self,
        id: &BusinessGroupId,
        number: PhoneNumber,
        revisions: Option<&[i64]>,
        context: &AuditContext,
    ) -> Result<(), MappingRefusal> {
        let mut tx = self.0.begin().await?;
        let (Some(group), context) = &tx.enter(id, context).await? else {
            return Err(MappingRefusal::NoSuchMapping);
        };
        let deleted: Option<String> = tx.scalar(sql(DELETE_MAPPING).bind(number).bind(group.key)).await?;
        let Some(email) = deleted else {
            return Err(MappingRefusal::NoSuchMapping);
        };
        // What is not there is told first (RFC 9110, section 13.2.1). The transaction is rolled back.
        check_revision(*group, revisions)?;
        let single = SingleChange { number, old_email: Some(&email), new_email: None };
        let revision = tx.record_single(*group, single, context).await?;
        let detail = vec![entry("phone_number", &number), entry("revision", &revision)];
        tx.record(&audit::done(context, action::DELETE_MAPPING, id, detail)).await?;
        tx.commit_lines(group.tenant).await?;
        Ok(())
    }

    async fn release_pin(
        &self,
        id: &BusinessGroupId,
        number: PhoneNumber,
        context: &AuditContext,
    ) -> Result<ReleasePinOutcome, MappingRefusal> {
        let mut tx = self.0.begin().await?;
        let (Some(group), context) = &tx.enter(id, context).await? else {
            return Err(MappingRefusal::NoSuchMapping);
        };
        let lock = sql(tx.dialect().lock_pin).bind(number).bind(group.key);
        let oid = match tx.optional::<PinRow>(lock).await? {
            None => return Err(MappingRefusal::NoSuchMapping),
            Some(PinRow { pinned_oid: None }) => return Ok(ReleasePinOutcome::NotPinned),
            Some(PinRow { pinned_oid: Some(oid) }) => oid,
        };
        tx.run(sql(RELEASE_PIN).bind(number).bind(group.key)).await?;
        let revision = tx.record_without_changes(*group, RevisionKind::Released(number), context).await?;
        let detail = vec![entry("phone_number", &number), entry("oid", &oid), entry("revision", &revision)];
        tx.record(&audit::done(context, action::RELEASE_PIN, id, detail)).await?;
        tx.commit_lines(group.tenant).await?;
        Ok(ReleasePinOutcome::Released)
    }

    async fn sign_in_facts(
        &self,
        group: &BusinessGroupId,
        email: &EmailAddress,
    ) -> Result<SignInFacts, MappingRefusal> {
        sign_in_facts::read(&mut self.0.begin_snapshot().await?, group, email).await
    }

    async fn export(&self, group: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
        export::open(&self.0, group).await
    }
}

/// Refuses a change of a group that is of none of the revisions that it was meant for. The group is locked, so of two
/// changes that were meant for the same revision one comes too late.
fn check_revision(group: LockedGroup, revisions: Option<&[i64]>) -> Result<(), MappingRefusal> {
    let is_expected = revisions.is_none_or(|revisions| revisions.contains(&group.revision));
    if is_expected { Ok(()) } else { Err(MappingRefusal::RevisionMoved { current: group.revision }) }
}
