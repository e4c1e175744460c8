//! The store of mappings.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use jiff::Timestamp;

use crate::domain::actor::AuditContext;
use crate::domain::business_group::{BusinessGroupId, IdentityPinning};
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::history::PastChange;
use crate::domain::mapping::{Line, Mapping, MappingPlace, MappingSort};
use crate::domain::mapping_search::MappingSearch;
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::store_error::StoreError;

/// Mappings in a database. Each method is one transaction: it happened whole or not at all, and once it has answered
/// every reader sees it.
///
/// A change that changes something makes a revision of the group's history and keeps its `mapping_count`; a change that
/// changes nothing does neither.
#[async_trait]
pub trait MappingStore: Send + Sync {
    /// Finds the line of a user, in one round trip: the business group linked to `tenant` and, if `email` is given, the
    /// mapping of that address in it. `None` if the tenant is linked to no group.
    async fn resolve(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<Option<Line>, StoreError>;

    /// Pins a mapping to `oid` if it is still pinned to nobody of the tenant and has this address, and no other number
    /// of the group has one of the person's sign-in names.
    async fn pin(&self, pin: &Pin) -> Result<PinOutcome, StoreError>;

    /// Finds one mapping of a group.
    ///
    /// # Errors
    /// [`MappingRefusal::NoSuchMapping`], also where the group does not exist.
    async fn find(&self, group: &BusinessGroupId, number: PhoneNumber) -> Result<Mapping, MappingRefusal>;

    /// Reads a page of a group's mappings, in the order of the filter's sort, in which the page is a place.
    ///
    /// # Errors
    /// [`MappingRefusal::NoSuchGroup`]
    async fn list(
        &self,
        group: &BusinessGroupId,
        filter: &MappingFilter,
        page: &PageRequest<MappingPlace>,
    ) -> Result<Page<Mapping>, MappingRefusal>;

    /// Finds the mappings of many addresses or numbers, of one group or of all, in the order of their numbers. However
    /// many they are, it asks the database once; a second time only to tell a group without any of them from none.
    ///
    /// # Errors
    /// [`MappingRefusal::NoSuchGroup`]
    async fn look_up(
        &self,
        group: Option<&BusinessGroupId>,
        asked: &LookedUp,
    ) -> Result<Vec<FoundMapping>, MappingRefusal>;

    /// Finds mappings of all groups, in the order of their numbers.
    async fn find_in_all(
        &self,
        wanted: &WantedInAll,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<GroupMapping>, StoreError>;

    /// Creates a mapping or gives it another address. The same address again changes nothing, not even `updated_at`.
    ///
    /// # Errors
    /// [`MappingRefusal::NoSuchGroup`], [`MappingRefusal::EmailTaken`], [`MappingRefusal::NumberNotAssigned`]
    async fn put(&self, change: &PutMapping) -> Result<PutOutcome, MappingRefusal> {
        self.put_if(change, None).await
    }

    /// The same, if the group's mappings are of one of these revisions in the transaction that changes them; `None`:
    /// whatever they are of.
    ///
    /// # Errors
    /// Those of [`Self::put`], [`MappingRefusal::RevisionMoved`]
    async fn put_if(&self, change: &PutMapping, revisions: Option<&[i64]>) -> Result<PutOutcome, MappingRefusal>;

    /// Removes a mapping.
    ///
    /// # Errors
    /// [`MappingRefusal::NoSuchMapping`], also where the group does not exist.
    async fn delete(
        &self,
        group: &BusinessGroupId,
        number: PhoneNumber,
        context: &AuditContext,
    ) -> Result<(), MappingRefusal> {
        self.delete_if(group, number, None, context).await
    }

    /// The same, if the group's mappings are of one of these revisions in the transaction that changes them; `None`:
    /// whatever they are of.
    ///
    /// # Errors
    /// Those of [`Self::delete`], [`MappingRefusal::RevisionMoved`]
    async fn delete_if(
        &self,
        group: &BusinessGroupId,
        number: PhoneNumber,
        revisions: Option<&[i64]>,
        context: &AuditContext,
    ) -> Result<(), MappingRefusal>;

    /// Releases the pin of a mapping, so that the next sign-in pins it anew.
    ///
    /// # Errors
    /// [`MappingRefusal::NoSuchMapping`], also where the group does not exist.
    async fn release_pin(
        &self,
        group: &BusinessGroupId,
        number: PhoneNumber,
        context: &AuditContext,
    ) -> Result<ReleasePinOutcome, MappingRefusal>;

    /// Reads what a sign-in with an address would meet, and what helps to tell why.
    ///
    /// # Errors
    /// [`MappingRefusal::NoSuchGroup`]
    async fn sign_in_facts(&self, group: &BusinessGroupId, email: &EmailAddress)
    -> Result<SignInFacts, MappingRefusal>;

    /// Opens a group's mappings for reading, all of one revision, in the order of their numbers, in constant memory;
    /// `None` if there is no such group. [`EXPORTS_AT_ONCE`] can be open, and no other call waits for them.
    async fn export(&self, group: &BusinessGroupId) -> Result<Option<Export>, StoreError>;
}

/// Whose mappings are looked for, nobody twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookedUp {
    /// Those of these addresses.
    Emails(BTreeSet<EmailAddress>),
    /// Those of these numbers.
    PhoneNumbers(BTreeSet<PhoneNumber>),
}

/// A mapping of some group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMapping {
    /// The group.
    pub business_group: BusinessGroupId,
    /// The number.
    pub phone_number: PhoneNumber,
    /// The address.
    pub email: EmailAddress,
}

