//! The end of every transaction that may change somebody's line.

use std::sync::Arc;

use sqlx::Database;
use sqlx::Transaction;
use tokio::task::spawn;

use crate::domain::guid::Guid;
use crate::ports::line_generations::LineGenerations;
use crate::ports::store_error::StoreError;

/// Commits a change, and renews the generations of the tenants whose lines it may change, whatever becomes of it: a
/// commit whose answer is lost may have happened.
///
/// The commit runs on its own: a caller that goes away in the middle of it must not leave it committed and untold.
pub(super) async fn commit<D: Database>(
    transaction: Transaction<'static, D>,
    lines: &Arc<LineGenerations>,
    tenants: impl IntoIterator<Item = Guid>,
) -> Result<(), StoreError> {
    let (lines, tenants): (_, Vec<_>) = (Arc::clone(lines), tenants.into_iter().collect());
    let committing = spawn(async move {
        let committed = transaction.commit().await;
        for tenant in tenants {
            lines.renew(tenant);
        }
        committed
    });
    Ok(committing.await.map_err(StoreError::new)??)
}
