//! Imports: the rows of a file are staged in a temporary table and compared with the mappings by a handful of
//! statements over whole sets. What differs is a change set, which is kept, or applied at once. The rows of a group's
//! first file are its change set.

mod received_file;
mod records;
mod staging;

use std::mem;

use async_trait::async_trait;
use const_format::concatcp;
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::actor::AuditContext;
use crate::domain::audit::{Detail, action};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::history::{ChangeCounts, MappingChange, Source};
use crate::domain::import::{
    Confirmation, Import, ImportState, LargeChange, MAX_WAITING_CHANGES, MAX_WAITING_PREVIEWS,
};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::import_store::{
    AppliedImport, ApplyImport, BadRows, FileRows, ImportBatch, ImportRefusal, ImportStore, KeptImportRefusal,
    MAX_LISTED_BAD_ROWS, MAX_LISTED_REVISIONS, TakenImport,
};
use crate::ports::store_error::StoreError;
use crate::store::audit::entry;
use crate::store::change_sets::ChangeSetSize;
use crate::store::db::{Db, Tx};
use crate::store::imports::received_file::ReceivedFile;
use crate::store::imports::records::{FIND_IMPORT, ImportRecord, StoredImport, not_assigned_row};
use crate::store::locks::LockedGroup;
use crate::store::revisions::{RevisionRow, SELECT_REVISIONS};
use crate::store::sql::sql;
use crate::store::{audit, rows};

/// How many expired imports are dropped in one go.
const DISCARDED_AT_ONCE: u64 = 100;

const ADD_IMPORT: &str = "INSERT INTO imports (id, group_key, change_set_key, mode, base_revision, row_count, \
     reassigned, unchanged, problem_count, created_at, expires_at, revision) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

const SET_APPLIED: &str = "UPDATE imports SET revision = $2, reassigned = $3 WHERE id = $1";

/// Of the previews of a group that wait at `$2`: all beyond the newest `$3`, and those with which they hold more than
/// `$4` changes. (One that has expired is for whoever tidies up, who locks in another order.)
const SURPLUS_PREVIEWS: &str = "SELECT w.change_set_key FROM ( \
     SELECT i.change_set_key, row_number() OVER (ORDER BY i.change_set_key DESC) AS place, \
     sum(s.added + s.changed + s.removed) OVER (ORDER BY i.change_set_key DESC) AS so_far \
     FROM imports i JOIN change_sets s ON s.change_set_key = i.change_set_key \
     WHERE i.group_key = $1 AND i.revision IS NULL AND i.expires_at > $2) w \
     WHERE w.place > 1 AND (w.place > $3 OR w.so_far > $4)";

const REVISIONS_SINCE: &str = concatcp!(SELECT_REVISIONS, "r.revision > $2 ORDER BY r.revision LIMIT $3");

/// Imports in a database.
pub(super) struct DbImports(pub(super) Db);

impl Tx {
    /// Applies a change set, empty or not; gives the group's revision since.
    async fn apply_change_set(
        &mut self,
        group: LockedGroup,
        changes: (i64, ChangeSetSize),
        context: &AuditContext,
    ) -> Result<i64, StoreError> {
        if changes.1.counts.is_empty() {
            return Ok(group.revision);
        }
        self.apply(group, changes, Source::Import, context).await
    }

    async fn keep_import(&mut self, group: LockedGroup, change_set: i64, import: &Import) -> Result<(), StoreError> {
        let revision = match import.state {
            ImportState::Ready => None,
            ImportState::Applied { revision } => Some(revision),
        };
        let add = sql(ADD_IMPORT).bind(import.id).bind(group.key).bind(change_set).bind(import.mode.as_str());
        let add = add.bind(import.base_revision).bind(import.row_count).bind(import.reassigned).bind(import.unchanged);
        let add = add.bind(import.problem_count).bind(import.created_at).bind(import.expires_at).bind(revision);
        self.run(add).await?;
        Ok(())
    }

    /// Drops the oldest previews of a group that are too many, or too much, beside the newest.
    async fn drop_surplus(&mut self, group: LockedGroup, now: Timestamp) -> Result<(), StoreError> {
        let surplus = sql(SURPLUS_PREVIEWS).bind(group.key).bind(now);
        let surplus: Vec<(i64,)> = self.all(surplus.bind(MAX_WAITING_PREVIEWS).bind(MAX_WAITING_CHANGES)).await?;
        for (change_set,) in surplus {
            self.delete_change_set(change_set).await?;
        }
        Ok(())
    }

