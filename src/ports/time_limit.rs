//! How long a call waits for the store.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use crate::ports::store_error::StoreError;

/// How long a change may take that brings no file. A database answers in milliseconds, or says that it can't; but where the
/// network has forgotten a connection nobody ever answers.
const CHANGE_LIMIT: Duration = Duration::from_secs(15);

/// Waits for a change, and not for good. One that is given up is rolled back, unless it is being committed.
///
/// # Errors
/// That of the store, or that it was waited for in vain.
pub async fn in_time<T>(change: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = |_| StoreError::new(io::Error::from(io::ErrorKind::TimedOut));
    timeout(CHANGE_LIMIT, change).await.map_err(late)?
}
