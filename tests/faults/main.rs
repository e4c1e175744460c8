//! What happens to the real program while something that it needs is broken: its database, its disk, Microsoft's keys,
//! itself.
//!
//! In each scenario people sign in all the time, on every replica, while an administrator moves numbers about, and each
//! answer is checked against what may be answered at that moment ([`watch`]).

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]
#![expect(clippy::disallowed_methods, reason = "programs and servers run by the machine's own clock")]
#![expect(clippy::print_stdout, reason = "how long it took is worth knowing")]

mod company;
mod database;
mod disk;
mod failover;
mod forwarder;
mod keys_endpoint;
mod killed;
mod pooler;
mod server;
mod server_tls;
#[path = "../process/support.rs"]
#[expect(dead_code, reason = "shared with the tests of single processes")]
mod support;
mod watch;
