//! What a sign-in with an address would meet, for whoever asks why it does not get a line.

use const_format::concatcp;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::history::PastChange;
use crate::ports::mapping_store::{
    ExportedMapping, MAX_CHANGES_SEARCHED, MAX_NEIGHBOURS, MAX_REVISIONS_SEARCHED, MappingRefusal, SignInFacts,
};
use crate::ports::store_error::StoreError;
use crate::store::change_sets::ChangeRow;
use crate::store::db::Tx;
use crate::store::error::UnreadableRow;
use crate::store::export::ExportedRow;
use crate::store::mapping_rows::{MappingRow, SELECT_MAPPINGS};
use crate::store::record::record;
use crate::store::rows;
use crate::store::rows::ActorRow;
use crate::store::sql::sql;

const GROUP_OF_CHECK: &str = "SELECT group_key, tenant_id IS NOT NULL AS is_linked, \
     COALESCE(tenant_proven_at, tenant_confirmed_at) IS NOT NULL AS is_vouched_for, allow_guests, identity_pinning, \
     revision FROM business_groups WHERE id = $1";

const FIND_MAPPING_OF_EMAIL: &str = concatcp!(SELECT_MAPPINGS, "m.group_key = $1 AND m.email = $2");

/// Of a number that has a mapping, so that it can't be one that an address has left.
const LAST_CHANGE_OF_NUMBER: &str = "SELECT r.revision, r.at, r.actor_kind, r.actor_id, r.actor_name, h.phone_number, \
     h.old_email, h.new_email, h.moved_with \
     FROM revisions r JOIN changes h ON h.change_set_key = r.change_set_key AND h.phone_number = $3 \
     WHERE r.group_key = $1 AND r.revision > $2 ORDER BY r.revision DESC LIMIT 1";

/// As far back as about `$4` changes reach. Of an address that has moved only the row of its new number tells.
const LAST_CHANGE_OF_EMAIL: &str = "WITH recent AS ( \
     SELECT r.revision, r.at, r.actor_kind, r.actor_id, r.actor_name, r.change_set_key, \
     sum(s.added + s.changed + s.removed) OVER (ORDER BY r.revision DESC) AS so_far \
     FROM revisions r JOIN change_sets s ON s.change_set_key = r.change_set_key \
     WHERE r.group_key = $1 AND r.revision > $2) \
     SELECT r.revision, r.at, r.actor_kind, r.actor_id, r.actor_name, h.phone_number, h.old_email, h.new_email, h.moved_with \
     FROM recent r JOIN changes h ON h.change_set_key = r.change_set_key \
     WHERE r.so_far <= $4 AND (h.old_email = $3 OR h.new_email = $3) \
     AND (h.new_email IS NOT NULL OR h.moved_with IS NULL) ORDER BY r.revision DESC LIMIT 1";

const MAPPINGS_BETWEEN_EMAILS: &str = "SELECT phone_number, email FROM mappings \
     WHERE group_key = $1 AND email >= $2 AND email < $3 ORDER BY email LIMIT $4";

const MAPPINGS_BEFORE_EMAIL: &str = "SELECT phone_number, email FROM mappings \
     WHERE group_key = $1 AND email < $2 ORDER BY email DESC LIMIT $3";

const MAPPINGS_AFTER_EMAIL: &str = "SELECT phone_number, email FROM mappings \
     WHERE group_key = $1 AND email > $2 ORDER BY email LIMIT $3";

record! {
    struct GroupRow {
        group_key: i64,
        is_linked: bool,
        is_vouched_for: bool,
        allow_guests: bool,
        identity_pinning: String,
        revision: i64,
    }
}

record! {
    struct PastChangeRow {
        revision: i64,
        at: i64,
        actor: ActorRow,
        change: ChangeRow,
    }
}

impl TryFrom<PastChangeRow> for PastChange {
    type Error = UnreadableRow;

    fn try_from(row: PastChangeRow) -> Result<Self, UnreadableRow> {
        Ok(Self {
            revision: row.revision,
            at: rows::timestamp(row.at)?,
            actor: row.actor.into(),
            change: row.change.try_into()?,
        })
    }
}

/// Reads the facts of one moment.
pub(super) async fn read(
    tx: &mut Tx,
    id: &BusinessGroupId,
    email: &EmailAddress,
) -> Result<SignInFacts, MappingRefusal> {
    let group: Option<GroupRow> = tx.optional(sql(GROUP_OF_CHECK).bind(id)).await?;
    let group = group.ok_or(MappingRefusal::NoSuchGroup)?;
    let mapping: Option<MappingRow> = tx.optional(sql(FIND_MAPPING_OF_EMAIL).bind(group.group_key).bind(email)).await?;
    let last_change = last_change(tx, &group, mapping.as_ref(), email).await?;
    let refused = tx.refused_sign_in((id, group.group_key), email).await?;
    let neighbours = if mapping.is_none() { neighbours(tx, &group, email).await? } else { Vec::new() };
    Ok(SignInFacts {
        is_linked: group.is_linked,
        is_vouched_for: group.is_vouched_for,
        allow_guests: group.allow_guests,
        identity_pinning: rows::pinning(&group.identity_pinning)?,
        mapping: mapping.map(TryInto::try_into).transpose()?,
        last_change,
        refused,
        neighbours,
    })
}

async fn last_change(
    tx: &mut Tx,
    group: &GroupRow,
    mapping: Option<&MappingRow>,
    email: &EmailAddress,
) -> Result<Option<PastChange>, StoreError> {
    let since = group.revision - i64::from(MAX_REVISIONS_SEARCHED);
    let last = match mapping {
        Some(mapping) => sql(LAST_CHANGE_OF_NUMBER).bind(group.group_key).bind(since).bind(mapping.phone_number),
        None => sql(LAST_CHANGE_OF_EMAIL).bind(group.group_key).bind(since).bind(email).bind(MAX_CHANGES_SEARCHED),
    };
    Ok(tx.optional::<PastChangeRow>(last).await?.map(PastChange::try_from).transpose()?)
}

async fn neighbours(tx: &mut Tx, group: &GroupRow, email: &EmailAddress) -> Result<Vec<ExportedMapping>, StoreError> {
    let name = email.local_part();
    // `A` is what follows `@`.
    let same_name = sql(MAPPINGS_BETWEEN_EMAILS).bind(group.group_key).bind(format!("{name}@"));
    let mut found: Vec<ExportedRow> = tx.all(same_name.bind(format!("{name}A")).bind(MAX_NEIGHBOURS)).await?;
    for statement in [MAPPINGS_BEFORE_EMAIL, MAPPINGS_AFTER_EMAIL] {
        found.append(&mut tx.all(sql(statement).bind(group.group_key).bind(email).bind(MAX_NEIGHBOURS)).await?);
    }
    rows::all(found)
}
