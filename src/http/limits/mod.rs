//! What one caller may ask of the service before others would feel it: [`FailedAttempts`], [`GroupSlots`].

mod attempts;
mod group_slots;
mod level;

pub use attempts::{AttemptLimits, FailedAttempts};
pub(super) use attempts::{Failure, Kind};
pub(super) use group_slots::GroupSlot;
pub use group_slots::GroupSlots;
