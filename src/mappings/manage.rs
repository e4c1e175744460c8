use std::sync::Arc;

use crate::domain::actor::Deed;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::mapping::Mapping;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::tenant::UnprovenTenants;
use crate::mappings::MappingError;
use crate::ports::mapping_store::DeleteOutcome;
use crate::ports::mapping_store::MappingFilter;
use crate::ports::mapping_store::MappingStore;
use crate::ports::mapping_store::PutMapping;
use crate::ports::mapping_store::PutOutcome;
use crate::ports::mapping_store::ReleasePinOutcome;
use crate::ports::time_limit::in_time;

/// What administrators do with single mappings.
pub struct Mappings {
    pub(super) store: Arc<dyn MappingStore>,
    pub(super) unproven: UnprovenTenants,
}

/// What became of a mapping that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutResult {
    /// The number had none before.
    Created(Mapping),
    /// The number had one, perhaps the same.
    Updated(Mapping),
}

impl Mappings {
    /// Mappings kept in `store`, of a service that treats unproven tenants so.
    #[must_use]
    pub fn new(store: Arc<dyn MappingStore>, unproven: UnprovenTenants) -> Self {
        Self { store, unproven }
    }

    /// Finds the mapping of a number.
    ///
    /// # Errors
    /// [`MappingError::NoSuchMapping`], also where the group does not exist.
    pub async fn find(&self, group: &BusinessGroupId, number: PhoneNumber) -> Result<Mapping, MappingError> {
        self.store.find(group, number).await?.ok_or(MappingError::NoSuchMapping)
    }

    /// Reads a page of a group's mappings, in the order of their numbers.
    ///
    /// # Errors
    /// [`MappingError::NoSuchGroup`]
    pub async fn list(
        &self,
        group: &BusinessGroupId,
        filter: &MappingFilter,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<Mapping>, MappingError> {
        self.store.list(group, filter, page).await?.ok_or(MappingError::NoSuchGroup)
    }

    /// Gives a number an address, whether it had one or not.
    ///
    /// # Errors
    /// [`MappingError::NoSuchGroup`], [`MappingError::EmailTaken`], [`MappingError::NumberNotAssigned`]; then nothing
    /// is changed.
    pub async fn put(
        &self,
        group: BusinessGroupId,
        phone_number: PhoneNumber,
        email: EmailAddress,
        deed: Deed,
    ) -> Result<PutResult, MappingError> {
        let change = PutMapping { group, phone_number, email, deed };
        match in_time(self.store.put(&change)).await? {
            PutOutcome::Created(mapping) => Ok(PutResult::Created(mapping)),
            PutOutcome::Updated(mapping) => Ok(PutResult::Updated(mapping)),
            PutOutcome::EmailTaken { by } => Err(MappingError::EmailTaken { by }),
            PutOutcome::NumberNotAssigned => Err(MappingError::NumberNotAssigned),
            PutOutcome::NoSuchGroup => Err(MappingError::NoSuchGroup),
        }
    }

    /// Removes the mapping of a number.
    ///
    /// # Errors
    /// [`MappingError::NoSuchMapping`], also where the group does not exist.
    pub async fn delete(&self, group: &BusinessGroupId, number: PhoneNumber, deed: &Deed) -> Result<(), MappingError> {
        match in_time(self.store.delete(group, number, deed)).await? {
            DeleteOutcome::Deleted => Ok(()),
            DeleteOutcome::NotFound => Err(MappingError::NoSuchMapping),
        }
    }

    /// Lets a mapping go from the account that it is pinned to: the next account that signs in with its address has it.
    /// One that is pinned to nobody stays as it is.
    ///
    /// # Errors
    /// [`MappingError::NoSuchMapping`], also where the group does not exist.
    pub async fn release_pin(
        &self,
        group: &BusinessGroupId,
        number: PhoneNumber,
        deed: &Deed,
    ) -> Result<(), MappingError> {
        match in_time(self.store.release_pin(group, number, deed)).await? {
            ReleasePinOutcome::Released | ReleasePinOutcome::NotPinned => Ok(()),
            ReleasePinOutcome::NotFound => Err(MappingError::NoSuchMapping),
        }
    }
}
