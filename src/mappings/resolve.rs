use std::sync::Arc;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::business_group::IdentityPinning;
use crate::domain::email::EmailAddress;
use crate::domain::mapping::Line;
use crate::domain::mapping::MappedNumber;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::sign_in::SignIn;
use crate::mappings::ResolveError;
use crate::ports::clock::Clock;
use crate::ports::mapping_store::MappingStore;
use crate::ports::mapping_store::Pin;

/// Finds the line of a signed-in user.
pub struct Resolver {
    store: Arc<dyn MappingStore>,
    clock: Arc<dyn Clock>,
}

/// A user's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedLine {
    /// The number.
    pub phone_number: PhoneNumber,
    /// The address it is mapped to.
    pub email: EmailAddress,
    /// The business group of both.
    pub business_group: BusinessGroupId,
}

impl Resolver {
    /// A resolver over `store`.
    #[must_use]
    pub fn new(store: Arc<dyn MappingStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Finds the line of the user who signed in: one read of the store, and one write at her first sign-in, which pins
    /// the mapping to her.
    ///
    /// The tenant is looked at first, then the guest, then the address: a stranger learns nothing about a group that is
    /// not her own, and a guest learns nothing about addresses.
    ///
    /// # Errors
    /// [`ResolveError`]
    pub async fn resolve(&self, sign_in: &SignIn) -> Result<ResolvedLine, ResolveError> {
        let line = self.store.resolve(sign_in.tid, sign_in.email.as_ref()).await?;
        let line = line.ok_or(ResolveError::TenantNotLinked)?;
        if sign_in.is_guest && !line.allow_guests {
            return Err(ResolveError::GuestNotAllowed);
        }
        let email = sign_in.email.clone().ok_or(ResolveError::NoEmailClaim)?;
        let mapped = line.mapped.ok_or(ResolveError::NoMapping)?;
        if line.identity_pinning == IdentityPinning::Enforce {
            self.check_pin(&line, mapped, &email, sign_in).await?;
        }
        Ok(ResolvedLine { phone_number: mapped.phone_number, email, business_group: line.business_group })
    }

    /// The first who signs in with an address is the one the mapping means; an `oid` is never given to another person,
    /// an address can be.
    async fn check_pin(
        &self,
        line: &Line,
        mapped: MappedNumber,
        email: &EmailAddress,
        sign_in: &SignIn,
    ) -> Result<(), ResolveError> {
        let pinned_to = if let Some(pinned) = mapped.pinned_oid {
            Some(pinned)
        } else {
            let pin = Pin {
                group: line.business_group.clone(),
                phone_number: mapped.phone_number,
                email: email.clone(),
                tid: sign_in.tid,
                oid: sign_in.oid,
                now: self.clock.now(),
            };
            self.store.pin(&pin).await?
        };
        match pinned_to {
            Some(pinned) if pinned == sign_in.oid => Ok(()),
            Some(_) => Err(ResolveError::IdentityChanged),
            None => Err(ResolveError::NoMapping),
        }
    }
}
