//! Others ask about tokens, as RFC 7662 has it: OAuth libraries for JavaScript and Python, and Apache.
//!
//! `scripts/setup-introspection-clients` installs them.

mod apache;
mod libraries;
mod upstream;
mod world;
