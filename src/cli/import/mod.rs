//! `signline import`: a file is compared with the mappings, shown, and applied if somebody agrees.
//!
//! It is always two calls, preview and apply: what is applied is what was shown.

mod preview;
mod source;

use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

use crate::cli::failure::{Failure, Status, flags, said};
use crate::cli::progress::Progress;
use crate::cli::server::ServerArgs;
use crate::cli::terminal::print;
use crate::cli::{lists, terminal};
use crate::client::{Client, ClientError, Group, Import, Mode, OnProblem, State};
use crate::domain::business_group::BusinessGroupId;
use crate::domain::import::{Confirmation, LargeChange};
use crate::domain::revision_tag::RevisionTag;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file, CSV or (.xlsx) an Excel workbook; - reads CSV from the standard input.
    #[arg(required_unless_present = "preview", conflicts_with = "preview")]
    file: Option<PathBuf>,
    /// The business group whose mappings they are.
    #[arg(long, value_name = "ID", value_parser = BusinessGroupId::parse)]
    business_group: BusinessGroupId,
    /// What happens to mappings that are not in the file.
    #[arg(long, value_enum, default_value_t = Mode::Replace, conflicts_with = "preview")]
    mode: Mode,
    /// What is done if a row has a problem.
    #[arg(long, value_enum, default_value_t = OnProblem::Reject, conflicts_with = "preview")]
    on_problem: OnProblem,
    /// Take the file only if the mappings are still of this revision, which the export told.
    #[arg(long, value_name = "REVISION", value_parser = parse_revision, conflicts_with = "preview")]
    if_match: Option<i64>,
    /// Show and apply a preview that was made before, in place of a file.
    #[arg(long, value_name = "IMPORT-ID")]
    preview: Option<Uuid>,
    /// Apply it without asking.
    #[arg(long, visible_alias = "yes", overrides_with = "apply")]
    apply: bool,
    /// With --apply: how many mappings may go, where that is more than half of ten or more.
    #[arg(long, value_name = "N", requires = "apply")]
    confirm_removals: Option<u64>,
    /// With --apply: how many people may get a number that is or was somebody else's, where that is more than half of
    /// ten or more.
    #[arg(long, value_name = "N", requires = "apply")]
    confirm_changes: Option<u64>,
    /// Show all changes, not the first 20.
    #[arg(long)]
    all: bool,
    /// Write the problems of the file as CSV to this file, if there are any.
    #[arg(long, value_name = "FILE")]
    problems_csv: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &ImportArgs) -> Result<(), Failure> {
    let outcome = preview_and_apply(args).await;
    if let Err(Failure { refusal: Some(refusal), .. }) = &outcome {
        // A list that can't be written takes nothing from the exit status.
        if let Err(fault) = lists::print_refusal(refusal, args.problems_csv.as_deref()) {
            terminal::tell(&fault.to_string());
        }
    }
    outcome
}

async fn preview_and_apply(args: &ImportArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    // A wrong key or group is told before a long upload.
    let group = client.group(&args.business_group).await?;
    let import = match (args.preview, &args.file) {
        (Some(id), _) => client.import(&args.business_group, id).await?,
        (None, Some(file)) => source::upload(args, file, &client).await?,
        (None, None) => return Err("name a file, or a preview".to_owned().into()),
    };
    if import.state == State::Applied {
        return applied("It was applied already", &import);
    }
    lists::print_problems(&import.problems, import.problem_count, args.problems_csv.as_deref())?;
    preview::print_preview(args, &client, &group, &import).await?;
    match decide(args, &group, &import)? {
        Decision::Apply(confirmed) => apply(args, &client, &group, &import, confirmed).await,
        Decision::Leave => leave(args, &group, &import),
        Decision::NothingToDo => {
            client.discard(&args.business_group, import.id).await?;
            print("There is nothing to change.\n").map_err(Failure::from)
        }
        Decision::Declined => {
            client.discard(&args.business_group, import.id).await?;
            Err(Failure::new(Status::Unconfirmed, "the preview is dropped; nothing was changed"))
        }
    }
}

enum Decision {
    Apply(Confirmation),
    Leave,
    NothingToDo,
    Declined,
}

