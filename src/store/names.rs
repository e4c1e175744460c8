//! New names of business groups, compared with those of all others.
//!
//! No row and no index stands for what names are like, so a new one is compared with each. That takes a processor for
//! longer than anything else in a small call: so it is done for one new name at a time, on a thread where nobody waits,
//! and before the change has a connection or a lock. Under the lock only what came since is compared.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::domain::name::Likeness;
use crate::ports::store_error::StoreError;

/// Lets one new name be compared at a time.
pub(super) struct NameChecks(Arc<Semaphore>);

/// What a new name comes to.
pub(super) enum Comparison {
    /// The group has it already.
    Unchanged,
    /// Another group has a name that people take for it.
    Taken,
    /// No other group had such a name.
    Free(FreeName),
}

/// A name that no other is like, as far as they were compared.
pub(super) struct FreeName {
    likeness: Likeness,
    unlike: HashSet<String>,
    /// Kept until the name is changed: those who wait for the lock of the names have a connection each.
    _turn: OwnedSemaphorePermit,
}

impl Default for NameChecks {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl NameChecks {
    /// Waits for those before.
    ///
    /// # Errors
    /// None: the semaphore is never closed.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.0).acquire_owned().await.map_err(StoreError::new)
    }
}

impl FreeName {
    /// Whether people take another name, which may have come since, for this one.
    pub(super) fn is_like(&self, other: &str) -> bool {
        !self.unlike.contains(other) && Likeness::of(other).is_like(&self.likeness)
    }
}

/// Compares a name with others. Where the call is given up, the turn ends with the comparison all the same.
///
/// # Errors
/// If the comparison ended before its time, as it does where the program stops.
pub(super) async fn compare(
    turn: OwnedSemaphorePermit,
    name: &str,
    others: Vec<String>,
) -> Result<Comparison, StoreError> {
    let name = name.to_owned();
    let comparison = move || {
        let likeness = Likeness::of(&name);
        if others.iter().any(|other| Likeness::of(other).is_like(&likeness)) {
            return Comparison::Taken;
        }
        Comparison::Free(FreeName { likeness, unlike: others.into_iter().collect(), _turn: turn })
    };
    spawn_blocking(comparison).await.map_err(StoreError::new)
}
