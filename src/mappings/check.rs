//! What an address would meet at sign-in, for administrators who look for the reason of a call for help.

use std::sync::Arc;

use strsim::osa_distance;

use crate::domain::business_group::{BusinessGroupId, IdentityPinning};
use crate::domain::email::EmailAddress;
use crate::domain::history::PastChange;
use crate::domain::mapping::Mapping;
use crate::domain::tenant::UnprovenTenants;
use crate::ports::mapping_store::{ExportedMapping, MappingRefusal, MappingStore, RefusedSignIn, SignInFacts};

/// How many similar addresses are told at most.
const MAX_SIMILAR: usize = 5;

/// In how many letters an address that is similar may differ: two slips of a finger.
const MAX_SLIPS: usize = 2;

/// What an address would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInCheck {
    /// The address.
    pub email: EmailAddress,
    /// What would happen.
    pub outcome: CheckedOutcome,
    /// The mapping of the address.
    pub mapping: Option<Mapping>,
    /// Whether guests may sign in.
    pub allow_guests: bool,
    /// Whether mappings are pinned.
    pub identity_pinning: IdentityPinning,
    /// The newest change of the address, if it is not too long ago.
    pub last_change: Option<PastChange>,
    /// Why the last sign-in with it was refused, if that would happen again.
    pub refused: Option<RefusedSignIn>,
    /// Mappings whose address is much like this one, if it has none itself; the nearest first.
    pub similar: Vec<ExportedMapping>,
}

/// What a sign-in would end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedOutcome {
    /// The address has a number.
    Resolves,
    /// The group is linked to no tenant.
    TenantNotLinked,
    /// The group is linked to a tenant, and the service refuses it until the link is proven.
    TenantNotProven,
    /// The address has no number.
    NoMapping,
    /// The address has a number, and an account was refused whose sign-in name has another one.
    IdentityChanged,
}

/// Tells what sign-ins would meet.
pub struct SignInChecks {
    store: Arc<dyn MappingStore>,
    unproven: UnprovenTenants,
}

impl SignInChecks {
    /// Of mappings kept in `store`, in a service that treats unproven tenants so.
    #[must_use]
    pub fn new(store: Arc<dyn MappingStore>, unproven: UnprovenTenants) -> Self {
        Self { store, unproven }
    }

    /// Tells what would happen if somebody of a group's tenant signed in with an address.
    ///
    /// # Errors
    /// [`MappingRefusal::NoSuchGroup`]
    pub async fn check(&self, group: &BusinessGroupId, email: EmailAddress) -> Result<SignInCheck, MappingRefusal> {
        let facts = self.store.sign_in_facts(group, &email).await?;
        let SignInFacts { is_linked, is_vouched_for, allow_guests, identity_pinning, mapping, .. } = facts;
        let SignInFacts { last_change, refused, neighbours, .. } = facts;
        // Where nothing is pinned, no first pin is refused.
        let refused = refused.filter(|_| is_linked && identity_pinning == IdentityPinning::Enforce);
        let outcome = match &mapping {
            _ if !is_linked => CheckedOutcome::TenantNotLinked,
            _ if self.unproven.refuses(is_vouched_for) => CheckedOutcome::TenantNotProven,
            None => CheckedOutcome::NoMapping,
            // Whoever signs in with the other address of the refused account has their own line.
            Some(_) if refused.as_ref().is_some_and(|refused| refused.sign_in_name == email) => {
                CheckedOutcome::IdentityChanged
            }
            Some(_) => CheckedOutcome::Resolves,
        };
        let similar = similar(&email, neighbours);
        Ok(SignInCheck { email, outcome, mapping, allow_guests, identity_pinning, last_change, refused, similar })
    }
}

/// Those of the neighbours that are much like an address: the same name at another domain, or a few letters off.
fn similar(email: &EmailAddress, neighbours: Vec<ExportedMapping>) -> Vec<ExportedMapping> {
    let ranked = neighbours.into_iter().filter_map(|mapping| Some((distance(email, &mapping.email)?, mapping)));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by(|(one, first), (other, second)| one.cmp(other).then_with(|| first.email.cmp(&second.email)));
    ranked.dedup_by(|one, other| one.1 == other.1);
    ranked.into_iter().take(MAX_SIMILAR).map(|(_, mapping)| mapping).collect()
}

/// How far an address is from another, if it is near.
fn distance(email: &EmailAddress, other: &EmailAddress) -> Option<usize> {
    if email.local_part() == other.local_part() {
        return Some(0);
    }
    // Each letter more is a slip.
    if email.as_str().len().abs_diff(other.as_str().len()) > MAX_SLIPS {
        return None;
    }
    Some(osa_distance(email.as_str(), other.as_str())).filter(|slips| *slips <= MAX_SLIPS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone_number::PhoneNumber;

    fn similar_to(email: &str, others: &[&str]) -> Vec<String> {
        let mapping = |(at, email): (u64, &&str)| ExportedMapping {
            phone_number: PhoneNumber::from_digits(17_635_550_000 + at).unwrap(),
            email: EmailAddress::parse(email).unwrap(),
        };
        let neighbours = (0..).zip(others).map(mapping).collect();
        let found = similar(&EmailAddress::parse(email).unwrap(), neighbours);
        found.iter().map(|mapping| mapping.email.to_string()).collect()
    }

    #[test]
    fn the_same_name_elsewhere_comes_first_and_then_slips() {
        let others = ["bobsmith@abc.com", "bob.smith@abccompany.com", "bobsmiht@abccompany.com", "ann@abccompany.com"];
        let expected = ["bobsmith@abc.com", "bob.smith@abccompany.com", "bobsmiht@abccompany.com"];
        assert_eq!(similar_to("bobsmith@abccompany.com", &others), expected);
        assert_eq!(similar_to("bob@abccompany.com", &["bobsmith@abccompany.com"]), [""; 0]);
    }

    #[test]
    fn no_more_than_five_are_told_and_none_twice() {
        let others = ["a1@x.com", "a2@x.com", "a3@x.com", "a4@x.com", "a5@x.com", "a6@x.com"];
        assert_eq!(similar_to("a@x.com", &others).len(), 5);
        let neighbour = ExportedMapping {
            phone_number: PhoneNumber::from_digits(17_635_550_000).unwrap(),
            email: EmailAddress::parse("a1@x.com").unwrap(),
        };
        let twice = vec![neighbour.clone(), neighbour.clone()];
        assert_eq!(similar(&EmailAddress::parse("a@x.com").unwrap(), twice), [neighbour]);
    }
}
