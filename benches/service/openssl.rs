//! `openssl speed`: what one core verifies and does nothing else.

use crate::cores;

/// RSA-2048 verifications a second on one core; `None` if openssl is not installed, or says something that is not understood.
pub(crate) fn verifications(core: usize, seconds: u32) -> Option<f64> {
    let speed =
        cores::pinned(core, "openssl").args(["speed", "-seconds", &seconds.to_string(), "rsa2048"]).output().ok()?;
    let text = String::from_utf8(speed.stdout).ok()?;
    // The times of both operations, which end in `s`, and then how often each was done in a second.
    let (_, figures) = text.lines().find(|line| line.starts_with("rsa"))?.split_once("bits")?;
    figures.split_whitespace().filter_map(|figure| figure.parse().ok()).nth(1)
}