/// Which mappings of all groups are looked for: those that meet each condition that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedInAll {
    /// That of this number.
    pub phone_number: Option<PhoneNumber>,
    /// Those of this address.
    pub email: Option<EmailAddress>,
    /// Those that are found by this.
    pub search: Option<MappingSearch>,
}

/// A mapping, and the group that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMapping {
    /// The group.
    pub business_group: BusinessGroupId,
    /// The mapping.
    pub mapping: Mapping,
}

/// Which mappings a list holds, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingFilter {
    /// Only those that are found by this. `None`: all.
    pub search: Option<MappingSearch>,
    /// Only those that are pinned to an account, because it has signed in, or only those that are not. `None`: all.
    pub is_pinned: Option<bool>,
    /// What they are sorted by.
    pub sort: MappingSort,
}

/// To whom to pin which mapping.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The business group.
    pub group: BusinessGroupId,
    /// The mapping's number.
    pub phone_number: PhoneNumber,
    /// The mapping's address at the time it was read.
    pub email: EmailAddress,
    /// The person's tenant.
    pub tid: Guid,
    /// The person in that tenant.
    pub oid: Guid,
    /// What else they sign in with, as in [`SignIn`](crate::domain::sign_in::SignIn).
    pub other_sign_in_names: Box<[EmailAddress]>,
    /// The time of the sign-in.
    pub now: Timestamp,
}

/// The outcome of a [`Pin`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinOutcome {
    /// The mapping is pinned to this account of the tenant now, whoever was first.
    PinnedTo(Guid),
    /// A sign-in name has a number too, and another one. Nothing was changed.
    TwoNumbers {
        /// The sign-in name.
        sign_in_name: EmailAddress,
        /// Its number.
        number: PhoneNumber,
    },
    /// There is no such mapping any more.
    NoSuchMapping,
}

impl PinOutcome {
    /// The account that the mapping is pinned to now, as far as it is told.
    #[must_use]
    pub fn pinned_to(&self) -> Option<Guid> {
        match self {
            Self::PinnedTo(oid) => Some(*oid),
            Self::TwoNumbers { .. } | Self::NoSuchMapping => None,
        }
    }
}

/// A mapping to be set.
#[derive(Clone, Debug)]
pub struct PutMapping {
    /// The business group.
    pub group: BusinessGroupId,
    /// The number.
    pub phone_number: PhoneNumber,
    /// Its new address.
    pub email: EmailAddress,
    /// Who sets it, and when.
    pub context: AuditContext,
}

