//! The key of the states, which all replicas share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use tokio::sync;
use zeroize::Zeroizing;

use crate::consent::ConsentError;
use crate::consent::state::{Claimed, State};
use crate::ports::consent_store::{ConsentSecret, ConsentStore};
use crate::ports::store_error::StoreError;

/// The key, as it was read last.
///
/// It is read again where a state is not of it: the database may hold another one since, as after a restore. Anybody
/// can send such states, so those who do wait for one reading together, and there is never more than one under way.
pub(super) struct Keys {
    store: Arc<dyn ConsentStore>,
    known: Mutex<Option<Arc<hmac::Key>>>,
    /// How many readings have begun.
    begun: AtomicU64,
    /// Held by who reads.
    last: sync::Mutex<Reading>,
}

/// A reading that has come to its end, and was not given up by who made it.
#[derive(Clone, Copy, Default)]
struct Reading {
    /// Which one of all.
    number: u64,
    failed: bool,
}

/// The reading that was waited for has failed.
#[derive(Debug, thiserror::Error)]
#[error("the key of consent links could not be read by another call")]
struct ReadByAnother;

impl Keys {
    pub(super) fn new(store: Arc<dyn ConsentStore>) -> Self {
        Self { store, known: Mutex::default(), begun: AtomicU64::new(0), last: sync::Mutex::default() }
    }

    /// The key that the database holds now, to sign with. It is made if there is none.
    pub(super) async fn to_sign(&self) -> Result<Arc<hmac::Key>, ConsentError> {
        let secret = match self.store.secret().await? {
            Some(secret) => secret,
            None => self.store.secret_or(new_secret()?).await?,
        };
        Ok(self.keep(&secret))
    }

    /// What a text was made for, if it is a state that was signed with the key. It is never made here.
    pub(super) async fn check<'c>(&self, claimed: &'c Claimed) -> Result<Option<&'c State>, StoreError> {
        if let Some(state) = self.check_known(claimed) {
            return Ok(Some(state));
        }
        let arrived = self.begun.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        // One that began after this one came has read what it would read.
        if last.number <= arrived {
            let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
            let read = self.store.secret().await;
            *last = Reading { number, failed: read.is_err() };
            if let Some(secret) = read? {
                self.keep(&secret);
            }
        } else if last.failed {
            return Err(StoreError::new(ReadByAnother));
        }
        drop(last);
        Ok(self.check_known(claimed))
    }

    fn check_known<'c>(&self, claimed: &'c Claimed) -> Option<&'c State> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        claimed.check(&known)
    }

    fn keep(&self, secret: &ConsentSecret) -> Arc<hmac::Key> {
        let key = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref()));
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&key));
        key
    }
}

fn new_secret() -> Result<ConsentSecret, ConsentError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    aws_lc_rs::rand::fill(bytes.as_mut()).map_err(|_| ConsentError::NoRandomness)?;
    Ok(bytes)
}
