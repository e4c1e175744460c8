//! The `signline` program.

use std::io::Write;
use std::io::stderr;
use std::process::ExitCode;

use clap::Parser;
use signline::cli;

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
