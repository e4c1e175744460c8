//! The audit log. Every store writes into it, each in its own transactions.

use async_trait::async_trait;
use const_format::concatcp;
use serde_json::{Map, Value};

use crate::domain::actor::AuditContext;
use crate::domain::audit::{AuditEvent, Detail, NewAuditEvent, action, refusal};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::history::ChangeCounts;
use crate::domain::page::{Page, PageRequest};
use crate::ports::audit_log::{AuditFilter, AuditLog};
use crate::ports::mapping_store::{MAX_EVENTS_SEARCHED, RefusedSignIn};
use crate::ports::store_error::StoreError;
use crate::store::db::{Db, Tx};
use crate::store::error::UnreadableRow;
use crate::store::record::record;
use crate::store::rows;
use crate::store::rows::ActorRow;
use crate::store::sql::sql;

/// Never with a time before that of the event before it, of the same business group or of none: they are read in this
/// order.
const ADD_EVENT_AFTER: &str = "INSERT INTO audit_events (at, actor_kind, actor_id, actor_name, action, refused_with, \
     group_id, detail, request_id) VALUES (COALESCE((SELECT l.at FROM (SELECT at FROM audit_events WHERE ";
const LAST_EVENT: &str = " ORDER BY event_key DESC LIMIT 1) l WHERE l.at > $1), $1), $2, $3, $4, $5, $6, $7, $8, $9)";
const ADD_EVENT_OF_GROUP: &str = concatcp!(ADD_EVENT_AFTER, "group_id = $7", LAST_EVENT);
/// `$7` names no group.
const ADD_EVENT_OF_NO_GROUP: &str = concatcp!(ADD_EVENT_AFTER, "group_id IS NULL", LAST_EVENT);

const LIST_EVENTS: &str = "SELECT event_key, at, actor_kind, actor_id, actor_name, action, refused_with, group_id, \
     detail, request_id FROM audit_events WHERE event_key < $1 AND ($2 IS NULL OR group_id = $2) \
     AND ($3 IS NULL OR actor_id = $3) AND ($4 IS NULL OR at >= $4) AND ($5 IS NULL OR at < $5) \
     ORDER BY event_key DESC LIMIT $6";

/// Among the newest events of a group.
const REFUSED_SIGN_INS: &str = "SELECT at, actor_id, detail, request_id FROM \
     (SELECT event_key, at, actor_id, action, refused_with, detail, request_id FROM audit_events \
     WHERE group_id = $1 ORDER BY event_key DESC LIMIT $2) AS newest \
     WHERE action = $3 AND refused_with IS NOT NULL ORDER BY event_key DESC";

/// Of two addresses that both have a number, and the first one's is pinned to nobody.
const NUMBERS_OF_UNPINNED_AND_OTHER: &str = "SELECT m.phone_number, other.phone_number AS other_number \
     FROM mappings m JOIN business_groups g ON g.group_key = m.group_key \
     JOIN mappings other ON other.group_key = m.group_key AND other.email = $3 \
     WHERE m.group_key = $1 AND m.email = $2 \
     AND CASE WHEN m.pinned_tid = COALESCE(g.tenant_id, m.pinned_tid) THEN m.pinned_oid END IS NULL";

/// The audit log in a database.
pub(super) struct DbAuditLog(pub(super) Db);

record! {
    struct EventRow {
        event_key: i64,
        at: i64,
        actor: ActorRow,
        action: String,
        refused_with: Option<String>,
        group_id: Option<String>,
        detail: String,
        request_id: Option<String>,
    }
}

impl TryFrom<EventRow> for AuditEvent {
    type Error = UnreadableRow;

    fn try_from(row: EventRow) -> Result<Self, UnreadableRow> {
        Ok(Self {
            id: row.event_key,
            at: rows::timestamp(row.at)?,
            actor: row.actor.into(),
            action: row.action,
            refused_with: row.refused_with,
            group: row.group_id.map(rows::group_id),
            detail: read_detail(&row.detail)?,
            request_id: row.request_id,
        })
    }
}

record! {
    /// An event that tells of a refused first pin.
    struct RefusalRow {
        at: i64,
        actor_id: String,
        detail: String,
        request_id: Option<String>,
    }
}

