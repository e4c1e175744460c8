//! Mappings: from a signed-in user to a line, and why an address gets none.
//!
//! [`Resolver`] is the hot path, over [`Lines`], the cache.

mod check;
mod error;
mod lines;
mod resolve;

pub use check::CheckedOutcome;
pub use check::SignInCheck;
pub use check::SignInChecks;
pub use error::ResolveError;
pub use error::TwoNumbers;
pub use lines::CachedLine;
pub use lines::LineCacheStatus;
pub use lines::Lines;
pub use resolve::ResolvedLine;
pub use resolve::Resolver;
