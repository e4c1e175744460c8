//! What each fuzz target does with its input.
//!
//! The targets (`fuzz/fuzz_targets`) and the tests that replay the corpora (`tests/corpora`) share these, so that what
//! is replayed is what was found. Each panics where something does not hold.

pub mod cursors;
pub mod identities;
pub mod import;
pub mod token;