    /// Finds an import and its change set.
    async fn find_import(
        &mut self,
        group: &BusinessGroupId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<StoredImport, KeptImportRefusal> {
        let row: Option<ImportRecord> = self.optional(sql(FIND_IMPORT).bind(group).bind(id).bind(now)).await?;
        Ok(row.ok_or(KeptImportRefusal::NoSuchImport)?.try_into()?)
    }

    /// Refuses a preview of mappings that have changed since.
    async fn check_base(&mut self, group: LockedGroup, base_revision: i64) -> Result<(), KeptImportRefusal> {
        if base_revision == group.revision {
            return Ok(());
        }
        let since = sql(REVISIONS_SINCE).bind(group.key).bind(base_revision).bind(MAX_LISTED_REVISIONS);
        let since = rows::all(self.all::<RevisionRow>(since).await?)?;
        Err(KeptImportRefusal::Stale { base_revision, current: group.revision, since })
    }

    /// Refuses a change set with rows whose number has left the group's ranges.
    async fn check_rows(
        &mut self,
        group: LockedGroup,
        change_set: i64,
        size: ChangeSetSize,
    ) -> Result<(), KeptImportRefusal> {
        let count = self.count_not_assigned(group, change_set, size).await?;
        if count == 0 {
            return Ok(());
        }
        let found = self.list_not_assigned(group, change_set, MAX_LISTED_BAD_ROWS).await?;
        let first = found.into_iter().map(not_assigned_row).collect::<Result<_, _>>()?;
        Err(KeptImportRefusal::OutsideRanges(BadRows { count, first }))
    }
}

#[async_trait]
impl ImportStore for DbImports {
    async fn import(&self, mut batch: ImportBatch, file: FileRows) -> Result<TakenImport, ImportRefusal> {
        let mut tx = self.0.begin_large().await?;
        let (Some(group), context) = tx.enter_large(&batch.group, &batch.context).await? else {
            return Err(ImportRefusal::NoSuchGroup);
        };
        batch.context = context;
        if batch.expected_revisions.as_ref().is_some_and(|expected| !expected.contains(&group.revision)) {
            return Err(ImportRefusal::RevisionMoved { current: group.revision });
        }
        let received = ReceivedFile::new(&batch, tx.ranges(group.key).await?);
        let target = tx.import_target(group).await?;
        let (mut tx, mut received) = tx.receive(target, file, received).await?;
        tx.unstage_taken_rows(group, target, &batch, &mut received).await?;
        let bad_rows = mem::take(&mut received.bad_rows);
        if received.end.is_rejected || (bad_rows.count > 0 && !batch.skips_bad_rows) {
            return Err(ImportRefusal::BadRows(bad_rows));
        }
        let row_count = received.row_count;
        let (change_set, size) = tx.change_set_of_file(group, target, batch.mode, row_count).await?;
        let reassigned = tx.count_reassigned(group, change_set, size).await?;
        let mut import = Import {
            row_count: received.end.row_count,
            counts: size.counts,
            reassigned: Some(reassigned),
            unchanged: row_count.saturating_sub(size.incoming),
            problem_count: batch.skips_bad_rows.then(|| received.end.problem_count + bad_rows.count),
            ..import_of(&batch, group.revision)
        };
        if let Some(confirmed) = batch.apply {
            if let Some(large) = unconfirmed(group, &import, confirmed) {
                return Err(ImportRefusal::Unconfirmed(large));
            }
            let revision;
            (tx, revision) = tx.apply_file(group, (change_set, size), received, &batch.context).await?;
            import.state = ImportState::Applied { revision };
        }
        tx.keep_import(group, change_set, &import).await?;
        if import.state == ImportState::Ready {
            tx.drop_surplus(group, batch.context.at).await?;
        }
        tx.record(&audit::done(&batch.context, action::IMPORT_MAPPINGS, &batch.group, import_detail(&import))).await?;
        tx.hold_right(&batch.context).await?;
        tx.commit_lines(group.tenant).await?;
        Ok(TakenImport { import, bad_rows })
    }

    async fn find(&self, group: &BusinessGroupId, id: Uuid, now: Timestamp) -> Result<Import, KeptImportRefusal> {
        Ok(self.0.begin_snapshot().await?.find_import(group, id, now).await?.import)
    }