impl RefusalRow {
    /// The address and the sign-in name that it tells of, if one of them is this.
    fn names(&self, asked: &EmailAddress) -> Option<(EmailAddress, EmailAddress)> {
        let detail = read_detail(&self.detail).ok()?;
        let text_of = |wanted: &str| detail.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.clone());
        let email = EmailAddress::from_stored(text_of(refusal::EMAIL)?);
        let sign_in_name = EmailAddress::from_stored(text_of(refusal::SIGN_IN_NAME)?);
        (*asked == email || *asked == sign_in_name).then_some((email, sign_in_name))
    }
}

record! {
    /// The numbers of an address and of a sign-in name.
    struct NumbersRow {
        phone_number: i64,
        other_number: i64,
    }
}

impl Tx {
    /// Writes an event down in the transaction of what it tells.
    pub(super) async fn record(&mut self, event: &NewAuditEvent) -> Result<(), StoreError> {
        let add = sql(if event.group.is_some() { ADD_EVENT_OF_GROUP } else { ADD_EVENT_OF_NO_GROUP });
        let AuditContext { actor, at, request_id, .. } = &event.context;
        let add = add.bind(*at).bind(actor.kind.as_str()).bind(&actor.id).bind(&actor.name).bind(&event.action);
        let add = add.bind(event.refused_with.as_ref()).bind(event.group.as_ref());
        self.run(add.bind(stored_detail(&event.detail)).bind(request_id.as_ref())).await?;
        Ok(())
    }

    /// The newest refusal of a first pin to whoever has this address or sign-in name, if it would come about again.
    pub(super) async fn refused_sign_in(
        &mut self,
        (group, group_key): (&BusinessGroupId, i64),
        asked: &EmailAddress,
    ) -> Result<Option<RefusedSignIn>, StoreError> {
        let refused = sql(REFUSED_SIGN_INS).bind(group).bind(MAX_EVENTS_SEARCHED).bind(action::RESOLVE_LINE);
        let found: Vec<RefusalRow> = self.all(refused).await?;
        let named = found.into_iter().find_map(|row| row.names(asked).map(|names| (row, names)));
        let Some((row, (email, sign_in_name))) = named else { return Ok(None) };
        let numbers = sql(NUMBERS_OF_UNPINNED_AND_OTHER).bind(group_key).bind(&email).bind(&sign_in_name);
        let Some(numbers) = self.optional::<NumbersRow>(numbers).await? else { return Ok(None) };
        Ok(Some(RefusedSignIn {
            at: rows::timestamp(row.at)?,
            account: row.actor_id,
            email,
            phone_number: rows::phone_number(numbers.phone_number)?,
            sign_in_name,
            sign_in_number: rows::phone_number(numbers.other_number)?,
            request_id: row.request_id,
        }))
    }
}

#[async_trait]
impl AuditLog for DbAuditLog {
    async fn record(&self, mut event: NewAuditEvent) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        event.context = tx.timed(&event.context);
        tx.record(&event).await?;
        tx.commit_aside().await
    }

    async fn list(&self, filter: &AuditFilter, page: &PageRequest<i64>) -> Result<Page<AuditEvent>, StoreError> {
        let list = sql(LIST_EVENTS).bind(page.after.unwrap_or(i64::MAX));
        let list = list.bind(filter.group.as_ref()).bind(filter.actor_id.as_ref()).bind(filter.from).bind(filter.until);
        rows::page(self.0.all::<EventRow>(list.bind(rows::one_more(page))).await?, page)
    }
}

/// Something that was done to a business group.
pub(super) fn done(context: &AuditContext, action: &str, group: &BusinessGroupId, detail: Detail) -> NewAuditEvent {
    NewAuditEvent {
        context: context.clone(),
        action: action.to_owned(),
        refused_with: None,
        group: Some(group.clone()),
        detail,
    }
}

/// One thing that an event tells.
pub(super) fn entry(name: &str, value: &(impl ToString + ?Sized)) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// What a change set changes, as an event tells it.
pub(super) fn counts_detail(counts: ChangeCounts) -> [(String, String); 3] {
    [entry("added", &counts.added), entry("changed", &counts.changed), entry("removed", &counts.removed)]
}

fn stored_detail(detail: &Detail) -> String {
    let members: Map<_, _> = detail.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
    Value::Object(members).to_string()
}

fn read_detail(text: &str) -> Result<Detail, UnreadableRow> {
    let members: Map<String, Value> = serde_json::from_str(text).map_err(|_| UnreadableRow("an audit event"))?;
    Ok(members.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned())).collect())
}
