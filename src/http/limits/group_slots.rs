//! How many imports and exports there may be at once, and how many of one business group.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::business_group::BusinessGroupId;
use crate::http::problem::Problem;
use crate::ports::mapping_store::EXPORTS_AT_ONCE;

/// When a refused call is worth trying again: most take less.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The share of all that one business group may have.
const SHARE: usize = 4;

/// What there are slots for.
struct Kind {
    /// What metrics call it.
    label: &'static str,
    /// Said where the group has its share.
    of_group: &'static str,
    /// Said where all are taken.
    of_all: &'static str,
}

const IMPORTS: Kind = Kind {
    label: "imports",
    of_group: "Other files of this business group are being imported. Wait for them, and upload it again. Nothing was changed.",
    of_all: "As many files as the service takes at once are being imported. Wait, and upload it again. Nothing was changed.",
};

const EXPORTS: Kind = Kind {
    label: "exports",
    of_group: "Other exports of this business group are being downloaded. Wait for them, and try again.",
    of_all: "As many exports as the service gives at once are being downloaded. Wait, and try again.",
};

/// Calls of business groups that take much, and long: an import has a thread and memory, an export a connection to the
/// database and a snapshot of it. There may be so many of them, and of one group a quarter: so that no group, with
/// clients that crawl, keeps all others out.
pub struct GroupSlots {
    kind: Kind,
    most: usize,
    most_of_a_group: usize,
    taken: Mutex<HashMap<BusinessGroupId, usize>>,
}

/// The leave for one of them, until it is dropped.
pub(in crate::http) struct GroupSlot {
    slots: Arc<GroupSlots>,
    group: BusinessGroupId,
}

impl GroupSlots {
    /// Room for so many imports at once.
    #[must_use]
    pub fn of_imports(most: usize) -> Self {
        Self::new(IMPORTS, most)
    }

    /// Room for as many exports as every store gives at once.
    #[must_use]
    pub fn of_exports() -> Self {
        Self::new(EXPORTS, EXPORTS_AT_ONCE as usize)
    }

    fn new(kind: Kind, most: usize) -> Self {
        Self { kind, most, most_of_a_group: most.div_ceil(SHARE), taken: Mutex::default() }
    }

    /// What metrics call the calls that there is room for.
    pub(in crate::http) fn label(&self) -> &'static str {
        self.kind.label
    }

    /// Leave for one more call about a business group.
    ///
    /// # Errors
    /// 429 if there is no room.
    pub(in crate::http) fn take(self: &Arc<Self>, group: BusinessGroupId) -> Result<GroupSlot, Problem> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_group = taken.get(&group).copied().unwrap_or_default();
        let detail = if of_group >= self.most_of_a_group {
            self.kind.of_group
        } else if taken.values().sum::<usize>() >= self.most {
            self.kind.of_all
        } else {
            taken.insert(group.clone(), of_group + 1);
            return Ok(GroupSlot { slots: Arc::clone(self), group });
        };
        Err(Problem::too_many_requests(detail, RETRY_AFTER))
    }
}

impl Drop for GroupSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.group) {
            Some(of_group) if *of_group > 1 => *of_group -= 1,
            _ => {
                taken.remove(&self.group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str) -> BusinessGroupId {
        BusinessGroupId::parse(id).unwrap()
    }

    #[test]
    fn a_business_group_has_its_share_and_leaves_the_rest_to_others() {
        let slots = Arc::new(GroupSlots::of_exports());
        let first = [slots.take(group("a")), slots.take(group("a"))];
        assert!(first.iter().all(Result::is_ok));
        assert!(slots.take(group("a")).is_err());
        let others: Vec<_> =
            ["b", "c", "d"].iter().flat_map(|id| [slots.take(group(id)), slots.take(group(id))]).collect();
        assert!(others.iter().all(Result::is_ok));
        assert!(slots.take(group("e")).is_err(), "all are taken");
        drop(first);
        assert!(slots.take(group("e")).is_ok());
        drop(others);
        assert!(slots.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn there_is_always_room_for_one() {
        let slots = Arc::new(GroupSlots::of_imports(1));
        let only = slots.take(group("a"));
        assert!(only.is_ok());
        assert!(slots.take(group("b")).is_err());
        drop(only);
        assert!(slots.take(group("b")).is_ok());
    }
}
