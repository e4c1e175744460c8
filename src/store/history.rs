//! The history of each group: its revisions, and the way back to one.

use async_trait::async_trait;
use const_format::concatcp;
use jiff::Timestamp;

use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::{MappingChange, Revision, Source};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::history_store::{HistoryRefusal, HistoryStore, MAX_LISTED_NUMBERS, Restore, Restored};
use crate::ports::store_error::StoreError;
use crate::store::audit::entry;
use crate::store::change_sets::ChangeSetSize;
use crate::store::db::{Db, Tx};
use crate::store::locks::{FIND_GROUP_KEY, LockedGroup};
use crate::store::record::record;
use crate::store::revisions::{RevisionRow, SELECT_REVISIONS};
use crate::store::sql::sql;
use crate::store::{audit, rows};

const LIST_REVISIONS: &str = concatcp!(SELECT_REVISIONS, "r.revision < $2 ORDER BY r.revision DESC LIMIT $3");

const CHANGE_SET_OF_REVISION: &str = "SELECT r.change_set_key FROM revisions r \
     JOIN business_groups g ON g.group_key = r.group_key WHERE g.id = $1 AND r.revision = $2";

const HISTORY_FROM: &str = "SELECT history_from FROM business_groups WHERE group_key = $1";

/// What leads back to revision `$2`: each number with the address that it had before the first change since.
const STAGE_REVISION: &str = "INSERT INTO import_rows (line, phone_number, email) \
     SELECT 0, f.phone_number, f.old_email FROM ( \
     SELECT h.phone_number, h.old_email, row_number() OVER (PARTITION BY h.phone_number ORDER BY r.revision) AS place \
     FROM revisions r JOIN changes h ON h.change_set_key = r.change_set_key \
     WHERE r.group_key = $1 AND r.revision > $2) f WHERE f.place = 1";

/// A group with revisions from before a time, and the last of them.
const GROUP_TO_PRUNE: &str = "SELECT g.id, max(r.revision) AS revision FROM revisions r \
     JOIN business_groups g ON g.group_key = r.group_key WHERE r.at < $1 GROUP BY g.id LIMIT 1";

const COUNT_REVISIONS_TO: &str = "SELECT count(*) FROM revisions WHERE group_key = $1 AND revision <= $2";

const SET_HISTORY_FROM: &str =
    "UPDATE business_groups SET history_from = $2 WHERE group_key = $1 AND history_from < $2";

/// Of addresses that left in a revision that is forgotten: nothing leads back to them any more.
const PRUNE_KEPT_PINS: &str = "DELETE FROM kept_pins WHERE group_key = $1 AND left_in <= $2";

const PRUNE_CHANGES: &str = "DELETE FROM changes WHERE change_set_key IN \
     (SELECT change_set_key FROM revisions WHERE group_key = $1 AND revision <= $2)";

/// With their revisions and imports, those too that changed nothing and so made no revision.
const PRUNE_CHANGE_SETS: &str = "DELETE FROM change_sets WHERE change_set_key IN \
     (SELECT change_set_key FROM revisions WHERE group_key = $1 AND revision <= $2 \
     UNION ALL SELECT change_set_key FROM imports WHERE group_key = $1 AND revision <= $2)";

/// Histories in a database.
pub(super) struct DbHistory(pub(super) Db);

record! {
    struct GroupToPrune {
        id: String,
        revision: i64,
    }
}

impl Tx {
    /// Whether the mappings of a revision can still be told.
    async fn history_reaches(&mut self, group: LockedGroup, revision: i64) -> Result<bool, StoreError> {
        let from: i64 = self.one_scalar(sql(HISTORY_FROM).bind(group.key)).await?;
        Ok((from..=group.revision).contains(&revision))
    }

    /// Makes a change set of what leads back to a revision.
    async fn compare_with_revision(
        &mut self,
        group: LockedGroup,
        revision: i64,
    ) -> Result<(i64, ChangeSetSize), StoreError> {
        self.run_each(self.dialect().create_staging).await?;
        self.run(sql(STAGE_REVISION).bind(group.key).bind(revision)).await?;
        self.run_each(self.dialect().index_staging).await?;
        self.change_set_of_staged(group, true).await
    }

