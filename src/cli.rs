//! The command line.

use std::env;
use std::io;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use actix_web::rt::System;
use clap::Args;
use clap::Parser;
use clap::Subcommand;
use jiff::Span;
use jiff::SpanRelativeTo;
use jiff::Timestamp;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::api_keys::NewApiKey;
use crate::bootstrap;
use crate::bootstrap::Service;
use crate::config::Settings;
use crate::domain::actor::Actor;
use crate::domain::actor::Deed;
use crate::domain::api_key::Grant;
use crate::domain::api_key::Role;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::name;
use crate::http::openapi;
use crate::ports::clock::Clock;
use crate::ports::clock::SystemClock;
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

#[derive(Debug, Subcommand)]
enum ApiKeyCommand {
    /// Make a key in the store and print its secret, which is shown once.
    Create(CreateArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// What the key may do: operator, business-group-admin, resolver or scim.
    #[arg(long, value_parser = parse_role)]
    role: Role,
    /// The business group that it is for: needed for business-group-admin and scim.
    #[arg(long, value_name = "ID", value_parser = parse_group)]
    business_group: Option<BusinessGroupId>,
    /// What people call it; the role if left out.
    #[arg(long, value_parser = parse_name)]
    name: Option<String>,
    /// How long it works, such as 90d or 12h; for good if left out.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    expires_in: Option<Duration>,
}

/// Runs the command line of this process.
///
/// # Errors
/// A text for the operator, on one line.
pub fn run(line: CommandLine) -> Result<(), String> {
    if matches!(line.command, Command::Openapi) {
        let text = openapi::document_text().map_err(|error| error.to_string())?;
        return print(&text);
    }
    let settings = Settings::load(line.config.as_deref(), env::vars_os()).map_err(|error| error.to_string())?;
    telemetry::init(&settings.log).map_err(|error| error.to_string())?;
    System::new().block_on(async {
        match line.command {
            Command::Serve => serve(&settings).await,
            Command::Migrate => migrate(&settings).await,
            Command::ApiKey(ApiKeyCommand::Create(args)) => create_api_key(&settings, args).await,
            Command::Openapi => Ok(()),
        }
    })
}

async fn serve(settings: &Settings) -> Result<(), String> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let service = Service::open(settings).await.map_err(|error| error.to_string())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    service.run(stop).await.map_err(|error| error.to_string())
}

async fn migrate(settings: &Settings) -> Result<(), String> {
    let stores = bootstrap::open_stores(&settings.database_url).await.map_err(|error| error.to_string())?;
    stores.health.close().await;
    Ok(())
}

async fn create_api_key(settings: &Settings, args: CreateArgs) -> Result<(), String> {
    let grant = Grant::new(args.role, args.business_group).map_err(|error| format!("--business-group: {error}"))?;
    let name = args.name.unwrap_or_else(|| args.role.as_str().to_owned());
    let expires_at = args.expires_in.map(expiry).transpose()?;
    let stores = bootstrap::open_stores(&settings.database_url).await.map_err(|error| error.to_string())?;
    let deed = Deed { actor: Actor::command_line(), at: SystemClock.now(), request_id: None };
    let created = bootstrap::api_keys(&stores).create(NewApiKey { name, grant, expires_at }, &deed).await;
    stores.health.close().await;
    let created = created.map_err(|error| format!("no key was made: {error}"))?;
    print(&format!("{}\n", created.secret))
}

fn expiry(expires_in: Duration) -> Result<Timestamp, String> {
    SystemClock.now().checked_add(expires_in).map_err(|_| "--expires-in: that is too long".to_owned())
}

fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has had enough, such as `head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| format!("nothing could be printed: {error}")),
    }
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let roles: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("there are the roles {}", roles.join(", "))
    })
}

fn parse_group(text: &str) -> Result<BusinessGroupId, String> {
    BusinessGroupId::parse(text).map_err(|error| error.to_string())
}

fn parse_name(text: &str) -> Result<String, String> {
    name::parse(text).map_err(|error| error.to_string())
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let fault = || "use a time such as 90d, 12h or 30m".to_owned();
    let span: Span = text.parse().map_err(|_| fault())?;
    let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| fault())?;
    Duration::try_from(time).ok().filter(|time| !time.is_zero()).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(parse_time("90d"), Ok(Duration::from_hours(2160)));
        assert_eq!(parse_time("12h"), Ok(Duration::from_hours(12)));
        for wrong in ["", "90", "d", "-1d", "0d", "1month", "soon"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
