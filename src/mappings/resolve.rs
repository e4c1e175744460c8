//! From a sign-in to a line: the cache, the guest policy and the pin.

use std::sync::Arc;

use tokio::time::Instant;

use crate::domain::business_group::{BusinessGroupId, IdentityPinning};
use crate::domain::email::EmailAddress;
use crate::domain::mapping::{Line, MappedNumber};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::sign_in::SignIn;
use crate::domain::tenant::UnprovenTenants;
use crate::mappings::lines::{CachedLine, LineCacheStatus, Lines};
use crate::mappings::{ResolveError, TwoNumbers};
use crate::ports::clock::Clock;
use crate::ports::mapping_store::{MappingStore, Pin, PinOutcome};
use crate::ports::store_error::StoreError;

/// Finds the line of a signed-in user.
pub struct Resolver {
    lines: Lines,
    store: Arc<dyn MappingStore>,
    clock: Arc<dyn Clock>,
    unproven: UnprovenTenants,
}

/// A user's line.
#[derive(Clone, Debug)]
pub struct ResolvedLine<'s> {
    /// The number.
    pub phone_number: PhoneNumber,
    /// The address it is mapped to, which is the one that they signed in with.
    pub email: &'s EmailAddress,
    line: Arc<Line>,
    found: CachedLine,
}

impl<'s> ResolvedLine<'s> {
    fn new(mapped: MappedNumber, email: &'s EmailAddress, line: Arc<Line>, found: CachedLine) -> Self {
        Self { phone_number: mapped.phone_number, email, line, found }
    }

    /// The business group of the number.
    #[must_use]
    pub fn business_group(&self) -> &BusinessGroupId {
        &self.line.business_group
    }

    /// The line as it was found, for [`Resolver::holds`].
    #[must_use]
    pub fn found(&self) -> CachedLine {
        self.found.clone()
    }
}

impl Resolver {
    /// A resolver over `store`, which `lines` are looked up in. It gives the users of unproven tenants their lines.
    #[must_use]
    pub fn new(lines: Lines, store: Arc<dyn MappingStore>, clock: Arc<dyn Clock>) -> Self {
        Self { lines, store, clock, unproven: UnprovenTenants::default() }
    }

    /// The same, with another way to treat unproven tenants.
    #[must_use]
    pub fn with_unproven_tenants(self, unproven: UnprovenTenants) -> Self {
        Self { unproven, ..self }
    }

    /// The state of the cache of lines.
    #[must_use]
    pub fn lines_status(&self) -> LineCacheStatus {
        self.lines.status()
    }

    /// Whether a line that was found for this sign-in would be found again at `now`: nothing has changed since that
    /// could give the user another answer, and nothing has to be asked to know it.
    #[must_use]
    pub fn holds(&self, sign_in: &SignIn, found: &CachedLine, now: Instant) -> bool {
        self.lines.holds(sign_in.tid, found, now)
    }