fn decide(args: &ImportArgs, group: &Group, import: &Import) -> Result<Decision, Failure> {
    if args.apply {
        let confirmed = Confirmation { removed: args.confirm_removals, reassigned: args.confirm_changes };
        return Ok(Decision::Apply(confirmed));
    }
    if import.change_count() == 0 {
        return Ok(Decision::NothingToDo);
    }
    if !terminal::can_ask() {
        return Ok(Decision::Leave);
    }
    if let Some(large) = import.large_change(group.mapping_count) {
        return ask_for_numbers(large);
    }
    let answer = terminal::ask("Apply? [y/N] ")?.to_lowercase();
    Ok(if matches!(answer.as_str(), "y" | "yes") {
        Decision::Apply(Confirmation::default())
    } else {
        Decision::Declined
    })
}

/// A key that is pressed by habit should not end the sign-in of most people, nor give them others' lines.
fn ask_for_numbers(large: LargeChange) -> Result<Decision, Failure> {
    for sentence in said(large, "This would") {
        terminal::tell(&sentence);
    }
    let agreed = |count: Option<u64>, of: &str| match count {
        None => Ok(true),
        Some(count) => {
            let question = format!("Type the number of {of} to apply it, anything else to drop it: ");
            Ok::<_, Failure>(terminal::ask(&question)?.parse() == Ok(count))
        }
    };
    if agreed(large.removed, "removals")? && agreed(large.reassigned, "people who get another's number")? {
        let LargeChange { removed, reassigned, .. } = large;
        return Ok(Decision::Apply(Confirmation { removed, reassigned }));
    }
    Ok(Decision::Declined)
}

async fn apply(
    args: &ImportArgs,
    client: &Client,
    group: &Group,
    import: &Import,
    confirmed: Confirmation,
) -> Result<(), Failure> {
    let applying = client.apply(&args.business_group, import.id, confirmed);
    match Progress::waiting("the service applies the file").of(applying).await {
        Ok(import) => applied("Applied", &import),
        Err(ClientError::Refused(refusal)) if refusal.large_change().is_some() => {
            leave(args, group, import)?;
            Err(ClientError::Refused(refusal).into())
        }
        Err(refused @ ClientError::Refused(_)) => Err(refused.into()),
        Err(unknown) => {
            let again = command_to_apply(args, group, import);
            let message = format!("{unknown}; whether it was applied is not known, and this finds out: {again}");
            Err(Failure::new(Status::Error, message))
        }
    }
}

fn applied(what: &str, import: &Import) -> Result<(), Failure> {
    let revision = import.revision.unwrap_or(import.base_revision);
    Ok(print(&format!("{what}: the mappings are of revision {revision}.\n"))?)
}

fn leave(args: &ImportArgs, group: &Group, import: &Import) -> Result<(), Failure> {
    let until = import.expires_at.strftime("%F %H:%M UTC");
    let command = command_to_apply(args, group, import);
    Ok(print(&format!("Nothing is changed yet. Until {until} this applies it:\n  {command}\n"))?)
}

/// Applying twice changes nothing more.
fn command_to_apply(args: &ImportArgs, group: &Group, import: &Import) -> String {
    let server = args.server.arguments();
    let large = import.large_change(group.mapping_count);
    let confirm = large.map(|large| format!(" {}", flags(large))).unwrap_or_default();
    format!("signline import --preview {} --business-group {}{server} --apply{confirm}", import.id, args.business_group)
}

/// A revision, as a number or as the `ETag` of an export.
fn parse_revision(text: &str) -> Result<i64, String> {
    let quoted = if text.contains('"') { text.to_owned() } else { format!("\"{text}\"") };
    RevisionTag::parse(&quoted).map(|tag| tag.0).ok_or_else(|| "use the revision of an export, such as 7".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_number_or_an_etag() {
        for text in ["7", "\"7\"", "W/\"7\"", "\"7-gzip\""] {
            assert_eq!(parse_revision(text), Ok(7), "{text}");
        }
        for wrong in ["", "-1", "\"7", "seven", "7.0"] {
            assert!(parse_revision(wrong).is_err(), "{wrong}");
        }
    }
}
