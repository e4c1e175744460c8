//! Change sets: what an import would change, or a revision has changed. Made, counted, listed, and applied as one.

use crate::domain::actor::AuditContext;
use crate::domain::email::EmailAddress;
use crate::domain::history::{ChangeCounts, ChangeKind, MappingChange, Source};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;
use crate::store::bulk::OrderedRows;
use crate::store::db::Tx;
use crate::store::error::UnreadableRow;
use crate::store::locks::LockedGroup;
use crate::store::record::record;
use crate::store::revisions::RevisionKind;
use crate::store::sql::sql;
use crate::store::{bulk, rows};

const ADD_CHANGE_SET: &str =
    "INSERT INTO change_sets (group_key, added, changed, removed) VALUES ($1, $2, $3, $4) RETURNING change_set_key";

const SET_COUNTS: &str = "UPDATE change_sets SET added = $2, changed = $3, removed = $4 WHERE change_set_key = $1";

const DELETE_CHANGE_SET: &str = "DELETE FROM change_sets WHERE change_set_key = $1";

const DELETE_CHANGES: &str = "DELETE FROM changes WHERE change_set_key = $1";

const ADD_CHANGE: &str =
    "INSERT INTO changes (change_set_key, phone_number, old_email, new_email) VALUES ($1, $2, $3, $4)";

/// Where the staged rows and the mappings differ. With `$3`, which says that there are removals, an address that a new
/// number gets and an old one loses has moved, and each of the two numbers is told of the other. (`COALESCE` keeps the
/// planner from looking for each row among all that have no address.)
const ADD_STAGED_CHANGES: &str = "INSERT INTO changes (change_set_key, phone_number, old_email, new_email, moved_with, line) \
     SELECT $1, s.phone_number, c.email, s.email, CASE WHEN NOT $3 THEN NULL \
     WHEN c.email IS NULL THEN (SELECT o.phone_number FROM import_rows o WHERE COALESCE(o.email, '') = '' \
     AND o.phone_number = (SELECT m.phone_number FROM mappings m WHERE m.group_key = $2 AND m.email = s.email)) \
     WHEN s.email IS NULL THEN (SELECT o.phone_number FROM import_rows o WHERE o.email = c.email \
     AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.group_key = $2 AND m.phone_number = o.phone_number)) END, \
     NULLIF(s.line, 0) FROM import_rows s \
     LEFT JOIN mappings c ON c.group_key = $2 AND c.phone_number = s.phone_number \
     WHERE c.email IS DISTINCT FROM s.email ORDER BY s.phone_number";

/// Numbers that get an address are incoming, and numbers that lose one outgoing.
const COUNT_CHANGES: &str = "SELECT count(*) FILTER (WHERE old_email IS NULL AND moved_with IS NULL) AS added, \
     count(*) FILTER (WHERE new_email IS NOT NULL AND (old_email IS NOT NULL OR moved_with IS NOT NULL)) AS changed, \
     count(*) FILTER (WHERE new_email IS NULL AND moved_with IS NULL) AS removed, \
     count(new_email) AS incoming, count(old_email) AS outgoing FROM changes WHERE change_set_key = $1";

/// The number that an address moves away from is told beside the number it moves to.
const LIST_CHANGES: &str = "SELECT phone_number, old_email, new_email, moved_with FROM changes \
     WHERE change_set_key = $1 AND phone_number > $2 AND (new_email IS NOT NULL OR moved_with IS NULL) \
     ORDER BY phone_number LIMIT $3";

/// How many of the numbers that get an address lie in the group's ranges.
const COUNT_ASSIGNED: &str = "SELECT count(*) FROM number_ranges r JOIN changes c ON c.change_set_key = $1 \
     AND c.phone_number BETWEEN r.first_number AND r.last_number AND c.new_email IS NOT NULL WHERE r.group_key = $2";

/// The numbers that get an address and lie in none of the group's ranges.
const LIST_NOT_ASSIGNED: &str = "SELECT c.line, c.phone_number, c.new_email FROM changes c \
     WHERE c.change_set_key = $1 AND c.new_email IS NOT NULL AND NOT EXISTS (SELECT 1 FROM number_ranges r \
     WHERE r.group_key = $2 AND c.phone_number BETWEEN r.first_number AND r.last_number) \
     ORDER BY c.line, c.phone_number LIMIT $3";

/// What loses its address goes first, so that two numbers can swap theirs.
const APPLY_REMOVALS: &str = "DELETE FROM mappings WHERE group_key = $1 AND phone_number IN \
     (SELECT phone_number FROM changes WHERE change_set_key = $2 AND old_email IS NOT NULL)";

