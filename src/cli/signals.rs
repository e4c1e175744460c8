//! The signals that end a command, and the one that must not.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

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

/// The same for a command that somebody waits for at a terminal: it ends with the terminal, too.
pub(super) fn stop_or_hangup() -> Result<impl Future<Output = ()> + 'static, String> {
    let (stop, mut hangups) = (stop()?, hangups()?);
    Ok(async move {
        tokio::select! {
            () = stop => {}
            _ = hangups.recv() => {}
        }
    })
}

/// Each SIGHUP from now on. It ends the process no more, whether or not anybody waits for it: to operators it means
/// "read the files again", and log rotation sends it to whatever it finds.
pub(super) fn hangups() -> Result<Signal, String> {
    signal(SignalKind::hangup()).map_err(|error| error.to_string())
}

/// Logs each SIGHUP of a command that reads nothing again.
pub(super) async fn pass_over(mut hangups: Signal) {
    while hangups.recv().await.is_some() {
        info!("SIGHUP: this command has nothing to read again, and goes on");
    }
}
