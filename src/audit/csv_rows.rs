//! The audit log as a CSV file.

use crate::domain::audit::AuditEvent;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::spreadsheet::guarded;

const COLUMNS: [&str; 10] =
    ["id", "at", "actor", "action", "outcome", "refused_with", "business_group", "detail", "request_id", "actor_kind"];

/// A header and a row for each event: UTF-8, CRLF.
#[must_use]
pub fn events_csv(events: &[AuditEvent]) -> Vec<u8> {
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // A vector takes every byte, and all rows have as many cells: there is nothing here that can fail.
    let _ = file.write_record(COLUMNS);
    for event in events {
        let cells = cells(event);
        let _ = file.write_record(cells.each_ref().map(|cell| guarded(cell).into_owned()));
    }
    file.into_inner().unwrap_or_default()
}

fn cells(event: &AuditEvent) -> [String; COLUMNS.len()] {
    let detail: Vec<_> = event.detail.iter().map(|(name, text)| format!("{name}={text}")).collect();
    let outcome = if event.refused_with.is_none() { "done" } else { "refused" };
    [
        event.id.to_string(),
        event.at.to_string(),
        event.actor.to_string(),
        event.action.clone(),
        outcome.to_owned(),
        event.refused_with.clone().unwrap_or_default(),
        event.group.as_ref().map(BusinessGroupId::to_string).unwrap_or_default(),
        detail.join("; "),
        event.request_id.clone().unwrap_or_default(),
        event.actor.kind.as_str().to_owned(),
    ]
}
