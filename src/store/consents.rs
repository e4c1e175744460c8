//! Admin consent: what came back from Microsoft, and what proves it.

use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::domain::actor::AuditContext;
use crate::domain::audit::{Detail, action};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::consent::{Consent, ConsentFault, PastFault};
use crate::domain::guid::Guid;
use crate::ports::consent_store::{ConsentReport, ConsentSecret, ConsentStore, GroupConsents, ReportOutcome};
use crate::ports::store_error::StoreError;
use crate::store::audit::entry;
use crate::store::db::Db;
use crate::store::error::UnreadableRow;
use crate::store::record::record;
use crate::store::sql::sql;
use crate::store::{audit, db, rows};

const CONSENT_SECRET: &str = "SELECT secret FROM consent_keys WHERE key_id = 1";

const ADD_CONSENT_SECRET: &str = "INSERT INTO consent_keys (key_id, secret) VALUES (1, $1) ON CONFLICT DO NOTHING";

const TENANT_OF_GROUP: &str = "SELECT group_key, tenant_id FROM business_groups WHERE id = $1";

/// In the tenant that the group is linked to: what came back for another one does not count.
const CONSENTS_OF_GROUP: &str = "SELECT COALESCE(r.client_id, s.client_id) AS client_id, r.reported_at, r.error_code, \
     r.error_aadsts, r.error_at, s.at AS confirmed_at \
     FROM (SELECT * FROM consent_reports WHERE group_key = $1 AND tenant_id = $2) r \
     FULL JOIN (SELECT * FROM first_sign_ins WHERE tenant_id = $2) s ON s.client_id = r.client_id ORDER BY 1";

const FIND_CONSENT_STATE: &str = "SELECT expires_at FROM used_consent_states WHERE nonce = $1";

const USE_CONSENT_STATE: &str =
    "INSERT INTO used_consent_states (nonce, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const FORGET_CONSENT_STATES: &str = "DELETE FROM used_consent_states WHERE expires_at < $1";

/// An earlier report stays beside an error, unless it is of the tenant before.
const REPORT_CONSENT: &str = "INSERT INTO consent_reports \
     (group_key, client_id, tenant_id, reported_at, error_code, error_aadsts, error_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (group_key, client_id) DO UPDATE SET \
     reported_at = COALESCE(excluded.reported_at, \
         CASE WHEN consent_reports.tenant_id = excluded.tenant_id THEN consent_reports.reported_at END), \
     tenant_id = excluded.tenant_id, error_code = excluded.error_code, \
     error_aadsts = excluded.error_aadsts, error_at = excluded.error_at";

const FIND_FIRST_SIGN_IN: &str = "SELECT at FROM first_sign_ins WHERE tenant_id = $1 AND client_id = $2";

/// Of linked tenants alone: others could fill the table.
const ADD_FIRST_SIGN_IN: &str = "INSERT INTO first_sign_ins (tenant_id, client_id, at) \
     SELECT tenant_id, $2, $3 FROM business_groups WHERE tenant_id = $1 ON CONFLICT DO NOTHING";

/// Consents in a database.
pub(super) struct DbConsents(pub(super) Db);

record! {
    struct GroupRow {
        group_key: i64,
        tenant_id: Option<String>,
    }
}

record! {
    struct ConsentRow {
        client_id: String,
        reported_at: Option<i64>,
        error_code: Option<String>,
        error_aadsts: Option<String>,
        error_at: Option<i64>,
        confirmed_at: Option<i64>,
    }
}

impl TryFrom<ConsentRow> for Consent {
    type Error = UnreadableRow;

    fn try_from(row: ConsentRow) -> Result<Self, UnreadableRow> {
        let error = row.error_code.zip(row.error_at).map(|(code, at)| {
            let fault = ConsentFault { code, aadsts: row.error_aadsts };
            Ok(PastFault { fault, at: rows::timestamp(at)? })
        });
        Ok(Self {
            client_id: rows::guid(&row.client_id)?,
            reported_at: row.reported_at.map(rows::timestamp).transpose()?,
            error: error.transpose()?,
            confirmed_at: row.confirmed_at.map(rows::timestamp).transpose()?,
        })
    }
}

#[async_trait]
impl ConsentStore for DbConsents {
    async fn secret(&self) -> Result<Option<ConsentSecret>, StoreError> {
        Ok(self.0.scalar(sql(CONSENT_SECRET)).await?.map(secret).transpose()?)
    }

