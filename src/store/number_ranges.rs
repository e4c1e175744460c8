//! The number ranges of the groups: no two groups have the same number.

use crate::domain::business_group::BusinessGroupId;
use crate::domain::number_range::NumberRange;
use crate::ports::business_group_store::BusinessGroupRefusal;
use crate::ports::store_error::StoreError;
use crate::store::db::{Db, Tx};
use crate::store::error::UnreadableRow;
use crate::store::record::record;
use crate::store::rows;
use crate::store::sql::sql;

const RANGES_OF_GROUP: &str =
    "SELECT first_number, last_number FROM number_ranges WHERE group_key = $1 ORDER BY first_number";

const ADD_RANGE: &str = "INSERT INTO number_ranges (group_key, first_number, last_number) VALUES ($1, $2, $3)";

const DELETE_RANGE: &str = "DELETE FROM number_ranges WHERE group_key = $1 AND first_number = $2 AND last_number = $3";

const RANGE_OF_ANOTHER: &str = "SELECT 1 FROM number_ranges r JOIN business_groups g ON g.group_key = r.group_key \
     WHERE g.id <> $1 AND r.first_number <= $3 AND r.last_number >= $2 LIMIT 1";

const COUNT_MAPPINGS_BETWEEN: &str =
    "SELECT count(*) FROM mappings WHERE group_key = $1 AND phone_number BETWEEN $2 AND $3";

record! {
    struct RangeRow {
        first_number: i64,
        last_number: i64,
    }
}

impl TryFrom<RangeRow> for NumberRange {
    type Error = UnreadableRow;

    fn try_from(row: RangeRow) -> Result<Self, UnreadableRow> {
        let (first, last) = (rows::phone_number(row.first_number)?, rows::phone_number(row.last_number)?);
        Self::new(first, last).map_err(|_| UnreadableRow("a number range"))
    }
}

impl Tx {
    /// The ranges of a group, in the order of their numbers.
    pub(super) async fn ranges(&mut self, group_key: i64) -> Result<Vec<NumberRange>, StoreError> {
        rows::all(self.all::<RangeRow>(sql(RANGES_OF_GROUP).bind(group_key)).await?)
    }

    /// Puts ranges in and takes others out; the constraints are checked at once. After an error the transaction is of
    /// no use.
    pub(super) async fn change_ranges(
        &mut self,
        group_key: i64,
        added: &[NumberRange],
        removed: &[NumberRange],
    ) -> sqlx::Result<()> {
        for (statement, ranges) in [(ADD_RANGE, added), (DELETE_RANGE, removed)] {
            for range in ranges {
                self.run(sql(statement).bind(group_key).bind(range.first()).bind(range.last())).await?;
            }
        }
        self.run_each(self.dialect().check_ranges).await
    }

    /// How many of a group's mapped numbers lie in the ranges.
    pub(super) async fn count_mappings_in(
        &mut self,
        group_key: i64,
        ranges: &[NumberRange],
    ) -> Result<u64, StoreError> {
        let mut covered = 0;
        for range in ranges {
            let count = sql(COUNT_MAPPINGS_BETWEEN).bind(group_key).bind(range.first()).bind(range.last());
            covered += rows::count(self.one_scalar(count).await?)?;
        }
        Ok(covered)
    }
}

/// Why the database refused a change of ranges: which of them another group had numbers of, where that is it. If that
/// group has gone in the meantime: the first.
///
/// # Errors
/// That of the database, if it was another.
pub(super) async fn explain(
    db: &Db,
    refusal: sqlx::Error,
    id: &BusinessGroupId,
    ranges: &[NumberRange],
) -> Result<BusinessGroupRefusal, StoreError> {
    let (true, Some(first)) = ((db.dialect().is_range_taken)(&refusal), ranges.first()) else {
        return Err(refusal.into());
    };
    for range in ranges {
        if db.exists(sql(RANGE_OF_ANOTHER).bind(id).bind(range.first()).bind(range.last())).await? {
            return Ok(BusinessGroupRefusal::RangeTaken(*range));
        }
    }
    Ok(BusinessGroupRefusal::RangeTaken(*first))
}
