//! What tokens are taken, and which check refuses the others: through the validator, with real signatures.

mod endpoints;
mod good;
mod hostile;
mod hostile_table;
mod minting;
mod rotation;
mod seen_again;
mod simulator;
mod wycheproof;
