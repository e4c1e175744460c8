//! The consents of business groups: their links, and what comes back from Microsoft.

use std::sync::Arc;

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};

use crate::consent::ConsentError;
use crate::consent::keys::Keys;
use crate::consent::link::{ConsentLink, ConsentLinks};
use crate::consent::reply::{Outcome, Reply};
use crate::consent::state::{Claimed, State};
use crate::domain::actor::{Actor, AuditContext, RightSource};
use crate::domain::application::{ApplicationName, Applications};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::consent::{Consent, Nonce};
use crate::domain::guid::Guid;
use crate::ports::clock::Clock;
use crate::ports::consent_store::{ConsentReport, ConsentStore, ReportOutcome};
use crate::ports::store_error::StoreError;

/// How long a link is good for: the administrator of a company's tenant is seldom who asks for it.
const LINK_LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How much longer a used state is remembered: another replica's clock may be behind.
const REMEMBERED_LONGER: SignedDuration = SignedDuration::from_hours(24);

/// The consents of business groups.
pub struct Consents {
    store: Arc<dyn ConsentStore>,
    clock: Arc<dyn Clock>,
    applications: Applications,
    links: ConsentLinks,
    keys: Keys,
}

/// How it stands with one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationConsent {
    /// Its name.
    pub application: ApplicationName,
    /// What is known of its consent.
    pub consent: Consent,
    /// The link for an administrator of the tenant; `None` without a tenant, or where returns can't come back.
    pub link: Option<ConsentLink>,
}

/// A return that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// The application, if the state was good enough to tell.
    pub application: Option<ApplicationName>,
    /// How it ended.
    pub outcome: Outcome,
    /// Microsoft's number of the error, if there is one.
    pub aadsts: Option<String>,
}

impl Return {
    fn of(application: Option<&ApplicationName>, outcome: Outcome) -> Self {
        Self { application: application.cloned(), outcome, aadsts: None }
    }
}

impl Consents {
    /// Consents to these applications, kept in `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn ConsentStore>,
        clock: Arc<dyn Clock>,
        applications: Applications,
        links: ConsentLinks,
    ) -> Self {
        let keys = Keys::new(Arc::clone(&store));
        Self { store, clock, applications, links, keys }
    }

    /// Tells how it stands with each application in a group's tenant, with a new link for each. The first call of all
    /// makes the key that the links are signed with; else nothing is changed.
    ///
    /// # Errors
    /// [`ConsentError`]
    pub async fn list(&self, group: &BusinessGroupId) -> Result<Vec<ApplicationConsent>, ConsentError> {
        let found = self.store.of_group(group).await?.ok_or(ConsentError::NoSuchGroup)?;
        let tenant = found.tenant.filter(|_| self.links.public_url.is_some());
        let signer = match tenant {
            Some(tenant) => Some((tenant, self.keys.to_sign().await?)),
            None => None,
        };
        let consent_to = |(client_id, application): (Guid, &ApplicationName)| {
            let known = found.consents.iter().find(|consent| consent.client_id == client_id).cloned();
            let nothing = Consent { client_id, reported_at: None, error: None, confirmed_at: None };
            let link = signer.as_ref().map(|(tenant, key)| self.link((group, *tenant, client_id), key));
            Ok(ApplicationConsent {
                application: application.clone(),
                consent: known.unwrap_or(nothing),
                link: link.transpose()?.flatten(),
            })
        };
        self.applications.iter().map(consent_to).collect()
    }

    fn link(
        &self,
        (group, tenant, client_id): (&BusinessGroupId, Guid, Guid),
        key: &hmac::Key,
    ) -> Result<Option<ConsentLink>, ConsentError> {
        let expires_at = self.clock.now() + LINK_LASTS;
        let state = State { group: group.clone(), tenant, client_id, nonce: new_nonce()?, expires_at };
        let url = self.links.of(tenant, client_id, &state.sign(key));
        Ok(url.map(|url| ConsentLink { url, expires_at }))
    }

    /// Takes a return from Microsoft, which anybody may have made up: it counts only with a state that was made here,
    /// and never as more than a report. Nothing is written before the state's signature was checked.
    ///
    /// # Errors
    /// The store's.
    pub async fn take(&self, reply: &Reply<'_>, request_id: Option<String>) -> Result<Return, StoreError> {
        let Some(claimed) = reply.state.and_then(Claimed::read) else {
            return Ok(Return::of(None, Outcome::StateInvalid));
        };
        let Some(state) = self.keys.check(&claimed).await? else {
            return Ok(Return::of(None, Outcome::StateInvalid));
        };
        // An application that was taken out of the settings since.
        let Some(application) = self.applications.find(state.client_id) else {
            return Ok(Return::of(None, Outcome::StateInvalid));
        };
        let now = self.clock.now();
        if now >= state.expires_at {
            return Ok(Return::of(Some(application), Outcome::StateExpired));
        }
        let context = AuditContext { actor: Actor::microsoft(), right: RightSource::Lasting, at: now, request_id };
        self.record(state, application, reply, context).await
    }

    async fn record(
        &self,
        state: &State,
        application: &ApplicationName,
        reply: &Reply<'_>,
        context: AuditContext,
    ) -> Result<Return, StoreError> {
        let (outcome, result) = reply.read(state.tenant);
        let aadsts = result.as_ref().err().and_then(|fault| fault.aadsts.clone());
        let report = ConsentReport {
            group: state.group.clone(),
            tenant: state.tenant,
            client_id: state.client_id,
            application: application.clone(),
            nonce: state.nonce,
            expires_at: state.expires_at,
            result,
        };
        Ok(match self.store.report(&report, &context).await? {
            ReportOutcome::Recorded => Return { aadsts, ..Return::of(Some(application), outcome) },
            ReportOutcome::Used => Return::of(Some(application), Outcome::StateUsed),
            ReportOutcome::TenantChanged => Return::of(Some(application), Outcome::TenantChanged),
        })
    }

    /// Forgets used states that have long expired; says how many.
    ///
    /// # Errors
    /// The store's.
    pub async fn forget_used_states(&self) -> Result<u64, StoreError> {
        let time: Timestamp = self.clock.now() - REMEMBERED_LONGER;
        self.store.forget_used_states(time).await
    }
}

fn new_nonce() -> Result<Nonce, ConsentError> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| ConsentError::NoRandomness)?;
    Ok(Nonce(bytes))
}

#[cfg(test)]
mod tests;
