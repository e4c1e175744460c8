//! What the service removes by itself, on every replica: imports that nobody applied, history that is older than the
//! operator keeps it, and the used states of consent links that have expired.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::consent::Consents;
use crate::ports::clock::Clock;
use crate::ports::history_store::HistoryStore;
use crate::ports::import_store::ImportStore;
use crate::ports::store_error::StoreError;

/// The time between two rounds.
const PAUSE: Duration = Duration::from_mins(10);

/// The maintenance of one service.
pub struct Maintenance {
    imports: Arc<dyn ImportStore>,
    history: Arc<dyn HistoryStore>,
    consents: Arc<Consents>,
    clock: Arc<dyn Clock>,
    history_age: Option<SignedDuration>,
}

impl Maintenance {
    /// Drops expired imports and states, and revisions older than `history_age`; `None` keeps them for good.
    #[must_use]
    pub fn new(
        imports: Arc<dyn ImportStore>,
        history: Arc<dyn HistoryStore>,
        consents: Arc<Consents>,
        clock: Arc<dyn Clock>,
        history_age: Option<SignedDuration>,
    ) -> Self {
        Self { imports, history, consents, clock, history_age }
    }

    /// Runs a round now and then again and again, until `stopped` is closed. A round that is broken off is gone on with
    /// by the next: each step is a transaction of its own.
    pub async fn run(self, mut stopped: watch::Receiver<()>) {
        let rounds = async {
            loop {
                if let Err(error) = self.round().await {
                    warn!(%error, "maintenance failed; the next round tries again");
                }
                sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = rounds => {}
            _ = stopped.changed() => {}
        }
    }

    async fn round(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let imports = self.imports.discard_expired(now).await?;
        // Nothing is older than the oldest time that there is.
        let oldest_kept = self.history_age.and_then(|age| now.checked_sub(age).ok());
        let revisions = match oldest_kept {
            Some(time) => self.history.prune(time).await?,
            None => 0,
        };
        let consent_states = self.consents.forget_used_states().await?;
        if imports + revisions + consent_states > 0 {
            info!(imports, revisions, consent_states, "deleted what has expired");
        }
        Ok(())
    }
}
