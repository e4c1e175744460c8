//! The audit log. Every store writes into it, each in its own transactions.

use async_trait::async_trait;
use serde_json::Map;
use serde_json::Value;

use crate::domain::actor::Deed;
use crate::domain::audit::AuditEvent;
use crate::domain::audit::Detail;
use crate::domain::audit::NewAuditEvent;
use crate::domain::audit::action;
use crate::domain::audit::refusal;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::history::ChangeCounts;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::ports::audit_log::AuditFilter;
use crate::ports::audit_log::AuditLog;
use crate::ports::mapping_store::MAX_EVENTS_SEARCHED;
use crate::ports::mapping_store::RefusedSignIn;
use crate::ports::store_error::StoreError;
use crate::store::error::UnreadableRow;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

macro_rules! audit_log {
    ($name:ident, $engine:ty, $engine_module:ident, $transaction:ty) => {
        /// The audit log in a database.
        pub(super) struct $name(pub(super) $engine);

        pub(super) mod $engine_module {
            use super::*;

            /// Writes an event down in the transaction of what it tells.
            pub(in crate::store) async fn record(
                transaction: &mut $transaction,
                event: &NewAuditEvent,
            ) -> Result<(), StoreError> {
                let statement = match event.group {
                    Some(_) => statements::ADD_AUDIT_EVENT,
                    None => statements::ADD_AUDIT_EVENT_OF_NO_GROUP,
                };
                sqlx::query(statement)
                    .bind(event.deed.at.as_microsecond())
                    .bind(event.deed.actor.kind.as_str())
                    .bind(&event.deed.actor.id)
                    .bind(&event.deed.actor.name)
                    .bind(&event.action)
                    .bind(&event.refused_with)
                    .bind(event.group.as_ref().map(BusinessGroupId::as_str))
                    .bind(stored_detail(&event.detail))
                    .bind(&event.deed.request_id)
                    .execute(&mut **transaction)
                    .await?;
                Ok(())
            }

            /// The newest refusal of a first pin to whoever has this address or sign-in name, if it would come about again.
            pub(in crate::store) async fn refused_sign_in(
                transaction: &mut $transaction,
                (group, group_key): (&BusinessGroupId, i64),
                asked: &EmailAddress,
            ) -> Result<Option<RefusedSignIn>, StoreError> {
                let found: Vec<RefusalRow> = sqlx::query_as(statements::REFUSED_SIGN_INS)
                    .bind(group.as_str())
                    .bind(i64::from(MAX_EVENTS_SEARCHED))
                    .bind(action::RESOLVE_LINE)
                    .fetch_all(&mut **transaction)
                    .await?;
                let Some((row, email, sign_in_name)) = found.into_iter().find_map(|row| refusal_of(row, asked)) else {
                    return Ok(None);
                };
                let numbers: Option<(i64, i64)> = sqlx::query_as(statements::NUMBERS_OF_UNPINNED_AND_OTHER)
                    .bind(group_key)
                    .bind(email.as_str())
                    .bind(sign_in_name.as_str())
                    .fetch_optional(&mut **transaction)
                    .await?;
                let Some((phone_number, sign_in_number)) = numbers else { return Ok(None) };
                let (at, account, _, request_id) = row;
                Ok(Some(RefusedSignIn {
                    at: rows::timestamp(at)?,
                    account,
                    email,
                    phone_number: rows::phone_number(phone_number)?,
                    sign_in_name,
                    sign_in_number: rows::phone_number(sign_in_number)?,
                    request_id,
                }))
            }
        }

        #[async_trait]
        impl AuditLog for $name {
            async fn record(&self, mut event: NewAuditEvent) -> Result<(), StoreError> {
                let mut transaction = self.0.begin().await?;
                event.deed.at = event.deed.at.max(self.0.now());
                $engine_module::record(&mut transaction, &event).await?;
                Ok(transaction.commit().await?)
            }

            async fn list(
                &self,
                filter: &AuditFilter,
                page: &PageRequest<i64>,
            ) -> Result<Page<AuditEvent>, StoreError> {
                let query = || {
                    sqlx::query_as(statements::LIST_AUDIT_EVENTS)
                        .bind(page.after.unwrap_or(i64::MAX))
                        .bind(filter.group.as_ref().map(BusinessGroupId::as_str))
                        .bind(&filter.actor_id)
                        .bind(filter.from.map(|time| time.as_microsecond()))
                        .bind(filter.until.map(|time| time.as_microsecond()))
                        .bind(i64::from(page.limit) + 1)
                };
                let found: Vec<EventRow> = self.0.fetch_all(query).await?;
                let found: Result<Vec<_>, UnreadableRow> = found.into_iter().map(event).collect();
                Ok(Page::from_one_more(found?, page.limit))
            }
        }
    };
}

audit_log!(PostgresAuditLog, Postgres, postgres, sqlx::PgTransaction<'static>);
audit_log!(SqliteAuditLog, Sqlite, sqlite, sqlx::SqliteTransaction<'static>);

/// Something that was done to a business group.
pub(super) fn done(deed: &Deed, action: &str, group: &BusinessGroupId, detail: Detail) -> NewAuditEvent {
    NewAuditEvent {
        deed: deed.clone(),
        action: action.to_owned(),
        refused_with: None,
        group: Some(group.clone()),
        detail,
    }
}

/// One thing that an event tells.
pub(super) fn told(name: &str, value: &(impl ToString + ?Sized)) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// What a change set changes, as an event tells it.
pub(super) fn told_counts(counts: ChangeCounts) -> [(String, String); 3] {
    [told("added", &counts.added), told("changed", &counts.changed), told("removed", &counts.removed)]
}

fn stored_detail(detail: &Detail) -> String {
    let members: Map<_, _> = detail.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
    Value::Object(members).to_string()
}

fn read_detail(text: &str) -> Result<Detail, UnreadableRow> {
    let members: Map<String, Value> = serde_json::from_str(text).map_err(|_| UnreadableRow("an audit event"))?;
    Ok(members.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned())).collect())
}

/// `at, actor_id, detail, request_id`
type RefusalRow = (i64, String, String, Option<String>);

/// A refusal that tells of this address or sign-in name, with both.
fn refusal_of(row: RefusalRow, asked: &EmailAddress) -> Option<(RefusalRow, EmailAddress, EmailAddress)> {
    let detail = read_detail(&row.2).ok()?;
    let told = |wanted: &str| detail.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.clone());
    let email = EmailAddress::from_stored(told(refusal::EMAIL)?);
    let sign_in_name = EmailAddress::from_stored(told(refusal::SIGN_IN_NAME)?);
    (*asked == email || *asked == sign_in_name).then_some((row, email, sign_in_name))
}

/// `event_key, at, actor_kind, actor_id, actor_name, action, refused_with, group_id, detail, request_id`
type EventRow =
    (i64, i64, Option<String>, String, String, String, Option<String>, Option<String>, String, Option<String>);

fn event(row: EventRow) -> Result<AuditEvent, UnreadableRow> {
    let (id, at, actor_kind, actor_id, actor_name, action, refused_with, group, detail, request_id) = row;
    let detail = read_detail(&detail)?;
    Ok(AuditEvent {
        id,
        at: rows::timestamp(at)?,
        actor: rows::actor(actor_kind.as_deref(), actor_id, actor_name),
        action,
        refused_with,
        group: group.map(rows::group_id),
        detail,
        request_id,
    })
}