/// How large a change set is.
#[derive(Clone, Copy)]
pub(super) struct ChangeSetSize {
    pub(super) counts: ChangeCounts,
    /// Numbers that get an address.
    pub(super) incoming: u64,
    /// Numbers that lose one.
    outgoing: u64,
}

record! {
    struct ChangeSetSizeRow {
        added: i64,
        changed: i64,
        removed: i64,
        incoming: i64,
        outgoing: i64,
    }
}

impl TryFrom<ChangeSetSizeRow> for ChangeSetSize {
    type Error = UnreadableRow;

    fn try_from(row: ChangeSetSizeRow) -> Result<Self, UnreadableRow> {
        Ok(Self {
            counts: rows::change_counts(row.added, row.changed, row.removed)?,
            incoming: rows::count(row.incoming)?,
            outgoing: rows::count(row.outgoing)?,
        })
    }
}

impl ChangeSetSize {
    /// Of a file into a group without mappings: each row adds one.
    pub(super) fn of_additions(added: u64) -> Self {
        Self { counts: ChangeCounts { added, ..ChangeCounts::default() }, incoming: added, outgoing: 0 }
    }

    fn of_single(change: &SingleChange<'_>) -> Self {
        let (outgoing, incoming) = (u64::from(change.old_email.is_some()), u64::from(change.new_email.is_some()));
        let changed = outgoing * incoming;
        let counts = ChangeCounts { added: incoming - changed, changed, removed: outgoing - changed };
        Self { counts, incoming, outgoing }
    }

    fn revision_kind(self) -> RevisionKind {
        RevisionKind::Applied { growth: rows::stored_count(self.incoming) - rows::stored_count(self.outgoing) }
    }
}

/// A change of one number.
pub(super) struct SingleChange<'a> {
    pub(super) number: PhoneNumber,
    pub(super) old_email: Option<&'a str>,
    pub(super) new_email: Option<&'a str>,
}

record! {
    /// A change of one number, as it is kept.
    pub(super) struct ChangeRow {
        phone_number: i64,
        old_email: Option<String>,
        new_email: Option<String>,
        moved_with: Option<i64>,
    }
}

impl TryFrom<ChangeRow> for MappingChange {
    type Error = UnreadableRow;

    fn try_from(row: ChangeRow) -> Result<Self, UnreadableRow> {
        let (old, new) = (row.old_email.map(EmailAddress::from_stored), row.new_email.map(EmailAddress::from_stored));
        let kind = match (old, new, row.moved_with) {
            (None, Some(email), None) => ChangeKind::Added(email),
            (None, Some(email), Some(from)) => ChangeKind::Moved { email, from: rows::phone_number(from)? },
            (Some(old), Some(new), None) => ChangeKind::Changed { old, new },
            (Some(email), None, None) => ChangeKind::Removed(email),
            _ => return Err(UnreadableRow("a change")),
        };
        Ok(Self { phone_number: rows::phone_number(row.phone_number)?, kind })
    }
}

record! {
    /// A row of a file whose number lies in none of the group's ranges. Of a change that came from no file there is no
    /// line.
    pub(super) struct NotAssignedRow {
        pub(super) line: Option<i64>,
        pub(super) phone_number: i64,
        pub(super) new_email: String,
    }
}

/// A change set that does not fit the mappings it was made for. It is never applied in part.
#[derive(Debug, thiserror::Error)]
#[error("a change set does not fit the mappings: {0} rows instead of {1}")]
struct ChangeSetMismatch(u64, u64);

impl Tx {
    /// Makes a change set without changes yet.
    pub(super) async fn create_change_set(
        &mut self,
        group: LockedGroup,
        counts: ChangeCounts,
    ) -> Result<i64, StoreError> {
        let create = sql(ADD_CHANGE_SET).bind(group.key).bind(counts.added).bind(counts.changed).bind(counts.removed);
        Ok(self.one_scalar(create).await?)
    }

    /// Makes a change set of the rows in the temporary table, which goes.
    pub(super) async fn change_set_of_staged(
        &mut self,
        group: LockedGroup,
        has_removals: bool,
    ) -> Result<(i64, ChangeSetSize), StoreError> {
        let change_set = self.create_change_set(group, ChangeCounts::default()).await?;
        self.run(sql(ADD_STAGED_CHANGES).bind(change_set).bind(group.key).bind(has_removals)).await?;
        self.run_each(self.dialect().drop_staging).await?;
        let size = self.count_changes(change_set).await?;
        self.set_counts(change_set, size.counts).await?;
        Ok((change_set, size))
    }

    /// Says in the change set how many changes it has.
    pub(super) async fn set_counts(&mut self, change_set: i64, counts: ChangeCounts) -> Result<(), StoreError> {
        let set = sql(SET_COUNTS).bind(change_set).bind(counts.added).bind(counts.changed).bind(counts.removed);
        self.run(set).await?;
        Ok(())
    }

