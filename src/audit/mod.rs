//! The audit log: written by the stores in the transactions of what they change, and read here. What changed nothing,
//! such as a refused attempt, is written from here.

mod csv_rows;

use std::sync::Arc;

pub use crate::audit::csv_rows::events_csv;
use crate::domain::actor::AuditContext;
use crate::domain::audit::{AuditEvent, NewAuditEvent, action};
use crate::domain::business_group::{BusinessGroup, BusinessGroupId};
use crate::domain::page::{Page, PageRequest};
use crate::ports::audit_log::{AuditFilter, AuditLog};
use crate::ports::mapping_store::LookedUp;
use crate::ports::store_error::StoreError;

/// People who were looked up: how many, and never whom.
pub struct LookUp<'a> {
    /// In which business group; `None`: in all.
    pub group: Option<&'a BusinessGroupId>,
    /// By what.
    pub asked: &'a LookedUp,
    /// How many of them were found.
    pub found: usize,
}

/// The audit log.
pub struct Audit {
    log: Arc<dyn AuditLog>,
}

impl Audit {
    /// The audit log kept in `log`.
    #[must_use]
    pub fn new(log: Arc<dyn AuditLog>) -> Self {
        Self { log }
    }

    /// Writes down an attempt that was refused.
    ///
    /// # Errors
    /// The store's.
    pub async fn record_refusal(&self, event: NewAuditEvent) -> Result<(), StoreError> {
        self.log.record(event).await
    }

    /// Writes down that people were looked up, and how many. Which, it does not tell: the log is kept for good.
    ///
    /// # Errors
    /// The store's.
    pub async fn record_look_up(&self, look_up: LookUp<'_>, context: &AuditContext) -> Result<(), StoreError> {
        let asked = match look_up.asked {
            LookedUp::Emails(emails) => ("emails", emails.len()),
            LookedUp::PhoneNumbers(numbers) => ("phone_numbers", numbers.len()),
        };
        let detail = [asked, ("found", look_up.found)].map(|(name, count)| (name.to_owned(), count.to_string()));
        let event = NewAuditEvent {
            context: context.clone(),
            action: action::LOOK_UP.to_owned(),
            refused_with: None,
            group: look_up.group.cloned(),
            detail: detail.to_vec(),
        };
        self.log.record(event).await
    }

    /// Reads a page of the events, the newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, filter: &AuditFilter, page: &PageRequest<i64>) -> Result<Page<AuditEvent>, StoreError> {
        self.log.list(filter, page).await
    }

    /// Reads a page of the events of one business group, for its administrators: nothing from before it was made, when
    /// another company's group may have had its id.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_of(
        &self,
        group: &BusinessGroup,
        filter: AuditFilter,
        page: &PageRequest<i64>,
    ) -> Result<Page<AuditEvent>, StoreError> {
        let from = filter.from.map_or(group.created_at, |from| from.max(group.created_at));
        self.list(&AuditFilter { group: Some(group.id.clone()), from: Some(from), ..filter }, page).await
    }
}
