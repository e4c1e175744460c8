//! Signline resolves a Microsoft sign-in to a phone number.
