//! The store of consents.

use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::domain::actor::AuditContext;
use crate::domain::application::ApplicationName;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::consent::{Consent, ConsentFault, Nonce};
use crate::domain::guid::Guid;
use crate::ports::store_error::StoreError;

/// What the states of consent links are signed with. It is wiped from memory when it is dropped.
pub type ConsentSecret = Zeroizing<[u8; 32]>;

/// Consents in a database. Each method is one transaction.
#[async_trait]
pub trait ConsentStore: Send + Sync {
    /// Reads the secret, which all replicas share; `None` if none was made yet.
    async fn secret(&self) -> Result<Option<ConsentSecret>, StoreError>;

    /// Keeps `new` as the secret if there is none, and says which one it is now.
    async fn secret_or(&self, new: ConsentSecret) -> Result<ConsentSecret, StoreError>;

    /// Reads what is known of a group's consents; `None` if there is no such group.
    async fn of_group(&self, group: &BusinessGroupId) -> Result<Option<GroupConsents>, StoreError>;

    /// Writes down what came back with a state, once for each state, and only while the group is linked to its tenant.
    async fn report(&self, report: &ConsentReport, context: &AuditContext) -> Result<ReportOutcome, StoreError>;

    /// Writes down that a good token of a tenant has come for an application, if it is the first; says whether there is
    /// such a row now. There is none if the tenant is linked to no group.
    async fn note_first_sign_in(&self, tenant: Guid, client_id: Guid, at: Timestamp) -> Result<bool, StoreError>;

    /// Forgets the used states that expired before `time`; says how many.
    async fn forget_used_states(&self, time: Timestamp) -> Result<u64, StoreError>;
}

/// What is known of a group's consents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConsents {
    /// The tenant that the group is linked to.
    pub tenant: Option<Guid>,
    /// What is known of applications in that tenant; of the others nothing.
    pub consents: Vec<Consent>,
}

/// What came back with a state.
#[derive(Clone, Debug)]
pub struct ConsentReport {
    /// The business group that the link was made for.
    pub group: BusinessGroupId,
    /// The tenant that it was linked to then.
    pub tenant: Guid,
    /// The application.
    pub client_id: Guid,
    /// Its name, for the audit log.
    pub application: ApplicationName,
    /// What makes the state the only one of its kind.
    pub nonce: Nonce,
    /// When the state ends.
    pub expires_at: Timestamp,
    /// Whether there is consent, as the return says.
    pub result: Result<(), ConsentFault>,
}

/// The outcome of a [`ConsentReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// It is written down.
    Recorded,
    /// The state has come back before. Nothing was changed.
    Used,
    /// There is no such group, or it is not linked to this tenant any more. Nothing was changed.
    TenantChanged,
}
