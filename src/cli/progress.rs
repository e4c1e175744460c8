//! The progress of long work, for somebody who waits at a terminal.

use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::sleep;

/// What takes less is not worth a bar.
const LONG: Duration = Duration::from_secs(1);

const TICK: Duration = Duration::from_millis(100);

/// A count of bytes, drawn on the standard error stream if that is a terminal and the work is long.
#[derive(Clone)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// What is said once all bytes have gone.
    afterwards: &'static str,
}

impl Progress {
    /// The progress of so many bytes, or of as many as there are.
    pub(super) fn new(length: Option<u64>, afterwards: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        let style = match length {
            Some(_) => "[{bar:30}] {percent}% of {binary_total_bytes}, {binary_bytes_per_sec}",
            None => "{spinner} {binary_bytes}, {binary_bytes_per_sec}",
        };
        set_style(&bar, style);
        Self { bar, afterwards }
    }

    /// The progress of work that nobody can count.
    pub(super) fn waiting(what: &'static str) -> Self {
        let progress = Self::new(None, what);
        progress.all_sent();
        progress
    }

    /// Counts bytes.
    pub(super) fn advance(&self, bytes: usize) {
        self.bar.inc(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.bar.length() == Some(self.bar.position()) {
            self.all_sent();
        }
    }

    /// All bytes have gone, and the work goes on.
    pub(super) fn all_sent(&self) {
        set_style(&self.bar, "{spinner} {msg}");
        self.bar.set_message(self.afterwards);
    }

    /// Does the work, and shows how far it is if it takes long.
    pub(super) async fn of<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => return done,
            () = sleep(LONG) => {}
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        self.bar.enable_steady_tick(TICK);
        let done = work.await;
        self.bar.finish_and_clear();
        done
    }
}

fn set_style(bar: &ProgressBar, template: &str) {
    // A template that can't be read would leave the usual style.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> ").tick_chars("|/-\\ "));
    }
}
