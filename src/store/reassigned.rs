//! Numbers that pass from one person to another, which an import must not do unnoticed.

use crate::ports::store_error::StoreError;
use crate::store::change_sets::ChangeSetSize;
use crate::store::db::Tx;
use crate::store::locks::LockedGroup;
use crate::store::rows;
use crate::store::sql::sql;

/// How far back it is asked who had a number: over about so many addresses that numbers have lost, which is all
/// mappings of the largest companies once. Beyond that it would cost an import too much.
const HISTORY_REACH: i64 = 1_000_000;

/// So many times as many mappings are read as one after the other are looked up.
const LOOKUPS_FASTER_THAN_ALL: u64 = 8;

/// Whether a number of the group has ever lost an address, as far as its history is kept.
const HAS_LOST_ADDRESSES: &str = "SELECT EXISTS (SELECT 1 FROM revisions r \
     JOIN change_sets s ON s.change_set_key = r.change_set_key \
     WHERE r.group_key = $1 AND (s.changed > 0 OR s.removed > 0))";

/// Numbers that pass from the address that has them to one that has another number now.
const COUNT_REASSIGNED: &str = "SELECT count(*) FROM changes c \
     JOIN mappings m ON m.group_key = $2 AND m.email = c.new_email \
     WHERE c.change_set_key = $1 AND c.old_email IS NOT NULL";

/// Of the other numbers that get an address those that are or were last another's, and whose address has or had last
/// another number. What numbers have lost is read back over about `$3` addresses. It is sorted together with what is
/// asked, so that what was lost last stands before who asks: a join would be one of two tables that the planner knows
/// nothing of.
const COUNT_REASSIGNED_BY_HISTORY: &str = "WITH lossy AS ( \
     SELECT w.revision, w.change_set_key FROM ( \
         SELECT r.revision, r.change_set_key, s.changed + s.removed AS lost, \
         sum(s.changed + s.removed) OVER (ORDER BY r.revision DESC) AS so_far \
         FROM revisions r JOIN change_sets s ON s.change_set_key = r.change_set_key \
         WHERE r.group_key = $2 AND (s.changed > 0 OR s.removed > 0)) w WHERE w.so_far - w.lost < $3), \
     lost AS MATERIALIZED ( \
         SELECT h.phone_number, h.old_email AS email, l.revision FROM lossy l \
         JOIN changes h ON h.change_set_key = l.change_set_key WHERE h.old_email IS NOT NULL), \
     asked AS MATERIALIZED ( \
         SELECT c.phone_number, c.new_email AS email, c.old_email IS NOT NULL AS is_held, \
         m.email IS NOT NULL AS has_number FROM changes c \
         LEFT JOIN mappings m ON m.group_key = $2 AND m.email = c.new_email \
         WHERE c.change_set_key = $1 AND c.new_email IS NOT NULL AND (c.old_email IS NULL OR m.email IS NULL)), \
     by_number AS ( \
         SELECT u.phone_number, u.email, u.is_asked, u.has_number, \
         lag(u.email) OVER (PARTITION BY u.phone_number ORDER BY u.is_asked, u.revision) AS last_email FROM ( \
             SELECT phone_number, email, 1 AS is_asked, 0 AS revision, has_number FROM asked WHERE NOT is_held \
             UNION ALL SELECT phone_number, email, 0, revision, NULL FROM lost \
             WHERE EXISTS (SELECT 1 FROM asked WHERE NOT is_held)) u), \
     of_others AS MATERIALIZED ( \
         SELECT phone_number, email, has_number FROM asked WHERE is_held \
         UNION ALL SELECT phone_number, email, has_number FROM by_number WHERE is_asked = 1 AND last_email <> email), \
     by_email AS ( \
         SELECT u.phone_number, u.is_asked, \
         lag(u.phone_number) OVER (PARTITION BY u.email ORDER BY u.is_asked, u.revision) AS last_number FROM ( \
             SELECT phone_number, email, 1 AS is_asked, 0 AS revision FROM of_others WHERE NOT has_number \
             UNION ALL SELECT phone_number, email, 0, revision FROM lost \
             WHERE EXISTS (SELECT 1 FROM of_others WHERE NOT has_number)) u) \
     SELECT (SELECT count(*) FROM of_others WHERE has_number) \
     + (SELECT count(*) FROM by_email WHERE is_asked = 1 AND last_number <> phone_number)";

impl Tx {
    /// How many people get a number that somebody else of the group has or had last, and have or had last another one
    /// themselves. Of a change set that is not applied yet.
    pub(super) async fn count_reassigned(
        &mut self,
        group: LockedGroup,
        change_set: i64,
        size: ChangeSetSize,
    ) -> Result<u64, StoreError> {
        if size.incoming == 0 || group.revision == 0 {
            return Ok(0);
        }
        let lossy: bool = self.one_scalar(sql(HAS_LOST_ADDRESSES).bind(group.key)).await?;
        if group.mapping_count == 0 && !lossy {
            return Ok(0);
        }
        let present = self.count_reassigned_now(group, change_set, size).await?;
        if !lossy || present == size.incoming {
            return Ok(present);
        }
        let past = sql(COUNT_REASSIGNED_BY_HISTORY).bind(change_set).bind(group.key).bind(HISTORY_REACH);
        let past: i64 = self.one_scalar(past).await?;
        Ok(present + rows::count(past)?)
    }

    async fn count_reassigned_now(
        &mut self,
        group: LockedGroup,
        change_set: i64,
        size: ChangeSetSize,
    ) -> Result<u64, StoreError> {
        // The planner knows nothing of the rows that were just written, and would look for each of a million.
        let is_large = size.incoming > group.mapping_count / LOOKUPS_FASTER_THAN_ALL;
        if is_large {
            self.run_each(self.dialect().before_joining_all).await?;
        }
        let present: i64 = self.one_scalar(sql(COUNT_REASSIGNED).bind(change_set).bind(group.key)).await?;
        if is_large {
            self.run_each(self.dialect().after_joining_all).await?;
        }
        Ok(rows::count(present)?)
    }
}
