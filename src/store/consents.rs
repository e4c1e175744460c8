use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::domain::actor::Deed;
use crate::domain::audit::Detail;
use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::consent::Consent;
use crate::domain::consent::ConsentFault;
use crate::domain::consent::PastFault;
use crate::domain::guid::Guid;
use crate::ports::consent_store::ConsentReport;
use crate::ports::consent_store::ConsentSecret;
use crate::ports::consent_store::ConsentStore;
use crate::ports::consent_store::GroupConsents;
use crate::ports::consent_store::ReportOutcome;
use crate::ports::store_error::StoreError;
use crate::store::audit;
use crate::store::audit::told;
use crate::store::change_sets;
use crate::store::error::UnreadableRow;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

macro_rules! consent_store {
    ($name:ident, $engine:ty, $engine_module:ident) => {
        /// Consents in a database.
        pub(super) struct $name(pub(super) $engine);

        #[async_trait]
        impl ConsentStore for $name {
            async fn secret(&self) -> Result<Option<ConsentSecret>, StoreError> {
                let query = || sqlx::query_as(statements::CONSENT_SECRET);
                let row: Option<(Vec<u8>,)> = self.0.fetch_optional(query).await?;
                Ok(row.map(secret).transpose()?)
            }

            async fn secret_or(&self, new: ConsentSecret) -> Result<ConsentSecret, StoreError> {
                let mut transaction = self.0.begin().await?;
                sqlx::query(statements::ADD_CONSENT_SECRET).bind(new.as_slice()).execute(&mut *transaction).await?;
                let row: (Vec<u8>,) = sqlx::query_as(statements::CONSENT_SECRET).fetch_one(&mut *transaction).await?;
                transaction.commit().await?;
                Ok(secret(row)?)
            }

            async fn of_group(&self, group: &BusinessGroupId) -> Result<Option<GroupConsents>, StoreError> {
                let mut transaction = self.0.begin_snapshot().await?;
                let found: Option<(i64, Option<String>)> = sqlx::query_as(statements::TENANT_OF_GROUP)
                    .bind(group.as_str())
                    .fetch_optional(&mut *transaction)
                    .await?;
                let Some((group_key, tenant)) = found else {
                    return Ok(None);
                };
                let Some(tenant) = tenant else {
                    return Ok(Some(GroupConsents { tenant: None, consents: Vec::new() }));
                };
                let found: Vec<ConsentRow> = sqlx::query_as(statements::CONSENTS_OF_GROUP)
                    .bind(group_key)
                    .bind(&tenant)
                    .fetch_all(&mut *transaction)
                    .await?;
                let consents: Result<Vec<_>, UnreadableRow> = found.into_iter().map(consent).collect();
                Ok(Some(GroupConsents { tenant: Some(rows::guid(&tenant)?), consents: consents? }))
            }

            async fn report(&self, report: &ConsentReport, deed: &Deed) -> Result<ReportOutcome, StoreError> {
                // Anybody may send one again and again: that must not keep those waiting who have something to write.
                let query = || sqlx::query_as(statements::FIND_CONSENT_STATE).bind(report.nonce.0.as_slice());
                let known: Option<(i64,)> = self.0.fetch_optional(query).await?;
                if known.is_some() {
                    return Ok(ReportOutcome::Used);
                }
                let mut transaction = self.0.begin().await?;
                let used = sqlx::query(statements::USE_CONSENT_STATE)
                    .bind(report.nonce.0.as_slice())
                    .bind(report.expires_at.as_microsecond())
                    .execute(&mut *transaction)
                    .await?;
                // Of two that come at once the later one waits here for the other.
                if used.rows_affected() == 0 {
                    return Ok(ReportOutcome::Used);
                }
                let entered = change_sets::$engine_module::enter(&mut transaction, &self.0, &report.group, deed);
                let (group, deed) = &entered.await?;
                let Some(group) = group.filter(|group| group.tenant == Some(report.tenant)) else {
                    return Ok(ReportOutcome::TenantChanged);
                };
                let fault = report.result.as_ref().err();
                let at = deed.at.as_microsecond();
                sqlx::query(statements::REPORT_CONSENT)
                    .bind(group.key)
                    .bind(report.client_id.to_string())
                    .bind(report.tenant.to_string())
                    .bind(fault.is_none().then_some(at))
                    .bind(fault.map(|fault| fault.code.as_str()))
                    .bind(fault.and_then(|fault| fault.aadsts.as_deref()))
                    .bind(fault.map(|_| at))
                    .execute(&mut *transaction)
                    .await?;
                let event = audit::done(deed, action::REPORT_CONSENT, &report.group, told_report(report));
                audit::$engine_module::record(&mut transaction, &event).await?;
                transaction.commit().await?;
                Ok(ReportOutcome::Recorded)
            }

            async fn note_first_sign_in(
                &self,
                tenant: Guid,
                client_id: Guid,
                at: Timestamp,
            ) -> Result<bool, StoreError> {
                let (tenant, client_id) = (tenant.to_string(), client_id.to_string());
                let query = || sqlx::query_as(statements::FIND_FIRST_SIGN_IN).bind(&tenant).bind(&client_id);
                let known: Option<(i64,)> = self.0.fetch_optional(query).await?;
                if known.is_some() {
                    return Ok(true);
                }
                let mut transaction = self.0.begin().await?;
                sqlx::query(statements::ADD_FIRST_SIGN_IN)
                    .bind(&tenant)
                    .bind(&client_id)
                    .bind(at.as_microsecond())
                    .execute(&mut *transaction)
                    .await?;
                let known: Option<(i64,)> = query().fetch_optional(&mut *transaction).await?;
                transaction.commit().await?;
                Ok(known.is_some())
            }

            async fn forget_used_states(&self, time: Timestamp) -> Result<u64, StoreError> {
                let mut transaction = self.0.begin().await?;
                let forgotten = sqlx::query(statements::FORGET_CONSENT_STATES)
                    .bind(time.as_microsecond())
                    .execute(&mut *transaction)
                    .await?;
                transaction.commit().await?;
                Ok(forgotten.rows_affected())
            }
        }
    };
}

