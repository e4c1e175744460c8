//! Mappings: from a signed-in user to a line, and the calls that change one mapping.
//!
//! [`Resolver`] is the hot path, over [`Lines`], the cache; [`Mappings`] is what administrators do.

mod check;
mod error;
mod lines;
mod manage;
mod resolve;

pub use check::CheckedOutcome;
pub use check::SignInCheck;
pub use error::MappingError;
pub use error::ResolveError;
pub use error::TwoNumbers;
pub use lines::KnownLine;
pub use lines::Lines;
pub use lines::LinesStatus;
pub use manage::Mappings;
pub use manage::PutResult;
pub use resolve::ResolvedLine;
pub use resolve::Resolver;
