//! The console in a real browser: headless Chromium, led by its driver, against the `signline` program and the
//! simulator over TLS. Every story also holds the page to what it must never do (`watch`).
//!
//! `scripts/setup-chromium` installs the browser. What it showed when a story failed lies in
//! `target/console-failures/`.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]
#![expect(clippy::disallowed_methods, reason = "programs and servers run by the machine's own clock")]

mod barriers;
mod below_a_path;
mod browser;
mod driver;
mod elements;
mod harness;
mod looking_after;
mod operators;
mod screenshots;
mod setting_up;
mod sheets;
mod steps;
mod story;
mod views;
mod watch;
mod world;
