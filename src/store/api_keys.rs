use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::actor::Deed;
use crate::domain::api_key::ApiKey;
use crate::domain::api_key::Grant;
use crate::domain::api_key::Role;
use crate::domain::api_key::SecretHash;
use crate::domain::audit::Detail;
use crate::domain::audit::NewAuditEvent;
use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::ports::api_key_store::ApiKeyStore;
use crate::ports::store_error::StoreError;
use crate::store::audit;
use crate::store::audit::told;
use crate::store::change_sets;
use crate::store::error::UnreadableRow;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

macro_rules! api_key_store {
    ($name:ident, $engine:ty, $engine_module:ident) => {
        /// API keys in a database.
        pub(super) struct $name(pub(super) $engine);

        #[async_trait]
        impl ApiKeyStore for $name {
            async fn create(&self, key: &ApiKey, secret: SecretHash, deed: &Deed) -> Result<bool, StoreError> {
                let mut transaction = self.0.begin().await?;
                let locked = match key.grant.business_group() {
                    None => None,
                    Some(group) => change_sets::$engine_module::lock_group(&mut transaction, group).await?,
                };
                let deed = &change_sets::$engine_module::timed(&self.0, deed);
                change_sets::$engine_module::hold_right(&mut transaction, deed).await?;
                if locked.is_none() && key.grant.business_group().is_some() {
                    return Ok(false);
                }
                let group_key = locked.map(|group| group.key);
                sqlx::query(statements::ADD_KEY)
                    .bind(key.id.to_string())
                    .bind(&key.name)
                    .bind(key.grant.role().as_str())
                    .bind(group_key)
                    .bind(&key.prefix)
                    .bind(secret.0.to_vec())
                    .bind(key.created_at.as_microsecond())
                    .bind(key.expires_at.map(|expiry| expiry.as_microsecond()))
                    .execute(&mut *transaction)
                    .await?;
                let detail =
                    vec![told("key", &key.id), told("name", &key.name), told("role", &key.grant.role().as_str())];
                let event = event(deed, action::CREATE_API_KEY, key.grant.business_group().cloned(), detail);
                audit::$engine_module::record(&mut transaction, &event).await?;
                transaction.commit().await?;
                Ok(true)
            }

            async fn find_by_secret(&self, secret: SecretHash) -> Result<Option<ApiKey>, StoreError> {
                let query = || sqlx::query_as(statements::FIND_KEY).bind(secret.0.to_vec());
                let row: Option<KeyRow> = self.0.fetch_optional(query).await?;
                Ok(row.map(api_key).transpose()?)
            }

            async fn list(
                &self,
                of: Option<&BusinessGroupId>,
                page: &PageRequest<Uuid>,
            ) -> Result<Page<ApiKey>, StoreError> {
                let query = || {
                    let query = sqlx::query_as(statements::LIST_KEYS);
                    let query = query.bind(page.after.map(|after| after.to_string()).unwrap_or_default());
                    query.bind(i64::from(page.limit) + 1).bind(of.map(BusinessGroupId::as_str))
                };
                let found: Vec<KeyRow> = self.0.fetch_all(query).await?;
                let found: Result<Vec<_>, UnreadableRow> = found.into_iter().map(api_key).collect();
                Ok(Page::from_one_more(found?, page.limit))
            }

            async fn delete(&self, id: Uuid, of: Option<&BusinessGroupId>, deed: &Deed) -> Result<bool, StoreError> {
                let mut transaction = self.0.begin().await?;
                let deed = &change_sets::$engine_module::timed(&self.0, deed);
                // It is not held: two keys that are used to revoke each other would wait for each other.
                change_sets::$engine_module::check_right(&mut transaction, deed).await?;
                let found: Option<KeyRow> = sqlx::query_as(statements::FIND_KEY_BY_ID)
                    .bind(id.to_string())
                    .fetch_optional(&mut *transaction)
                    .await?;
                let found = found.map(api_key).transpose()?;
                let Some(key) = found.filter(|key| of.is_none() || key.grant.business_group() == of) else {
                    return Ok(false);
                };
                let deleted =
                    sqlx::query(statements::DELETE_KEY).bind(id.to_string()).execute(&mut *transaction).await?;
                if deleted.rows_affected() != 1 {
                    return Ok(false);
                }
                let detail = vec![told("key", &key.id), told("name", &key.name)];
                let event = event(deed, action::REVOKE_API_KEY, key.grant.business_group().cloned(), detail);
                audit::$engine_module::record(&mut transaction, &event).await?;
                transaction.commit().await?;
                Ok(true)
            }
        }
    };
}

api_key_store!(PostgresApiKeys, Postgres, postgres);
api_key_store!(SqliteApiKeys, Sqlite, sqlite);

fn event(deed: &Deed, action: &str, group: Option<BusinessGroupId>, detail: Detail) -> NewAuditEvent {
    NewAuditEvent { deed: deed.clone(), action: action.to_owned(), refused_with: None, group, detail }
}

/// `id, name, role, business group, prefix, created_at, expires_at`
type KeyRow = (String, String, String, Option<String>, String, i64, Option<i64>);

fn api_key((id, name, role, group, prefix, created_at, expires_at): KeyRow) -> Result<ApiKey, UnreadableRow> {
    let role = Role::parse(&role).ok_or(UnreadableRow("a role"))?;
    Ok(ApiKey {
        id: Uuid::try_parse(&id).map_err(|_| UnreadableRow("the id of an API key"))?,
        name,
        grant: Grant::new(role, group.map(rows::group_id)).map_err(|_| UnreadableRow("a grant"))?,
        prefix,
        created_at: rows::timestamp(created_at)?,
        expires_at: expires_at.map(rows::timestamp).transpose()?,
    })
}