    /// Refuses a change set that gives an address to numbers outside the group's ranges.
    async fn check_all_assigned(
        &mut self,
        group: LockedGroup,
        change_set: i64,
        size: ChangeSetSize,
    ) -> Result<(), HistoryRefusal> {
        let count = self.count_not_assigned(group, change_set, size).await?;
        if count == 0 {
            return Ok(());
        }
        let found = self.list_not_assigned(group, change_set, MAX_LISTED_NUMBERS).await?;
        let first = found.into_iter().map(|row| rows::phone_number(row.phone_number)).collect::<Result<_, _>>()?;
        Err(HistoryRefusal::OutsideRanges { count, first })
    }
}

impl DbHistory {
    /// Forgets the revisions of one group up to this one; says how many.
    async fn prune_group(&self, group: &BusinessGroupId, revision: i64) -> Result<u64, StoreError> {
        let mut tx = self.0.begin_large().await?;
        let Some(group) = tx.lock_group(group).await? else {
            return Ok(0);
        };
        let count: i64 = tx.one_scalar(sql(COUNT_REVISIONS_TO).bind(group.key).bind(revision)).await?;
        for statement in [SET_HISTORY_FROM, PRUNE_KEPT_PINS, PRUNE_CHANGES, PRUNE_CHANGE_SETS] {
            tx.run(sql(statement).bind(group.key).bind(revision)).await?;
        }
        tx.commit_aside().await?;
        Ok(rows::count(count)?)
    }
}

#[async_trait]
impl HistoryStore for DbHistory {
    async fn list(&self, group: &BusinessGroupId, page: &PageRequest<i64>) -> Result<Page<Revision>, HistoryRefusal> {
        let mut tx = self.0.begin_snapshot().await?;
        let group_key: Option<i64> = tx.scalar(sql(FIND_GROUP_KEY).bind(group)).await?;
        let group_key = group_key.ok_or(HistoryRefusal::NoSuchGroup)?;
        let before = page.after.unwrap_or(i64::MAX);
        let list = sql(LIST_REVISIONS).bind(group_key).bind(before).bind(rows::one_more(page));
        Ok(rows::page(tx.all::<RevisionRow>(list).await?, page)?)
    }

    async fn list_changes(
        &self,
        group: &BusinessGroupId,
        revision: i64,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<MappingChange>, HistoryRefusal> {
        let mut tx = self.0.begin_snapshot().await?;
        let change_set = tx.scalar(sql(CHANGE_SET_OF_REVISION).bind(group).bind(revision)).await?;
        Ok(tx.list_changes(change_set.ok_or(HistoryRefusal::NoSuchRevision)?, page).await?)
    }

    async fn restore(&self, restore: Restore) -> Result<Restored, HistoryRefusal> {
        let mut tx = self.0.begin_large().await?;
        let (Some(group), context) = &tx.enter_large(&restore.group, &restore.context).await? else {
            return Err(HistoryRefusal::NoSuchRevision);
        };
        let group = *group;
        if !tx.history_reaches(group, restore.revision).await? {
            return Err(HistoryRefusal::NoSuchRevision);
        }
        let (change_set, size) = tx.compare_with_revision(group, restore.revision).await?;
        let counts = size.counts;
        if counts.is_empty() {
            return Ok(Restored { revision: group.revision, counts });
        }
        tx.check_all_assigned(group, change_set, size).await?;
        let revision = tx.apply(group, (change_set, size), Source::Restore, context).await?;
        let mut detail = vec![entry("restored_revision", &restore.revision), entry("revision", &revision)];
        detail.extend(audit::counts_detail(counts));
        tx.record(&audit::done(context, action::RESTORE_REVISION, &restore.group, detail)).await?;
        tx.hold_right(context).await?;
        tx.commit_lines(group.tenant).await?;
        Ok(Restored { revision, counts })
    }

    async fn prune(&self, time: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        while let Some(found) = self.0.optional::<GroupToPrune>(sql(GROUP_TO_PRUNE).bind(time)).await? {
            pruned += self.prune_group(&rows::group_id(found.id), found.revision).await?;
        }
        Ok(pruned)
    }
}