    async fn secret_or(&self, new: ConsentSecret) -> Result<ConsentSecret, StoreError> {
        let mut tx = self.0.begin().await?;
        tx.run(sql(ADD_CONSENT_SECRET).bind(new.as_slice())).await?;
        let kept = tx.one_scalar(sql(CONSENT_SECRET)).await?;
        tx.commit_aside().await?;
        Ok(secret(kept)?)
    }

    async fn of_group(&self, group: &BusinessGroupId) -> Result<Option<GroupConsents>, StoreError> {
        let mut tx = self.0.begin_snapshot().await?;
        let Some(group) = tx.optional::<GroupRow>(sql(TENANT_OF_GROUP).bind(group)).await? else {
            return Ok(None);
        };
        let Some(tenant) = group.tenant_id else {
            return Ok(Some(GroupConsents { tenant: None, consents: Vec::new() }));
        };
        let found: Vec<ConsentRow> = tx.all(sql(CONSENTS_OF_GROUP).bind(group.group_key).bind(&tenant)).await?;
        Ok(Some(GroupConsents { tenant: Some(rows::guid(&tenant)?), consents: rows::all(found)? }))
    }

    async fn report(&self, report: &ConsentReport, context: &AuditContext) -> Result<ReportOutcome, StoreError> {
        // Anybody may send one again and again: that must not keep those waiting who have something to write.
        let deadline = db::deadline();
        let used = async { Ok(self.0.exists(sql(FIND_CONSENT_STATE).bind(&report.nonce.0[..])).await?) };
        if db::until(deadline, used).await? {
            return Ok(ReportOutcome::Used);
        }
        let mut tx = self.0.begin_by(deadline).await?;
        let used = tx.run(sql(USE_CONSENT_STATE).bind(&report.nonce.0[..]).bind(report.expires_at)).await?;
        // Of two that come at once the later one waits here for the other.
        if used == 0 {
            return Ok(ReportOutcome::Used);
        }
        let (group, context) = &tx.enter(&report.group, context).await?;
        let Some(group) = group.filter(|group| group.tenant == Some(report.tenant)) else {
            return Ok(ReportOutcome::TenantChanged);
        };
        let fault = report.result.as_ref().err();
        let reported = sql(REPORT_CONSENT).bind(group.key).bind(report.client_id).bind(report.tenant);
        let reported =
            reported.bind(fault.is_none().then_some(context.at)).bind(fault.map(|fault| fault.code.as_str()));
        let reported = reported.bind(fault.and_then(|fault| fault.aadsts.as_deref()));
        tx.run(reported.bind(fault.map(|_| context.at))).await?;
        tx.record(&audit::done(context, action::REPORT_CONSENT, &report.group, report_detail(report))).await?;
        tx.commit_aside().await?;
        Ok(ReportOutcome::Recorded)
    }

    async fn note_first_sign_in(&self, tenant: Guid, client_id: Guid, at: Timestamp) -> Result<bool, StoreError> {
        let find = || sql(FIND_FIRST_SIGN_IN).bind(tenant).bind(client_id);
        let deadline = db::deadline();
        if db::until(deadline, async { Ok(self.0.exists(find()).await?) }).await? {
            return Ok(true);
        }
        let mut tx = self.0.begin_by(deadline).await?;
        tx.run(sql(ADD_FIRST_SIGN_IN).bind(tenant).bind(client_id).bind(at)).await?;
        let is_noted = tx.exists(find()).await?;
        tx.commit_aside().await?;
        Ok(is_noted)
    }

    async fn forget_used_states(&self, time: Timestamp) -> Result<u64, StoreError> {
        // Nobody waits for it, and an import may have to be waited for.
        let mut tx = self.0.begin_large().await?;
        let forgotten = tx.run(sql(FORGET_CONSENT_STATES).bind(time)).await?;
        tx.commit_aside().await?;
        Ok(forgotten)
    }
}

fn secret(bytes: Vec<u8>) -> Result<ConsentSecret, UnreadableRow> {
    let bytes = Zeroizing::new(bytes);
    let secret = <[u8; 32]>::try_from(bytes.as_slice());
    secret.map(Zeroizing::new).map_err(|_| UnreadableRow("the key of consent links"))
}

/// What came back, as the audit log tells it.
fn report_detail(report: &ConsentReport) -> Detail {
    let mut detail = vec![entry("application", &report.application), entry("tenant_id", &report.tenant)];
    match &report.result {
        Ok(()) => detail.push(entry("consent", "reported")),
        Err(fault) => {
            detail.push(entry("error", &fault.code));
            detail.extend(fault.aadsts.as_ref().map(|number| entry("aadsts", number)));
        }
    }
    detail
}
