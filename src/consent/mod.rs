//! Admin consent: the link by which an administrator of a tenant grants an application access for the whole company,
//! what comes back from it, and the sign-ins that prove it.
//!
//! [`Consents`] makes the links and takes the returns, [`FirstSignIns`] notes the proofs.

mod error;
mod first_sign_ins;
mod keys;
mod link;
mod manage;
mod reply;
mod state;

pub use error::ConsentError;
pub use first_sign_ins::FirstSignIns;
pub use link::{CALLBACK_PATH, ConsentLink, ConsentLinks};
pub use manage::{ApplicationConsent, Consents, Return};
pub use reply::{Outcome, Reply};