    /// Counts the changes.
    pub(super) async fn count_changes(&mut self, change_set: i64) -> Result<ChangeSetSize, StoreError> {
        let row: ChangeSetSizeRow = self.one(sql(COUNT_CHANGES).bind(change_set)).await?;
        Ok(row.try_into()?)
    }

    /// How many numbers that get an address lie in none of the group's ranges.
    pub(super) async fn count_not_assigned(
        &mut self,
        group: LockedGroup,
        change_set: i64,
        size: ChangeSetSize,
    ) -> Result<u64, StoreError> {
        let assigned: i64 = self.one_scalar(sql(COUNT_ASSIGNED).bind(change_set).bind(group.key)).await?;
        Ok(size.incoming.saturating_sub(rows::count(assigned)?))
    }

    /// The first numbers that get an address and lie in none of the group's ranges.
    pub(super) async fn list_not_assigned(
        &mut self,
        group: LockedGroup,
        change_set: i64,
        limit: usize,
    ) -> Result<Vec<NotAssignedRow>, StoreError> {
        Ok(self.all(sql(LIST_NOT_ASSIGNED).bind(change_set).bind(group.key).bind(limit)).await?)
    }

    /// Applies a change set that is not empty, as the next revision, which it gives.
    pub(super) async fn apply(
        &mut self,
        group: LockedGroup,
        (change_set, size): (i64, ChangeSetSize),
        source: Source,
        context: &AuditContext,
    ) -> Result<i64, StoreError> {
        if size.outgoing > 0 {
            let removed = self.run(sql(APPLY_REMOVALS).bind(group.key).bind(change_set)).await?;
            check_row_count(removed, size.outgoing)?;
        }
        if size.incoming > 0 {
            let add = sql(bulk::ADD_MAPPINGS_OF_CHANGES).bind(group.key).bind(change_set).bind(context.at);
            check_row_count(self.run(add).await?, size.incoming)?;
        }
        self.add_revision(group, change_set, size.revision_kind(), source, context).await
    }

    /// Applies the change set of a group's first file, whose rows these are, as the next revision, which it gives.
    pub(super) async fn apply_first(
        self,
        group: LockedGroup,
        (change_set, size): (i64, ChangeSetSize),
        file: OrderedRows,
        context: &AuditContext,
    ) -> Result<(Self, i64), StoreError> {
        let (mut tx, added) = self.fill((group.key, context.at.as_microsecond()), change_set, file).await?;
        check_row_count(added, size.incoming)?;
        let revision = tx.add_revision(group, change_set, size.revision_kind(), Source::Import, context).await?;
        Ok((tx, revision))
    }

    /// Writes a change of one number down as the next revision, which it gives.
    pub(super) async fn record_single(
        &mut self,
        group: LockedGroup,
        change: SingleChange<'_>,
        context: &AuditContext,
    ) -> Result<i64, StoreError> {
        let size = ChangeSetSize::of_single(&change);
        let change_set = self.create_change_set(group, size.counts).await?;
        let add = sql(ADD_CHANGE).bind(change_set).bind(change.number).bind(change.old_email).bind(change.new_email);
        self.run(add).await?;
        self.add_revision(group, change_set, size.revision_kind(), Source::Api, context).await
    }

    /// Writes down what changes no address as the next revision, which it gives.
    pub(super) async fn record_without_changes(
        &mut self,
        group: LockedGroup,
        kind: RevisionKind,
        context: &AuditContext,
    ) -> Result<i64, StoreError> {
        let change_set = self.create_change_set(group, ChangeCounts::default()).await?;
        self.add_revision(group, change_set, kind, Source::Api, context).await
    }

    /// Reads a page of the changes, in the order of the numbers.
    pub(super) async fn list_changes(
        &mut self,
        change_set: i64,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<MappingChange>, StoreError> {
        let list = sql(LIST_CHANGES).bind(change_set).bind(rows::after_number(page)).bind(rows::one_more(page));
        rows::page(self.all::<ChangeRow>(list).await?, page)
    }

    /// Deletes a change set with its changes, and what refers to it.
    pub(super) async fn delete_change_set(&mut self, change_set: i64) -> Result<(), StoreError> {
        for statement in [DELETE_CHANGES, DELETE_CHANGE_SET] {
            self.run(sql(statement).bind(change_set)).await?;
        }
        Ok(())
    }
}

fn check_row_count(found: u64, expected: u64) -> Result<(), StoreError> {
    if found == expected { Ok(()) } else { Err(StoreError::new(ChangeSetMismatch(found, expected))) }
}
