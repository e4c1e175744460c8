//! Mappings as they are read.

use const_format::concatcp;

use crate::domain::email::EmailAddress;
use crate::domain::mapping::{Mapping, PinnedTo};
use crate::store::error::UnreadableRow;
use crate::store::record::record;
use crate::store::rows;

/// Selects [`MappingRow`]s; a condition follows, which names the group. With whom each is pinned to: as long as no
/// tenant is linked, still in the one before.
pub(super) const SELECT_MAPPINGS: &str = concatcp!("SELECT ", MAPPINGS);

/// Selects the same with the id of their group, `group_id`.
pub(super) const SELECT_GROUP_MAPPINGS: &str = concatcp!("SELECT g.id AS group_id, ", MAPPINGS);

const MAPPINGS: &str = "m.phone_number, m.email, m.updated_at, \
     CASE WHEN m.pinned_tid = COALESCE(g.tenant_id, m.pinned_tid) THEN m.pinned_oid END AS pinned_oid, \
     CASE WHEN m.pinned_tid = COALESCE(g.tenant_id, m.pinned_tid) THEN m.pinned_at END AS pinned_at \
     FROM mappings m JOIN business_groups g ON g.group_key = m.group_key WHERE ";

record! {
    pub(super) struct MappingRow {
        pub(super) phone_number: i64,
        pub(super) email: String,
        updated_at: i64,
        pinned_oid: Option<String>,
        pinned_at: Option<i64>,
    }
}

impl TryFrom<MappingRow> for Mapping {
    type Error = UnreadableRow;

    fn try_from(row: MappingRow) -> Result<Self, UnreadableRow> {
        let pinned_to = row.pinned_oid.zip(row.pinned_at);
        let pinned_to = pinned_to.map(|(oid, at)| Ok(PinnedTo { oid: rows::guid(&oid)?, at: rows::timestamp(at)? }));
        Ok(Self {
            phone_number: rows::phone_number(row.phone_number)?,
            email: EmailAddress::from_stored(row.email),
            updated_at: rows::timestamp(row.updated_at)?,
            pinned_to: pinned_to.transpose()?,
        })
    }
}
