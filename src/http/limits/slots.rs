//! How many imports, exports and look-ups there may be at once, and how many of one business group, or of one caller.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::business_group::BusinessGroupId;
use crate::http::problem::Problem;
use crate::ports::mapping_store::EXPORTS_AT_ONCE;

/// When a refused call is worth trying again: most take less.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The share of all imports or exports that one business group may have.
const SHARE: usize = 4;

/// How many look-ups there are at once: each reads a body of megabytes.
const LOOK_UPS_AT_ONCE: usize = 8;

/// What there are slots for.
struct Kind {
    /// What metrics call it.
    label: &'static str,
    /// Said where the group or the caller has its share.
    of_one: &'static str,
    /// Said where all are taken.
    of_all: &'static str,
}

const IMPORTS: Kind = Kind {
    label: "imports",
    of_one: "Other files of this business group are being imported. Wait for them, and upload it again. Nothing was changed.",
    of_all: "As many files as the service takes at once are being imported. Wait, and upload it again. Nothing was changed.",
};

const EXPORTS: Kind = Kind {
    label: "exports",
    of_one: "Other exports of this business group are being downloaded. Wait for them, and try again.",
    of_all: "As many exports as the service gives at once are being downloaded. Wait, and try again.",
};

const LOOK_UPS: Kind = Kind {
    label: "look_ups",
    of_one: "Another look-up of this business group, or with this credential, is under way. Make one after the other.",
    of_all: "As many look-ups as the service makes at once are under way. Wait, and try again.",
};

/// Calls that take much, and long: an import has a thread and memory, an export a connection to the database and a
/// snapshot of it, a look-up memory. There may be so many of them, and fewer of one `K`: so that no business group and no
/// caller, with clients that crawl, keeps all others out.
pub struct Slots<K: Eq + Hash> {
    kind: Kind,
    most: usize,
    most_of_one: usize,
    taken: Mutex<HashMap<K, usize>>,
}

/// Those of business groups: of one a quarter.
pub type GroupSlots = Slots<BusinessGroupId>;

/// Those of callers: one each, and one for all of a business group, who may have any number of keys.
pub type CallerSlots = Slots<String>;

/// The leave for one of them, until it is dropped.
pub(in crate::http) struct Slot<K: Eq + Hash> {
    slots: Arc<Slots<K>>,
    of: K,
}

impl Slots<BusinessGroupId> {
    /// Room for so many imports at once.
    #[must_use]
    pub fn of_imports(most: usize) -> Self {
        Self::new(IMPORTS, most, most.div_ceil(SHARE))
    }

    /// Room for as many exports as every store gives at once.
    #[must_use]
    pub fn of_exports() -> Self {
        let most = EXPORTS_AT_ONCE as usize;
        Self::new(EXPORTS, most, most.div_ceil(SHARE))
    }
}

impl Slots<String> {
    /// Room for look-ups.
    #[must_use]
    pub fn of_look_ups() -> Self {
        Self::new(LOOK_UPS, LOOK_UPS_AT_ONCE, 1)
    }
}

impl<K: Clone + Eq + Hash> Slots<K> {
    fn new(kind: Kind, most: usize, most_of_one: usize) -> Self {
        Self { kind, most, most_of_one, taken: Mutex::default() }
    }

    /// What metrics call the calls that there is room for.
    pub(in crate::http) fn label(&self) -> &'static str {
        self.kind.label
    }

    /// Leave for one more call of one of them.
    ///
    /// # Errors
    /// 429 if there is no room.
    pub(in crate::http) fn take(self: &Arc<Self>, of: K) -> Result<Slot<K>, Problem> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = taken.get(&of).copied().unwrap_or_default();
        let detail = if of_one >= self.most_of_one {
            self.kind.of_one
        } else if taken.values().sum::<usize>() >= self.most {
            self.kind.of_all
        } else {
            taken.insert(of.clone(), of_one + 1);
            return Ok(Slot { slots: Arc::clone(self), of });
        };
        Err(Problem::too_many_requests(detail, RETRY_AFTER))
    }
}

impl<K: Eq + Hash> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.of) {
            Some(of_one) if *of_one > 1 => *of_one -= 1,
            _ => {
                taken.remove(&self.of);
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
    fn a_caller_makes_one_look_up_after_the_other() {
        let slots = Arc::new(CallerSlots::of_look_ups());
        let first = slots.take("a".to_owned());
        assert!(first.is_ok());
        assert!(slots.take("a".to_owned()).is_err());
        let others: Vec<_> = (1..LOOK_UPS_AT_ONCE).map(|at| slots.take(at.to_string())).collect();
        assert!(others.iter().all(Result::is_ok));
        assert!(slots.take("b".to_owned()).is_err(), "all are taken");
        drop(first);
        assert!(slots.take("a".to_owned()).is_ok());
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
