//! The `entra-sim` program.

fn main() {}
