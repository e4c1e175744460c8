//! The `entra-sim` program.

use std::fs;
use std::io::{Write, stderr, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use entra_sim::{Config, Simulator};
use tokio::signal::unix::{SignalKind, signal};

/// Simulates Microsoft Entra on this machine, for development and tests.
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    /// Tenants, users and applications; a sample if left out.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where to listen for plain HTTP: a loopback address.
    #[arg(long, default_value = "127.0.0.1:8600")]
    http: SocketAddr,
    /// Where to listen for TLS, as https://localhost:PORT.
    #[arg(long, default_value = "127.0.0.1:8643")]
    https: SocketAddr,
    /// Where to write the development CA's certificate.
    #[arg(long)]
    ca_file: Option<PathBuf>,
}

fn main() -> ExitCode {
    match actix_web::rt::System::new().block_on(run(CommandLine::parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The standard error stream may be closed; the exit code still tells.
            let _ = writeln!(stderr(), "entra-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(line: CommandLine) -> Result<(), Box<dyn std::error::Error>> {
    if !line.http.ip().is_loopback() {
        return Err("--http: plain HTTP is for a loopback address alone".into());
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let config = match line.config {
        Some(file) => Config::load(&file)?,
        None => Config::sample(),
    };
    let simulator = Simulator::start_on(config, line.http, line.https).await?;
    if let Some(file) = line.ca_file {
        fs::write(&file, simulator.ca_pem()).map_err(|error| format!("--ca-file: {}: {error}", file.display()))?;
    }
    writeln!(stdout(), "listening on {} and {}", simulator.http_base(), simulator.https_base())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
