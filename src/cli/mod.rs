//! The command line: a file a subject.

mod api_key;
mod serve;
mod signals;

use std::env;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use actix_web::rt::System;
use clap::Parser;
use clap::Subcommand;

use crate::cli::api_key::ApiKeyCommand;
use crate::config::Settings;
use crate::domain::business_group::BusinessGroupId;
use crate::http::openapi;
use crate::telemetry;

/// Resolves a Microsoft sign-in to a phone number.
#[derive(Debug, Parser)]
#[command(name = "signline", version, about)]
pub struct CommandLine {
    /// A TOML file of settings; the environment wins over it.
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
    /// Print the OpenAPI document.
    Openapi,
}

/// Runs the command line of this process.
///
/// # Errors
/// A text for the operator, on one line.
pub fn run(line: CommandLine) -> Result<(), String> {
    let file = line.config.as_deref();
    match line.command {
        Command::Openapi => print(&openapi::document_text().map_err(|error| error.to_string())?),
        Command::Serve => with_settings(file, async |settings| serve::serve(&settings).await),
        Command::Migrate => with_settings(file, async |settings| serve::migrate(&settings).await),
        Command::ApiKey(ApiKeyCommand::Create(args)) => {
            with_settings(file, async |settings| api_key::create(&settings, args).await)
        }
    }
}

/// Runs a command of the server's: with its settings, and its log.
fn with_settings(file: Option<&Path>, command: impl AsyncFnOnce(Settings) -> Result<(), String>) -> Result<(), String> {
    let settings = Settings::load(file, env::vars_os()).map_err(|error| error.to_string())?;
    telemetry::init(&settings.log).map_err(|error| error.to_string())?;
    System::new().block_on(command(settings))
}

fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has had enough, such as `head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| format!("nothing could be printed: {error}")),
    }
}

fn parse_group(text: &str) -> Result<BusinessGroupId, String> {
    BusinessGroupId::parse(text).map_err(|error| error.to_string())
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
