use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;

use crate::domain::business_group::BusinessGroupId;
use crate::http::extract::Input;
use crate::http::problem::Problem;
use crate::http::services::Services;

/// When a refused import is worth trying again: most take less.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The share of all imports that one business group may have.
const SHARE: usize = 4;

/// The imports that are under way: each takes memory and a thread.
pub struct ImportSlots {
    most: usize,
    /// So that no business group, with uploads that crawl, keeps all others out.
    most_of_a_group: usize,
    taken: Mutex<HashMap<BusinessGroupId, usize>>,
}

/// The leave to import, until it is dropped.
pub struct ImportSlot {
    slots: Arc<ImportSlots>,
    group: BusinessGroupId,
}

impl ImportSlots {
    /// Room for so many imports at once.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, most_of_a_group: most.div_ceil(SHARE), taken: Mutex::default() }
    }

    /// Leave for one more import of a business group, if there is room.
    ///
    /// # Errors
    /// 429
    pub fn take(self: &Arc<Self>, group: BusinessGroupId) -> Result<ImportSlot, Problem> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_group = taken.get(&group).copied().unwrap_or_default();
        let detail = if of_group >= self.most_of_a_group {
            "Other files of this business group are being imported. Wait for them, and upload it again."
        } else if taken.values().sum::<usize>() >= self.most {
            "As many files as the service takes at once are being imported. Wait, and upload it again."
        } else {
            taken.insert(group.clone(), of_group + 1);
            return Ok(ImportSlot { slots: Arc::clone(self), group });
        };
        Err(Problem::too_many_requests(format!("{detail} Nothing was changed."), RETRY_AFTER))
    }
}

impl Drop for ImportSlot {
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

impl Input for ImportSlot {
    /// Nothing of the body is read if there is no room.
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let services = Services::of(request)?;
        let group = BusinessGroupId::parse(request.match_info().query("id"));
        let group = group.map_err(|_| Problem::not_found("There is no such business group."))?;
        services.import_slots.take(group).inspect_err(|_| services.metrics.count_refusal("imports"))
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
        let slots = Arc::new(ImportSlots::new(8));
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
        let slots = Arc::new(ImportSlots::new(1));
        let only = slots.take(group("a"));
        assert!(only.is_ok());
        assert!(slots.take(group("b")).is_err());
        drop(only);
        assert!(slots.take(group("b")).is_ok());
    }
}
