//! The command line: a file a subject.

mod api_key;
mod doctor;
mod export;
mod failure;
mod healthcheck;
mod import;
mod lists;
mod private_file;
mod progress;
mod serve;
mod server;
mod signals;
mod terminal;

use std::env;
use std::path::{Path, PathBuf};

use actix_web::rt::System;
use clap::{Parser, Subcommand};
use tokio::runtime;
use tokio::signal::unix::Signal;

use crate::cli::api_key::ApiKeyCommand;
use crate::cli::export::ExportArgs;
use crate::cli::healthcheck::HealthcheckArgs;
use crate::cli::import::ImportArgs;
use crate::config::Settings;
use crate::http::openapi;
use crate::{config, telemetry};

pub use crate::cli::failure::{Failure, Status};

/// What an import says about its end.
const IMPORT_HELP: &str = "\
The API key is read from SIGNLINE_API_KEY.

Without --apply you are asked if there is a terminal; if there is none, the file is left as a preview, and how to apply
it is printed.

Exit status:
  0  done, or left as a preview
  1  an error: the network, the service, a file
  2  a wrong command line, or a key that would go in clear to another machine
  3  the file has problems, which are listed; nothing was changed
  4  the mappings changed since the preview or the export; nothing was changed
  5  nobody agreed to it, to that many removals or to that many changed numbers; nothing was changed";

/// What the doctor says about its end.
const DOCTOR_HELP: &str = "\
It prints a line for each check: ok, warning or problem, and what to do. It changes nothing, and shows no secret.

Exit status:
  0  no problem; there may be warnings
  1  a problem
  2  a wrong command line";

/// What an export says about its end.
const EXPORT_HELP: &str = "\
The API key is read from SIGNLINE_API_KEY.

Exit status:
  0  done
  1  an error: the network, the service, a file
  2  a wrong command line, or a key that would go in clear to another machine";

/// Resolves a Microsoft sign-in to a phone number.
#[derive(Debug, Parser)]
#[command(name = "signline", version, about)]
pub struct CommandLine {
    /// A TOML file of the service's settings; the environment wins over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service; pending migrations are applied first.
    Serve,
    /// Apply pending migrations and exit.
    Migrate,
    /// Work with API keys.
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// Check settings, database, migrations, signing keys, clock and the folder for temporary files, and say what is
    /// wrong.
    #[command(after_help = DOCTOR_HELP)]
    Doctor,
    /// Ask the service of these settings whether it runs: exit status 0, or 1 and why.
    Healthcheck(HealthcheckArgs),
    /// Show what a file would change in a running service, and apply it.
    #[command(after_help = IMPORT_HELP)]
    Import(ImportArgs),
    /// Fetch all mappings of a business group from a running service.
    #[command(after_help = EXPORT_HELP)]
    Export(ExportArgs),
    /// Print all settings with their defaults, as a table in Markdown.
    Settings,
    /// Print the OpenAPI document.
    Openapi,
}

/// Runs the command line of this process.
///
/// # Errors
/// What to tell the operator, and the exit status.
pub fn run(line: CommandLine) -> Result<(), Failure> {
    let file = line.config.as_deref();
    match line.command {
        Command::Settings => terminal::print(&config::document())?,
        Command::Openapi => terminal::print(&openapi::document_text().map_err(|error| error.to_string())?)?,
        Command::Serve => with_settings(file, async |settings, hangups| serve::serve(&settings, hangups).await)?,
        Command::Migrate => to_its_end(file, async |settings| serve::migrate(&settings).await)?,
        Command::ApiKey(ApiKeyCommand::Create(args)) => {
            to_its_end(file, async |settings| api_key::create(&settings, args).await)?;
        }
        Command::Doctor => doctor::run(file)?,
        Command::Healthcheck(args) => as_client(async { Ok(healthcheck::run(file, &args).await?) })?,
        Command::Import(args) => as_client(import::run(&args))?,
        Command::Export(args) => as_client(export::run(&args))?,
    }
    Ok(())
}

/// Runs a command of the server's: with its settings, and its log. No SIGHUP ends it, from the first moment on; it is
/// given those that come.
fn with_settings(
    file: Option<&Path>,
    command: impl AsyncFnOnce(Settings, Signal) -> Result<(), String>,
) -> Result<(), String> {
    System::new().block_on(async {
        let hangups = signals::hangups()?;
        let settings = Settings::load(file, env::vars_os()).map_err(|error| error.to_string())?;
        telemetry::init(&settings.log).map_err(|error| error.to_string())?;
        command(settings, hangups).await
    })
}

/// Runs a command of the server's that comes to an end by itself, and that nothing is read again for.
fn to_its_end(file: Option<&Path>, command: impl AsyncFnOnce(Settings) -> Result<(), String>) -> Result<(), String> {
    with_settings(file, async |settings, hangups| {
        let passing_over = actix_web::rt::spawn(signals::pass_over(hangups));
        let outcome = command(settings).await;
        passing_over.abort();
        outcome
    })
}

/// Runs a command of the client's, which has neither.
fn as_client(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(command);
    // A thread may still wait for the standard input.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
