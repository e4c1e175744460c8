//! What one caller may ask of the service before others would feel it: [`FailedAttempts`], [`GroupSlots`].

mod attempts;
mod group_slots;
mod level;

pub use attempts::AttemptLimits;
pub use attempts::FailedAttempts;
pub(super) use attempts::Failure;
pub(super) use attempts::Kind;
pub(super) use group_slots::GroupSlot;
pub use group_slots::GroupSlots;