    /// Finds the line of the user who signed in, if it is cached and theirs already: nothing has to be asked.
    #[must_use]
    pub fn resolve_at_once<'s>(&self, sign_in: &'s SignIn, now: Instant) -> Option<ResolvedLine<'s>> {
        let found = self.lines.find_cached(sign_in.tid, sign_in.email.as_ref()?, now)?;
        let line = found.line.as_ref()?;
        let (email, mapped) = self.may_have(sign_in, line).ok()?;
        if !is_theirs(sign_in, line, mapped) {
            return None;
        }
        Some(ResolvedLine::new(mapped, email, Arc::clone(line), found))
    }

    /// Finds the line of the user who signed in: at most one read of the store, and at their first sign-in one more for
    /// each other sign-in name, and one write, which pins the mapping to them.
    ///
    /// The tenant is looked at first, then the guest, then the address: a stranger learns nothing about a group that is
    /// not their own, and a guest learns nothing about addresses.
    ///
    /// # Errors
    /// [`ResolveError`]
    pub async fn resolve<'s>(&self, sign_in: &'s SignIn) -> Result<ResolvedLine<'s>, ResolveError> {
        let found = self.lines.find(sign_in.tid, sign_in.email.as_ref()).await?;
        if let Some(line) = self.take(sign_in, found).await? {
            return Ok(line);
        }
        // The mapping went before it was pinned. The address may have another number by now.
        let found = self.lines.find_anew(sign_in.tid, sign_in.email.as_ref()).await?;
        self.take(sign_in, found).await?.ok_or(ResolveError::NoMapping)
    }

    /// The business group that the tenant of this sign-in is linked to, whether or not the user has a line.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn business_group_of(&self, sign_in: &SignIn) -> Result<Option<BusinessGroupId>, StoreError> {
        let found = self.lines.find(sign_in.tid, sign_in.email.as_ref()).await?;
        let line = found.line.filter(|line| !self.unproven.refuses(line.is_vouched_for));
        Ok(line.map(|line| line.business_group.clone()))
    }

    /// Gives the user the line that was found, if they may have it; `None` if it is not there any more.
    async fn take<'s>(&self, sign_in: &'s SignIn, found: CachedLine) -> Result<Option<ResolvedLine<'s>>, ResolveError> {
        let line = found.line.as_ref().ok_or(ResolveError::TenantNotLinked)?;
        let (email, mapped) = self.may_have(sign_in, line)?;
        if is_theirs(sign_in, line, mapped) {
            return Ok(Some(ResolvedLine::new(mapped, email, Arc::clone(line), found)));
        }
        // An oid is never given to another person, an address can be.
        if mapped.pinned_oid.is_some() {
            return Err(ResolveError::IdentityChanged);
        }
        self.refuse_two_numbers(line, mapped, email, sign_in).await?;
        let Some(line) = self.pin(&found, line, mapped, email, sign_in).await? else {
            return Ok(None);
        };
        let found = found.with(Arc::clone(&line));
        Ok(Some(ResolvedLine::new(mapped, email, line, found)))
    }

    /// The address and the number that users with this sign-in are given, whoever they are.
    fn may_have<'s>(&self, sign_in: &'s SignIn, line: &Line) -> Result<(&'s EmailAddress, MappedNumber), ResolveError> {
        if self.unproven.refuses(line.is_vouched_for) {
            return Err(ResolveError::TenantNotProven);
        }
        if sign_in.is_guest && !line.allow_guests {
            return Err(ResolveError::GuestNotAllowed);
        }
        let email = sign_in.email.as_ref().ok_or(ResolveError::NoEmailClaim)?;
        Ok((email, line.mapped.ok_or(ResolveError::NoMapping)?))
    }

    /// Refuses to pin the mapping to somebody whose sign-in name has another number: the address may be a colleague's
    /// that stands in their `email`. It is looked at once more where the pin is made; who is refused here again and
    /// again costs no transaction.
    async fn refuse_two_numbers(
        &self,
        line: &Line,
        mapped: MappedNumber,
        email: &EmailAddress,
        sign_in: &SignIn,
    ) -> Result<(), ResolveError> {
        for name in &sign_in.other_sign_in_names {
            let other = self.lines.find(sign_in.tid, Some(name)).await?;
            let other = other.line.as_ref().and_then(|line| line.mapped);
            if let Some(other) = other.filter(|other| other.phone_number != mapped.phone_number) {
                return Err(two_numbers(line, mapped, email, (name.clone(), other.phone_number)));
            }
        }
        Ok(())
    }

    /// Pins the mapping to the first who signs in with its address, whom it means; or somebody else was faster. `None`
    /// if there is no such mapping any more.
    async fn pin(
        &self,
        found: &CachedLine,
        line: &Line,
        mapped: MappedNumber,
        email: &EmailAddress,
        sign_in: &SignIn,
    ) -> Result<Option<Arc<Line>>, ResolveError> {
        let pin = Pin {
            group: line.business_group.clone(),
            phone_number: mapped.phone_number,
            email: email.clone(),
            tid: sign_in.tid,
            oid: sign_in.oid,
            other_sign_in_names: sign_in.other_sign_in_names.clone(),
            now: self.clock.now(),
        };
        let pinned_to = match self.store.pin(&pin).await? {
            PinOutcome::PinnedTo(pinned_to) => pinned_to,
            PinOutcome::TwoNumbers { sign_in_name, number } => {
                return Err(two_numbers(line, mapped, email, (sign_in_name, number)));
            }
            PinOutcome::NoSuchMapping => return Ok(None),
        };
        let pinned =
            Arc::new(Line { mapped: Some(MappedNumber { pinned_oid: Some(pinned_to), ..mapped }), ..line.clone() });
        self.lines.keep(sign_in.tid, pin.email, found.with(Arc::clone(&pinned)));
        if pinned_to == sign_in.oid { Ok(Some(pinned)) } else { Err(ResolveError::IdentityChanged) }
    }
}

/// Whether the mapping needs no pin, or is pinned to this user.
fn is_theirs(sign_in: &SignIn, line: &Line, mapped: MappedNumber) -> bool {
    line.identity_pinning == IdentityPinning::Off || mapped.pinned_oid == Some(sign_in.oid)
}

fn two_numbers(
    line: &Line,
    mapped: MappedNumber,
    email: &EmailAddress,
    (sign_in_name, sign_in_number): (EmailAddress, PhoneNumber),
) -> ResolveError {
    ResolveError::TwoNumbers(Box::new(TwoNumbers {
        business_group: line.business_group.clone(),
        email: email.clone(),
        phone_number: mapped.phone_number,
        sign_in_name,
        sign_in_number,
    }))
}
