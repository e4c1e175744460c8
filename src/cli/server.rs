//! Which service a command talks to, and with which key.

use std::env;

use clap::Args;

use crate::cli::failure::{Failure, Status};
use crate::cli::terminal::quoted;
use crate::client::{ApiKey, Client, ServerUrl};
use crate::config::{API_KEY_VARIABLE, URL_VARIABLE};

const DEFAULT_URL: &str = "http://127.0.0.1:8080";

#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// Where the service is [env: `SIGNLINE_URL`] [default: <http://127.0.0.1:8080>].
    #[arg(
        long,
        value_name = "URL",
        value_parser = parse_url,
        help = "Where the service is [env: SIGNLINE_URL] [default: http://127.0.0.1:8080]"
    )]
    pub(super) url: Option<ServerUrl>,
    /// Send the key over plain http to another machine, where whoever listens on the way can read it.
    #[arg(long)]
    insecure_http: bool,
}

impl ServerArgs {
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let key = variable(API_KEY_VARIABLE)?
            .ok_or_else(|| format!("{API_KEY_VARIABLE} is not set: it holds the API key that the service is shown"))?;
        let key = ApiKey::parse(&key).map_err(|error| format!("{API_KEY_VARIABLE} {error}"))?;
        let url = self.url()?;
        self.check_way(&url)?;
        Ok(Client::new(url, key)?)
    }

    /// What a command that is shown to be copied says of the service.
    pub(super) fn arguments(&self) -> String {
        let url = self.url.as_ref().map(|url| format!(" --url {}", quoted(&url.to_string()))).unwrap_or_default();
        let insecure = if self.insecure_http { " --insecure-http" } else { "" };
        url + insecure
    }

    /// A key that goes over the network in clear belongs to everybody on the way.
    fn check_way(&self, url: &ServerUrl) -> Result<(), Failure> {
        if url.is_encrypted() || url.is_loopback() || self.insecure_http {
            return Ok(());
        }
        let message = format!(
            "{url} is not encrypted, so anybody on the way could read the API key and the mappings: use https, or add \
             --insecure-http if the way is safe otherwise"
        );
        Err(Failure::new(Status::Usage, message))
    }

    fn url(&self) -> Result<ServerUrl, String> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let text = variable(URL_VARIABLE)?;
        ServerUrl::parse(text.as_deref().unwrap_or(DEFAULT_URL)).map_err(|error| format!("{URL_VARIABLE}: {error}"))
    }
}

/// A variable; one that is set to nothing counts as not set.
fn variable(name: &str) -> Result<Option<String>, String> {
    let Some(value) = env::var_os(name) else {
        return Ok(None);
    };
    let text = value.into_string().map_err(|_| format!("{name} is not UTF-8"))?;
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

fn parse_url(text: &str) -> Result<ServerUrl, String> {
    ServerUrl::parse(text).map_err(|error| error.to_string())
}
