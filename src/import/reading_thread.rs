//! The thread that a file is read on.

use std::{io, thread};

use rustix::process::setpriority_process;
use tokio::sync::oneshot;
use tracing::debug;

/// How far the thread stands back, as `nice` counts it: beside a busy worker it gets a tenth of a core's time.
const NICE: i32 = 10;

/// Does some work on a thread of its own, which lets people sign in before it: a file can wait, and a phone rings. Not
/// one of tokio's, which others use after it, and which can't be brought forward again. It may still be at work when
/// its outcome is not wanted any more.
///
/// # Errors
/// If there is no thread to be had.
pub(super) fn start<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<oneshot::Receiver<T>> {
    let (tell, outcome) = oneshot::channel();
    thread::Builder::new().name("import".to_owned()).spawn(move || {
        stand_back();
        // Nobody listens where the caller has gone.
        let _ = tell.send(work());
    })?;
    Ok(outcome)
}

/// Only Linux has a priority for each thread: elsewhere it would be that of the whole service.
pub(super) fn stand_back() {
    if cfg!(target_os = "linux")
        && let Err(error) = setpriority_process(None, NICE)
    {
        debug!(%error, "a file is read at the priority of a call");
    }
}
