//! What one caller may ask of the service before others would feel it: [`FailedAttempts`], [`ImportSlots`].

mod attempts;
mod import_slots;
mod level;

pub use attempts::AttemptLimits;
pub use attempts::FailedAttempts;
pub(super) use attempts::Failure;
pub(super) use attempts::Kind;
pub use import_slots::ImportSlot;
pub use import_slots::ImportSlots;