consent_store!(PostgresConsents, Postgres, postgres);
consent_store!(SqliteConsents, Sqlite, sqlite);

fn secret((bytes,): (Vec<u8>,)) -> Result<ConsentSecret, UnreadableRow> {
    let bytes = Zeroizing::new(bytes);
    let secret = <[u8; 32]>::try_from(bytes.as_slice());
    secret.map(Zeroizing::new).map_err(|_| UnreadableRow("the key of consent links"))
}

/// What came back, as the audit log tells it.
fn told_report(report: &ConsentReport) -> Detail {
    let mut detail = vec![told("application", &report.application), told("tenant_id", &report.tenant)];
    match &report.result {
        Ok(()) => detail.push(told("consent", "reported")),
        Err(fault) => {
            detail.push(told("error", &fault.code));
            detail.extend(fault.aadsts.as_ref().map(|number| told("aadsts", number)));
        }
    }
    detail
}

/// `client_id, reported_at, error_code, error_aadsts, error_at, confirmed_at`
type ConsentRow = (String, Option<i64>, Option<String>, Option<String>, Option<i64>, Option<i64>);

fn consent(row: ConsentRow) -> Result<Consent, UnreadableRow> {
    let (client_id, reported_at, code, aadsts, error_at, confirmed_at) = row;
    let error = code.zip(error_at).map(|(code, at)| {
        let fault = ConsentFault { code, aadsts };
        Ok(PastFault { fault, at: rows::timestamp(at)? })
    });
    Ok(Consent {
        client_id: rows::guid(&client_id)?,
        reported_at: reported_at.map(rows::timestamp).transpose()?,
        error: error.transpose()?,
        confirmed_at: confirmed_at.map(rows::timestamp).transpose()?,
    })
}
