//! API keys, by the hash of their secret.

use async_trait::async_trait;
use const_format::concatcp;
use uuid::Uuid;

use crate::domain::actor::AuditContext;
use crate::domain::api_key::{ApiKey, Grant, Role, SecretHash};
use crate::domain::audit::{Detail, NewAuditEvent, action};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::page::{Page, PageRequest};
use crate::ports::api_key_store::{ApiKeyRefusal, ApiKeyStore};
use crate::ports::store_error::StoreError;
use crate::store::audit::entry;
use crate::store::db::Db;
use crate::store::error::UnreadableRow;
use crate::store::record::record;
use crate::store::rows;
use crate::store::sql::sql;

const SELECT_KEYS: &str = "SELECT k.id, k.name, k.role, g.id AS group_id, k.prefix, k.created_at, k.expires_at \
     FROM api_keys k LEFT JOIN business_groups g ON g.group_key = k.group_key WHERE ";
const FIND_KEY: &str = concatcp!(SELECT_KEYS, "k.secret_hash = $1");
const FIND_KEY_BY_ID: &str = concatcp!(SELECT_KEYS, "k.id = $1");
const LIST_KEYS: &str = concatcp!(SELECT_KEYS, "k.id > $1 AND ($3 IS NULL OR g.id = $3) ORDER BY k.id LIMIT $2");

const ADD_KEY: &str = "INSERT INTO api_keys (id, name, role, group_key, prefix, secret_hash, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const DELETE_KEY: &str = "DELETE FROM api_keys WHERE id = $1";

/// API keys in a database.
pub(super) struct DbApiKeys(pub(super) Db);

record! {
    struct KeyRow {
        id: String,
        name: String,
        role: String,
        group_id: Option<String>,
        prefix: String,
        created_at: i64,
        expires_at: Option<i64>,
    }
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = UnreadableRow;

    fn try_from(row: KeyRow) -> Result<Self, UnreadableRow> {
        let role = Role::parse(&row.role).ok_or(UnreadableRow("a role"))?;
        Ok(Self {
            id: Uuid::try_parse(&row.id).map_err(|_| UnreadableRow("the id of an API key"))?,
            name: row.name,
            grant: Grant::new(role, row.group_id.map(rows::group_id)).map_err(|_| UnreadableRow("a grant"))?,
            prefix: row.prefix,
            created_at: rows::timestamp(row.created_at)?,
            expires_at: row.expires_at.map(rows::timestamp).transpose()?,
        })
    }
}

#[async_trait]
impl ApiKeyStore for DbApiKeys {
    async fn create(&self, key: &ApiKey, secret: SecretHash, context: &AuditContext) -> Result<(), ApiKeyRefusal> {
        let group = key.grant.business_group();
        let mut tx = self.0.begin().await?;
        let locked = match group {
            None => None,
            Some(group) => tx.lock_group(group).await?,
        };
        let context = &tx.timed(context);
        tx.hold_right(context).await?;
        if locked.is_none() && group.is_some() {
            return Err(ApiKeyRefusal::NoSuchGroup);
        }
        let role = key.grant.role().as_str();
        let add = sql(ADD_KEY).bind(key.id).bind(&key.name).bind(role).bind(locked.map(|group| group.key));
        let add = add.bind(&key.prefix).bind(&secret.0[..]).bind(key.created_at).bind(key.expires_at);
        tx.run(add).await?;
        let detail = vec![entry("key", &key.id), entry("name", &key.name), entry("role", role)];
        tx.record(&event(context, action::CREATE_API_KEY, group.cloned(), detail)).await?;
        tx.commit_aside().await?;
        Ok(())
    }

    async fn find_by_secret(&self, secret: SecretHash) -> Result<Option<ApiKey>, StoreError> {
        let row: Option<KeyRow> = self.0.optional(sql(FIND_KEY).bind(&secret.0[..])).await?;
        Ok(row.map(ApiKey::try_from).transpose()?)
    }

    async fn list(&self, of: Option<&BusinessGroupId>, page: &PageRequest<Uuid>) -> Result<Page<ApiKey>, StoreError> {
        let after = page.after.map(|after| after.to_string()).unwrap_or_default();
        let list = sql(LIST_KEYS).bind(after).bind(rows::one_more(page)).bind(of);
        rows::page(self.0.all::<KeyRow>(list).await?, page)
    }

    async fn delete(
        &self,
        id: Uuid,
        of: Option<&BusinessGroupId>,
        context: &AuditContext,
    ) -> Result<(), ApiKeyRefusal> {
        let mut tx = self.0.begin().await?;
        let context = &tx.timed(context);
        // It is not held: two keys that are used to revoke each other would wait for each other.
        tx.check_right(context).await?;
        let found: Option<KeyRow> = tx.optional(sql(FIND_KEY_BY_ID).bind(id)).await?;
        let found = found.map(ApiKey::try_from).transpose()?;
        let Some(key) = found.filter(|key| of.is_none() || key.grant.business_group() == of) else {
            return Err(ApiKeyRefusal::NoSuchKey);
        };
        if tx.run(sql(DELETE_KEY).bind(id)).await? != 1 {
            return Err(ApiKeyRefusal::NoSuchKey);
        }
        let detail = vec![entry("key", &key.id), entry("name", &key.name)];
        tx.record(&event(context, action::REVOKE_API_KEY, key.grant.business_group().cloned(), detail)).await?;
        tx.commit_keys(None).await?;
        Ok(())
    }
}

fn event(context: &AuditContext, action: &str, group: Option<BusinessGroupId>, detail: Detail) -> NewAuditEvent {
    NewAuditEvent { context: context.clone(), action: action.to_owned(), refused_with: None, group, detail }
}
