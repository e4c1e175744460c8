//! The first sign-in of a tenant to an application, which proves that there is consent.

use std::sync::Arc;

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use tokio::task::spawn;
use tracing::warn;

use crate::domain::application::{ApplicationName, Applications};
use crate::domain::guid::Guid;
use crate::ports::clock::Clock;
use crate::ports::consent_store::ConsentStore;

/// How many pairs of a tenant and an application are remembered. One that is forgotten is written down again, which
/// changes nothing.
const REMEMBERED: usize = 16_384;

/// How many are written down at once: they have time, and share their connections with what administrators do.
const AT_ONCE: usize = 2;

/// A tenant and the client id of an application.
type Pair = (Guid, Guid);

/// Notes sign-ins of linked tenants, once each in the life of a process. Nobody waits for it, and nothing fails with
/// it.
pub struct FirstSignIns {
    applications: Applications,
    clock: Arc<dyn Clock>,
    book: Arc<Book>,
}

struct Book {
    store: Arc<dyn ConsentStore>,
    noted: Cache<Pair, ()>,
    turns: Semaphore,
}

impl FirstSignIns {
    /// First sign-ins kept in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn ConsentStore>, applications: Applications, clock: Arc<dyn Clock>) -> Self {
        let book = Book { store, noted: Cache::new(REMEMBERED), turns: Semaphore::new(AT_ONCE) };
        Self { applications, clock, book: Arc::new(book) }
    }

    /// Notes a sign-in to an application in a tenant that is linked to a business group. What has to be written is
    /// written later.
    pub fn note(&self, tenant: Guid, application: &ApplicationName) {
        let Some(client_id) = self.applications.client_id(application) else { return };
        let pair = (tenant, client_id);
        if self.book.noted.contains_key(&pair) {
            return;
        }
        self.book.noted.insert(pair, ());
        let (book, at) = (Arc::clone(&self.book), self.clock.now());
        spawn(async move {
            // It is never closed.
            let _turn = book.turns.acquire().await;
            let (tenant, client_id) = pair;
            let noted = book.store.note_first_sign_in(tenant, client_id, at).await;
            if let Err(error) = &noted {
                warn!(%error, "a first sign-in was not written down; the next one is tried");
            }
            if !noted.unwrap_or(false) {
                book.noted.remove(&pair);
            }
        });
    }
}

#[cfg(test)]
mod tests;
