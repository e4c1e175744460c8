//! The `signline` program.

fn main() {}
