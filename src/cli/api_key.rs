//! `signline api-key`: keys made in the store.

use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::{Span, SpanRelativeTo, Timestamp};

use crate::api_keys::NewApiKey;
use crate::bootstrap;
use crate::cli::terminal::print;
use crate::config::Settings;
use crate::domain::actor::{Actor, AuditContext, RightSource};
use crate::domain::api_key::{Grant, Role};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::name;
use crate::ports::clock::{Clock, SystemClock};

#[derive(Debug, Subcommand)]
pub(super) enum ApiKeyCommand {
    /// Make a key in the store and print its secret, which is shown once.
    Create(CreateArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// What the key may do: operator, business-group-admin, resolver, directory or scim.
    #[arg(long, value_parser = parse_role)]
    role: Role,
    /// The business group that it is for: needed for business-group-admin and scim; a resolver or a directory with one
    /// is for that alone.
    #[arg(long, value_name = "ID", value_parser = BusinessGroupId::parse)]
    business_group: Option<BusinessGroupId>,
    /// What people call it; the role if left out.
    #[arg(long, value_parser = parse_name)]
    name: Option<String>,
    /// How long it works, such as 90d or 12h; for good if left out.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    expires_in: Option<Duration>,
}

pub(super) async fn create(settings: &Settings, args: CreateArgs) -> Result<(), String> {
    let grant = Grant::new(args.role, args.business_group).map_err(|error| format!("--business-group: {error}"))?;
    let name = args.name.unwrap_or_else(|| args.role.as_str().to_owned());
    let expires_at = args.expires_in.map(expiry).transpose()?;
    let stores = bootstrap::open_stores(settings).await.map_err(|error| error.to_string())?;
    let context = AuditContext {
        actor: Actor::command_line(),
        right: RightSource::Lasting,
        at: SystemClock.now(),
        request_id: None,
    };
    let created = bootstrap::api_keys(&stores).create(NewApiKey { name, grant, expires_at }, &context).await;
    stores.health.close().await;
    let created = created.map_err(|error| format!("no key was made: {error}"))?;
    print(&created.secret).and_then(|()| print("\n"))
}

fn expiry(expires_in: Duration) -> Result<Timestamp, String> {
    SystemClock.now().checked_add(expires_in).map_err(|_| "--expires-in: that is too long".to_owned())
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let roles: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("there are the roles {}", roles.join(", "))
    })
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
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(parse_time("90d"), Ok(Duration::from_hours(2160)));
        assert_eq!(parse_time("12h"), Ok(Duration::from_hours(12)));
        for wrong in ["", "90", "d", "-1d", "0d", "1month", "soon"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
