//! Mappings: from a signed-in user to a line, and why an address gets none.
//!
//! [`Resolver`] is the hot path, over [`Lines`], the cache.

mod check;
mod error;
mod lines;
mod resolve;

pub use check::{CheckedOutcome, SignInCheck, SignInChecks};
pub use error::{ResolveError, TwoNumbers};
pub use lines::{CachedLine, LineCacheStatus, Lines};
pub use resolve::{ResolvedLine, Resolver};
