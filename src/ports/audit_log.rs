//! The audit log.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::audit::{AuditEvent, NewAuditEvent};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::page::{Page, PageRequest};
use crate::ports::store_error::StoreError;

/// The audit log in a database. What the other stores change they write down themselves, in the transaction that
/// changes it: there is no change without its event, and no event without its change.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Writes down what changed nothing, such as a refused attempt.
    async fn record(&self, event: NewAuditEvent) -> Result<(), StoreError>;

    /// Reads a page of the events, the newest first.
    async fn list(&self, filter: &AuditFilter, page: &PageRequest<i64>) -> Result<Page<AuditEvent>, StoreError>;
}

/// Which events a list holds; `None` does not ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of this business group.
    pub group: Option<BusinessGroupId>,
    /// Those of the actor with this id.
    pub actor_id: Option<String>,
    /// Those from this time on.
    pub from: Option<Timestamp>,
    /// Those before this time.
    pub until: Option<Timestamp>,
}
