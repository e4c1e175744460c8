//! The signals that ask the program to end.

use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

/// Done when the process is asked to end, from now on: by SIGTERM, or Ctrl-C.
pub(super) fn stop() -> Result<impl Future<Output = ()> + 'static, String> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
