//! `signline healthcheck`: whether the service of these settings answers, for a container's health check.

use std::env;
use std::path::Path;

use clap::Args;

use crate::client;
use crate::config::Settings;

#[derive(Debug, Args)]
pub(super) struct HealthcheckArgs {
    /// Ask whether it can answer sign-ins (/readyz), and not only whether it runs (/livez).
    #[arg(long)]
    ready: bool,
}

pub(super) async fn run(file: Option<&Path>, args: &HealthcheckArgs) -> Result<(), String> {
    let settings = Settings::load(file, env::vars_os()).map_err(|error| error.to_string())?;
    if settings.listen.port() == 0 {
        return Err("SIGNLINE_LISTEN has the port 0, so the system chooses one: nobody knows which to ask".to_owned());
    }
    let path = if args.ready { "/readyz" } else { "/livez" };
    client::ask_own(settings.listen, settings.tls.certificate.is_some(), path).await
}