    async fn list_changes(
        &self,
        group: &BusinessGroupId,
        id: Uuid,
        now: Timestamp,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<MappingChange>, KeptImportRefusal> {
        let mut tx = self.0.begin_snapshot().await?;
        let StoredImport { change_set, .. } = tx.find_import(group, id, now).await?;
        Ok(tx.list_changes(change_set, page).await?)
    }

    async fn apply(&self, apply: ApplyImport) -> Result<AppliedImport, KeptImportRefusal> {
        let mut tx = self.0.begin_large().await?;
        let (Some(group), context) = &tx.enter_large(&apply.group, &apply.context).await? else {
            return Err(KeptImportRefusal::NoSuchImport);
        };
        let group = *group;
        let StoredImport { mut import, change_set } = tx.find_import(&apply.group, apply.id, context.at).await?;
        if import.state != ImportState::Ready {
            return Ok(AppliedImport { import, is_new: false });
        }
        tx.check_base(group, import.base_revision).await?;
        let size = tx.count_changes(change_set).await?;
        if import.reassigned.is_none() {
            // A version before this one has kept it.
            import.reassigned = Some(tx.count_reassigned(group, change_set, size).await?);
        }
        if let Some(large) = unconfirmed(group, &import, apply.confirmed) {
            return Err(KeptImportRefusal::Unconfirmed(large));
        }
        tx.check_rows(group, change_set, size).await?;
        let revision = tx.apply_change_set(group, (change_set, size), context).await?;
        // It has expired in the meantime, and another replica has dropped it.
        if tx.run(sql(SET_APPLIED).bind(apply.id).bind(revision).bind(import.reassigned)).await? == 0 {
            return Err(KeptImportRefusal::NoSuchImport);
        }
        import.state = ImportState::Applied { revision };
        tx.record(&audit::done(context, action::APPLY_IMPORT, &apply.group, import_detail(&import))).await?;
        tx.hold_right(context).await?;
        tx.commit_lines(group.tenant).await?;
        Ok(AppliedImport { import, is_new: true })
    }

    async fn discard(
        &self,
        group: &BusinessGroupId,
        id: Uuid,
        context: &AuditContext,
    ) -> Result<(), KeptImportRefusal> {
        let mut tx = self.0.begin_large().await?;
        let (Some(_), context) = &tx.enter(group, context).await? else {
            return Err(KeptImportRefusal::NoSuchImport);
        };
        let found = tx.find_import(group, id, context.at).await?;
        if found.import.state != ImportState::Ready {
            return Err(KeptImportRefusal::Applied);
        }
        tx.delete_change_set(found.change_set).await?;
        tx.record(&audit::done(context, action::DROP_IMPORT, group, vec![entry("import", &id)])).await?;
        tx.commit_aside().await?;
        Ok(())
    }

    async fn discard_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        for discarded in 0..DISCARDED_AT_ONCE {
            let mut tx = self.0.begin_large().await?;
            let Some(change_set) = tx.scalar(sql(tx.dialect().expired_import).bind(now)).await? else {
                return Ok(discarded);
            };
            tx.delete_change_set(change_set).await?;
            tx.commit_aside().await?;
        }
        Ok(DISCARDED_AT_ONCE)
    }
}

/// The import of a batch that is compared with the mappings of this revision, without what comes of it.
fn import_of(batch: &ImportBatch, base_revision: i64) -> Import {
    Import {
        id: batch.id,
        mode: batch.mode,
        state: ImportState::Ready,
        base_revision,
        row_count: 0,
        counts: ChangeCounts::default(),
        reassigned: None,
        unchanged: 0,
        problem_count: None,
        created_at: batch.context.at,
        expires_at: batch.expires_at,
    }
}

/// An import, as the audit log tells it.
fn import_detail(import: &Import) -> Detail {
    let mut detail = vec![entry("import", &import.id), entry("mode", &import.mode.as_str())];
    detail.extend(audit::counts_detail(import.counts));
    detail.extend(import.reassigned.filter(|count| *count > 0).map(|count| entry("reassigned", &count)));
    if let ImportState::Applied { revision } = import.state {
        detail.push(entry("revision", &revision));
    }
    detail
}

/// What of an import somebody must agree to first and has not.
fn unconfirmed(group: LockedGroup, import: &Import, confirmed: Confirmation) -> Option<LargeChange> {
    let reassigned = import.reassigned.unwrap_or_default();
    LargeChange::of(group.mapping_count, import.counts, reassigned)?.without(confirmed)
}