/// A mapping that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The number had no mapping before.
    Created(Mapping),
    /// The number had a mapping, perhaps the same.
    Updated(Mapping),
}

/// A mapping that is pinned to nobody now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleasePinOutcome {
    /// It was pinned to somebody.
    Released,
    /// It was pinned to nobody. Nothing was changed.
    NotPinned,
}

/// Why a mapping was not found or changed. Nothing was changed, unless the store says that it could not be asked:
/// then a commit may have gone through whose answer was lost.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingRefusal {
    /// There is no such group.
    #[error("there is no such business group")]
    NoSuchGroup,
    /// The number has no mapping in the group.
    #[error("this number has no mapping in the business group")]
    NoSuchMapping,
    /// Another number of the group has the address.
    #[error("the address belongs to {by} already: remove that mapping first, or give it another address")]
    EmailTaken {
        /// That number.
        by: PhoneNumber,
    },
    /// None of the group's ranges holds the number.
    #[error("the number lies in none of the business group's number ranges")]
    NumberNotAssigned,
    /// The mappings are of another revision than expected.
    #[error("the mappings have changed: they are of revision {current} now")]
    RevisionMoved {
        /// The revision they are of.
        current: i64,
    },
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a sign-in with an address would meet, all of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInFacts {
    /// Whether the group is linked to a tenant.
    pub is_linked: bool,
    /// Whether that link is proven, or the operator's own.
    pub is_vouched_for: bool,
    /// Whether the group allows guests.
    pub allow_guests: bool,
    /// Whether the group pins mappings.
    pub identity_pinning: IdentityPinning,
    /// The mapping of the address, if there is one.
    pub mapping: Option<Mapping>,
    /// The newest change of the address. It is looked for in the last [`MAX_REVISIONS_SEARCHED`] revisions, and, where
    /// the address has no mapping, in no more than about [`MAX_CHANGES_SEARCHED`] changes.
    pub last_change: Option<PastChange>,
    /// The newest refusal of a sign-in with this address or sign-in name that still stands, among the last
    /// [`MAX_EVENTS_SEARCHED`] events of the group in the audit log.
    pub refused: Option<RefusedSignIn>,
    /// Where the address has no mapping: those with the same name before the `@`, and those next to it in the alphabet,
    /// [`MAX_NEIGHBOURS`] on each side; some may stand there twice.
    pub neighbours: Vec<ExportedMapping>,
}

/// A sign-in that was refused because its address and its sign-in name have two numbers, and would be again: they still
/// have, and the mapping of the address is pinned to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSignIn {
    /// When.
    pub at: Timestamp,
    /// The account, as the audit log names it (its `oid`).
    pub account: String,
    /// The address.
    pub email: EmailAddress,
    /// Its number.
    pub phone_number: PhoneNumber,
    /// The sign-in name.
    pub sign_in_name: EmailAddress,
    /// Its number.
    pub sign_in_number: PhoneNumber,
    /// The id of the call.
    pub request_id: Option<String>,
}

/// In how many events of the audit log a refusal is looked for.
pub const MAX_EVENTS_SEARCHED: u32 = 1000;

/// In how many revisions a change is looked for.
pub const MAX_REVISIONS_SEARCHED: u32 = 1000;

/// Among how many changes one of an address is looked for: there is no way to it but through all of them.
pub const MAX_CHANGES_SEARCHED: u32 = 100_000;

/// How many neighbours of an address are read on each side.
pub const MAX_NEIGHBOURS: u32 = 100;

/// How many exports one process gives at once: each keeps a connection of its own as long as its reader takes.
pub const EXPORTS_AT_ONCE: u32 = 8;

/// A group's mappings of one revision.
pub struct Export {
    /// The revision.
    pub revision: i64,
    /// The mappings in the order of their numbers, in chunks. Reading is tied to one snapshot of the database.
    pub mappings: BoxStream<'static, Result<Vec<ExportedMapping>, StoreError>>,
}

/// A mapping in an [`Export`]: what the file shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedMapping {
    /// The number.
    pub phone_number: PhoneNumber,
    /// The address.
    pub email: EmailAddress,
}
