//! What an import would change, for people.

use std::fmt::Write;

use crate::cli::failure::Failure;
use crate::cli::import::ImportArgs;
use crate::cli::terminal::{Listing, counted, print, shown};
use crate::client::{Change, Client, Group, Import};

/// How many changes are shown unasked.
const FIRST: u32 = 20;

/// How many are fetched at once if all are wanted: as many as the service gives.
const PAGE: u32 = 1000;

pub(super) async fn print_preview(
    args: &ImportArgs,
    client: &Client,
    group: &Group,
    import: &Import,
) -> Result<(), Failure> {
    let revision = import.base_revision;
    let heading = format!("{} ({}), compared with revision {revision}:", shown(&group.name), args.business_group);
    print(&format!("{heading} {}\n", counts(import)))?;
    if import.change_count() > 0 {
        print("\n")?;
        print_changes(args, client, import).await?;
        print("\n")?;
    }
    if let Some(count) = import.reassigned.filter(|count| *count > 0) {
        let who = if count == 1 {
            "1 person would get somebody else's number"
        } else {
            &format!("{count} people would get somebody else's number")
        };
        print(&format!("{who}: it is or was another's of the business group.\n\n"))?;
    }
    Ok(())
}

fn counts(import: &Import) -> String {
    let Import { added, changed, removed, unchanged, .. } = import;
    let mut counts = format!("{added} added, {changed} changed, {removed} removed, {unchanged} unchanged");
    if let Some(count) = import.problem_count.filter(|count| *count > 0) {
        // A string takes everything.
        let _ = write!(counts, "; {} left out", counted(count, "problem"));
    }
    counts
}

/// Page by page: a file may have a million rows.
async fn print_changes(args: &ImportArgs, client: &Client, import: &Import) -> Result<(), Failure> {
    let limit = if args.all { PAGE } else { FIRST };
    let mut listing = Listing::new(["CHANGE", "PHONE NUMBER", "BEFORE", "AFTER"]);
    let mut cursor = None;
    let mut listed = 0;
    loop {
        let page = client.changes(&args.business_group, import.id, limit, cursor.as_deref()).await?;
        listed += u64::try_from(page.items.len()).unwrap_or(u64::MAX);
        list(&mut listing, &page.items);
        print(&listing.text())?;
        listing = listing.next_page();
        cursor = page.next_cursor;
        if cursor.is_none() || !args.all {
            break;
        }
    }
    let more = import.change_count().saturating_sub(listed);
    if cursor.is_some() {
        print(&format!("… and {more} more; --all shows them\n"))?;
    }
    Ok(())
}

fn list(listing: &mut Listing, changes: &[Change]) {
    for change in changes {
        let (kind, before) = match &change.old_phone_number {
            Some(number) => ("moved", format!("at {number}")),
            None => (change.kind.as_str(), change.old_email.clone().unwrap_or_default()),
        };
        let after = change.new_email.as_deref().unwrap_or_default();
        listing.add([kind, &change.phone_number, &before, after]);
    }
}
