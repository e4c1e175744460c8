//! Revisions: what each change of a group is written down as.

use jiff::Timestamp;

use crate::domain::actor::AuditContext;
use crate::domain::guid::Guid;
use crate::domain::history::{Revision, Source};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;
use crate::store::db::Tx;
use crate::store::error::UnreadableRow;
use crate::store::locks::LockedGroup;
use crate::store::record::record;
use crate::store::rows;
use crate::store::rows::ActorRow;
use crate::store::sql::sql;

const LAST_REVISION_AT: &str = "SELECT at FROM revisions WHERE group_key = $1 ORDER BY revision DESC LIMIT 1";

const COUNT_REVISION: &str =
    "UPDATE business_groups SET revision = revision + 1, mapping_count = mapping_count + $2 WHERE group_key = $1";

const ADD_REVISION: &str = "INSERT INTO revisions (group_key, revision, change_set_key, at, actor_kind, actor_id, actor_name, \
     source, released_pin, lost_tenant, gained_tenant) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Selects [`RevisionRow`]s of a group (`$1`); another condition follows.
pub(super) const SELECT_REVISIONS: &str = "SELECT r.revision, r.at, r.actor_kind, r.actor_id, r.actor_name, r.source, \
     s.added, s.changed, s.removed, r.released_pin, r.lost_tenant, r.gained_tenant \
     FROM revisions r JOIN change_sets s ON s.change_set_key = r.change_set_key WHERE r.group_key = $1 AND ";

record! {
    pub(super) struct RevisionRow {
        revision: i64,
        at: i64,
        actor: ActorRow,
        source: String,
        added: i64,
        changed: i64,
        removed: i64,
        released_pin: Option<i64>,
        lost_tenant: Option<String>,
        gained_tenant: Option<String>,
    }
}

impl TryFrom<RevisionRow> for Revision {
    type Error = UnreadableRow;

    fn try_from(row: RevisionRow) -> Result<Self, UnreadableRow> {
        Ok(Self {
            revision: row.revision,
            at: rows::timestamp(row.at)?,
            actor: row.actor.into(),
            source: Source::parse(&row.source).ok_or(UnreadableRow("a source"))?,
            counts: rows::change_counts(row.added, row.changed, row.removed)?,
            released_pin: row.released_pin.map(rows::phone_number).transpose()?,
            lost_tenant: row.lost_tenant.as_deref().map(rows::guid).transpose()?,
            gained_tenant: row.gained_tenant.as_deref().map(rows::guid).transpose()?,
        })
    }
}

/// What a revision is about.
#[derive(Clone, Copy)]
pub(super) enum RevisionKind {
    /// Changes that were applied: so many mappings there are more than before.
    Applied {
        /// Less than none, where there are fewer.
        growth: i64,
    },
    /// The pin of a number.
    Released(PhoneNumber),
    /// The tenant that another group has taken over.
    Lost(Guid),
    /// The tenant that was taken over from another group.
    Gained(Guid),
}

impl RevisionKind {
    /// How many mappings there are more than before.
    fn growth(self) -> i64 {
        if let Self::Applied { growth } = self { growth } else { 0 }
    }

    fn released_pin(self) -> Option<PhoneNumber> {
        if let Self::Released(number) = self { Some(number) } else { None }
    }

    fn lost_tenant(self) -> Option<Guid> {
        if let Self::Lost(tenant) = self { Some(tenant) } else { None }
    }

    fn gained_tenant(self) -> Option<Guid> {
        if let Self::Gained(tenant) = self { Some(tenant) } else { None }
    }
}

impl Tx {
    /// Writes the next revision down, which it gives.
    pub(super) async fn add_revision(
        &mut self,
        group: LockedGroup,
        change_set: i64,
        kind: RevisionKind,
        source: Source,
        context: &AuditContext,
    ) -> Result<i64, StoreError> {
        let revision = group.revision + 1;
        let at = self.time_of_revision(group, context).await?;
        self.run(sql(COUNT_REVISION).bind(group.key).bind(kind.growth())).await?;
        let add = sql(ADD_REVISION).bind(group.key).bind(revision).bind(change_set).bind(at);
        let add = add
            .bind(context.actor.kind.as_str())
            .bind(&context.actor.id)
            .bind(&context.actor.name)
            .bind(source.as_str());
        self.run(add.bind(kind.released_pin()).bind(kind.lost_tenant()).bind(kind.gained_tenant())).await?;
        Ok(revision)
    }

    /// The time that the next revision is told with: never before that of the last one, which a clock that was ahead
    /// may have written. What expires is not compared with it, so such a clock shuts nobody out.
    async fn time_of_revision(&mut self, group: LockedGroup, context: &AuditContext) -> Result<Timestamp, StoreError> {
        let last: Option<i64> = self.scalar(sql(LAST_REVISION_AT).bind(group.key)).await?;
        let last = last.map(rows::timestamp).transpose()?;
        Ok(last.map_or(context.at, |last| last.max(context.at)))
    }
}
