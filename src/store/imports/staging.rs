//! The rows of a file on their way to a change set.

use const_format::concatcp;
use futures_util::StreamExt;
use tokio::task::spawn_blocking;

use crate::domain::actor::AuditContext;
use crate::domain::history::ChangeCounts;
use crate::domain::import::ImportMode;
use crate::ports::import_store::{FileRows, ImportBatch, MAX_LISTED_BAD_ROWS};
use crate::ports::store_error::StoreError;
use crate::store::bulk::{OrderedRows, Target};
use crate::store::change_sets::ChangeSetSize;
use crate::store::db::Tx;
use crate::store::imports::received_file::ReceivedFile;
use crate::store::imports::records::{TakenRow, add_taken};
use crate::store::locks::LockedGroup;
use crate::store::rows;
use crate::store::sql::sql;

/// Rows whose address belongs to a number that the file does not name. With `$2`, also rows whose address belongs to
/// the number of such a row, and so on: it keeps its address as well. Addresses are unique, so each row comes up once.
const WITH_TAKEN: &str = "WITH RECURSIVE taken (line, phone_number, email, by_number) AS ( \
     SELECT s.line, s.phone_number, s.email, c.phone_number FROM import_rows s \
     JOIN mappings c ON c.group_key = $1 AND c.email = s.email \
     WHERE c.phone_number <> s.phone_number \
     AND NOT EXISTS (SELECT 1 FROM import_rows o WHERE o.phone_number = c.phone_number) \
     UNION \
     SELECT s.line, s.phone_number, s.email, c.phone_number FROM taken t \
     JOIN mappings c ON c.group_key = $1 AND c.phone_number = t.phone_number \
     JOIN import_rows s ON s.email = c.email AND s.phone_number <> c.phone_number WHERE $2 )";
const COUNT_TAKEN: &str = concatcp!(WITH_TAKEN, "SELECT count(*) FROM taken");
const LIST_TAKEN: &str =
    concatcp!(WITH_TAKEN, "SELECT line, phone_number, email, by_number FROM taken ORDER BY line LIMIT $3");
const UNSTAGE_TAKEN: &str =
    concatcp!(WITH_TAKEN, "DELETE FROM import_rows WHERE phone_number IN (SELECT phone_number FROM taken)");

/// Numbers that the file does not have lose their mapping: staged as numbers without address.
const STAGE_REMOVALS: &str = "INSERT INTO import_rows (line, phone_number) \
     SELECT 0, c.phone_number FROM mappings c WHERE c.group_key = $1 \
     AND NOT EXISTS (SELECT 1 FROM import_rows s WHERE s.phone_number = c.phone_number)";

impl Tx {
    /// Makes the table that the rows of a file go to: the temporary one, to be compared with the mappings, or the
    /// change set itself where there are none.
    pub(super) async fn import_target(&mut self, group: LockedGroup) -> Result<Target, StoreError> {
        if group.mapping_count == 0 {
            let change_set = self.create_change_set(group, ChangeCounts::default()).await?;
            return Ok(Target::Changes { change_set });
        }
        self.run_each(self.dialect().create_staging).await?;
        Ok(Target::Staging)
    }

    /// Writes the rows that the group's ranges hold as they are read; the others are bad.
    pub(super) async fn receive(
        self,
        target: Target,
        mut file: FileRows,
        mut received: ReceivedFile,
    ) -> Result<(Self, ReceivedFile), StoreError> {
        let mut writer = self.write(target);
        while let Some(piece) = file.pieces.next().await {
            let good = received.check(&piece);
            if received.is_wanted(target) {
                writer.rows(&good).await?;
            }
            received.keep(target, piece);
        }
        received.finish(file.end.await?);
        let numbers = match target {
            Target::Staging => &received.end.other_numbers[..],
            Target::Changes { .. } | Target::Mappings { .. } => &[],
        };
        writer.numbers(numbers).await?;
        let (tx, written) = writer.finish().await?;
        received.row_count = written.saturating_sub(numbers.len() as u64);
        Ok((tx, received))
    }

    /// Takes the rows of a merge out whose address belongs to a number that keeps it.
    pub(super) async fn unstage_taken_rows(
        &mut self,
        group: LockedGroup,
        target: Target,
        batch: &ImportBatch,
        received: &mut ReceivedFile,
    ) -> Result<(), StoreError> {
        if !matches!(target, Target::Staging) || batch.mode != ImportMode::Merge {
            return Ok(());
        }
        self.run_each(self.dialect().index_staging).await?;
        let with_followers = batch.skips_bad_rows && !received.end.is_rejected;
        let taken = |statement: &'static str| sql(statement).bind(group.key).bind(with_followers);
        let count: i64 = self.one_scalar(taken(COUNT_TAKEN)).await?;
        if count == 0 {
            return Ok(());
        }
        let first: Vec<TakenRow> = self.all(taken(LIST_TAKEN).bind(MAX_LISTED_BAD_ROWS)).await?;
        add_taken(&mut received.bad_rows, rows::count(count)?, first)?;
        let unstaged = self.run(taken(UNSTAGE_TAKEN)).await?;
        received.row_count = received.row_count.saturating_sub(unstaged);
        Ok(())
    }

    /// What a file changes that has been received.
    pub(super) async fn change_set_of_file(
        &mut self,
        group: LockedGroup,
        target: Target,
        mode: ImportMode,
        row_count: u64,
    ) -> Result<(i64, ChangeSetSize), StoreError> {
        let Target::Changes { change_set } = target else {
            return self.compare_staged(group, mode).await;
        };
        let size = ChangeSetSize::of_additions(row_count);
        self.set_counts(change_set, size.counts).await?;
        Ok((change_set, size))
    }

    /// Makes a change set of the staged rows.
    async fn compare_staged(
        &mut self,
        group: LockedGroup,
        mode: ImportMode,
    ) -> Result<(i64, ChangeSetSize), StoreError> {
        let mut removals = 0;
        if mode == ImportMode::Replace {
            self.run_each(self.dialect().analyze_staging).await?;
            removals = self.run(sql(STAGE_REMOVALS).bind(group.key)).await?;
            if removals > 0 {
                self.run_each(self.dialect().index_staging).await?;
            }
        }
        self.change_set_of_staged(group, removals > 0).await
    }

    /// Applies what a file changes; gives the group's revision since.
    pub(super) async fn apply_file(
        mut self,
        group: LockedGroup,
        changes: (i64, ChangeSetSize),
        received: ReceivedFile,
        context: &AuditContext,
    ) -> Result<(Self, i64), StoreError> {
        if received.pieces.is_empty() || changes.1.counts.is_empty() {
            let revision = self.apply_change_set(group, changes, context).await?;
            return Ok((self, revision));
        }
        // Sorting a million rows is work that the other requests should not wait for.
        let ordered = spawn_blocking(move || OrderedRows::of(received.pieces, &received.ranges));
        let file = ordered.await.map_err(StoreError::new)?;
        self.apply_first(group, changes, file, context).await
    }
}
