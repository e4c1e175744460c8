//! What one caller may ask of the service before others would feel it: [`FailedAttempts`], [`Slots`].

mod attempts;
mod level;
mod slots;

pub use attempts::{AttemptLimits, FailedAttempts};
pub(super) use attempts::{Failure, Kind};
pub(super) use slots::Slot;
pub use slots::{CallerSlots, GroupSlots, Slots};
