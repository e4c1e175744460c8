//! The history of a group's mappings: what every change left behind, and the way back.

mod error;
mod manage;

pub use error::HistoryError;
pub use manage::History;
pub use manage::Restored;
