//! The `signline` program.

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use signline::cli;

/// Chosen by measurement: docs/benchmarks.md.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match cli::run(cli::CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The standard error stream may be closed; the exit status still tells.
            let _ = writeln!(stderr(), "signline: {failure}");
            ExitCode::from(failure.status as u8)
        }
    }
}
